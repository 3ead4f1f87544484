/**
 * The last good state of a wall, kept on this machine: after a crash of the browser or of the server, and without any network,
 * the screen goes on with it. Where nothing can be kept the wall goes on without, and `i` says so.
 *
 * @import { State } from "../shared/state.d.ts"
 */
import { createStore, get, set } from "../vendor/idb-keyval-6.3.0/index.js";

/** Another one cannot read what this one has written. */
const VERSION = 1;
/** Between two writings; a removal does not wait. */
const EVERY_MS = 5000;

/**
 * @typedef {{state: State, ahead: number, at: number}} Saved `ahead`: how far the server's clock was ahead of this machine's;
 *   `at`: when it was written, in this machine's time
 */

export class Kept {
  /** @param {string} wallId */
  constructor(wallId) {
    this.key = `wall ${wallId}`;
    /** @type {string | null} why nothing can be kept */
    this.trouble = null;
    /** When it was last written, in this machine's time. @type {number | null} */
    this.at = null;
    /** @type {{state: State, ahead: number} | null} */
    this.waiting = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.writing = false;
    // Opening fails where the browser keeps nothing at all, as in a private window.
    try {
      this.store = createStore("buzzwall", "walls");
    } catch (error) {
      this.fails(error);
    }
  }

  /**
   * What was kept; nothing where there is none, or none that can be read.
   *
   * @param {State} empty a state that knows nothing
   * @returns {Promise<Saved | null>}
   */
  async load(empty) {
    try {
      const found = this.store && (await get(this.key, this.store));
      if (found?.version !== VERSION || typeof found.epoch !== "string" || !found.wall) return null;
      const { epoch, seq, wall, tallies, trends, stage, ahead, at } = found;
      const state = { ...empty, epoch, seq, wall, tallies, trends, stage: { ...empty.stage, ...stage }, posts: new Map(found.posts), removed: new Map(found.removed) };
      return { state, ahead: Number(ahead) || 0, at: Number(at) || 0 };
    } catch (error) {
      this.fails(error);
      return null;
    }
  }

  /**
   * Keeps a state, soon.
   *
   * @param {State} state
   * @param {number} ahead
   * @param {boolean} urgent something was taken off the wall: it must not come back from here
   */
  note(state, ahead, urgent) {
    if (!this.store || state.epoch === null) return;
    this.waiting = { state, ahead };
    if (urgent) {
      clearTimeout(this.timer);
      this.timer = undefined;
      void this.write();
    } else this.timer ??= setTimeout(() => void this.write(), EVERY_MS);
  }

  async write() {
    this.timer = undefined;
    if (this.writing || this.waiting === null || !this.store) return;
    const { state, ahead } = this.waiting;
    this.waiting = null;
    this.writing = true;
    const { epoch, seq, wall, tallies, trends, stage } = state;
    const at = Date.now();
    try {
      await set(this.key, { version: VERSION, epoch, seq, wall, tallies, trends, stage, posts: [...state.posts], removed: [...state.removed], ahead, at }, this.store);
      this.at = at;
      this.trouble = null;
    } catch (error) {
      this.fails(error);
    }
    this.writing = false;
    // What came meanwhile.
    if (this.waiting !== null) this.timer ??= setTimeout(() => void this.write(), 250);
  }

  /** @param {unknown} error */
  fails(error) {
    if (this.trouble === null) console.warn("the wall cannot be kept on this machine", error);
    this.trouble = String(error);
  }
}
