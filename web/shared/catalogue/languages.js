/** The languages that pages speak, and which of them a reader gets. Pure. */

/** @typedef {"en" | "de" | "fr" | "es" | "cy" | "ar"} Language */

/** Each in its own words, for whoever chooses. @type {Record<Language, string>} */
export const NAMES = { en: "English", de: "Deutsch", fr: "Français", es: "Español", cy: "Cymraeg", ar: "العربية" };

/** @type {readonly Language[]} */
export const ALL = /** @type {Language[]} */ (Object.keys(NAMES));

/** From which side a language is read. @type {(language: Language) => "ltr" | "rtl"} */
export const direction = (language) => (language === "ar" ? "rtl" : "ltr");

/**
 * The first language of a reader that there is, else English.
 *
 * @template {Language} L
 * @param {readonly (string | null | undefined)[]} wanted BCP 47 tags, best first
 * @param {readonly L[]} among
 * @returns {L | "en"}
 */
export function choose(wanted, among) {
  const first = wanted.map((tag) => (tag ?? "").toLowerCase().split("-")[0]).find((tag) => among.some((known) => known === tag));
  return /** @type {L | undefined} */ (first) ?? "en";
}

/**
 * The tag by which numbers and dates are written: the reader's own region of the language, where they name one.
 *
 * @param {Language} language
 * @param {readonly string[]} asked BCP 47 tags, best first
 */
export const localeOf = (language, asked) => asked.find((tag) => tag.startsWith(`${language}-`)) ?? (language === "en" ? "en-GB" : language);
