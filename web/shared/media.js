/**
 * Where a page gets a post's pictures: from this service alone, which fetches, checks and shrinks them. So nobody else learns
 * of a screen, and a venue's network carries no more than is drawn.
 *
 * @import { Media, Post } from "./protocol.d.ts"
 */

/** The widths that the service has. */
const WIDTHS = [96, 320, 640, 1280, 1920];
/** What this service serves itself: the pictures of the invented conference. */
const OWN = /^\/assets\/[\w./-]+$/;

/**
 * The address of a post's picture; null where it has none that may be drawn.
 *
 * @param {string} wallId
 * @param {Post} post
 * @param {"avatar" | "card" | `${number}` | `emoji-${number}`} which
 * @param {number} width how wide it is drawn, in pixels of the screen
 * @returns {string | null}
 */
export function pictureSrc(wallId, post, which, width) {
  const address = addressOf(post, which);
  if (!address) return null;
  if (OWN.test(address) && !address.includes("..")) return address;
  if (!post.pictures || !/^https?:\/\//.test(address)) return null;
  const w = WIDTHS.find((one) => one >= width) ?? WIDTHS.at(-1);
  return `/media/${encodeURIComponent(wallId)}/${post.pictures}/${which}?w=${w}`;
}

/** The wall that this page is about. */
export const pageWall = () => decodeURIComponent(globalThis.location?.pathname.split("/")[2] ?? "");

/** Pixels of the screen in so many of the page. @param {number} pixels */
export const onScreen = (pixels) => Math.ceil(pixels * (globalThis.devicePixelRatio || 1));

/** @param {Post} post @param {string} which */
function addressOf(post, which) {
  if (which === "avatar") return post.author.avatar;
  if (which === "card") return post.card?.image;
  if (which.startsWith("emoji-")) return post.emojis?.[Number(which.slice("emoji-".length))]?.url;
  const media = post.media?.[Number(which)];
  return media ? still(media) : null;
}

/** What of an attachment can be drawn without moving. @param {Media} media */
function still({ kind, url, preview }) {
  if (kind === "image" || kind === "unknown") return url ?? preview;
  return kind === "gif" ? (preview ?? url) : preview;
}

/** What organisers brought, as this service serves it; null for anything else. @param {string | null | undefined} address */
export const ownPicture = (address) => (address && /^\/(w|assets)\/[\w./?=-]+$/.test(address) && !address.includes("..") ? address : null);
