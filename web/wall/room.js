/**
 * What all scenes of a screen share: the wall's state, the deck, the pictures, the type.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 * @import { State } from "../shared/state.d.ts"
 * @import { Context, Display } from "./types.d.ts"
 * @import { Type } from "./legible.js"
 */
import { foldTag } from "../shared/facets.js";
import { empty } from "../shared/store.js";
import { avatar, isEmpty, shots } from "./card.js";
import { Deck } from "./deck.js";
import { displayOf } from "./display.js";
import { measures } from "./layout.js";
import { legible } from "./legible.js";
import { Pictures } from "./pictures.js";

export class Room {
  /** @param {{wallId: string, overlay: boolean}} options */
  constructor({ wallId, overlay }) {
    this.wallId = wallId;
    /** Laid over another picture, without a ground of its own. */
    this.overlay = overlay;
    this.deck = new Deck();
    this.pictures = new Pictures();
    /** @type {State} */
    this.state = empty();
    /** @type {Display} */
    this.display = displayOf(null);
    /** @type {ReadonlySet<string>} */
    this.ownTags = new Set();
    /** The technician has stopped everything that moves. */
    this.stopped = false;
    /** How far the server's clock is ahead of this one, in milliseconds. */
    this.ahead = 0;
    /** @type {Set<string>} posts that could not be drawn, by id and version */
    this.broken = new Set();
    this.motion = matchMedia("(prefers-reduced-motion: reduce)");
    /** Called when something is ready that was waited for. */
    this.again = () => {};
  }

  /** Takes a new state in. @param {State} state @returns {Post[]} what is news */
  take(state) {
    if (state.wall !== this.state.wall) {
      this.display = displayOf(state.wall);
      this.ownTags = new Set((state.wall?.hashtags ?? []).map(foldTag));
    }
    this.state = state;
    const news = this.deck.follow(state, performance.now());
    for (const post of news) this.fetch(post);
    return news;
  }

  /** Nothing is to move that need not. */
  get calm() {
    return this.motion.matches;
  }

  /** Nothing new is to come on the screen. */
  frozen() {
    return this.stopped || this.state.stage.paused;
  }

  /** The server's time, in epoch milliseconds: a screen's own clock may be wrong. */
  serverNow() {
    return Date.now() + this.ahead;
  }

  /** The wall's time zone; null for the browser's own. */
  get zone() {
    return this.state.wall?.timezone || null;
  }

  /** @returns {Context} */
  context() {
    return {
      ownTags: this.ownTags,
      zone: this.zone,
      now: this.serverNow(),
      find: (id) => this.state.posts.get(id)?.post ?? null,
      open: this.display.warned === "show",
      width: Math.min(innerWidth, innerHeight),
    };
  }

  /** The sizes of type on this screen. @returns {Type} */
  get type() {
    return legible(this.display, { height: innerHeight, unit: measures(innerWidth, innerHeight).unit });
  }

  /** @param {string} id */
  post(id) {
    return this.state.posts.get(id)?.post ?? null;
  }

  /** All posts, newest first. */
  posts() {
    return [...this.state.posts.values()].map(({ post }) => post).sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at));
  }

  /**
   * Fetches a post's pictures.
   *
   * @param {Post} post
   * @param {number} [patience] how long one may be on its way, in milliseconds
   * @returns {boolean} whether one is still waited for
   */
  fetch(post, patience = Infinity) {
    const now = Date.now();
    const face = avatar(post);
    if (face !== null) this.pictures.look(face, now);
    return shots(post, this.context()).some(({ url }) => {
      const { state, since } = this.pictures.look(url, now);
      return state === "loading" && now - since < patience;
    });
  }

  /** Waits until a post's pictures are there, or have failed. @param {readonly (Post | null)[]} posts */
  async fetched(posts) {
    const now = Date.now();
    const urls = posts.flatMap((post) => (post ? [avatar(post), ...shots(post, this.context()).map(({ url }) => url)] : []));
    await Promise.all(urls.map((url) => (url === null ? null : this.pictures.look(url, now).image.decode().catch(() => undefined))));
  }

  /** Whether there is nothing of a post to draw: it failed, or says nothing. @param {Post} post */
  isBroken(post) {
    return isEmpty(post) || this.broken.has(version(post));
  }

  /**
   * Draws one post; one that cannot be drawn is left out, and everything else goes on.
   *
   * @template T
   * @param {Post} post
   * @param {() => T} work
   * @param {() => void} [clean] takes away what stands there half
   * @returns {T | null}
   */
  attempt(post, work, clean = () => {}) {
    try {
      return work();
    } catch (error) {
      if (this.broken.size > 500) this.broken.clear();
      this.broken.add(version(post));
      console.error("a post could not be drawn", post.id, error);
      clean();
      return null;
    }
  }
}

const version = (/** @type {Post} */ post) => `${post.id} ${post.edited_at ?? ""}`;
