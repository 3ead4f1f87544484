import assert from "node:assert/strict";
import test from "node:test";

import { WAITS_MS, alerts, fresh } from "../../../web/console/alerts.js";

const NOW = Date.parse("2026-01-01T12:00:00Z");
/** @type {any} */
const quiet = { counts: { waiting: 0, oldest_waiting_at: null }, feeds: [{ name: "a", state: "reading" }], screens: [{ name: "hall", connected: true }], unattended: false, judge: { state: "ok" } };
/** @param {object} more */
const kinds = (more) => alerts({ ...quiet, ...more }, NOW).map(({ kind }) => kind);

test("nothing calls while all is well", () => {
  assert.deepEqual(kinds({}), []);
  assert.deepEqual(kinds({ counts: null, judge: null, feeds: [{ name: "a", state: "rate_limited" }] }), []);
});

test("each trouble calls, a waiting post once it has waited long enough", () => {
  const since = (/** @type {number} */ ms) => ({ counts: { waiting: 2, oldest_waiting_at: new Date(NOW - ms).toISOString() } });
  assert.deepEqual(kinds(since(WAITS_MS)), []);
  assert.deepEqual(kinds(since(WAITS_MS + 1)), ["waiting"]);
  assert.deepEqual(kinds({ feeds: [{ name: "a", state: "failing" }, { name: "b", state: "unauthorised" }] }), ["feed", "feed"]);
  assert.deepEqual(kinds({ screens: [{ name: "café", connected: false }] }), ["screen"]);
  assert.deepEqual(kinds({ judge: { state: "open" }, unattended: true }), ["judge", "unattended"]);
});

test("the same trouble calls once, and again when it comes back", () => {
  /** @type {any} */
  const trouble = [{ kind: "feed", cause: "a" }];
  const first = fresh(new Set(), trouble);
  assert.equal(first.fresh.length, 1);
  const second = fresh(first.known, [...trouble, { kind: "screen", cause: "a" }]);
  assert.deepEqual(second.fresh.map(({ kind }) => kind), ["screen"]);
  const over = fresh(second.known, []);
  assert.equal(fresh(over.known, trouble).fresh.length, 1);
});
