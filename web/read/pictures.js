/**
 * Where a post's pictures lie.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 */
import { pictureSrc as served } from "../shared/media.js";

/**
 * @param {string} wall its id
 * @param {Post} post
 * @param {"avatar" | "card" | number} which a number: of its attachments, of which films are a still
 * @param {number} width how wide it is drawn, in pixels of the screen
 * @returns {string | null} null where there is none
 */
export const pictureSrc = (wall, post, which, width) => served(wall, post, typeof which === "number" ? `${which}` : which, width);
