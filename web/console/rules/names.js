/** What rules are called. */
import { t } from "../../shared/catalogue/index.js";
import { en } from "../../shared/catalogue/en.js";

/** @import { Key } from "../../shared/catalogue/index.js" */

/** @param {string} rule as in reasons and settings @returns {string} a rule that is newer than this page by its own name */
export function ruleName(rule) {
  const key = `rule.${rule}`;
  return key in en ? t(/** @type {Key} */ (key)) : rule.charAt(0).toUpperCase() + rule.slice(1).replaceAll("_", " ");
}
