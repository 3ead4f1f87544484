/**
 * Why a post stands where it stands, in words, and the places that made a rule fire. Pure.
 *
 * @import { Post, Reason } from "../shared/protocol.d.ts"
 */
import { has, say, t } from "../shared/catalogue/index.js";
import { ruleName as settingName } from "./rules/names.js";
import { lasting } from "./spans.js";

/** A name of code as words. @param {string} name */
export const sentence = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

/** What a rule is called where it has fired. @param {string} rule */
export function ruleName(rule) {
  const key = `reason.${SAME[rule] ?? rule}`;
  return has(key) ? t(key) : settingName(rule);
}

/** Reasons that are another's in other words. @type {Record<string, string>} */
const SAME = { author: "blocked", held: "mode" };

/** All rules that have a name here, for choosing one. */
export const RULE_NAMES = [
  "block_words", "blocklists", "blocked", "block_domains", "links", "shorteners", "max_links", "max_hashtags", "max_mentions", "max_emoji",
  "hashtags_only", "shouting", "reposts", "replies", "quotes", "sensitive", "warnings", "media", "sources", "not_discoverable", "languages",
  "unknown_language", "new_accounts", "few_followers", "first_posts", "bots", "older_than", "max_per_author", "feed_limit", "duplicates",
  "copy_hidden", "like_hidden", "like_hidden_pictures", "judge", "mode", "delay", "outside_event", "other_hashtag", "original_is_here",
];

/** The server says what a rule has found in English: `7 hashtags`, or a name such as `bit.ly`. @param {string} detail */
function foundWords(detail) {
  if (detail === say("en", "found.slip")) return t("found.slip");
  const [, n = "", noun = ""] = /^(\d+) (link|follower|hashtag|person|people|emoji|word)s?\b/.exec(detail) ?? [];
  const key = `found.${noun === "people" ? "person" : noun}`;
  return has(key) ? t(key, { n: Number(n) }) : detail;
}

/** @param {Reason} reason @param {string | null} [delay] the wall's, as settings write it */
export function ruleWords({ rule, list, label, score, detail, waiting }, delay = null) {
  if (rule === "delay" && delay !== null) return t("reason.delay.of", { span: lasting(delay) });
  const awaited = `reason.waiting.${rule}`;
  if (waiting) return has(awaited) ? t(awaited) : `${ruleName(rule)}…`;
  // An objection has a label; without one the judge gave no answer, and the detail says why.
  if (rule === "judge" && !label && detail) return t("reason.judge_silent", { why: detail });
  const more = [
    list ? t("reason.list", { name: list }) : "",
    label ? (typeof score === "number" ? t("reason.sure", { label, percent: Math.round(score * 100) }) : label) : "",
    detail ? foundWords(detail) : "",
  ].filter(Boolean);
  return more.length > 0 ? `${ruleName(rule)} (${more.join(", ")})` : ruleName(rule);
}

/**
 * Why a post stands where it stands; the first thing a moderator reads.
 *
 * @param {Post} post
 * @param {string | null} [delay] the wall's, as settings write it
 * @returns {string}
 */
export function why(post, delay = null) {
  const rules = [...new Set((post.reasons ?? []).map((reason) => ruleWords(reason, delay)))];
  // A person's decision outweighs what the rules said before it.
  if (post.decided_by && post.standing === "hidden") return t("why.hidden_by", { name: post.decided_by });
  if (post.author_standing === "blocked" && post.standing === "hidden") return t("reason.blocked");
  if (post.added && post.standing === "shown") return t("why.added");
  if (post.decided_by && post.standing === "shown") return rules.length > 0 ? [t("why.shown_by", { name: post.decided_by }), ...rules].join(" · ") : "";
  // The card says already that its author is trusted, and that is why the rules have no say.
  if (post.standing === "shown" && post.author_standing === "trusted") return "";
  if (rules.length > 0) return rules.join(" · ");
  if (post.standing === "held") return t("why.waits");
  if (post.standing === "hidden") return t("why.kept_off");
  if (post.standing === "deleted") return t("why.deleted");
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
