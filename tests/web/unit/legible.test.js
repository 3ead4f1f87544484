import assert from "node:assert/strict";
import test from "node:test";

import { LEAST, X_HEIGHT, legible, xHeight } from "../../../web/wall/legible.js";

const hd = { height: 1080, unit: 10.8 };
/** The x-height in pixels of a size in units. @param {number} size */
const x = (size, unit = 10.8) => size * unit * X_HEIGHT;

test("the x-height is a two-hundredth of the distance: 32 of 1080 pixels at six screen heights, 43 at eight", () => {
  assert.equal(Math.round(xHeight(6) * 1080), 32);
  assert.equal(Math.round(xHeight(8) * 1080), 43);
  assert.ok(x(legible({ screen_height_m: 2, last_row_m: 12 }, hd).text) >= 32.4);
  assert.ok(x(legible({ screen_height_m: 2, last_row_m: 16 }, hd).text) >= 43.2);
});

test("what the settings ask for holds for every post, also one that has the screen to itself", () => {
  const { text, least, wide } = legible({ screen_height_m: 2, last_row_m: 16 }, hd);
  assert.deepEqual([least, wide], [text, text]);
});

test("without settings an ordinary post can be read at six screen heights, and nothing is under three hundredths", () => {
  const type = legible({ screen_height_m: null, last_row_m: null }, hd);
  assert.ok(x(type.text) >= 32 && type.text * 10.8 < 66);
  assert.ok(Math.min(type.least, type.wide, type.small) >= LEAST);
  assert.deepEqual(legible({ screen_height_m: 2, last_row_m: null }, hd), type);
});

test("4K asks for the same parts of the height; a portrait screen for the same pixels of a metre", () => {
  const room = { screen_height_m: 2, last_row_m: 16 };
  assert.equal(legible(room, { height: 2160, unit: 21.6 }).text, legible(room, hd).text);
  const portrait = { height: 1920, unit: 1080 / 88 };
  assert.ok(x(legible(room, portrait).text, portrait.unit) >= (16 / (200 * 2)) * 1920);
});

test("a room that is absurdly deep still gets sentences, a tiny one no tiny type", () => {
  assert.ok(legible({ screen_height_m: 0.5, last_row_m: 100 }, hd).text <= 14);
  assert.equal(legible({ screen_height_m: 4, last_row_m: 1 }, hd).text, LEAST);
});
