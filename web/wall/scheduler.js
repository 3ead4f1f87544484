/**
 * Which post comes next, and when: the fair rotation. Pure; time is an argument, in milliseconds of any steady clock.
 *
 * A post that arrives while nothing waits is on the wall within two seconds. When more wait, one enters every four
 * seconds, newest first, one per author; the others come in the rotation, which brings back what was shown least.
 * Nobody loses a post in the middle of reading it: a card stays for its dwell time, unless it is taken down.
 *
 * @import { Candidate, Schedule, Turn } from "./types.d.ts"
 */

/** Stillness between two new cards while more wait. */
export const NEW_GAP = 4000;
/** Stillness after a card of the rotation before a new post may enter; with it a new post is up within 2 s. */
export const AFTER_ROTATION = 1500;
/** A quiet wall changes this often. */
export const ROTATE_EVERY = 10_000;
/** A post waits this long for its first showing, then it is left to the rotation. */
export const PATIENCE = 60_000;
/** A pinned post is never off the wall for much longer than this. */
export const PIN_RETURNS = 45_000;
/** The same of a highlighted one. */
export const HIGHLIGHT_RETURNS = 90_000;
/** A card too large for the room that is free lets smaller ones pass for this long, then it is waited for. */
export const YIELDS = 6000;

/**
 * How long a card stays at least: reading time at 150 words a minute and two seconds to find it.
 *
 * @param {number} words
 */
export const dwell = (words) => Math.max(8000, 2000 + 400 * words);

/** @returns {Schedule} */
export const start = () => ({
  lastNew: -Infinity,
  lastChange: -Infinity,
  last: null,
  lastPin: false,
  blocked: null,
});

/**
 * The posts that may enter now, in order of precedence; the caller takes the first that fits.
 *
 * @param {Schedule} schedule
 * @param {Iterable<Candidate>} posts
 * @param {{ids: ReadonlySet<string>, room: boolean}} screen what is on it; `room`: whether part of it stands empty
 * @param {number} now
 * @returns {Turn[]}
 */
export function turns(schedule, posts, screen, now) {
  const sinceChange = now - schedule.lastChange;
  if (now - schedule.lastNew < NEW_GAP || sinceChange < AFTER_ROTATION) return [];
  const all = [...posts];
  const away = all.filter(({ id }) => !screen.ids.has(id));
  const onScreen = new Set(all.filter(({ id }) => screen.ids.has(id)).map(({ author }) => author));
  const arrivals = away.filter((post) => isWaiting(post, now)).sort((a, b) => b.created - a.created || b.order - a.order);
  const pins = away
    .filter((post) => !isWaiting(post, now) && now - post.left >= returns(post))
    .sort((a, b) => a.left - b.left);

  /** @type {Turn[]} */
  const first = onePerAuthor(arrivals).map(({ id }) => ({ id, kind: "new" }));
  // Pinned posts come back also while others wait, but never twice running, or ten pins would be a wall of pins.
  if (!schedule.lastPin || first.length === 0) {
    const gap = first.length > 0 ? NEW_GAP : screen.room ? AFTER_ROTATION : ROTATE_EVERY;
    if (sinceChange >= gap) first.unshift(...pins.slice(0, 1).map(({ id }) => ({ id, kind: /** @type {const} */ ("pin") })));
  }
  const quiet = first.length === 0 && sinceChange >= (screen.room ? AFTER_ROTATION : ROTATE_EVERY);
  const line = quiet ? rotation(schedule, away, onScreen, now) : first;

  const { blocked } = schedule;
  if (blocked !== null && now - blocked.since >= YIELDS) {
    const head = line.find(({ id }) => id === blocked.id);
    if (head !== undefined) return [head];
  }
  return line;
}

/** @param {Candidate} post @param {number} now */
export const isWaiting = (post, now) => post.arrived !== null && now - post.arrived < PATIENCE;

/** The first of each author's. @param {Candidate[]} posts */
function onePerAuthor(posts) {
  const seen = new Set();
  return posts.filter(({ author }) => !seen.has(author) && seen.add(author));
}

/**
 * Least shown first, then longest away, then newest; authors who are on the screen already come last.
 *
 * @param {Schedule} schedule
 * @param {Candidate[]} away
 * @param {ReadonlySet<string>} onScreen
 * @param {number} now
 * @returns {Turn[]}
 */
function rotation(schedule, away, onScreen, now) {
  return away
    .filter((post) => !isWaiting(post, now))
    .sort(
      (a, b) =>
        Number(a.id === schedule.last) - Number(b.id === schedule.last) ||
        Number(onScreen.has(a.author)) - Number(onScreen.has(b.author)) ||
        share(a) - share(b) ||
        a.left - b.left ||
        b.created - a.created,
    )
    .slice(0, 12)
    .map(({ id }) => ({ id, kind: "rotation" }));
}

/** After how long a post comes back out of turn. @param {Candidate} post */
const returns = (post) => (post.pinned ? PIN_RETURNS : post.highlighted ? HIGHLIGHT_RETURNS : NaN);

/** Pinned posts are due three times as often, highlighted ones twice. @param {Candidate} post */
const share = (post) => post.shown / (post.pinned ? 3 : post.highlighted ? 2 : 1);

/**
 * What follows on a scene that shows one post at a time, in order of precedence: what is new, then what is pinned or
 * highlighted and due, then the rotation. What stands there comes again only if there is nothing else.
 *
 * @param {Schedule} schedule
 * @param {Iterable<Candidate>} posts
 * @param {ReadonlySet<string>} standing
 * @param {number} now
 * @returns {Turn[]}
 */
export function successors(schedule, posts, standing, now) {
  const away = [...posts].filter(({ id }) => !standing.has(id));
  const fresh = away.filter((post) => isWaiting(post, now)).sort((a, b) => b.created - a.created || b.order - a.order);
  const due = schedule.lastPin ? [] : away.filter((post) => !isWaiting(post, now) && now - post.left >= returns(post)).sort((a, b) => a.left - b.left);
  /** @type {Turn[]} */
  const line = [
    ...onePerAuthor(fresh).map(({ id }) => ({ id, kind: /** @type {const} */ ("new") })),
    ...due.slice(0, 1).map(({ id }) => ({ id, kind: /** @type {const} */ ("pin") })),
    ...rotation(schedule, away, new Set(), now),
  ];
  return line.filter(({ id }, i) => line.findIndex((other) => other.id === id) === i);
}

/**
 * Notes that a card has entered.
 *
 * @param {Schedule} schedule
 * @param {Turn} turn
 * @param {number} now
 * @returns {Schedule}
 */
export const entered = (schedule, turn, now) => ({
  lastNew: turn.kind === "new" ? now : schedule.lastNew,
  lastChange: now,
  last: turn.id,
  lastPin: turn.kind === "pin",
  blocked: schedule.blocked?.id === turn.id ? null : schedule.blocked,
});

/**
 * Notes that the first in line found no room.
 *
 * @param {Schedule} schedule
 * @param {string} id
 * @param {number} now
 * @returns {Schedule}
 */
export const held = (schedule, id, now) =>
  schedule.blocked?.id === id ? schedule : { ...schedule, blocked: { id, since: now } };

/**
 * What a screen shows at first: pinned posts, then the newest, one per author before anybody's second.
 *
 * @param {Iterable<Candidate>} posts
 * @returns {string[]}
 */
export function opening(posts) {
  const sorted = [...posts].sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.created - a.created);
  return [...new Set([...onePerAuthor(sorted), ...sorted])].map(({ id }) => id);
}
