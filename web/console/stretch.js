/**
 * The stretch of a queue that is in memory: a run of posts without gaps, read page by page at both ends and kept in
 * step with what the stream says. Pure. What lies beyond its ends is the server's to know, so a queue of a hundred
 * thousand posts takes no more memory than one of a thousand.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 * @import { Place } from "./places.js"
 */
import { isIn, passes } from "./queues.js";

/** Posts in memory at most. */
export const KEPT = 600;

const num = (/** @type {Post} */ post) => post.num ?? 0;

export class Stretch {
  /** @param {Pick<Place, "queue" | "order" | "filter">} place */
  constructor(place) {
    this.place = place;
    /** @type {Post[]} in order */
    this.posts = [];
    /** Whether nothing lies before the first, behind the last. */
    this.head = this.tail = false;
    /** @type {number | null} posts before the first one, where that is known */
    this.skipped = null;
    /** @type {Map<string, Post>} new ones kept back, so that nothing moves under a finger */
    this.fresh = new Map();
    /** @type {Map<string, Post | null> | null} what the stream said while a page was on its way; null: gone */
    this.meanwhile = null;
  }

  /** Whether a post is to be listed here. @param {Post} post */
  belongs(post) {
    return isIn(post, this.place.queue) && passes(post, this.place.filter);
  }

  /** @param {Post} a @param {Post} b */
  compare(a, b) {
    return this.place.order === "newest" ? num(b) - num(a) : num(a) - num(b);
  }

  /** @param {string} id */
  index(id) {
    return this.posts.findIndex((post) => post.id === id);
  }

  /** @param {string} id @returns {Post | null} */
  find(id) {
    return this.posts.find((post) => post.id === id) ?? this.fresh.get(id) ?? null;
  }

  /** A page is asked for: what changes until it comes must not be lost by it. */
  asks() {
    this.meanwhile ??= new Map();
  }

  /**
   * Takes in a page.
   *
   * @param {readonly Post[]} page in the order of the list
   * @param {"head" | "tail"} end where it belongs
   * @param {boolean} last whether nothing lies beyond it
   */
  read(page, end, last) {
    const known = new Set(this.posts.map(({ id }) => id));
    const more = page.filter(({ id }) => !known.has(id));
    for (const { id } of more) this.fresh.delete(id);
    this.posts = end === "tail" ? [...this.posts, ...more] : [...more, ...this.posts];
    this.posts.sort((a, b) => this.compare(a, b));
    if (end === "tail") this.tail = last;
    else {
      this.head = last;
      this.skipped = last ? 0 : this.skipped === null ? null : Math.max(0, this.skipped - more.length);
    }
    const changes = this.meanwhile ?? new Map();
    this.meanwhile = null;
    for (const [id, post] of changes) {
      if (post === null) this.drop(id);
      else this.take(post, false);
    }
  }

  /**
   * Takes in a post that came or changed.
   *
   * @param {Post} post
   * @param {boolean} back whether one that would push the others down is kept back
   * @returns {boolean} whether the list changed
   */
  take(post, back) {
    this.meanwhile?.set(post.id, post);
    if (!this.belongs(post)) return this.drop(post.id, false);
    const at = this.index(post.id);
    if (at >= 0) {
      this.posts[at] = post;
      return true;
    }
    const place = this.posts.findIndex((other) => this.compare(post, other) < 0);
    if (place < 0) {
      if (!this.tail) return false;
      this.posts.push(post);
    } else if (place === 0) {
      if (!this.head) return false;
      if (back || this.fresh.has(post.id)) this.fresh.set(post.id, post);
      else this.posts.unshift(post);
    } else this.posts.splice(place, 0, post);
    return true;
  }

  /** @param {string} id @param {boolean} [said] whether the stream says so @returns {boolean} whether the list changed */
  drop(id, said = true) {
    if (said) this.meanwhile?.set(id, null);
    const held = this.fresh.delete(id);
    const at = this.index(id);
    if (at >= 0) this.posts.splice(at, 1);
    return held || at >= 0;
  }

  /** Lets in what was kept back. */
  release() {
    for (const post of this.fresh.values()) if (this.index(post.id) < 0) this.posts.push(post);
    this.fresh.clear();
    this.posts.sort((a, b) => this.compare(a, b));
  }

  /**
   * Forgets posts at the end that is farther from where one looks.
   *
   * @param {number} at index that one looks at
   */
  trim(at) {
    const surplus = this.posts.length - KEPT;
    if (surplus <= 0) return;
    if (at > this.posts.length / 2) {
      this.posts.splice(0, surplus);
      this.head = false;
      if (this.skipped !== null) this.skipped += surplus;
      // They lie before the first one now and are read again on the way back.
      this.fresh.clear();
    } else {
      this.posts.splice(KEPT, surplus);
      this.tail = false;
    }
  }

  /** The posts from one to another, both included, in order. @param {string} from @param {string} to */
  between(from, to) {
    const [a, b] = [this.index(from), this.index(to)].sort((x, y) => x - y);
    return a === undefined || b === undefined || a < 0 ? [] : this.posts.slice(a, b + 1);
  }
}
