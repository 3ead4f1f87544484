/**
 * Pictures kept on this machine, for pages that have no service worker: a wall by plain http from another machine. When the
 * network is gone for longer than the browser's own cache holds, they are drawn from here. Bounded; the least recently used go.
 */
import { createStore, del, get, set } from "../vendor/idb-keyval-6.3.0/index.js";

const MOST = 240;
const MOST_BYTES = 64 * 1024 * 1024;
/** Where the list of what is kept lies, beside the pictures. */
const LIST = "list";

export class KeptPictures {
  constructor() {
    this.store = createStore("buzzwall-pictures", "pictures");
    /** By address, in the order of use. @type {Map<string, number>} bytes */
    this.list = new Map();
    /** Addresses of those that are drawn from here. @type {Map<string, string>} */
    this.drawn = new Map();
    /** One after the other, so that the list is never written by two. @type {Promise<unknown>} */
    this.turn = get(LIST, this.store)
      .then((list) => {
        if (list instanceof Map) this.list = list;
      })
      .catch((error) => console.warn("no pictures are kept", error));
  }

  /** @template T @param {() => Promise<T>} work @returns {Promise<T | null>} */
  after(work) {
    const done = this.turn.then(work).catch((error) => {
      console.warn("a picture is not kept", error);
      return null;
    });
    this.turn = done;
    return done;
  }

  /** Keeps a picture that has just been loaded. @param {string} url */
  keep(url) {
    return this.after(async () => {
      const bytes = this.list.get(url);
      this.list.delete(url);
      if (bytes === undefined) {
        const answer = await fetch(url, { cache: "force-cache" });
        if (!answer.ok) return;
        const blob = await answer.blob();
        await set(url, blob, this.store);
        this.list.set(url, blob.size);
      } else this.list.set(url, bytes);
      let sum = [...this.list.values()].reduce((all, one) => all + one, 0);
      for (const [oldest, size] of this.list) {
        if (this.list.size <= MOST && sum <= MOST_BYTES) break;
        sum -= size;
        await this.drop(oldest);
      }
      await set(LIST, this.list, this.store);
    });
  }

  /** A kept picture's address on this machine; null where it is not kept. @param {string} url @returns {Promise<string | null>} */
  async find(url) {
    const known = this.drawn.get(url);
    if (known) return known;
    return this.after(async () => {
      const blob = this.list.has(url) ? await get(url, this.store) : null;
      if (!(blob instanceof Blob)) return null;
      const address = URL.createObjectURL(blob);
      this.drawn.set(url, address);
      return address;
    });
  }

  /** Lets go of the pictures of a post that was taken off the wall. @param {string} token */
  forget(token) {
    return this.after(async () => {
      for (const url of [...this.list.keys()]) if (url.split("/")[3] === token) await this.drop(url);
      await set(LIST, this.list, this.store);
    });
  }

  /** @param {string} url */
  async drop(url) {
    this.list.delete(url);
    const drawn = this.drawn.get(url);
    if (drawn) URL.revokeObjectURL(drawn);
    this.drawn.delete(url);
    await del(url, this.store);
  }
}
