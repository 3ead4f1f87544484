/**
 * What can be done with a post: its name, its key, and what is offered for which post. Pure.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 */
import { t } from "../shared/catalogue/index.js";

/** @typedef {"hide" | "show" | "pin" | "unpin" | "highlight" | "unhighlight" | "stash" | "unstash" | "block" | "unblock" | "trust" | "untrust" | "note" | "choose" | "about" | "original"} Deed */

/** @type {Record<Deed, string>} */
const KEYS = {
  hide: "h",
  show: "s",
  pin: "p",
  unpin: "p",
  highlight: "l",
  unhighlight: "l",
  stash: "e",
  unstash: "e",
  block: "B",
  unblock: "B",
  trust: "T",
  untrust: "T",
  note: "n",
  choose: "x",
  about: "o",
  original: "v",
};

/** Each with its name, its key and what is said where it could not be done. */
export const DEEDS = /** @type {Record<Deed, {label: string, key: string, done: string}>} */ (
  Object.fromEntries(/** @type {[Deed, string][]} */ (Object.entries(KEYS)).map(([deed, key]) => [deed, { key, label: t(`do.${deed}`), done: t(`could_not.${deed}`) }]))
);

/**
 * Who may do what, as the server has it.
 *
 * @param {string} role
 * @returns {Set<Deed>}
 */
export function mayOf(role) {
  /** @type {Deed[]} */
  const all = ["about", "original"];
  if (["admin", "moderator", "rapporteur"].includes(role)) all.push("highlight", "unhighlight", "choose");
  if (["admin", "rapporteur"].includes(role)) all.push("note");
  if (["admin", "moderator"].includes(role)) all.push("hide", "show", "pin", "unpin", "stash", "unstash", "block", "unblock", "trust", "untrust");
  return new Set(all);
}

/** What a decision makes of a post, if nothing speaks against it. @type {Partial<Record<Deed, Partial<Post>>>} */
export const WISHES = {
  hide: { standing: "hidden" },
  block: { standing: "hidden", author_standing: "blocked" },
  show: { standing: "shown", stashed: false },
  pin: { pinned: true },
  unpin: { pinned: false },
  highlight: { highlighted: true },
  unhighlight: { highlighted: false },
  stash: { stashed: true },
  unstash: { stashed: false },
  // Where its posts stand then is the rules' to say.
  trust: { author_standing: "trusted" },
  untrust: { author_standing: "normal" },
  unblock: { author_standing: "normal" },
};

/** What an author's posts become. @type {Partial<Record<Deed, "blocked" | "trusted" | "normal">>} */
export const STANDINGS = { block: "blocked", trust: "trusted", unblock: "normal", untrust: "normal" };

/** The two decisions under the thumbs: left keeps off, right lets on. @param {Post} post @returns {Deed[]} */
export function verdicts(post) {
  if (post.standing === "deleted") return [];
  if (post.standing === "hidden") return [post.author_standing === "blocked" ? "unblock" : "block", "show"];
  if (post.standing === "held") return ["hide", "show"];
  return ["hide", post.pinned ? "unpin" : "pin"];
}

/** The other things to be done, in order. @param {Post} post @returns {Deed[]} */
export function others(post) {
  const first = verdicts(post);
  /** @type {Deed[]} */
  const all = [];
  if (first.length > 0) {
    if (post.standing === "shown") all.push(post.pinned ? "unpin" : "pin");
    if (post.standing === "held") all.push(post.stashed ? "unstash" : "stash");
    all.push(post.highlighted ? "unhighlight" : "highlight");
    all.push(post.author_standing === "blocked" ? "unblock" : "block");
    if (post.author_standing !== "blocked") all.push(post.author_standing === "trusted" ? "untrust" : "trust");
    all.push("note", "choose");
  }
  all.push("about");
  if (post.url && /^https?:/.test(post.url)) all.push("original");
  return all.filter((deed) => !first.includes(deed));
}

/**
 * What a key does with a post; null where it does nothing.
 *
 * @param {string} key
 * @param {Post} post
 * @returns {Deed | null}
 */
export function deedOfKey(key, post) {
  if (key === "h" && post.standing !== "hidden" && post.standing !== "deleted") return "hide";
  if (key === "s" && post.standing !== "shown" && post.standing !== "deleted") return "show";
  return [...verdicts(post), ...others(post)].find((deed) => DEEDS[deed].key === key && deed !== "hide" && deed !== "show") ?? null;
}
