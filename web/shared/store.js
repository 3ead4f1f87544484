/**
 * What a page knows of a wall, folded from the server's frames. Pure: no DOM, no clock, no network.
 *
 * A message is applied whole or not at all, so the cursor never stands inside one; every frame may come again
 * without effect, and removals win over posts that are older than they are, in whatever order they come.
 *
 * @import { Frame } from "./protocol.d.ts"
 * @import { Draft, State } from "./state.d.ts"
 */

/** Removals remembered. One is needed only until the stream has passed it, which takes a message or two. */
const REMOVALS_KEPT = 2000;

/** @returns {State} a state that knows nothing yet */
export function empty(limit = 400) {
  return {
    epoch: null,
    seq: 0,
    limit,
    wall: null,
    posts: new Map(),
    removed: new Map(),
    tallies: null,
    trends: null,
    stage: { paused: false, blanked: false, announcement: null, scene: null },
    feeds: [],
    screens: [],
    decisions: [],
    storage: { ok: true, message: null },
    settings: null,
    counts: null,
    people: [],
    unattended: false,
    rules: [],
    judge: null,
  };
}

/**
 * Reads a WebSocket message: one JSON object per line.
 *
 * @param {string} text
 * @returns {Frame[]}
 * @throws {SyntaxError} where a line is not JSON: then nothing of the message is to be applied
 */
export function parse(text) {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line));
}

/** @type {(state: State) => string | null} the cursor to resume from, `EPOCH:SEQ` */
export const cursor = (state) => (state.epoch === null ? null : `${state.epoch}:${state.seq}`);

/**
 * Applies a whole message.
 *
 * @param {State} state
 * @param {readonly Frame[]} message
 * @returns {State} the new state; the old one is untouched
 */
export function apply(state, message) {
  const next = { ...state, posts: new Map(state.posts), removed: new Map(state.removed) };
  let reached = state.seq;
  for (const frame of message) {
    if (frame.type === "snapshot") {
      reached = restart(next, frame);
    } else if (next.epoch !== null) {
      fold(next, frame);
      if (typeof frame.seq === "number") reached = Math.max(reached, frame.seq);
    }
  }
  next.seq = reached;
  trim(next);
  return next;
}

/**
 * Takes a snapshot in place of everything known, but for removals that were sent ahead of it.
 *
 * @param {Draft} next
 * @param {Extract<Frame, {type: "snapshot"}>} frame
 * @returns {number} the snapshot's position
 */
function restart(next, frame) {
  const same = next.epoch === frame.epoch;
  const known = next.posts;
  const first = next.epoch === null;
  if (!same) next.removed.clear();
  next.epoch = frame.epoch;
  next.wall = frame.wall;
  next.tallies = frame.tallies;
  next.trends = frame.trends ?? null;
  next.stage = { ...next.stage, ...frame.stage };
  next.posts = new Map();
  for (const post of frame.posts) {
    const gone = next.removed.get(post.id);
    if (gone !== undefined && gone > frame.seq) continue;
    const live = known.get(post.id)?.live ?? !first;
    next.posts.set(post.id, { post, seq: frame.seq, live });
  }
  return frame.seq;
}

/** @param {Draft} next @param {Exclude<Frame, {type: "snapshot"}>} frame */
function fold(next, frame) {
  switch (frame.type) {
    case "post": {
      const { post, seq } = frame;
      const known = next.posts.get(post.id);
      if ((next.removed.get(post.id) ?? -1) > seq || (known?.seq ?? -1) > seq) return;
      const times = post.times_shown ?? known?.post.times_shown;
      const merged = times === undefined ? post : { ...post, times_shown: times };
      next.posts.set(post.id, { post: merged, seq, live: known?.live ?? true });
      return;
    }
    case "remove": {
      const at = frame.ahead ?? frame.seq ?? next.seq;
      // Shown again since: a removal that comes again in its place must not undo that.
      if ((next.posts.get(frame.id)?.seq ?? -1) > at) return;
      next.posts.delete(frame.id);
      const newest = Math.max(at, next.removed.get(frame.id) ?? at);
      next.removed.delete(frame.id);
      next.removed.set(frame.id, newest);
      return;
    }
    case "tallies":
      next.tallies = frame.tallies;
      return;
    case "trends":
      next.trends = frame.trends;
      return;
    case "stage":
      next.stage = { ...next.stage, ...frame.stage };
      return;
    default:
    // What only staff see, and what a newer server says, is not for this page.
  }
}

/** Keeps memory bounded on screens that run for days. @param {Draft} next */
function trim(next) {
  for (const id of next.removed.keys()) {
    if (next.removed.size <= REMOVALS_KEPT) break;
    next.removed.delete(id);
  }
  if (next.posts.size <= next.limit) return;
  const surplus = [...next.posts.values()]
    .filter(({ post }) => !post.pinned)
    .sort((a, b) => Date.parse(a.post.created_at) - Date.parse(b.post.created_at))
    .slice(0, next.posts.size - next.limit);
  for (const { post } of surplus) next.posts.delete(post.id);
}
