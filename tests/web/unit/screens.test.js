import assert from "node:assert/strict";
import { test } from "node:test";

import { draft, draftOf, entryOf, legibility, metres, moved } from "../../../web/console/screens/model.js";
import { decisionWords } from "../../../web/console/wording.js";

test("an entry of the programme comes back from the form as it went in", () => {
  for (const entry of [
    { scene: "grid", for: "5m" },
    { scene: "stats", for: "30s", when: "quiet", screens: ["foyer", "main hall"] },
    { scene: "ticker", for: "1m", when: "session", only: true },
    { scene: "agenda", for: "1m", when: { session: "Lunch, and more" } },
    { scene: "invite", for: "1m", when: { fewer: { posts: 3, seconds: 90 } }, only: true },
  ]) {
    assert.deepEqual(entryOf(draftOf(entry)), entry);
  }
  assert.deepEqual(entryOf(draft({ only: true, screens: " , " })), { scene: "grid", for: "1m" }, "only needs a condition");
});

test("entries move within the list and no further", () => {
  assert.deepEqual(moved(["a", "b", "c"], 2, -1), ["a", "c", "b"]);
  assert.deepEqual(moved(["a", "b", "c"], 0, -1), ["a", "b", "c"]);
  assert.deepEqual(moved(["a", "b", "c"], 2, 1), ["a", "b", "c"]);
  assert.deepEqual(moved([], 0, 1), []);
});

test("the room says what its letters need", () => {
  assert.equal(metres("80in"), 80 * 0.0254);
  for (const text of ["", "2", "two m", "-2m", "2 miles"]) assert.equal(metres(text), null, text);
  assert.match(legibility("2m", "12m")[0] ?? "", /6 picture heights.* 32 pixels .*1080.* 3 %/);
  assert.match(legibility("2m", "16m")[0] ?? "", /8 picture heights.* 43 pixels .*1080.* 4 %/);
  assert.match(legibility("2m", "8m")[1] ?? "", /can be read there/);
  assert.match(legibility("2m", "16m")[1] ?? "", /set larger/);
  assert.match(legibility("2m", "40m")[1] ?? "", /too far/);
  assert.deepEqual(legibility("", "16m"), []);
  assert.deepEqual(legibility("0m", "16m"), []);
});

test("what was done to screens and looks is told in words", () => {
  const said = (/** @type {string} */ action, /** @type {string} */ text) => decisionWords({ seq: 1, at: "2026-01-01T00:00:00Z", by: "mia", action, posts: [], text }, () => null);
  assert.equal(said("settings", 'display.programme = [{"scene":"grid"}], display.last_row = "16m", display.scene = "stats", display.logo = "upload?v=0", display.theme = null, display.new = 1'), "mia changed: Programme: written anew; Last row: 16m; Scene: Figures; Logo: written anew; Theme: back to the file's value; display.new: 1");
  assert.equal(said("stage", '{"action":"scene","scene":"stats","screen":"foyer"}'), "mia gave foyer the scene Figures");
  assert.equal(said("stage", '{"action":"scene","scene":null,"screen":"foyer"}'), "mia gave foyer back to the programme");
});
