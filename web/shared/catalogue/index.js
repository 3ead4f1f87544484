/**
 * What the console says, in the language of whoever reads: `t("post.hide")`, `t("posts", { n: 3 })`. Words stand in `en.js` and
 * `de.js`, both with the same keys; a page's HTML names them in `data-t`, `data-t-label` and `data-t-placeholder`. The public
 * pages have their own words, in more languages: `speech.js`.
 *
 * @import { Phrase, Values } from "./phrase.js"
 */
import { de } from "./de.js";
import { en } from "./en.js";
import { fill } from "./fill.js";
import { NAMES, choose as first, localeOf } from "./languages.js";
import { write } from "./phrase.js";

/** @typedef {keyof typeof en} Key */
/** @typedef {"en" | "de"} Language */

/** @type {Record<Language, Record<Key, Phrase>>} */
const CATALOGUE = { en, de };

/** Each in its own words, for the switch. @type {Record<Language, string>} */
export const LANGUAGES = { en: NAMES.en, de: NAMES.de };

const REMEMBERED = "buzzwall.language";

/** @param {readonly string[]} wanted BCP 47 tags, best first @returns {Language} the first that there is */
export const choose = (wanted) => first(wanted, /** @type {Language[]} */ (Object.keys(CATALOGUE)));

const asked = globalThis.navigator?.languages ?? [];
const remembered = globalThis.localStorage?.getItem(REMEMBERED);

/** The language of this page. */
export const language = globalThis.document ? choose([...(remembered ? [remembered] : []), ...asked]) : "en";

/** The tag by which numbers and dates are written. */
export const locale = globalThis.document ? localeOf(language, language === "en" ? asked : []) : "en-GB";

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

/** @param {Language} spoken @param {Key} key @param {Values} [values] */
export const say = (spoken, key, values) => write(spoken, CATALOGUE[spoken][key], values);

/**
 * A phrase in the page's language.
 *
 * @param {Key} key
 * @param {Values} [values] numbers are written as the language does; `n` chooses the form
 */
export const t = (key, values) => say(language, key, values);

/** Fills what the page's HTML names, and says in which language it is. @param {ParentNode} [root] */
export const fillIn = (root) => fill(language, t, root);
