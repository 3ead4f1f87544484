import assert from "node:assert/strict";
import test from "node:test";

import { parts, plain } from "../../../web/read/heard.js";

/** @param {string} text */
const unheard = (text) => parts(text).filter(({ heard, first }) => heard !== undefined || first !== undefined);

test("letters in other clothes are heard as the letters they are", () => {
  assert.equal(plain("𝓗𝓮𝓵𝓵𝓸 𝟚𝟘𝟚𝟞"), "Hello 2026");
  assert.equal(plain("ⓌⓐⓛⓛⓈ"), "WallS");
  assert.equal(plain("🅦🅐🅻🅻"), "WALL");
  assert.equal(plain("Ｗａｌｌ ℍ"), "Wall H");
  assert.deepEqual(parts("So 𝗯𝗼𝗹𝗱 𝗶𝘀 it"), [{ text: "So " }, { text: "𝗯𝗼𝗹𝗱 𝗶𝘀", heard: "bold is" }, { text: " it" }]);
});

test("more than three emoji in a row are heard as the first and how many others", () => {
  assert.deepEqual(unheard("Yes 🎉🎉🎉"), []);
  assert.deepEqual(parts("Yes 🎉🎉🎉🎉 and"), [{ text: "Yes " }, { text: "🎉🎉🎉🎉", first: "🎉", others: 3 }, { text: " and" }]);
  assert.deepEqual(unheard("🏳️‍🌈 👩‍👩‍👧‍👦 🇨🇾 1️⃣!"), [{ text: "🏳️‍🌈 👩‍👩‍👧‍👦 🇨🇾 1️⃣", first: "🏳️‍🌈", others: 3 }]);
});

test("nothing is lost of any text, and ordinary text stays as it is", () => {
  for (const text of ["", " ", "One 2 3 4 5 6", "みんなの知恵", "مرحبا بالجميع", "a\n\nb", "½ ² ﬁ", "🎉 🎉 🎉 🎉 ", " 🎉🎉🎉🎉🎉x🎉🎉", "𝓐🎉🎉🎉🎉𝓑 end"]) assert.equal(parts(text).map((part) => part.text).join(""), text);
  for (const text of ["One 2 3 4 5 6", "みんなの知恵", "مرحبا", "½ ² ﬁ", "© ® ™"]) assert.deepEqual(unheard(text), []);
});
