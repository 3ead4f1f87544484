import assert from "node:assert/strict";
import test from "node:test";

import { collage } from "../../../web/wall/collage.js";
import { isEmpty } from "../../../web/wall/card.js";
import { pages, stretch } from "../../../web/wall/cut.js";
import { offset } from "../../../web/wall/drift.js";
import { perMinute } from "../../../web/wall/minutes.js";
import { mosaic } from "../../../web/wall/mosaic.js";
import { count, rising } from "../../../web/wall/terms.js";
import { levelled, shortName } from "../../../web/shared/format.js";

const NOW = Date.parse("2026-06-01T10:00:00Z");
let number = 0;
/** @param {string} text @param {object} [more] @returns {any} */
const post = (text, more = {}) => ({ id: String((number += 1)), source: "mastodon", author: { id: `a${number}`, handle: "", name: "" }, text, created_at: new Date(NOW).toISOString(), ...more });
const own = new Set(["expert"]);
const words = (/** @type {any[]} */ posts) => count(posts, own).map(({ text, people }) => `${text} ${people}`);

test("words count by people; stop words, numbers, links, handles and the event's own tag say nothing", () => {
  const ada = { author: { id: "ada" } };
  const posts = [
    post("The lichen and the Lichen, with https://lichen.example/lichen #Expert", { hashtags: ["Expert"], ...ada }),
    post("lichen again from @lichenfan@example.org 2026", ada),
    post("Lichen ist nicht schwer", {}),
  ];
  assert.deepEqual(words(posts), ["lichen 2", "schwer 1"]);
});

test("hashtags are counted as they are written most, apart from words; scripts without spaces are cut into words", () => {
  assert.deepEqual(words([post("#RepairTable", { hashtags: ["RepairTable"] }), post("#repairtable", { hashtags: ["RepairTable"] })]), ["#RepairTable 2"]);
  assert.ok(words([post("専門家は誰ですか")]).some((word) => word.startsWith("専門")));
  assert.deepEqual(words([post("Secret lichen", { warning: "spoiler" })]), []);
});

test("what rises is used by two people now and was not before", () => {
  const before = Array.from({ length: 10 }, () => post("harbour morning", { created_at: new Date(NOW - 3_600_000).toISOString() }));
  const now = [post("cake harbour"), post("cake"), post("cake please"), post("harbour")];
  assert.deepEqual(rising([...before, ...now], own, NOW).map(({ text }) => text), ["cake"]);
  assert.deepEqual(rising(now, own, NOW), []);
});

test("minutes: the last hour; where older posts are not at hand, only the time that is known", () => {
  const at = (/** @type {number} */ minutes) => NOW - minutes * 60_000;
  const whole = perMinute([at(0), at(0), at(30), at(200)], NOW, true);
  assert.equal(whole.counts.length, 60);
  assert.deepEqual([whole.counts.at(-1), whole.counts.at(-31), whole.counts.reduce((sum, n) => sum + n, 0)], [2, 1, 3]);
  const part = perMinute([at(0), at(9), at(10)], NOW, false);
  assert.equal(part.from, at(9), "the oldest minute may not be whole");
  assert.deepEqual(part.counts.length, 10);
  assert.ok(perMinute([], NOW, true).counts.every((n) => n === 0));
});

test("pictures in a card: all in rows, the block of a shape that suits", () => {
  for (const aspects of [[1.5], [1.5, 1.5], [0.7, 1.5, 1.5], [1.5, 1.5, 1.5, 1.5], [9, 0.1, 1, 1]]) {
    const { rows, aspect } = mosaic(aspects);
    assert.deepEqual(rows.flat(), aspects.map((_, i) => i));
    assert.ok(aspect >= 0.5 && aspect <= 3, `${aspects}: ${aspect}`);
  }
  assert.deepEqual(mosaic([1.5, 1.5, 1.5, 1.5]).rows, [[0, 1], [2, 3]]);
});

test("a collage lies inside its room, keeps every picture's shape, and none lies on another or on its words", () => {
  for (const [width, height] of /** @type {const} */ ([[1700, 820], [1000, 1600], [3200, 500], [960, 600]])) {
    for (const shapes of [[1.5], [1.5, 0.75], [1.5, 1.5, 0.7], [1.33, 1.5, 0.75, 1.78], [3, 0.5, 1, 1.5, 2]]) {
      const words_ = shapes.map((_, i) => 40 + 10 * (i % 2));
      const frames = collage(shapes, { width, height, gap: 20 }, words_);
      assert.equal(frames.length, shapes.length);
      frames.forEach((one, i) => {
        assert.ok(Math.abs(one.width / one.height - (shapes[i] ?? 0)) < 0.01);
        const bottom = one.y + one.height + (words_[i] ?? 0);
        assert.ok(one.x >= -0.5 && one.y >= -0.5 && one.x + one.width <= width + 0.5 && bottom <= height + 0.5, `${width}x${height} ${shapes}`);
        frames.forEach((other, j) => {
          if (j > i) assert.ok(one.x + one.width <= other.x || other.x + other.width <= one.x || bottom <= other.y || other.y + other.height + (words_[j] ?? 0) <= one.y);
        });
      });
    }
  }
});

test("pages: every word once, in order, none broken; marks stay where they are", () => {
  const text = "Grüße an alle. Everybody in this hall knows something that nobody else does, and says so. #Expert end";
  const start = Buffer.byteLength(text.slice(0, text.indexOf("#Expert")));
  const long = post(text, { facets: [{ start, end: start + 7, kind: "hashtag", target: "Expert" }] });
  const found = pages(long, 40);
  assert.ok(found.length >= 3 && found.every((page) => page.text.length <= 40));
  assert.equal(found.map((page) => page.text.trim()).join(" "), text);
  const [facet] = found.flatMap((page) => (page.facets ?? []).map((one) => Buffer.from(page.text).subarray(one.start, one.end).toString()));
  assert.equal(facet, "#Expert");
  assert.deepEqual(stretch(long, 0, 5).facets, []);
  assert.ok(pages(post("x".repeat(200)), 50).length === 4);
});

test("towers of marks are cut down, names of thousands of characters end", () => {
  assert.equal(levelled(`e${"\u0301".repeat(5000)}f`), `e${"\u0301".repeat(4)}f`);
  assert.ok(shortName(`A${"\u0301".repeat(5000)}`).length <= 5);
  assert.ok([...shortName("Ada ".repeat(1000))].length <= 61);
  assert.equal(shortName("Ada Lovelace"), "Ada Lovelace");
});

test("a post of nothing but breaks and marks that nobody sees says nothing", () => {
  assert.ok(isEmpty(post("\n\n\u200b \u2800\n")));
  assert.ok(!isEmpty(post("\n.\n")) && !isEmpty(post("", { warning: "x" })) && !isEmpty(post("", { media: [{ kind: "image" }] })));
});

test("the drift goes by single pixels, within 0.4 % of the height, and comes round", () => {
  for (const height of [600, 1080, 2160]) {
    let [x, y] = offset(0, height);
    for (let step = 1; step < 200; step += 1) {
      const [nextX, nextY] = offset(step, height);
      assert.equal(Math.abs(nextX - x) + Math.abs(nextY - y), 1);
      assert.ok(Math.abs(nextX) <= height * 0.004 && Math.abs(nextY) <= height * 0.004);
      [x, y] = [nextX, nextY];
    }
  }
});
