/**
 * Which posts stand on a page for reading, in which order, and which wait until the reader asks for them. Pure: no DOM, no
 * clock, no network.
 *
 * Nothing enters above what somebody reads: a new post waits, and is counted. What is taken off the wall goes at once.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 * @import { State } from "../shared/state.d.ts"
 */

/** The server's snapshot has no more than this; then there may be older ones. */
const SNAPSHOT = 100;
/** Articles on a page that is left open for days; older ones are fetched again. */
const MOST = 400;

/** @typedef {{post: Post, ahead: boolean}} Placed `ahead`: was pinned when it was placed, and stays where it is */

export class Reading {
  /** @param {{page?: number, most?: number}} [options] how many posts are shown at first, and at most */
  constructor({ page = 20, most = MOST } = {}) {
    this.page = page;
    this.most = most;
    /** @type {Map<string, Placed>} */
    this.shown = new Map();
    /** @type {Map<string, Post>} */
    this.waiting = new Map();
    /** Whether there may be older ones. */
    this.more = false;
    /** Where the next page of older ones begins; null before the first was asked for. @type {string | null} */
    this.next = null;
    /** Whether the first snapshot was read. */
    this.begun = false;
    /** @type {State | null} */
    this.state = null;
  }

  /** Follows what is known of the wall. @param {State} state */
  follow(state) {
    this.state = state;
    for (const [id, placed] of this.shown) {
      const post = state.posts.get(id)?.post;
      if (post) placed.post = post;
      else if (state.removed.has(id)) this.shown.delete(id);
    }
    // Of those that wait, what the state has dropped for newer ones is no news any more.
    for (const id of this.waiting.keys()) if (!state.posts.has(id)) this.waiting.delete(id);
    if (!this.begun || this.shown.size === 0) {
      this.begin(state);
      return;
    }
    const oldest = this.oldest();
    for (const [id, { post }] of state.posts) {
      if (this.shown.has(id)) continue;
      if (this.waiting.has(id) || !this.more || written(post) > oldest) this.waiting.set(id, post);
    }
  }

  /** The first page: what is pinned, and the newest. @param {State} state */
  begin(state) {
    this.begun = true;
    const all = [...state.posts.values()].map(({ post }) => ({ post, ahead: post.pinned === true })).sort(order);
    for (const placed of all.slice(0, this.page)) this.shown.set(placed.post.id, placed);
    this.waiting.clear();
    this.next = null;
    this.more = all.length > this.page || all.length >= SNAPSHOT;
  }

  /** Lets in what waits. @returns {string | null} the id of the first that came in */
  take() {
    const newest = [...this.waiting.values()].map((post) => ({ post, ahead: false })).sort(order);
    this.waiting.clear();
    for (const placed of newest) this.shown.set(placed.post.id, placed);
    const surplus = this.list().slice(this.most);
    for (const { id } of surplus) this.shown.delete(id);
    if (surplus.length > 0) {
      this.more = true;
      this.next = null;
    }
    return newest[0]?.post.id ?? null;
  }

  /** What to ask the list of posts for, to get older ones. */
  wanted() {
    return this.next === null ? { limit: Math.min(500, this.shown.size + this.waiting.size + this.page) } : { limit: this.page, before: this.next };
  }

  /**
   * Adds older ones.
   *
   * @param {readonly Post[]} posts
   * @param {string | null} next
   * @returns {string | null} the id of the first that came in
   */
  older(posts, next) {
    const oldest = this.oldest();
    const added = posts.filter((post) => !this.shown.has(post.id) && !this.waiting.has(post.id) && !this.isGone(post.id) && written(post) <= oldest);
    for (const post of added) this.shown.set(post.id, { post, ahead: false });
    this.next = next;
    this.more = next !== null;
    return added[0]?.id ?? null;
  }

  /**
   * Drops what is not there any more: after a gap in the stream nobody said which posts went meanwhile.
   *
   * @param {readonly Post[] | null} posts the newest of the list, as many as are shown; null if they could not be fetched
   */
  check(posts) {
    const there = new Set(posts?.map(({ id }) => id));
    for (const id of this.shown.keys()) if (!there.has(id) && !this.state?.posts.has(id)) this.shown.delete(id);
    this.next = null;
    this.more = true;
  }

  /** Whether any is shown of which the stream would not say that it went. */
  isInDoubt() {
    return [...this.shown.keys()].some((id) => !this.state?.posts.has(id));
  }

  /** What is shown, in order. @returns {Post[]} */
  list() {
    return [...this.shown.values()].sort(order).map(({ post }) => post);
  }

  /** @param {string} id */
  isGone(id) {
    return this.state !== null && this.state.removed.has(id) && !this.state.posts.has(id);
  }

  /** When the oldest was written that stands in its place. */
  oldest() {
    const times = [...this.shown.values()].filter(({ ahead }) => !ahead).map(({ post }) => written(post));
    return times.length > 0 ? Math.min(...times) : Infinity;
  }
}

/** @param {Post} post */
const written = (post) => Date.parse(post.created_at) || 0;

/** @param {Placed} a @param {Placed} b */
const order = (a, b) => Number(b.ahead) - Number(a.ahead) || written(b.post) - written(a.post) || (a.post.id < b.post.id ? 1 : -1);
