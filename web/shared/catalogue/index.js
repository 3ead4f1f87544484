/**
 * What pages say, in the language of whoever reads: `t("post.hide")`, `t("posts", { n: 3 })`. Words stand in `en.js` and
 * `de.js`, both with the same keys; a page's HTML names them in `data-t`, `data-t-label` and `data-t-placeholder`.
 */
import { de } from "./de.js";
import { en } from "./en.js";

/** @typedef {keyof typeof en} Key */
/** @typedef {string | {one: string, other: string}} Phrase a phrase with `{names}`; with a number `{n}` one for each form */
/** @typedef {"en" | "de"} Language */

/** @type {Record<Language, Record<Key, Phrase>>} */
const CATALOGUE = { en, de };

/** Each in its own words, for the switch. @type {Record<Language, string>} */
export const LANGUAGES = { en: "English", de: "Deutsch" };

const REMEMBERED = "buzzwall.language";

/** @param {readonly string[]} wanted BCP 47 tags, best first @returns {Language} the first that there is */
export function choose(wanted) {
  const first = wanted.map((tag) => tag.toLowerCase().split("-")[0]).find((tag) => tag !== undefined && tag in CATALOGUE);
  return /** @type {Language} */ (first ?? "en");
}

const asked = globalThis.navigator?.languages ?? [];
const remembered = globalThis.localStorage?.getItem(REMEMBERED);

/** The language of this page. */
export const language = globalThis.document ? choose([...(remembered ? [remembered] : []), ...asked]) : "en";

/** The tag by which numbers and dates are written. */
export const locale = !globalThis.document ? "en-GB" : language === "en" ? (asked.find((tag) => tag.startsWith("en-")) ?? "en-GB") : language;

/** Changes the language, for good; the page begins anew. @param {Language} next */
export function speak(next) {
  localStorage.setItem(REMEMBERED, next);
  location.reload();
}

/**
 * Whether there is such a phrase: names of code come from a server that may be newer.
 *
 * @param {string} key
 * @returns {key is Key}
 */
export const has = (key) => Object.hasOwn(en, key);

/** @type {Map<Language, [Intl.PluralRules, Intl.NumberFormat]>} */
const rules = new Map();

/**
 * @param {Language} spoken
 * @param {Key} key
 * @param {Record<string, string | number>} [values]
 */
export function say(spoken, key, values = {}) {
  let known = rules.get(spoken);
  if (known === undefined) rules.set(spoken, (known = [new Intl.PluralRules(spoken), new Intl.NumberFormat(spoken)]));
  const [plural, number] = known;
  const phrase = CATALOGUE[spoken][key];
  const form = typeof phrase === "string" ? phrase : phrase[plural.select(Number(values["n"])) === "one" ? "one" : "other"];
  return form.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? number.format(value) : value;
  });
}

/**
 * A phrase in the page's language.
 *
 * @param {Key} key
 * @param {Record<string, string | number>} [values] numbers are written as the language does; `n` chooses the form
 */
export const t = (key, values) => say(language, key, values);

/** Fills what the page's HTML names, and says in which language it is. @param {ParentNode} [root] */
export function fillIn(root = document) {
  document.documentElement.lang = language;
  for (const [attribute, put] of /** @type {const} */ ([
    ["data-t", (/** @type {Element} */ node, /** @type {string} */ words) => (node.textContent = words)],
    ["data-t-label", (/** @type {Element} */ node, /** @type {string} */ words) => node.setAttribute("aria-label", words)],
    ["data-t-placeholder", (/** @type {Element} */ node, /** @type {string} */ words) => node.setAttribute("placeholder", words)],
  ])) {
    for (const node of root.querySelectorAll(`[${attribute}]`)) put(node, t(/** @type {Key} */ (node.getAttribute(attribute))));
  }
  // What stands in a template is stamped out later and has to be in the language already.
  for (const template of root.querySelectorAll("template")) fillIn(template.content);
}
