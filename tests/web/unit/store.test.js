import assert from "node:assert/strict";
import test from "node:test";

import { applyStaff } from "../../../web/console/staff.js";
import { apply, cursor, empty, parse } from "../../../web/shared/store.js";

const TALLIES = /** @type {any} */ ({ posts: 0 });
const STAGE = { paused: false, blanked: false, announcement: null, scene: null };

/** @param {string} id @param {object} [extra] @returns {any} */
const post = (id, extra = {}) => ({ id, text: id, author: { id: "a" }, created_at: "2026-01-01T00:00:00Z", standing: "shown", ...extra });

/** @param {number} seq @param {any[]} posts @returns {any} */
const snapshot = (seq, posts, epoch = "e") => ({ type: "snapshot", epoch, seq, wall: { id: "w" }, posts, tallies: TALLIES, stage: STAGE });

/** @param {number} seq @param {any} value @returns {any} */
const shows = (seq, value) => ({ type: "post", seq, post: value });

/** @param {number} seq @param {string} id @returns {any} */
const removes = (seq, id) => ({ type: "remove", seq, id });

const ids = (/** @type {import("../../../web/shared/state.d.ts").State} */ state) => [...state.posts.keys()].sort();

test("a message is lines of frames, and a broken line spoils the whole of it", () => {
  assert.equal(parse('{"type":"a"}\n\n{"type":"b"}\n').length, 2);
  assert.throws(() => parse('{"type":"a"}\n{"ty'), SyntaxError);
});

test("the cursor names the epoch and the last position applied", () => {
  assert.equal(cursor(empty()), null);
  const state = apply(empty(), [snapshot(7, []), shows(9, post("b")), shows(8, post("a"))]);
  assert.equal(cursor(state), "e:9");
});

test("the old state is left as it was", () => {
  const before = apply(empty(), [snapshot(1, [post("a")])]);
  apply(before, [removes(2, "a"), shows(3, post("b"))]);
  assert.deepEqual(ids(before), ["a"]);
  assert.equal(before.seq, 1);
});

test("a removal sent ahead moves no cursor and beats the posts that were waiting before it", () => {
  let state = apply(empty(), [snapshot(40, [post("a")])]);
  state = apply(state, [/** @type {any} */ ({ type: "remove", ahead: 45, id: "b" })]);
  assert.equal(state.seq, 40);
  state = apply(state, [shows(43, post("b")), shows(44, post("c"))]);
  assert.deepEqual(ids(state), ["a", "c"]);
  state = apply(state, [removes(45, "b"), shows(46, post("b"))]);
  assert.deepEqual(ids(state), ["a", "b", "c"]);
  assert.equal(state.seq, 46);
});

test("a removal ahead of a snapshot that is older still holds", () => {
  let state = apply(empty(), [snapshot(10, [])]);
  state = apply(state, [/** @type {any} */ ({ type: "remove", ahead: 15, id: "b" }), snapshot(12, [post("b")])]);
  assert.deepEqual(ids(state), []);
});

test("a removal that comes again does not undo a later showing", () => {
  let state = apply(empty(), [snapshot(1, []), removes(2, "a"), shows(3, post("a"))]);
  state = apply(state, [removes(2, "a")]);
  assert.deepEqual(ids(state), ["a"]);
});

test("an older version never replaces a newer one", () => {
  let state = apply(empty(), [snapshot(1, []), shows(5, post("a", { text: "new" }))]);
  state = apply(state, [shows(4, post("a", { text: "old" }))]);
  assert.equal(state.posts.get("a")?.post.text, "new");
});

test("a new epoch forgets positions of the old one", () => {
  let state = apply(empty(), [snapshot(50, [post("a")]), removes(60, "b")]);
  state = apply(state, [snapshot(3, [post("b")], "f")]);
  assert.deepEqual(ids(state), ["b"]);
  assert.equal(cursor(state), "f:3");
});

test("unknown frames, and any before the first snapshot, change nothing", () => {
  assert.deepEqual(ids(apply(empty(), [shows(3, post("a"))])), []);
  const state = apply(empty(), [snapshot(1, [post("a")]), /** @type {any} */ ({ type: "applause", seq: 2 })]);
  assert.deepEqual(ids(state), ["a"]);
  assert.equal(state.seq, 2);
});

test("only what came after the first snapshot is live, also where a snapshot brings it", () => {
  let state = apply(empty(), [snapshot(1, [post("a")])]);
  state = apply(state, [snapshot(9, [post("a"), post("b")])]);
  assert.equal(state.posts.get("a")?.live, false);
  assert.equal(state.posts.get("b")?.live, true);
});

test("memory is bounded; pinned posts stay", () => {
  const frames = Array.from({ length: 30 }, (_, i) =>
    shows(i + 2, post(`p${i}`, { created_at: new Date(i * 1000).toISOString(), pinned: i === 0, standing: i === 1 ? "held" : "shown" })),
  );
  const state = apply(empty(10), [snapshot(1, []), ...frames]);
  assert.equal(state.posts.size, 10);
  assert.ok(state.posts.has("p0") && !state.posts.has("p1") && state.posts.has("p29"));
  const many = Array.from({ length: 5000 }, (_, i) => removes(i + 2, `r${i}`));
  assert.ok(apply(empty(), [snapshot(1, []), ...many]).removed.size <= 2000);
});

test("decisions come once each, in order", () => {
  const frame = (/** @type {number} */ seq, /** @type {number | null} */ undone) =>
    /** @type {any} */ ({ type: "decision", seq, decision: { seq, undone_by: undone } });
  const state = applyStaff(empty(), [snapshot(1, []), frame(5, null), frame(3, null), frame(3, 7)]);
  assert.deepEqual(state.decisions.map(({ seq, undone_by }) => [seq, undone_by]), [[3, 7], [5, null]]);
});

test("a snapshot's decisions stand in order, whichever way they come", () => {
  const decisions = /** @type {any[]} */ ([{ seq: 9 }, { seq: 4 }]);
  const state = applyStaff(empty(), [{ .../** @type {any} */ (snapshot(9, [])), decisions }]);
  assert.deepEqual(state.decisions.map(({ seq }) => seq), [4, 9]);
});

test("any split into messages, any repetition from a cursor, gives the same state", () => {
  // A small generator with a fixed seed: what fails once fails again.
  let seed = 20260101;
  const random = (/** @type {number} */ n) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed % n;
  };
  for (let round = 0; round < 200; round += 1) {
    const log = Array.from({ length: 25 }, (_, i) => {
      const id = `p${random(5)}`;
      return random(3) === 0 ? removes(i + 2, id) : shows(i + 2, post(id, { text: `${i}` }));
    });
    const straight = apply(empty(), [snapshot(1, []), ...log]);
    let state = apply(empty(), [snapshot(1, [])]);
    let next = 0;
    while (next < log.length) {
      if (random(4) === 0) {
        const upcoming = log.slice(next).find(({ type }) => type === "remove");
        if (upcoming) state = apply(state, [{ type: "remove", id: upcoming.id, ahead: upcoming.seq }]);
      }
      if (random(4) === 0) {
        const again = log.filter(({ seq }) => seq >= state.seq).slice(0, random(6));
        state = apply(state, [...again.filter(({ type }) => type === "remove"), ...again]);
        next = Math.max(next, state.seq - 1);
        continue;
      }
      const size = 1 + random(4);
      state = apply(state, log.slice(next, next + size));
      next += size;
    }
    const texts = (/** @type {typeof state} */ { posts }) => [...posts].map(([id, { post: { text } }]) => `${id} ${text}`).sort();
    assert.deepEqual(texts(state), texts(straight), `round ${round}`);
  }
});
