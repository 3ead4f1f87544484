/**
 * The queues, and which posts belong to which. Pure; the server answers the same question the same way, this one
 * decides at once for posts that change while one looks.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 */
import { plain } from "./hits.js";

export const QUEUES = /** @type {const} */ (["waiting", "stashed", "shown", "hidden", "pinned", "highlighted", "all"]);

/** @typedef {typeof QUEUES[number]} Queue */
/** @typedef {"newest" | "oldest"} Order */

export const MEDIA = /** @type {const} */ (["none", "any", "image", "gif", "video", "audio"]);

/**
 * What is asked of posts besides their queue; empty: nothing.
 *
 * @typedef {{q: string, source: string, rule: string, language: string, media: string, author: string}} Filter
 */

/** @type {Readonly<Filter>} */
export const NO_FILTER = { q: "", source: "", rule: "", language: "", media: "", author: "" };

/** Who waits longest comes first; what is decided, newest first. @type {(queue: Queue) => Order} */
export const usualOrder = (queue) => (queue === "waiting" || queue === "stashed" ? "oldest" : "newest");

/** Kept off for nothing but being a repost: counted, and only under "all". @param {Post} post */
const onlyARepost = ({ kind, reasons, decided_by: by }) => kind === "repost" && !by && (reasons ?? []).length > 0 && (reasons ?? []).every(({ rule }) => rule === "reposts");

/**
 * @param {Post} post
 * @param {Queue} queue
 */
export function isIn(post, queue) {
  switch (queue) {
    case "waiting":
      return post.standing === "held" && !post.stashed;
    case "stashed":
      return post.standing === "held" && post.stashed === true;
    case "shown":
      return post.standing === "shown";
    case "hidden":
      return post.standing === "hidden" && !onlyARepost(post);
    case "pinned":
      return post.standing === "shown" && post.pinned === true;
    case "highlighted":
      return post.standing !== "deleted" && post.highlighted === true;
    case "all":
      return post.standing !== "deleted";
  }
}

/**
 * @param {Post} post
 * @param {Filter} filter
 */
export function passes(post, { q, source, rule, language, media, author }) {
  const tag = (post.language ?? "").toLowerCase();
  const kinds = (post.media ?? []).map(({ kind }) => kind);
  return (
    (source === "" || post.source === source) &&
    (rule === "" || (post.reasons ?? []).some((reason) => reason.rule === rule)) &&
    (language === "" || (language === "unknown" ? tag === "" : tag === language.toLowerCase() || tag.startsWith(`${language.toLowerCase()}-`))) &&
    (media === "" || (media === "none" ? kinds.length === 0 : media === "any" ? kinds.length > 0 : kinds.some((kind) => kind === media))) &&
    (author === "" || post.author.id === author || post.author.handle.toLowerCase() === author.toLowerCase()) &&
    (q.trim() === "" || [post.text, post.author.name, post.author.handle].some((text) => plain(text).includes(plain(q.trim()))))
  );
}
