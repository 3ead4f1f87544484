import assert from "node:assert/strict";
import test from "node:test";

import { anchor, drawn } from "../../../web/console/measure.js";
import { placeOf } from "../../../web/console/places.js";
import { KEPT, Stretch } from "../../../web/console/stretch.js";
import { settle, wish, wished } from "../../../web/console/wishes.js";

/** @param {number} num @param {object} [extra] @returns {any} */
const post = (num, extra = {}) => ({ id: `p${num}`, num, author: { id: "a", name: "", handle: "" }, text: "", created_at: "", standing: "held", ...extra });
/** @param {number} from @param {number} to */
const run = (from, to) => Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => post(from + Math.sign(to - from) * i));
/** @param {Pick<Stretch, "posts">} stretch */
const nums = ({ posts }) => posts.map(({ num }) => num);

/** @param {string} hash @param {any[]} posts @param {{head?: boolean, tail?: boolean}} [ends] */
function stretch(hash, posts, { head = true, tail = true } = {}) {
  const made = new Stretch(placeOf(hash));
  made.head = head;
  made.skipped = head ? 0 : null;
  made.read(posts, "tail", tail);
  return made;
}

test("pages join at both ends, each post once", () => {
  const one = stretch("#posts", run(10, 15), { head: false, tail: false });
  one.read(run(16, 18), "tail", true);
  one.read(run(7, 10), "head", true);
  assert.deepEqual(nums(one), [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
  assert.ok(one.head && one.tail);
  assert.equal(one.skipped, 0);
});

test("what is new comes in at the far end, and waits where it would push the others down", () => {
  const oldest = stretch("#posts", run(1, 3));
  oldest.take(post(4), true);
  assert.deepEqual(nums(oldest), [1, 2, 3, 4]);
  const newest = stretch("#posts?order=newest", run(3, 1));
  newest.take(post(4), true);
  newest.take(post(5), true);
  assert.deepEqual(nums(newest), [3, 2, 1]);
  assert.equal(newest.fresh.size, 2);
  // One that is decided before it was let in is not let in.
  newest.take(post(5, { standing: "hidden" }), true);
  newest.release();
  assert.deepEqual(nums(newest), [4, 3, 2, 1]);
  newest.take(post(6), false);
  assert.deepEqual(nums(newest), [6, 4, 3, 2, 1]);
});

test("beyond an end that is not reached nothing is listed, in between it is", () => {
  const one = stretch("#posts", [post(10), post(20)], { head: false, tail: false });
  for (const num of [5, 15, 25]) one.take(post(num), false);
  assert.deepEqual(nums(one), [10, 15, 20]);
});

test("a post leaves when it belongs no longer, and comes back to its place", () => {
  const one = stretch("#posts", run(1, 5));
  assert.equal(one.take(post(3, { standing: "hidden" }), false), true);
  assert.deepEqual(nums(one), [1, 2, 4, 5]);
  assert.equal(one.take(post(3, { standing: "hidden" }), false), false);
  one.take(post(3), false);
  assert.deepEqual(nums(one), [1, 2, 3, 4, 5]);
  one.drop("p4");
  assert.deepEqual(nums(one), [1, 2, 3, 5]);
});

test("what the stream says while a page is on its way is not undone by the page", () => {
  const one = new Stretch(placeOf("#posts"));
  one.head = true;
  one.asks();
  one.take(post(2, { standing: "shown" }), false);
  one.drop("p3");
  one.take(post(9), false);
  one.read(run(1, 4), "tail", true);
  assert.deepEqual(nums(one), [1, 4, 9]);
});

test("memory is bounded at the end that is farther away, and is read again on the way back", () => {
  const one = stretch("#posts", run(1, KEPT + 50), { tail: false });
  one.trim(KEPT);
  assert.equal(one.posts.length, KEPT);
  assert.deepEqual([one.posts[0]?.num, one.head, one.skipped], [51, false, 50]);
  one.take(post(7), false);
  assert.equal(one.posts[0]?.num, 51);
  one.read(run(21, 50), "head", false);
  assert.deepEqual([one.posts[0]?.num, one.skipped], [21, 20]);
  one.trim(0);
  assert.deepEqual([one.posts.length, one.tail], [KEPT, false]);
});

test("those between two posts, from either side", () => {
  const one = stretch("#posts", run(1, 9));
  assert.deepEqual(one.between("p6", "p4").map(({ num }) => num), [4, 5, 6]);
  assert.deepEqual(one.between("p6", "nobody"), []);
});

test("only what is near the screen is drawn, and the heights add up", () => {
  const heights = Array.from({ length: 1000 }, (_, i) => 100 + (i % 7) * 10);
  const all = heights.reduce((a, b) => a + b);
  for (const top of [0, 5000, all - 800]) {
    const { first, last, above, below } = drawn(heights, top, 800, 800);
    assert.ok(last - first < 30);
    const inside = heights.slice(first, last).reduce((a, b) => a + b);
    assert.equal(above + inside + below, all);
    assert.ok(above <= Math.max(0, top - 800 + 160) && above + inside >= Math.min(all, top + 1600));
  }
  assert.deepEqual(drawn([], 0, 800, 800), { first: 0, last: 0, above: 0, below: 0 });
});

test("the post that is looked at keeps its place; if it goes, the next one takes it", () => {
  const now = (/** @type {string[]} */ ids) => new Map(ids.map((id, i) => [id, i]));
  assert.equal(anchor(["a", "b", "c"], now(["x", "a", "b", "c"]), "b"), "b");
  assert.equal(anchor(["a", "b", "c"], now(["a", "c"]), "b"), "c");
  assert.equal(anchor(["a", "b", "c"], now(["a"]), "b"), "a");
  assert.equal(anchor(["a"], now(["z"]), "a"), null);
});

test("a wish holds until the server says so, and is taken back where it refuses", () => {
  const was = post(1);
  assert.equal(wish(was, { standing: "hidden" }).standing, "hidden");
  // An older word of the server does not undo it.
  assert.equal(wished(post(1, { copies: 2 })).standing, "hidden");
  assert.equal(settle("p1", false)?.copies, 2);
  assert.equal(wished(was).standing, "held");
  wish(was, { standing: "hidden" });
  assert.equal(wished(post(1, { standing: "hidden" })).standing, "hidden");
  assert.equal(wished(was).standing, "held", "fulfilled: what comes later holds");
  wish(was, { pinned: true });
  assert.equal(settle("p1", true), null, "granted, and nothing else was said");
});
