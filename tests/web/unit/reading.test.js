import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Announcer, EVERY_MS } from "../../../web/read/announcer.js";
import { Reading } from "../../../web/read/reading.js";
import { apply, empty } from "../../../web/shared/store.js";

/** @param {number} n @param {object} [more] @returns {any} */
const post = (n, more = {}) => ({ id: `p${n}`, text: "", author: {}, created_at: new Date(n * 60_000).toISOString(), ...more });
/** @param {any[]} posts */
const snapshot = (posts, epoch = "e", seq = 1) => /** @type {any} */ ({ type: "snapshot", epoch, seq, wall: { hashtags: [] }, posts, tallies: {}, stage: {} });
/** @param {Reading} reading */
const ids = (reading) => reading.list().map(({ id }) => id);

/** @param {any[]} posts @param {object} [options] */
function begun(posts, options = { page: 3 }) {
  const reading = new Reading(options);
  let state = empty();
  const hear = (/** @type {any[]} */ ...frames) => {
    state = apply(state, frames);
    reading.follow(state);
  };
  hear(snapshot(posts));
  return { reading, hear };
}

test("the newest stand first, pinned ones before them; a new post waits until it is asked for", () => {
  const { reading, hear } = begun([post(1, { pinned: true }), post(2), post(3), post(4), post(5)]);
  assert.deepEqual(ids(reading), ["p1", "p5", "p4"]);
  hear({ type: "post", seq: 2, post: post(6) }, { type: "post", seq: 3, post: post(7) });
  assert.deepEqual(ids(reading), ["p1", "p5", "p4"]);
  assert.equal(reading.waiting.size, 2);
  assert.equal(reading.take(), "p7");
  assert.deepEqual(ids(reading), ["p1", "p7", "p6", "p5", "p4"]);
});

test("what is hidden is gone at once, shown or waiting; what is pinned meanwhile stays where it is", () => {
  const { reading, hear } = begun([post(1), post(2), post(3)]);
  hear({ type: "post", seq: 2, post: post(4) }, { type: "remove", seq: 3, id: "p4" }, { type: "remove", seq: 4, id: "p2" }, { type: "post", seq: 5, post: post(1, { pinned: true }) });
  assert.deepEqual(ids(reading), ["p3", "p1"]);
  assert.equal(reading.waiting.size, 0);
  hear({ type: "remove", ahead: 9, id: "p3" });
  assert.deepEqual(ids(reading), ["p1"]);
});

test("an empty page takes its first post at once", () => {
  const { reading, hear } = begun([]);
  assert.equal(reading.more, false);
  hear({ type: "post", seq: 2, post: post(1) });
  assert.deepEqual(ids(reading), ["p1"]);
});

test("older ones are asked for from the top once, then from where the list stopped; none comes twice or after it was hidden", () => {
  const { reading, hear } = begun([post(3), post(4), post(5), post(6)]);
  hear({ type: "post", seq: 2, post: post(7) });
  assert.deepEqual(reading.wanted(), { limit: 7 });
  hear({ type: "remove", seq: 3, id: "p2" });
  assert.equal(reading.older([post(8), post(7), post(6), post(5), post(4), post(3), post(2)], "there"), "p3");
  assert.deepEqual(ids(reading), ["p6", "p5", "p4", "p3"]);
  assert.deepEqual(reading.wanted(), { limit: 3, before: "there" });
  assert.equal(reading.older([post(1)], null), "p1");
  assert.equal(reading.more, false);
});

test("after a gap in the stream what went meanwhile is dropped", () => {
  const { reading, hear } = begun([post(3), post(4), post(5), post(6)]);
  reading.older([post(2), post(1)], null);
  hear(snapshot([post(6), post(5)], "e", 9));
  assert.equal(reading.isInDoubt(), true);
  reading.check([post(6), post(5), post(1)]);
  assert.deepEqual(ids(reading), ["p6", "p5", "p1"]);
  reading.check(null);
  assert.deepEqual(ids(reading), ["p6", "p5"], "nothing that may be hidden stays where nobody can be asked");
});

test("a page that is left open for days stays small", () => {
  const { reading, hear } = begun([post(1)], { page: 20, most: 50 });
  for (let n = 2; n < 1000; n += 1) {
    hear({ type: "post", seq: n, post: post(n) });
    if (n % 10 === 0) reading.take();
  }
  reading.take();
  assert.equal(reading.shown.size, 50);
  assert.equal(ids(reading)[0], "p999");
  assert.equal(reading.more, true);
});

test("new posts are told of at most every half minute, and then how many there are by now", (t) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  let now = 0;
  const pass = (/** @type {number} */ ms) => {
    now += ms;
    mock.timers.tick(ms);
  };
  /** @type {number[]} */
  const told = [];
  const announcer = new Announcer((count) => told.push(count), () => now);
  announcer.waiting(0);
  announcer.waiting(1);
  for (let n = 2; n <= 7; n += 1) {
    pass(1000);
    announcer.waiting(n);
  }
  assert.deepEqual(told, [1]);
  pass(EVERY_MS - 6001);
  assert.deepEqual(told, [1]);
  pass(1);
  assert.deepEqual(told, [1, 7]);
  announcer.waiting(7);
  announcer.waiting(8);
  announcer.waiting(0);
  pass(EVERY_MS);
  assert.deepEqual(told, [1, 7, 0], "what was read meanwhile is not told");
  announcer.waiting(1);
  assert.deepEqual(told, [1, 7, 0, 1]);
});
