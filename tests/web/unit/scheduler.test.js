import assert from "node:assert/strict";
import test from "node:test";

import { PATIENCE, dwell, entered, held, opening, start, successors, turns } from "../../../web/wall/scheduler.js";

/** @typedef {import("../../../web/wall/types.d.ts").Candidate} Candidate */

/** @param {string} id @param {Partial<Candidate>} [extra] @returns {Candidate} */
const candidate = (id, extra = {}) => ({
  id,
  author: id,
  created: 0,
  arrived: null,
  order: 0,
  shown: 0,
  left: -Infinity,
  pinned: false,
  ...extra,
});

/**
 * A wall of `slots` equal places, run second by tenth of a second; a card gives way when its dwell is over.
 *
 * @param {{slots?: number, ms: number, posts: (Candidate & {at?: number, words?: number})[]}} options
 */
function run({ slots = 4, ms, posts }) {
  /** @type {{id: string, at: number, kind: string}[]} */
  const log = [];
  /** @type {{id: string, since: number, until: number}[]} */
  let screen = [];
  /** @type {{id: string, since: number, until: number, ended: number}[]} */
  const ended = [];
  let schedule = start();
  const coming = posts.filter(({ at }) => at !== undefined);
  const deck = posts.filter(({ at }) => at === undefined);
  for (const id of opening(deck).slice(0, slots)) {
    screen.push({ id, since: -1e6, until: 0 });
    const post = deck.find((one) => one.id === id);
    if (post) post.shown += 1;
    schedule = { ...schedule, lastChange: 0, last: id };
  }
  for (let now = 0; now <= ms; now += 100) {
    for (const post of coming.filter(({ at }) => at === now)) deck.push(Object.assign(post, { arrived: now, created: now, order: deck.length }));
    const ids = new Set(screen.map(({ id }) => id));
    for (const turn of turns(schedule, deck, { ids, room: screen.length < slots }, now)) {
      const post = deck.find(({ id }) => id === turn.id);
      const oldest = screen.filter(({ until }) => until <= now).sort((a, b) => a.since - b.since)[0];
      if (!post || (screen.length >= slots && !oldest)) {
        schedule = held(schedule, turn.id, now);
        continue;
      }
      if (screen.length >= slots && oldest) {
        screen = screen.filter((card) => card !== oldest);
        ended.push({ ...oldest, ended: now });
        const gone = deck.find(({ id }) => id === oldest.id);
        if (gone) gone.left = now;
      }
      screen.push({ id: turn.id, since: now, until: now + dwell(post.words ?? 10) });
      Object.assign(post, { arrived: null, shown: post.shown + 1 });
      log.push({ id: turn.id, at: now, kind: turn.kind });
      schedule = entered(schedule, turn, now);
      break;
    }
  }
  return { log, ended, deck };
}

const many = (/** @type {number} */ n, extra = {}) => Array.from({ length: n }, (_, i) => candidate(`old${i}`, { created: i, ...extra }));

test("reading time: eight seconds at least, else two and 0.4 a word", () => {
  assert.equal(dwell(1), 8000);
  assert.equal(dwell(15), 8000);
  assert.equal(dwell(50), 22_000);
});

test("a new post is up within two seconds when nothing waits, whatever the rotation just did", () => {
  for (let at = 0; at < 40_000; at += 700) {
    const { log } = run({ ms: at + 3000, posts: [...many(12), { ...candidate("new"), at: at - (at % 100) }] });
    const up = log.find(({ id }) => id === "new");
    assert.ok(up && up.at - at <= 2000, `came at ${at}, up at ${up?.at}`);
  }
});

test("a burst of a hundred enters one every four seconds, newest first", () => {
  const burst = Array.from({ length: 100 }, (_, i) => ({ ...candidate(`b${i}`), at: 5000 + i * 100 }));
  const { log } = run({ ms: 60_000, posts: [...many(4), ...burst] });
  const news = log.filter(({ kind }) => kind === "new");
  assert.ok(news.length >= 10);
  for (let i = 1; i < news.length; i += 1) assert.ok((news[i]?.at ?? 0) - (news[i - 1]?.at ?? 0) >= 4000);
  for (let i = 1; i < log.length; i += 1) assert.ok((log[i]?.at ?? 0) - (log[i - 1]?.at ?? 0) >= 1500);
  const late = news.filter(({ at }) => at > 15_500).map(({ id }) => Number(id.slice(1)));
  assert.deepEqual(late, [...late].sort((a, b) => b - a));
});

test("one author's flood does not push others aside", () => {
  const flood = Array.from({ length: 20 }, (_, i) => ({ ...candidate(`f${i}`, { author: "loud" }), at: 1000 }));
  const { log } = run({ ms: 9000, posts: [...flood, { ...candidate("quiet", { author: "calm" }), at: 900 }] });
  assert.ok(log.slice(0, 3).some(({ id }) => id === "quiet"));
  assert.equal(turns(start(), flood.map((post) => ({ ...post, arrived: 0 })), { ids: new Set(), room: true }, 100).length, 1);
});

test("nobody loses a card before its reading time", () => {
  const posts = [
    ...many(20),
    ...Array.from({ length: 60 }, (_, i) => ({ ...candidate(`n${i}`), at: i * 1500 - ((i * 1500) % 100), words: (i * 7) % 60 })),
  ];
  const { ended } = run({ ms: 200_000, posts });
  assert.ok(ended.length > 20);
  for (const card of ended) assert.ok(card.ended >= card.until);
});

test("when few posts come, all return, least shown first, none twice running", () => {
  const { log, deck } = run({ ms: 600_000, posts: many(9) });
  for (let i = 1; i < log.length; i += 1) assert.notEqual(log[i]?.id, log[i - 1]?.id);
  const counts = deck.map(({ shown }) => shown);
  assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, counts.join());
  const alone = run({ slots: 1, ms: 120_000, posts: many(2) });
  assert.ok(alone.log.length > 5);
});

test("pinned posts are on the wall more often, in quiet and in busy times", () => {
  const quiet = run({ ms: 900_000, posts: [...many(15), candidate("pin", { pinned: true })] });
  const pin = quiet.deck.find(({ id }) => id === "pin")?.shown ?? 0;
  const others = quiet.deck.filter(({ id }) => id !== "pin").map(({ shown }) => shown);
  assert.ok(pin > Math.max(...others), `${pin} against ${Math.max(...others)}`);
  const stream = Array.from({ length: 200 }, (_, i) => ({ ...candidate(`n${i}`), at: i * 1500 - ((i * 1500) % 100) }));
  const busy = run({ ms: 300_000, posts: [candidate("pin", { pinned: true }), ...stream] });
  assert.ok(busy.log.filter(({ id }) => id === "pin").length >= 3);
});

test("what waited too long is left to the rotation", () => {
  const late = candidate("late", { arrived: 0 });
  assert.deepEqual(turns(start(), [late], { ids: new Set(), room: false }, 1000), [{ id: "late", kind: "new" }]);
  assert.deepEqual(turns(start(), [late], { ids: new Set(), room: false }, PATIENCE), [{ id: "late", kind: "rotation" }]);
});

test("a card too large for now is waited for in the end", () => {
  const posts = [candidate("large", { arrived: 0, created: 2 }), candidate("small", { arrived: 0, created: 1 })];
  const screen = { ids: new Set(["x"]), room: false };
  let schedule = held(start(), "large", 0);
  assert.deepEqual(turns(schedule, posts, screen, 5000).map(({ id }) => id), ["large", "small"]);
  schedule = held(schedule, "large", 5000);
  assert.deepEqual(turns(schedule, posts, screen, 6100).map(({ id }) => id), ["large"]);
});

test("a screen opens with pinned posts, then the newest, a person's second last", () => {
  const posts = [
    candidate("a1", { author: "a", created: 9 }),
    candidate("a2", { author: "a", created: 8 }),
    candidate("b", { created: 3 }),
    candidate("p", { created: 1, pinned: true }),
  ];
  assert.deepEqual(opening(posts), ["p", "a1", "b", "a2"]);
});

test("highlighted posts are on the wall more often than others, less often than pinned ones", () => {
  const { deck } = run({ ms: 3_600_000, posts: [...many(30), candidate("pin", { pinned: true }), candidate("high", { highlighted: true })] });
  const shown = (/** @type {string} */ id) => deck.find((one) => one.id === id)?.shown ?? 0;
  const others = Math.max(...deck.filter(({ id }) => id !== "pin" && id !== "high").map((one) => one.shown));
  assert.ok(shown("pin") > shown("high") && shown("high") > others, `${shown("pin")} ${shown("high")} ${others}`);
});

test("one after the other: what is new first, then what is due, then what was shown least; never the same again at once", () => {
  const posts = [
    candidate("old", { shown: 3, created: 1 }),
    candidate("rare", { shown: 1, created: 2 }),
    candidate("pin", { pinned: true, shown: 9, left: -60_000 }),
    candidate("new", { arrived: 0, created: 9 }),
    candidate("on", { shown: 0 }),
  ];
  assert.deepEqual(successors(start(), posts, new Set(["on"]), 0).map(({ id, kind }) => `${id} ${kind}`), ["new new", "pin pin", "rare rotation", "old rotation"]);
  const after = entered(start(), { id: "pin", kind: "pin" }, 0);
  assert.notEqual(successors(after, posts.slice(0, 3), new Set(["pin"]), 1000)[0]?.id, "pin");
  assert.equal(successors(after, [candidate("a"), candidate("pin", { pinned: true })], new Set(), 100_000)[0]?.id, "a");
});
