/**
 * Where in the console one is, as the address says it after its `#`: a reload, a link and a sign-in come back to it.
 * Pure. `#posts?queue=shown&source=mastodon&at=41`; `at` is the arrival number of the selected post.
 *
 * @import { Filter, Order, Queue } from "./queues.js"
 */
import { MEDIA, NO_FILTER, QUEUES, usualOrder } from "./queues.js";

export const VIEWS = /** @type {const} */ (["posts", "rules", "audit", "display"]);

/** @typedef {typeof VIEWS[number]} View */
/** @typedef {{view: View, queue: Queue, order: Order, filter: Filter, at: number | null}} Place */

const LONGEST = 400;

/**
 * Reads an address; what it does not know it leaves out, since anybody can write one.
 *
 * @param {string} hash with or without its `#`
 * @returns {Place}
 */
export function placeOf(hash) {
  const [name = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  const params = new URLSearchParams(query);
  const said = (/** @type {string} */ key) => (params.get(key) ?? "").slice(0, LONGEST);
  /** @type {<T extends string>(words: readonly T[], word: string) => T | undefined} */
  const one = (words, word) => words.find((known) => known === word);
  const queue = one(QUEUES, said("queue")) ?? "waiting";
  const at = /^\d{1,9}$/.test(said("at")) ? Number(said("at")) : null;
  return {
    view: one(VIEWS, name) ?? "posts",
    queue,
    order: one(/** @type {const} */ (["newest", "oldest"]), said("order")) ?? usualOrder(queue),
    filter: { q: said("q"), source: said("source"), rule: said("rule"), language: said("language"), media: one(MEDIA, said("media")) ?? "", author: said("author") },
    at,
  };
}

/** @param {Place} place @returns {string} with its `#` */
export function hashOf({ view, queue, order, filter, at }) {
  const params = new URLSearchParams();
  if (queue !== "waiting") params.set("queue", queue);
  if (order !== usualOrder(queue)) params.set("order", order);
  for (const [key, value] of Object.entries(filter)) if (value !== "") params.set(key, value);
  if (at !== null) params.set("at", String(at));
  const query = params.toString();
  return `#${view}${query && `?${query}`}`;
}

/**
 * What is asked of the server for a page of a place.
 *
 * @param {Pick<Place, "queue" | "order" | "filter">} place
 * @param {{before?: number | null, limit: number, backwards?: boolean}} page `before`: where it goes on, without the post itself
 */
export function queryOf({ queue, order, filter }, { before = null, limit, backwards = false }) {
  const along = backwards ? (order === "newest" ? "oldest" : "newest") : order;
  const params = new URLSearchParams({ view: "staff", queue, order: along, limit: String(limit) });
  for (const [key, value] of Object.entries(filter)) if (value.trim() !== "") params.set(key, value.trim());
  if (before !== null && before >= 0) params.set("before", String(before));
  return params.toString();
}

/** Whether two places list the same posts in the same order. @param {Place} a @param {Place} b */
export const sameList = (a, b) => hashOf({ ...a, view: "posts", at: null }) === hashOf({ ...b, view: "posts", at: null });

/** @type {(filter: Filter) => boolean} */
export const isFiltered = (filter) => Object.entries(NO_FILTER).some(([key]) => filter[/** @type {keyof Filter} */ (key)].trim() !== "");
