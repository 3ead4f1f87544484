/**
 * What a public page says, in one of six languages. English comes with the page; another language is fetched when it is
 * wanted, and only that page's words of it. Where it cannot be fetched, the page goes on in what it speaks.
 *
 * @import { Language } from "./languages.js"
 * @import { Phrase, Values } from "./phrase.js"
 */
import { writeAs } from "../format.js";
import { ALL, choose, localeOf } from "./languages.js";
import { write } from "./phrase.js";

/** Phrases that the shared parts write; a page that lacks one never writes it. @typedef {"now" | "age" | "somebody" | "source.rss" | "source.audience" | "unreachable" | "answered"} Common */

/** @template {Partial<Record<Common, Phrase>>} W the page’s phrases in English */
export class Speech {
  /**
   * @param {W} english
   * @param {(language: Language) => Promise<{words: Record<keyof W, Phrase>}>} fetch of one language
   */
  constructor(english, fetch) {
    /** @type {Language} */
    this.language = "en";
    this.locale = "en-GB";
    this.asked = 0;
    this.english = /** @type {Record<keyof W, Phrase>} */ (/** @type {unknown} */ (english));
    this.words = this.english;
    this.fetch = fetch;
  }

  /**
   * Speaks the first of these languages that there is.
   *
   * @param {readonly (string | null | undefined)[]} wanted BCP 47 tags, best first: the address's, the wall's, the browser's
   * @returns {Promise<boolean>} whether what was said so far has to be said anew
   */
  async speak(wanted) {
    const language = choose(wanted, ALL);
    const locale = localeOf(language, wanted.filter((tag) => typeof tag === "string"));
    if (language === this.language && locale === this.locale) return false;
    const asked = (this.asked += 1);
    try {
      const words = language === "en" ? this.english : (await this.fetch(language)).words;
      // Somebody chose another one meanwhile.
      if (asked !== this.asked) return false;
      this.words = words;
    } catch (error) {
      console.warn(`the words in ${language} could not be fetched`, error);
      return false;
    }
    this.language = language;
    this.locale = locale;
    writeAs(locale, {
      now: this.say("now"),
      minutes: (n) => this.say("age", { n }),
      somebody: this.say("somebody"),
      rss: this.say("source.rss"),
      audience: this.say("source.audience"),
      unreachable: this.say("unreachable"),
      answered: (status) => this.say("answered", { status: String(status) }),
    });
    return true;
  }

  /**
   * A phrase: `say("posts", { n: 3 })`.
   *
   * @param {keyof W} key
   * @param {Values} [values] numbers and lists are written as the language does; `n` chooses the form
   */
  say(key, values) {
    return write(this.locale, this.words[key] ?? this.english[key] ?? "", values);
  }

  /** Names of which any one will do: `Mastodon or Bluesky`. @param {readonly string[]} names */
  either(names) {
    return new Intl.ListFormat(this.locale, { type: "disjunction" }).format(names);
  }
}
