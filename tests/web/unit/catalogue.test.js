import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

import { de } from "../../../web/shared/catalogue/de.js";
import { en } from "../../../web/shared/catalogue/en.js";
import { choose, say } from "../../../web/shared/catalogue/index.js";

/** @param {string | {one: string, other: string}} phrase */
const forms = (phrase) => (typeof phrase === "string" ? [phrase] : [phrase.one, phrase.other]);
/** @param {string | {one: string, other: string}} phrase */
const names = (phrase) => [...new Set(forms(phrase).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].sort();

test("both languages have the same keys, with the same names in them, and nothing is empty", () => {
  assert.deepEqual(Object.keys(de).sort(), Object.keys(en).sort());
  for (const [key, phrase] of Object.entries(en)) {
    const other = de[/** @type {keyof typeof de} */ (key)];
    assert.deepEqual(names(other), names(phrase), key);
    assert.ok([...forms(phrase), ...forms(other)].every((form) => form.trim() !== ""), key);
  }
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

test("every text of the console's and the sign-in page's HTML names its phrase, and every phrase that is named is there", () => {
  for (const html of ["index.html", "../sign-in/index.html"].map(source)) {
    const bare = [...html.matchAll(/<([a-z0-9]+)((?:\s[^<>]*)?)>([^<>]*\p{L}{2}[^<>]*)(?=<)/gu)].filter(([, , attributes = ""]) => !attributes.includes("data-t="));
    assert.deepEqual(bare.map(([whole]) => whole).filter((whole) => !/^<kbd|^<(?:script|!doctype)/.test(whole)), []);
    for (const [tag] of html.matchAll(/<[a-z][^>]*>/g)) {
      if (tag.includes(" aria-label=")) assert.match(tag, / data-t-label=/);
      if (/ placeholder="[^"@/]*"/.test(tag)) assert.match(tag, / data-t-placeholder=/);
    }
    for (const [, key = ""] of html.matchAll(/ data-t(?:-label|-placeholder)?="([^"]+)"/g)) assert.ok(key in en, key);
  }
});

test("every phrase that the console's code names is there, and none is there that nobody names", () => {
  const files = ["console", "shared", "sign-in"].flatMap((folder) => {
    const place = new URL(`../${folder}/`, CONSOLE);
    return readdirSync(place, { recursive: true, encoding: "utf8" }).filter((name) => /\.(js|html)$/.test(name) && !name.startsWith("catalogue")).map((name) => readFileSync(new URL(name, place), "utf8"));
  });
  const all = files.join("\n");
  const begun = [...all.matchAll(/`([a-z_.]+\.)\$\{/g)].map((found) => found[1] ?? "");
  const unused = Object.keys(en).filter((key) => !all.includes(`"${key}"`) && !begun.some((start) => key.startsWith(start)));
  assert.deepEqual(unused, []);
});
