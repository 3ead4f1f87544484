import assert from "node:assert/strict";
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
