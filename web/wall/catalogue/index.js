/**
 * What the wall says: `say("pinned")`, `say("count.posts", { n: 3 })`. Its words are few and its own, so that a screen fetches
 * no others. Until `speak` has fetched another language it says all in English; a new phrase goes into all six files.
 */
import { direction } from "../../shared/catalogue/languages.js";
import { Speech } from "../../shared/catalogue/speech.js";
import { words } from "./en.js";

const speech = new Speech(words, (language) => import(`./${language}.js`));

/**
 * Speaks `?lang=`, else the wall's own language, else the browser's. Called before anything is drawn, and again when the
 * wall is known.
 *
 * @param {string | null | undefined} [own] the wall's
 * @returns {Promise<boolean>} whether what is drawn has to be drawn anew
 */
export async function speak(own) {
  const changed = await speech.speak([new URLSearchParams(location.search).get("lang"), own, ...navigator.languages]);
  document.documentElement.lang = speech.language;
  document.documentElement.dir = direction(speech.language);
  return changed;
}

/**
 * A phrase in the wall's language.
 *
 * @param {keyof typeof words} key
 * @param {import("../../shared/catalogue/phrase.js").Values} [values] numbers and lists are written as the language does; `n` chooses the form
 */
export const say = (key, values) => speech.say(key, values);

/** Names of which any one will do: `Mastodon or Bluesky`. @param {readonly string[]} names */
export const either = (names) => speech.either(names);
