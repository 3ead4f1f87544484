/**
 * Where a post's pictures lie. One place, so that it can be changed in one place.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 */
import { pictureUrl } from "../shared/dom.js";

/**
 * @param {string} _wall its id
 * @param {Post} post
 * @param {"avatar" | "card" | number} which a number: of its attachments, of which films are a still
 * @param {number} _width how wide it is drawn, in pixels of the screen
 * @returns {string | null} null where there is none
 */
// Where the server passes pictures on, wall and width are part of their address.
// eslint-disable-next-line no-unused-vars
export function pictureSrc(_wall, post, which, _width) {
  if (which === "avatar") return pictureUrl(post.author.avatar);
  if (which === "card") return pictureUrl(post.card?.image);
  const item = post.media?.[which];
  if (!item || item.kind === "audio") return null;
  return pictureUrl(item.kind === "image" || item.kind === "unknown" ? (item.preview ?? item.url) : item.preview);
}
