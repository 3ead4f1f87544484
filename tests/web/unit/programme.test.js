import assert from "node:assert/strict";
import test from "node:test";

import { displayOf } from "../../../web/wall/display.js";
import { holds, pick, turn } from "../../../web/wall/programme.js";

/** @typedef {import("../../../web/wall/types.d.ts").Entry} Entry */
/** @typedef {import("../../../web/wall/types.d.ts").Asked} Asked */

const NOW = Date.parse("2026-06-01T10:00:00Z");
/** @param {number} minutesAgo @param {object} [more] @returns {any} */
const post = (minutesAgo, more = {}) => ({ id: String(minutesAgo), created_at: new Date(NOW - minutesAgo * 60_000).toISOString(), ...more });
/** @param {Partial<import("../../../web/wall/types.d.ts").Facts>} [more] */
const facts = (more = {}) => ({ posts: [], sessions: [], now: NOW, ...more });
/** @param {Entry["scene"]} scene @param {Partial<Entry>} [more] @returns {Entry} */
const entry = (scene, more = {}) => ({ scene, seconds: 60, when: null, only: false, screens: null, ...more });
/** @type {(scene: Entry["scene"]) => boolean} */
const all = () => true;
/** @param {Partial<Asked>} [more] @returns {Asked} */
const asked = (more = {}) => ({
  display: displayOf(null),
  stage: { paused: false, blanked: false, announcement: null, scene: null },
  screen: null,
  address: null,
  overlay: false,
  blanked: false,
  key: null,
  ...more,
});
const keynote = { title: "Opening keynote", from: "2026-06-01T09:30:00Z", to: "2026-06-01T10:30:00Z" };

test("conditions: pinned, highlighted, quiet, busy, sessions, breaks, fewer posts in a time", () => {
  assert.ok(holds("pinned", facts({ posts: [post(1, { pinned: true })] })) && !holds("pinned", facts({ posts: [post(1)] })));
  assert.ok(holds("highlighted", facts({ posts: [post(1, { highlighted: true })] })) && !holds("highlighted", facts()));
  const many = [1, 2, 3, 4, 5].map((minutes) => post(minutes));
  assert.ok(holds("quiet", facts({ posts: many.slice(1) })) && !holds("quiet", facts({ posts: many })));
  assert.ok(holds("busy", facts({ posts: many })) && !holds("busy", facts({ posts: many.map((_, i) => post(11 + i)) })));
  assert.ok(holds("session", facts({ sessions: [keynote] })) && !holds("break", facts({ sessions: [keynote] })));
  assert.ok(holds("break", facts({ sessions: [keynote], now: Date.parse(keynote.to) })), "a session ends when it ends");
  assert.ok(holds({ session: "Opening keynote" }, facts({ sessions: [keynote] })) && !holds({ session: "Closing" }, facts({ sessions: [keynote] })));
  assert.ok(holds({ fewer: { posts: 2, seconds: 90 } }, facts({ posts: many })) && !holds({ fewer: { posts: 1, seconds: 90 } }, facts({ posts: many })));
  assert.ok(holds(null, facts()) && !holds(/** @type {any} */ ("full moon"), facts()), "what is not known does not hold");
});

test("the place is the server's time modulo the cycle, the same for whoever comes when", () => {
  const programme = [entry("grid", { seconds: 300 }), entry("stats", { seconds: 20 }), entry("cloud", { seconds: 40 })];
  const cycle = Math.floor(NOW / 360_000) * 360_000;
  const at = (/** @type {number} */ seconds) => turn(programme, facts({ now: cycle + seconds * 1000 }), null, all)?.entry.scene;
  assert.deepEqual([0, 299, 300, 319.9, 320, 359, 360].map(at), ["grid", "grid", "stats", "stats", "cloud", "cloud", "grid"]);
});

test("what has nothing to show, or may not play now, gives its time to the next", () => {
  const programme = [entry("photos"), entry("spotlight", { when: "highlighted" }), entry("stats")];
  for (const seconds of [0, 60, 120]) {
    const now = Math.floor(NOW / 180_000) * 180_000 + seconds * 1000;
    assert.equal(turn(programme, facts({ now }), null, (scene) => scene !== "photos")?.entry.scene, "stats");
  }
  assert.equal(turn(programme, facts(), null, () => false), null);
  assert.equal(turn([], facts(), null, all), null);
});

test("only: while the condition holds nothing else plays", () => {
  const programme = [entry("grid"), entry("ticker", { when: "session", only: true }), entry("stats")];
  for (const seconds of [0, 60, 120]) {
    const now = NOW + seconds * 1000;
    assert.equal(turn(programme, facts({ now, sessions: [keynote] }), null, all)?.entry.scene, "ticker");
    assert.notEqual(turn(programme, facts({ now }), null, all)?.entry.scene, "ticker");
  }
});

test("screens: an entry for some plays on those alone", () => {
  const programme = [entry("invite", { screens: ["foyer"] }), entry("grid", { screens: ["hall"] })];
  assert.equal(turn(programme, facts(), "foyer", all)?.entry.scene, "invite");
  assert.equal(turn(programme, facts(), "hall", all)?.entry.scene, "grid");
  assert.equal(turn(programme, facts(), null, all), null);
});

test("what comes before what: blank, announcement, this screen's scene, the address, everybody's scene, the programme", () => {
  const display = { ...displayOf(null), programme: [entry("stats")] };
  const stage = { ...asked().stage, scene: /** @type {const} */ ("cloud"), screens: { foyer: /** @type {const} */ ("invite") } };
  const on = (/** @type {Partial<Asked>} */ more, has = all) => pick(facts(), asked({ display, ...more }), has).scene;
  assert.equal(on({}), "stats");
  assert.equal(on({ stage }), "cloud");
  assert.equal(on({ stage, address: "photos" }), "photos");
  assert.equal(on({ stage, address: "photos", screen: "foyer" }), "invite");
  assert.equal(on({ stage, screen: "hall" }), "cloud");
  assert.equal(on({ stage: { ...stage, announcement: { text: "Lunch" } }, screen: "foyer" }), "announcement");
  assert.equal(on({ stage: { ...stage, blanked: true } }), "title");
  assert.equal(on({ blanked: true }), "title");
  assert.equal(on({}, (scene) => scene === "grid"), "grid");
  assert.equal(on({}, () => false), "title");
});

test("an overlay stays what it is", () => {
  const stage = { ...asked().stage, blanked: true };
  assert.equal(pick(facts(), asked({ stage, overlay: true, address: "ticker" }), all).scene, "ticker");
});

test("the technician's choice holds until the programme or the console changes", () => {
  const display = { ...displayOf(null), programme: [entry("grid"), entry("stats")] };
  const now = Math.floor(NOW / 120_000) * 120_000;
  const { place } = pick(facts({ now }), asked({ display }), all);
  /** @type {Asked["key"]} */
  const key = { scene: "cloud", place };
  assert.equal(pick(facts({ now: now + 59_000 }), asked({ display, key }), all).scene, "cloud");
  assert.equal(pick(facts({ now: now + 61_000 }), asked({ display, key }), all).scene, "stats");
  assert.equal(pick(facts({ now }), asked({ display, key, stage: { ...asked().stage, scene: "photos" } }), all).scene, "photos");
});

test("settings of another server: what is missing has a default, what is unknown is left out", () => {
  const display = displayOf(/** @type {any} */ ({ display: { scene: "hologram", programme: [{ scene: "hologram" }, { scene: "stats", seconds: "20" }], last_row_m: -3, warned: "perhaps", countdown: { to: "soon" } } }));
  assert.equal(display.scene, "grid");
  assert.deepEqual(display.programme, [entry("stats", { seconds: 20 })]);
  assert.deepEqual([display.last_row_m, display.warned, display.countdown], [null, "warning", null]);
});
