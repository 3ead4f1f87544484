import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

import { de } from "../../../web/shared/catalogue/de.js";
import { en } from "../../../web/shared/catalogue/en.js";
import { choose, say } from "../../../web/shared/catalogue/index.js";
import { ALL } from "../../../web/shared/catalogue/languages.js";
import { write } from "../../../web/shared/catalogue/phrase.js";
import { Speech } from "../../../web/shared/catalogue/speech.js";
import { clock, writeAs } from "../../../web/shared/format.js";

/** @typedef {import("../../../web/shared/catalogue/phrase.js").Phrase} Phrase */

/** @param {Phrase} phrase @returns {string[]} */
const forms = (phrase) => (typeof phrase === "string" ? [phrase] : Object.values(phrase));
/** @param {Phrase} phrase */
const names = (phrase) => [...new Set(forms(phrase).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort();

/** @param {Record<string, Phrase>} english @param {Record<string, Phrase>} other @param {string} language */
function agree(english, other, language) {
  assert.deepEqual(Object.keys(other).sort(), Object.keys(english).sort(), language);
  for (const [key, phrase] of Object.entries(english)) {
    const translated = /** @type {Phrase} */ (other[key]);
    assert.deepEqual(names(translated), names(phrase), `${language}: ${key}`);
    assert.ok([...forms(phrase), ...forms(translated)].every((form) => form.trim() !== ""), `${language}: ${key}`);
    if (typeof phrase !== "string") assert.equal(typeof translated, "object", `${language}: ${key} depends on a number`);
  }
}

test("both languages of the console have the same keys, with the same names in them, and nothing is empty", () => agree(en, de, "de"));

test("the public pages say the same in all six languages", async () => {
  for (const page of ["wall", "read"]) {
    const english = (await import(`../../../web/${page}/catalogue/en.js`)).words;
    for (const language of ALL) agree(english, (await import(`../../../web/${page}/catalogue/${language}.js`)).words, `${page}, ${language}`);
  }
});

test("a phrase has no form that its language does not know, and every form that it needs", async () => {
  for (const page of ["wall", "read"])
    for (const language of ALL) {
      const known = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
      const { words } = await import(`../../../web/${page}/catalogue/${language}.js`);
      for (const [key, phrase] of Object.entries(/** @type {Record<string, Phrase>} */ (words))) {
        if (typeof phrase === "string") continue;
        for (const form of Object.keys(phrase)) assert.ok(known.includes(/** @type {Intl.LDMLPluralRule} */ (form)), `${page}, ${language}: ${key} has ${form}`);
        assert.ok("other" in phrase, `${page}, ${language}: ${key}`);
      }
    }
});

test("phrases take numbers in six forms, lists, and what is written as it stands", () => {
  /** @type {Phrase} */
  const welsh = { zero: "{n} ci", one: "{n} ci", two: "{n} gi", few: "{n} chi", many: "{n} chi", other: "{n} ci" };
  assert.deepEqual([0, 1, 2, 3, 4, 6].map((n) => write("cy", welsh, { n })), ["0 ci", "1 ci", "2 gi", "3 chi", "4 ci", "6 chi"]);
  assert.equal(write("cy", { other: "{n} arall" }, { n: 3 }), "3 arall", "a form that is left out is the other");
  assert.equal(write("ar-EG", { other: "{n} منشور" }, { n: 1234 }), "١٬٢٣٤ منشور");
  assert.equal(write("fr", "{names} et {what}", { names: ["a", "b", "c"] }), "a, b et c et {what}");
});

/** @param {string} language */
const fetched = async (language) => ({ words: { ...plainWords, hello: `hello in ${language}` } });
const plainWords = { now: "now", age: "{n} min", somebody: "S", "source.rss": "R", "source.audience": "A", unreachable: "U", answered: "{status}", hello: "hello" };

test("a page speaks the first language that there is, writes numbers as the reader's region does, and goes on where the words do not come", async (t) => {
  t.after(() => writeAs("en-GB", { now: "now" }));
  const speech = new Speech(plainWords, fetched);
  assert.equal(await speech.speak([null, "pl", "en-GB"]), false);
  assert.equal(await speech.speak([null, undefined, "de-CH", "en"]), true);
  assert.deepEqual([speech.language, speech.locale, speech.say("hello")], ["de", "de-CH", "hello in de"]);
  assert.equal(clock(0, "UTC"), "00:00");
  assert.equal(await speech.speak(["de-CH"]), false, "nothing to draw anew");
  assert.equal(await speech.speak(["FR"]), true);
  assert.equal(speech.either(["a", "b"]), "a ou b");
  t.mock.method(console, "warn", () => {});
  speech.fetch = () => Promise.reject(new Error("no network"));
  assert.equal(await speech.speak(["cy"]), false);
  assert.equal(speech.say("hello"), "hello in fr");
});

test("a number chooses the form and is written as the language does", () => {
  assert.equal(say("en", "posts", { n: 1 }), "1 post");
  assert.equal(say("en", "posts", { n: 12_345 }), "12,345 posts");
  assert.equal(say("de", "posts", { n: 12_345 }), "12.345 Beiträge");
  assert.equal(say("de", "posts", { n: 1 }), "1 Beitrag");
});

test("the first language of the reader that there is", () => {
  assert.equal(choose(["fr-FR", "de-AT", "en"]), "de");
  assert.equal(choose(["pl"]), "en");
  assert.equal(choose([]), "en");
});

const CONSOLE = new URL("../../../web/console/", import.meta.url);
/** @param {string} name */
const source = (name) => readFileSync(new URL(name, CONSOLE), "utf8");

/** Strings with two words that nobody reads. */
const UNREAD = [
  // Selectors.
  /^[#.][a-z]|^\[|^(input|button), /,
  // What a browser is asked about the device.
  /^\((pointer|hover): \w+\)$/,
  // The address of the audit, in a template within another.
  /^audit\?/,
];

/** Names that stand together: of classes, of what a link does. */
const CLASSES = ["pill standing", "soft facts", "parts pictures", "panel wide", "soft fate", "soft health", "soft detail", "help soft", "done soft", "origin soft", "noopener noreferrer"];

test("the console says nothing that is not in the catalogue", () => {
  /** @type {string[]} */
  const said = [];
  for (const name of readdirSync(CONSOLE, { recursive: true, encoding: "utf8" }).filter((one) => one.endsWith(".js"))) {
    const code = source(name).replace(/\/\*[^]*?\*\/|^\s*\/\/.*$|(?<=[;{,] )\/\/ .*$/gm, "");
    for (const [, double, template] of code.matchAll(/"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)) {
      const words = (double ?? template ?? "").replace(/\$\{[^}]*\}/g, "…");
      if (/\p{L}{2,}[^\p{L}]* [^\p{L}]*\p{L}{2,}/u.test(words) && !CLASSES.includes(words) && !UNREAD.some((known) => known.test(words))) said.push(`${name}: ${words}`);
    }
  }
  assert.deepEqual(said, []);
});

test("every text of the console's, the sign-in and the setup page's HTML names its phrase, and every phrase that is named is there", () => {
  for (const html of ["index.html", "../sign-in/index.html", "../setup/index.html"].map(source)) {
    const bare = [...html.matchAll(/<([a-z0-9]+)((?:\s[^<>]*)?)>([^<>]*\p{L}{2}[^<>]*)(?=<)/gu)].filter(([, , attributes = ""]) => !attributes.includes("data-t="));
    assert.deepEqual(bare.map(([whole]) => whole).filter((whole) => !/^<kbd|^<(?:script|!doctype)/.test(whole)), []);
    for (const [tag] of html.matchAll(/<[a-z][^>]*>/g)) {
      if (tag.includes(" aria-label=")) assert.match(tag, / data-t-label=/);
      if (/ placeholder="[^"@/]*"/.test(tag)) assert.match(tag, / data-t-placeholder=/);
    }
    for (const [, key = ""] of html.matchAll(/ data-t(?:-label|-placeholder)?="([^"]+)"/g)) assert.ok(key in en, key);
  }
});

test("every phrase that the code of these pages names is there, and none is there that nobody names", () => {
  const files = ["console", "shared", "sign-in", "setup"].flatMap((folder) => {
    const place = new URL(`../${folder}/`, CONSOLE);
    return readdirSync(place, { recursive: true, encoding: "utf8" }).filter((name) => /\.(js|html)$/.test(name) && !name.startsWith("catalogue")).map((name) => readFileSync(new URL(name, place), "utf8"));
  });
  const all = files.join("\n");
  const begun = [...all.matchAll(/`([a-z_.]+\.)\$\{/g)].map((found) => found[1] ?? "");
  const unused = Object.keys(en).filter((key) => !all.includes(`"${key}"`) && !begun.some((start) => key.startsWith(start)));
  assert.deepEqual(unused, []);
});

test("every phrase of the pages for reading is said somewhere, and every phrase that is said is there", async () => {
  const { words } = await import("../../../web/read/catalogue/en.js");
  const all = ["read", "embed"].flatMap((folder) => {
    const place = new URL(`../${folder}/`, CONSOLE);
    return readdirSync(place, { encoding: "utf8" }).filter((name) => /\.(js|html)$/.test(name)).map((name) => readFileSync(new URL(name, place), "utf8"));
  }).join("\n");
  const shared = ["now", "age", "somebody", "source.rss", "source.audience", "unreachable", "answered"];
  assert.deepEqual(Object.keys(words).filter((key) => !shared.includes(key) && !all.includes(`"${key}"`)), []);
  for (const [, key = ""] of all.matchAll(/say\("([^"]+)"| data-t(?:-label)?="([^"]+)"/g)) if (key !== "") assert.ok(key in words, key);
});
