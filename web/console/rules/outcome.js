/**
 * What trying or applying rules came to, in sentences. Pure.
 *
 * @import { Tried, RuleCount } from "../../shared/protocol.d.ts"
 */
import { t } from "../../shared/catalogue/index.js";
import { ruleName } from "./names.js";

/**
 * @param {Tried} tried
 * @returns {string[]}
 */
export function triedWords(tried) {
  const moved = tried.shown + tried.held + tried.hidden;
  const lines = [moved === 0 ? t("try.nothing", { n: tried.posts }) : t("try.moved", { n: moved, posts: t("posts", { n: tried.posts }) })];
  if (tried.held > 0) lines.push(t("try.held", { n: tried.held }));
  if (tried.hidden > 0) lines.push(t("try.hidden", { n: tried.hidden }));
  if (tried.shown > 0) lines.push(t("try.shown", { n: tried.shown }));
  if (tried.approved > 0) lines.push(t("try.approved", { n: tried.approved }));
  return lines;
}

/** What one rule would do. @param {{rule: string, held: number, hidden: number}} effect */
export const effectWords = ({ rule, held, hidden }) => `${ruleName(rule)}: ${doneWords({ held, hidden, shown_anyway: 0 })}`;

/** What a rule has done: `held 12, hid 3, 2 shown anyway`; empty where it has done nothing. @param {Omit<RuleCount, "rule">} count */
export function doneWords({ held, hidden, shown_anyway: shown }) {
  return [held > 0 && t("rule.held", { n: held }), hidden > 0 && t("rule.hid", { n: hidden }), shown > 0 && t("rule.shown_anyway", { n: shown })].filter((part) => part !== false).join(", ");
}
