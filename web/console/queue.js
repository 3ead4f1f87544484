/**
 * The list of posts: what stands in it, in which order, and without moving under a finger.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 */

/** @typedef {"held" | "shown" | "hidden" | "all"} Tab */

/** Items in the page at most; older ones come by searching or by "older posts". */
export const LISTED = 150;

/**
 * The posts of a tab in order. Held: the longest waiting first, so that new ones come in at the end; else newest first.
 *
 * @param {Iterable<Post>} posts
 * @param {Tab} tab
 * @returns {Post[]}
 */
export function queue(posts, tab) {
  const time = (/** @type {Post} */ post) => Date.parse(post.received_at ?? post.created_at);
  // Posts of one batch came in together; among them the time of writing decides.
  const later = (/** @type {Post} */ a, /** @type {Post} */ b) => time(a) - time(b) || Date.parse(a.created_at) - Date.parse(b.created_at) || (a.id < b.id ? -1 : 1);
  const mine = [...posts].filter((post) => tab === "all" || (post.standing === tab && post.kind !== "repost"));
  mine.sort((a, b) => (tab === "held" ? later(a, b) : later(b, a)));
  return mine.slice(0, LISTED);
}

/**
 * Keeps new posts back while somebody is at work in the list: nothing slides under a finger.
 *
 * @param {readonly string[]} wanted
 * @param {ReadonlySet<string>} listed
 * @param {boolean} busy
 * @returns {{visible: string[], waiting: number}}
 */
export function steady(wanted, listed, busy) {
  if (!busy) return { visible: [...wanted], waiting: 0 };
  const first = wanted.findIndex((id) => listed.has(id));
  if (first < 0) return { visible: [...wanted], waiting: 0 };
  // Only what would push the list down is kept back.
  return { visible: wanted.slice(first), waiting: first };
}
