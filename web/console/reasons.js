/**
 * Why a post stands where it stands, in words, and the places that made a rule fire. Pure.
 *
 * @import { Post, Reason } from "../shared/protocol.d.ts"
 */

/** @type {Record<string, string>} */
const RULES = {
  block_words: "Blocked word",
  blocklists: "Word on a blocklist",
  blocked: "Blocked author",
  author: "Blocked author",
  block_domains: "Link to a blocked site",
  links: "Has a link",
  shorteners: "Shortened link",
  max_links: "Many links",
  max_hashtags: "Many hashtags",
  max_mentions: "Many mentions",
  max_emoji: "Many emoji",
  hashtags_only: "Nothing but hashtags",
  shouting: "All in capitals",
  reposts: "Repost: counted, not shown",
  replies: "A reply",
  quotes: "Quotes another post",
  sensitive: "Marked as sensitive by its author",
  warnings: "Has a content warning",
  media: "Has pictures or sound",
  sources: "From a source that is not let through",
  not_discoverable: "Its author does not want to be found",
  languages: "Another language than this wall's",
  unknown_language: "Language not known",
  new_accounts: "New account",
  few_followers: "Author with few followers",
  first_posts: "Author's first post here",
  bots: "Automated account",
  older_than: "Written long before it came",
  max_per_author: "Many posts by one author in a short time",
  feed_limit: "Many posts from one feed at once",
  duplicates: "The same words as another post",
  copy_hidden: "Copy of a post that was hidden",
  like_hidden: "Much like a post that was hidden",
  like_hidden_pictures: "Picture like one that was hidden",
  judge: "The outside judge objects",
  mode: "Every post waits for approval",
  held: "Every post waits for approval",
  delay: "In its delay, then shown",
  outside_event: "Written outside the event's time",
  other_hashtag: "Without the wall's hashtags",
  original_is_here: "Repost of a post that is here",
};

/** @type {Record<string, string>} what the rules are waiting for */
const WAITING = {
  judge: "Waits for the outside judge",
  like_hidden_pictures: "Its picture is being compared",
};

const SAYS = {
  list: (/** @type {string} */ name) => `list ${name}`,
  label: (/** @type {string} */ label, /** @type {number | null} */ percent) => (percent === null ? label : `${label}, ${percent} % sure`),
  hiddenBy: (/** @type {string} */ name) => `Hidden by ${name}`,
  shownBy: (/** @type {string} */ name) => `Shown by ${name}`,
  added: "Added by hand",
  blocked: "Blocked author",
  waits: "Waits for approval",
  keptOff: "Kept off the wall",
  deleted: "Deleted at the source",
  stashed: "Put aside",
};

/** A name of code as words. @param {string} name */
export const sentence = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

/** @param {string} rule */
export const ruleName = (rule) => RULES[rule] ?? sentence(rule);

/** All rules that have a name here, for choosing one. */
export const RULE_NAMES = Object.keys(RULES).filter((rule) => !["author", "held"].includes(rule));

/** @param {Reason} reason */
export function ruleWords({ rule, list, label, score, detail, waiting }) {
  if (waiting) return WAITING[rule] ?? `${ruleName(rule)}…`;
  const more = [
    list ? SAYS.list(list) : "",
    label ? SAYS.label(label, typeof score === "number" ? Math.round(score * 100) : null) : "",
    detail ?? "",
  ].filter(Boolean);
  return more.length > 0 ? `${ruleName(rule)} (${more.join(", ")})` : ruleName(rule);
}

/**
 * Why a post stands where it stands; the first thing a moderator reads.
 *
 * @param {Post} post
 * @returns {string}
 */
export function why(post) {
  const rules = [...new Set((post.reasons ?? []).map(ruleWords))];
  // A person's decision outweighs what the rules said before it.
  if (post.decided_by && post.standing === "hidden") return SAYS.hiddenBy(post.decided_by);
  if (post.author_standing === "blocked" && post.standing === "hidden") return SAYS.blocked;
  if (post.added && post.standing === "shown") return SAYS.added;
  if (post.decided_by && post.standing === "shown") return rules.length > 0 ? `${SAYS.shownBy(post.decided_by)} · ${rules.join(" · ")}` : "";
  // The card says already that its author is trusted, and that is why the rules have no say.
  if (post.standing === "shown" && post.author_standing === "trusted") return "";
  if (rules.length > 0) return rules.join(" · ");
  if (post.standing === "held") return SAYS.waits;
  if (post.standing === "hidden") return SAYS.keptOff;
  if (post.standing === "deleted") return SAYS.deleted;
  return "";
}

/** @typedef {[number, number, boolean]} Mark bytes of a field, and whether they are masked */

/**
 * The byte ranges to mark in a field of the post.
 *
 * @param {Post} post
 * @param {string} field
 * @returns {Mark[]}
 */
export const marked = (post, field) =>
  (post.reasons ?? []).flatMap(({ span: range, field: where, masked }) => (range && (where ?? "text") === field ? [[range[0], range[1], masked === true]] : []));

/** Whether something in it is to be read only by who asks for it. @param {Post} post */
export const isMasked = (post) => (post.reasons ?? []).some(({ masked, span: range }) => masked === true && range);

/** A word that hurts, as it is shown. @param {string} word */
export const veiled = (word) => `${[...word.trim()][0] ?? ""}•••`;
