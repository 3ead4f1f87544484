import assert from "node:assert/strict";
import test from "node:test";

import { counted } from "../../../web/shared/amounts.js";
import { caption, initial, shortLink, when, wordCount } from "../../../web/shared/format.js";

const at = (/** @type {string} */ time) => Date.parse(time);

test("a post's time: age, then the clock in the wall's zone, then the date", () => {
  const now = at("2026-07-01T12:00:00Z");
  const zone = "Europe/London";
  assert.equal(when(now - 20_000, now, zone), "now");
  assert.equal(when(now - 5 * 60_000, now, zone), "5 min");
  assert.equal(when(at("2026-07-01T08:30:00Z"), now, zone), "09:30");
  assert.equal(when(at("2026-06-30T08:30:00Z"), now, zone), "30 Jun");
  assert.equal(when(at("2014-05-09T08:30:00Z"), now, zone), "9 May 2014");
  assert.equal(when(now - 3_600_000, now, "Not/AZone").length, 5, "an unknown zone is survived");
});

test("counts agree with their noun", () => {
  assert.equal(counted(1, "post", "posts"), "1 post");
  assert.equal(counted(1385, "post", "posts"), "1,385 posts");
});

test("words are counted in scripts with and without spaces", () => {
  assert.equal(wordCount("Parents here are not the audience."), 6);
  assert.ok(wordCount("みんなの知恵が壁いっぱいに") > 3);
  assert.equal(wordCount("🎉 !!"), 0);
});

test("the letter for somebody is a whole character", () => {
  assert.equal(initial("rosa"), "R");
  assert.equal(initial("@tom"), "T");
  assert.equal(initial("👩‍👩‍👧 family"), "👩‍👩‍👧");
  assert.equal(initial(""), "·");
});

test("links are shown short", () => {
  assert.equal(shortLink("https://www.example.org/a"), "example.org/a");
  assert.equal(shortLink("https://example.org/a/very/long/path/that/nobody/reads"), "example.org/…");
  assert.equal(shortLink("https://example.org/%E0%A4%A"), "https://example.org/%E0%A4%A", "what cannot be decoded stays");
  assert.equal(shortLink("not a link"), "not a link");
});

test("a caption is whole sentences or nothing", () => {
  assert.equal(caption("A hill by the sea"), "A hill by the sea");
  assert.equal(caption("A hill by the sea. And then a very long story about it.", 30), "A hill by the sea.");
  assert.equal(caption("x".repeat(300)), "");
  assert.equal(caption(null), "");
});
