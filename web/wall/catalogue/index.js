/**
 * What the wall says: `t("pinned")`, `t("posts", { n: 3 })`. Its words are few and its own, so that a screen fetches no
 * others: English is at hand, any other language is there before the first words are drawn. A new phrase goes into all six
 * files; `npm run check` says where one is missing.
 */
import { direction } from "../../shared/catalogue/languages.js";
import { Speech } from "../../shared/catalogue/speech.js";
import { words as english } from "./en.js";

/** @typedef {keyof typeof english} Key */
/** @typedef {import("../../shared/catalogue/phrase.js").Phrase} Phrase */
/** @typedef {import("../../shared/catalogue/phrase.js").Values} Values */

const speech = new Speech(english, (spoken) => import(`./${spoken}.js`));

/** Of this page, such as `de`. */
export let language = speech.language;

/** The tag by which numbers and dates are written. */
export let locale = speech.locale;

/**
 * Speaks what the address asks for (`?lang=de`), else the wall's own language, else the browser's.
 *
 * @param {string | null} [own] the wall's, once it is known
 * @returns {Promise<boolean>} whether what is drawn has to be drawn anew
 */
export async function speak(own) {
  const changed = await speech.speak([new URLSearchParams(location.search).get("lang"), own, ...navigator.languages]);
  ({ language, locale } = speech);
  document.documentElement.lang = language;
  document.documentElement.dir = direction(language);
  return changed;
}

/**
 * A phrase in the page's language.
 *
 * @param {Key} key
 * @param {Values} [values] numbers and lists are written as the language does; `n` chooses the form
 */
export const t = (key, values) => speech.say(key, values);

/** Names of which any one will do: `Mastodon or Bluesky`. @param {readonly string[]} names */
export const either = (names) => speech.either(names);

if (globalThis.document) await speak();
