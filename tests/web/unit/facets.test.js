import assert from "node:assert/strict";
import test from "node:test";

import { byteIndex, foldTag, segments } from "../../../web/shared/facets.js";

const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text).length;

/** @param {string} text @param {string} part @returns {any} */
function facet(text, part, kind = "hashtag") {
  const start = bytes(text.slice(0, text.indexOf(part)));
  return { start, end: start + bytes(part), kind, target: part };
}

test("byte offsets become indices in every width of character", () => {
  const text = "aé€🎉e\u0301ま";
  const at = byteIndex(text);
  for (let i = 0; i <= text.length; i += 1) {
    if (/[\udc00-\udfff]/.test(text.charAt(i))) continue;
    assert.equal(at(bytes(text.slice(0, i))), i);
  }
  assert.equal(at(2), null, "inside é");
  assert.equal(at(8), null, "inside the emoji");
  assert.equal(at(bytes(text) + 1), null, "past the end");
});

for (const [name, text, part] of [
  ["ascii", "Hello #Expert2019!", "#Expert2019"],
  ["after emoji", "🎉👩‍👩‍👧 so good #Fête", "#Fête"],
  ["combining marks", "cafe\u0301 #cafe\u0301 open", "#cafe\u0301"],
  ["right to left", "خبير #مؤتمر هنا", "#مؤتمر"],
  ["cjk", "すてき#集会です ありがとう", "#集会です"],
]) {
  test(`cuts out a facet: ${name}`, () => {
    const cut = segments(text ?? "", [facet(text ?? "", part ?? "")]);
    assert.equal(cut.map((segment) => segment.text).join(""), text);
    assert.deepEqual(cut.filter((segment) => segment.facet).map((segment) => segment.text), [part]);
  });
}

test("facets that point nowhere or overlap lose their mark, never words", () => {
  const text = "né #one #two";
  const wrong = [
    { start: 2, end: 4, kind: "hashtag", target: "" },
    { start: 4, end: 400, kind: "hashtag", target: "" },
    { start: 9, end: 4, kind: "hashtag", target: "" },
    { start: -1, end: 4, kind: "hashtag", target: "" },
  ];
  const cut = segments(text, [...wrong, facet(text, "#one"), { ...facet(text, "#two"), start: 6 }, facet(text, "#two")].map((one) => /** @type {any} */ (one)));
  assert.equal(cut.map((segment) => segment.text).join(""), text);
  assert.deepEqual(cut.filter((segment) => segment.facet).map((segment) => segment.text), ["#one", "#two"]);
});

test("marks cross facets without hiding either", () => {
  const text = "see #deals now";
  const cut = segments(text, [facet(text, "#deals")], [[5, 12]]);
  assert.deepEqual(cut.map((segment) => [segment.text, segment.facet !== null, segment.marked]), [
    ["see ", false, false],
    ["#", true, false],
    ["deals", true, true],
    [" n", false, true],
    ["ow", false, false],
  ]);
});

test("no text gives nothing to draw", () => assert.equal(segments("", []).map(({ text }) => text).join(""), ""));

test("tags are compared without case, mark and width", () => {
  assert.equal(foldTag("#Expert2019"), foldTag("EXPERT2019"));
  assert.equal(foldTag("＃ｅｘｐｅｒｔ"), "expert");
});
