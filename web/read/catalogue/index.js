/** What the pages for reading say: `say("new", { n: 7 })`. A new phrase goes into all six files. */
import { Speech } from "../../shared/catalogue/speech.js";
import { words } from "./en.js";

/** The language of this page, and its words. */
export const speech = new Speech(words, (language) => import(`./${language}.js`));

/**
 * A phrase in the page's language.
 *
 * @param {keyof typeof words} key
 * @param {import("../../shared/catalogue/phrase.js").Values} [values] numbers and lists are written as the language does; `n` chooses the form
 */
export const say = (key, values) => speech.say(key, values);
