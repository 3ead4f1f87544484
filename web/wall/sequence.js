/**
 * One post after the other, from the screen's common deck: each as long as it takes to read.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 * @import { Turn } from "./types.d.ts"
 * @import { Room } from "./room.js"
 */
import { readingWords } from "./card.js";
import { dwell, entered, successors } from "./scheduler.js";

/** How long a picture is waited for before another post goes first. */
const PATIENT_MS = 4000;

export class Sequence {
  /** @param {Room} room @param {(post: Post) => boolean} [suits] */
  constructor(room, suits = () => true) {
    this.room = room;
    this.suits = suits;
    /** @type {Post | null} what stands */
    this.post = null;
    this.until = -Infinity;
  }

  /**
   * What comes next, if anything else is there.
   *
   * @param {number} now
   * @param {boolean} [patient] a post whose pictures are on their way lets others go first
   * @returns {{post: Post, turn: Turn} | null}
   */
  next(now, patient = true) {
    const { deck } = this.room;
    const fitting = [...deck.values()].filter(({ id }) => {
      const post = this.room.post(id);
      return post !== null && !this.room.isBroken(post) && this.suits(post);
    });
    for (const turn of successors(deck.schedule, fitting, new Set(this.post ? [this.post.id] : []), now).slice(0, 6)) {
      const post = this.room.post(turn.id);
      if (post && (!this.room.fetch(post, PATIENT_MS) || !patient)) return { post, turn };
    }
    return null;
  }

  /** @param {{post: Post, turn: Turn}} next @param {number} now */
  take({ post, turn }, now) {
    const { deck } = this.room;
    if (this.post) deck.left([this.post.id], now);
    deck.shown(post.id, now);
    deck.schedule = entered(deck.schedule, turn, now);
    this.post = post;
    this.until = now + dwell(readingWords(post));
  }

  /** Whether what stands has been read. @param {number} now */
  isDue(now) {
    return now >= this.until && !this.room.frozen();
  }

  /** What stands, as it is now; null where it was taken down. @returns {Post | null} */
  current() {
    return this.post === null ? null : this.room.post(this.post.id);
  }

  end() {
    if (this.post) this.room.deck.left([this.post.id], performance.now());
    this.post = null;
    this.until = -Infinity;
  }

  /** Whether there is anything to show. */
  any() {
    for (const { post } of this.room.state.posts.values()) if (!this.room.isBroken(post) && this.suits(post)) return true;
    return false;
  }

  ids() {
    return this.post ? [this.post.id] : [];
  }
}

/**
 * Puts one node in another's place: by a fade, or by a cut where nothing is to move.
 *
 * @param {HTMLElement} root
 * @param {HTMLElement} node
 * @param {boolean} cut
 */
export function exchange(root, node, cut) {
  const before = [...root.children];
  root.append(node);
  if (cut || before.length === 0) {
    for (const old of before) old.remove();
    return;
  }
  node.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 300 });
  for (const old of before) old.animate([{ opacity: 1 }, { opacity: 0 }], { duration: 200, fill: "forwards" }).onfinish = () => old.remove();
}
