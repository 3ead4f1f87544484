import assert from "node:assert/strict";
import test from "node:test";

import { hits } from "../../../web/console/hits.js";

/** @param {string} text @param {string} q @param {any[]} [facets] */
const found = (text, q, facets) => hits(text, q, facets).map(([start, end]) => Buffer.from(text).subarray(start, end).toString());

test("what was searched for is found as the server finds it, without case and accents", () => {
  assert.deepEqual(found("Tea, TEA and tea", "tea"), ["Tea", "TEA", "tea"]);
  assert.deepEqual(found("🫖 Crème brûlée, creme", "CREME"), ["Crème", "creme"]);
  assert.deepEqual(found("Cre\u0300me", "creme"), ["Cre\u0300me"]);
  assert.deepEqual(found("İstanbul", "istanbul"), ["İstanbul"]);
  assert.deepEqual(found("two words", " o w "), ["o w"]);
  assert.deepEqual(found("tea", ""), []);
  assert.deepEqual(found("tea", "coffee"), []);
});

test("half a link is none: a facet is marked as a whole", () => {
  const text = "see https://example.org/x here";
  assert.deepEqual(found(text, "example", [{ start: 4, end: 25, kind: "link", target: "https://example.org/x" }]), ["https://example.org/x"]);
});
