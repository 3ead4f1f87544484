/**
 * What a source answered, in words.
 *
 * @typedef {{ok: boolean, reachable: boolean | null, authorised: boolean | null, posts: number | null, last_day: number | null, whole_day: boolean, since: string | null, newest: string | null, stream: boolean, waits: boolean, limit_left: number | null, words: string | null}} Tried
 */
import { t } from "../shared/catalogue/index.js";

/** First what it comes to, then what else is to be said. @param {Tried} tried @returns {[string, string]} */
export function wording(tried) {
  const more = [tried.words ? sentence(tried.words) : "", tried.limit_left === null ? "" : t("setup.left", { n: tried.limit_left })];
  return [found(tried), more.filter(Boolean).join(" ")];
}

/** @param {Tried} tried */
function found(tried) {
  if (tried.authorised === false) return t("setup.wants_token");
  if (tried.reachable === false) return t("setup.not_reached");
  if (!tried.ok) return t("setup.not_read");
  if (tried.waits) return t("setup.waits");
  if (tried.stream) return tried.posts ? t("setup.streams.some", { n: tried.posts }) : t("setup.streams");
  if (tried.posts === null) return t("setup.can_be_read");
  if (tried.last_day === 0) return tried.posts > 0 ? t("setup.older", { n: tried.posts }) : t("setup.no_posts");
  return t(tried.whole_day ? "setup.in_a_day" : "setup.at_least", { n: tried.last_day ?? 0 });
}

/** @param {string} words */
export const sentence = (words) => `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.?!]$/.test(words) ? "" : "."}`;

/**
 * What all sources come to, in one line.
 *
 * @param {readonly (Tried | null)[]} all null: it could not be asked
 */
export function summary(all) {
  const known = all.filter((one) => one !== null);
  const ok = known.filter((one) => one.ok);
  const posts = ok.reduce((sum, one) => sum + (one.last_day ?? 0), 0);
  const failed = all.length - ok.length;
  return [
    ok.length > 0 ? t(posts === 0 ? "setup.sum.none" : ok.every((one) => one.whole_day || one.stream) ? "setup.sum" : "setup.sum.at_least", { n: posts }) : "",
    failed > 0 ? t("setup.sum.failed", { n: failed }) : "",
  ].filter(Boolean).join(" ");
}
