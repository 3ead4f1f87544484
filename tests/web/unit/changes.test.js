import assert from "node:assert/strict";
import test from "node:test";

import { UNTOLD, beforeOf, changesOf, settingsWords } from "../../../web/console/changes.js";

/** @param {number} seq @param {string} text @returns {any} */
const change = (seq, text) => ({ seq, at: "2026-01-01T00:00:00Z", by: "ada", action: "settings", posts: [], text });
/** @param {string} text @param {Record<string, unknown>} [held] */
const said = (text, held = {}) => settingsWords("ada", text, (key) => held[key]);

test("a change is read as the server quotes it, whatever stands in its words", () => {
  assert.deepEqual(changesOf('moderation.block_words = ["a, moderation.links = ","b"], moderation.links = null, display.theme = "press"'), [
    { key: "moderation.block_words", value: ["a, moderation.links = ", "b"] },
    { key: "moderation.links", value: null },
    { key: "display.theme", value: "press" },
  ]);
  assert.deepEqual(changesOf('moderation.block_words = ["one","tw…, moderation.judge = …'), [
    { key: "moderation.block_words", value: UNTOLD },
    { key: "moderation.judge", value: UNTOLD },
  ]);
  assert.deepEqual(changesOf("something else"), []);
});

test("changes of settings are sentences with what came and what went", () => {
  assert.equal(said('moderation.block_words = ["foo","tea"]', { "moderation.block_words": ["bar", "tea"] }), "ada changed: Blocked words: + “foo”, − “bar”");
  assert.equal(said('moderation.block_words = ["foo"]'), "ada changed: Blocked words: “foo”");
  assert.equal(said('moderation.links = "hold"', { "moderation.links": "show" }), "ada changed: Posts with links: show → hold for a person");
  assert.equal(said('moderation.links = "hold", moderation.bots = null'), "ada changed: Posts with links: hold for a person; Automated accounts: back to the file's value");
  assert.equal(said('moderation.max_links = {"action":"hide","most":3}'), "ada changed: Many links: at most 3, then hide");
  assert.equal(said('moderation.media = {"gif":"hide"}', { "moderation.media": { image: "hold" } }), "ada changed: Pictures, videos, sound: Animated pictures as usual → hide, Pictures hold for a person → as usual");
  assert.equal(said('moderation.actions = {"block_words":"hold"}'), "ada changed: What rules do: Blocked words hold for a person");
  assert.equal(said('moderation.block_words = ["one","tw…'), "ada changed: Blocked words: written anew");
  assert.equal(said('moderation.delay = "1m"', { "moderation.delay": "20s" }), "ada changed: Delay: 20 s → 1 min");
  assert.equal(said("nothing that is known"), "ada set nothing that is known");
});

test("a change of the mode says the delay", () => {
  assert.equal(said('moderation.delay = "45s", moderation.mode = "delayed"'), "ada set new posts to be shown after 45 s");
  assert.equal(said('moderation.mode = "open"'), "ada set new posts to be shown at once");
});

test("what held before is what the change before it said, or the file, and nothing where nobody knows", () => {
  const known = [change(9, 'moderation.links = "hide"'), change(5, "moderation.links = null"), change(3, 'moderation.links = "hold"')];
  /** @type {any} */
  const settings = { moderation: { links: { value: "hide", from: "console", file: "show" }, bots: { value: "hold", from: "file" } } };
  assert.equal(beforeOf(known, true, settings, 5)("moderation.links"), "hold");
  assert.equal(beforeOf(known, true, settings, 9)("moderation.links"), "show");
  assert.equal(beforeOf(known, true, settings, 3)("moderation.links"), "show");
  assert.equal(beforeOf(known, true, settings, 9)("moderation.bots"), "hold");
  assert.equal(beforeOf(known, false, settings, 3)("moderation.links"), undefined);
});
