/**
 * What was asked for and is not confirmed yet: posts are listed as they will be once it is, and as they were if it is
 * refused.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 */

/** A wish that nobody confirmed within this time is forgotten: what the server says holds. */
const FORGOTTEN_MS = 8000;

/** @type {Map<string, {wanted: Partial<Post>, post: Post, told: boolean, until: number}>} */
const pending = new Map();

/**
 * @param {Post} post as it is
 * @param {Partial<Post>} wanted
 * @returns {Post} as it is to be
 */
export function wish(post, wanted) {
  const known = pending.get(post.id);
  pending.set(post.id, { wanted: { ...known?.wanted, ...wanted }, post: known?.post ?? post, told: false, until: Date.now() + FORGOTTEN_MS });
  return { ...post, ...wanted };
}

/**
 * Ends a wish.
 *
 * @param {string} id
 * @param {boolean} granted
 * @returns {Post | null} the post to go back to, where the server says otherwise
 */
export function settle(id, granted) {
  const known = pending.get(id);
  pending.delete(id);
  return known && (!granted || known.told) ? known.post : null;
}

/** What the server says of a post, with what is still wished of it. @param {Post} post @returns {Post} */
export function wished(post) {
  const known = pending.get(post.id);
  if (!known) return post;
  const fulfilled = Object.entries(known.wanted).every(([name, value]) => post[/** @type {keyof Post} */ (name)] === value);
  if (fulfilled || known.until < Date.now()) {
    pending.delete(post.id);
    return post;
  }
  known.post = post;
  known.told = true;
  return { ...post, ...known.wanted };
}
