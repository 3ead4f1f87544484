/**
 * What the wall says, in the language that the address (`?language=de`) or the browser asks for: `t("poll.closed")`,
 * `t("posts", { n: 3 })`. English is at hand; any other language is fetched before the first words are drawn.
 */
import { writeAs } from "../../shared/format.js";
import { words as english } from "./en.js";

/** @typedef {keyof typeof english} Key */
/** @typedef {string | (Partial<Record<Intl.LDMLPluralRule, string>> & {other: string})} Phrase with a number `{n}` one for each form */

const LANGUAGES = ["en", "de"];

const asked = globalThis.location ? new URLSearchParams(location.search).get("language") : null;
const wanted = globalThis.document ? [...(asked ? [asked] : []), ...navigator.languages] : [];
const tag = wanted.find((one) => LANGUAGES.includes(one.split("-")[0]?.toLowerCase() ?? "")) ?? "en-GB";

/** Of this page, such as `de`. */
export const language = tag.split("-")[0]?.toLowerCase() ?? "en";

/** The tag by which numbers and dates are written. */
export const locale = tag === "en" || tag === "en-US" && asked === null ? "en-GB" : tag;

/** @returns {Promise<Record<Key, Phrase>>} */
async function spoken() {
  if (language === "en") return english;
  try {
    return (await import(`./${language}.js`)).words;
  } catch (error) {
    console.warn("the words of this language did not come", error);
    return english;
  }
}

/** @type {Record<Key, Phrase>} */
const words = await spoken();
const plurals = new Intl.PluralRules(locale);
const numbers = new Intl.NumberFormat(locale);

/**
 * A phrase in the page's language.
 *
 * @param {Key} key
 * @param {Record<string, string | number>} [values] numbers are written as the language does; `n` chooses the form
 */
export function t(key, values = {}) {
  const phrase = words[key];
  const form = typeof phrase === "string" ? phrase : (phrase[plurals.select(Number(values["n"]))] ?? phrase.other);
  return form.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? numbers.format(value) : value;
  });
}

writeAs(locale, {
  now: t("now"),
  somebody: t("somebody"),
  rss: t("source.rss"),
  audience: t("source.audience"),
  unreachable: "",
  answered: () => "",
});
if (globalThis.document) document.documentElement.lang = language;
