/**
 * The posts as the rotation sees them, one deck for all scenes of a screen, so that a post shown in one is not shown at
 * once again in the next.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 * @import { State } from "../shared/state.d.ts"
 * @import { Candidate, Schedule } from "./types.d.ts"
 */
import { isWaiting, start } from "./scheduler.js";

export class Deck {
  constructor() {
    /** @type {Map<string, Candidate>} */
    this.candidates = new Map();
    /** @type {Schedule} */
    this.schedule = start();
    this.arrivals = 0;
  }

  values() {
    return this.candidates.values();
  }

  /**
   * Brings the deck in line with the posts.
   *
   * @param {State} state
   * @param {number} now of a steady clock
   * @returns {Post[]} what is news
   */
  follow(state, now) {
    for (const id of [...this.candidates.keys()]) if (!state.posts.has(id)) this.candidates.delete(id);
    /** @type {Post[]} */
    const fresh = [];
    for (const [id, { post, live }] of state.posts) {
      const known = this.candidates.get(id);
      if (known) {
        known.pinned = post.pinned === true;
        known.highlighted = post.highlighted === true;
        known.shown = Math.max(known.shown, post.times_shown ?? 0);
        continue;
      }
      // What is filled in later is no news, unless somebody has just brought it back.
      const news = live && (post.history !== true || state.removed.has(id));
      this.candidates.set(id, {
        id,
        author: post.author.id,
        created: Date.parse(post.created_at) || 0,
        arrived: news ? now : null,
        order: (this.arrivals += 1),
        shown: post.times_shown ?? 0,
        left: -Infinity,
        pinned: post.pinned === true,
        highlighted: post.highlighted === true,
      });
      if (news) fresh.push(post);
    }
    return fresh;
  }

  /** Notes that a post came on the screen. @param {string} id @param {number} now */
  shown(id, now) {
    const candidate = this.candidates.get(id);
    if (!candidate) return;
    candidate.arrived = null;
    candidate.shown += 1;
    candidate.left = now;
  }

  /** Notes which posts went off it. @param {Iterable<string>} ids @param {number} now */
  left(ids, now) {
    for (const id of ids) {
      const candidate = this.candidates.get(id);
      if (candidate) candidate.left = now;
    }
  }

  /** Leaves to the rotation what has waited long enough. @param {number} now */
  settle(now) {
    for (const candidate of this.values()) if (candidate.arrived !== null && !isWaiting(candidate, now)) candidate.arrived = null;
  }
}
