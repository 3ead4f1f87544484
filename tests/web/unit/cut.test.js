import assert from "node:assert/strict";
import test from "node:test";

import { cut, readOnAt, shortened } from "../../../web/wall/cut.js";

test("what fits is left alone", () => {
  assert.equal(cut("Short.", 6), "Short.");
});

test("a text is cut after a sentence, where that keeps most of the room", () => {
  assert.equal(cut("One sentence here. And another one that goes on", 24), "One sentence here.");
  assert.equal(cut("He said “enough!” and then he went on for long", 22), "He said “enough!”");
});

test("else it is cut between words, never inside one", () => {
  const text = "No. The rest is one long sentence without any end to speak of";
  for (let most = 4; most < text.length; most += 1) {
    const part = cut(text, most);
    assert.ok(part.length <= most, part);
    assert.ok(text.startsWith(part) && /^\s|^$/.test(text.slice(part.length)), `“${part}” of ${most}`);
  }
});

test("only a word longer than all the room is parted, and no character is", () => {
  assert.equal(cut("a".repeat(5000), 100), "a".repeat(100));
  const families = "👩‍👩‍👧‍👦".repeat(20);
  const part = cut(families, 25);
  assert.equal(part, "👩‍👩‍👧‍👦".repeat(Math.floor(25 / 11)));
});

test("a content warning is what a card shows, so it is what is cut", () => {
  const post = /** @type {any} */ ({ text: "the words behind it", warning: "very long warning words" });
  assert.deepEqual(shortened(post, 9), { ...post, warning: "very long" });
  assert.equal(shortened({ ...post, warning: null }, 9).text, "the words");
});

test("it goes on where the post's page is, else at its source", () => {
  assert.equal(readOnAt(/** @type {any} */ ({ url: "https://www.example.org/@ada/1", source: "mastodon" })), "example.org");
  assert.equal(readOnAt(/** @type {any} */ ({ url: null, source: "bluesky" })), "Bluesky");
});
