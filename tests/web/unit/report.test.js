import assert from "node:assert/strict";
import test from "node:test";

import { lay } from "../../../web/report/band.js";
import { bins, marks, rows } from "../../../web/report/chart.js";
import { toInstant, toLocal } from "../../../web/report/zone.js";
import { nextPage } from "../../../web/shared/api.js";

test("bars have a round width and lose no post", () => {
  const minutes = Array.from({ length: 600 }, (_, i) => ({ at: new Date(Date.UTC(2026, 0, 1, 8, i)).toISOString(), posts: i % 4 }));
  const { step, counts, from } = bins(minutes);
  assert.equal(step, 10 * 60_000);
  assert.equal(from % step, 0);
  assert.equal(counts.reduce((a, b) => a + b), minutes.reduce((sum, { posts }) => sum + posts, 0));
  const years = bins([{ at: "2014-05-09T01:29:00Z", posts: 6 }, { at: "2019-05-09T01:29:00Z", posts: 1 }]);
  assert.ok(years.counts.length <= 111);
  assert.deepEqual(bins([{ at: "2026-01-01T00:00:00Z", posts: 3 }]).counts, [3]);
});

test("axis marks are round and not above the highest bar", () => {
  assert.deepEqual(marks(82), [50]);
  assert.deepEqual(marks(14), [5, 10]);
  assert.deepEqual(marks(1), [1]);
});

test("sessions at the same time lie in different rows", () => {
  const at = (/** @type {string} */ title, /** @type {number} */ from, /** @type {number} */ to) => ({ title, from: new Date(from * 60_000).toISOString(), to: new Date(to * 60_000).toISOString() });
  assert.deepEqual(rows([at("b", 30, 90), at("a", 0, 60), at("c", 60, 90)]).map(({ session, row }) => [session.title, row]), [["a", 0], ["b", 1], ["c", 0]]);
});

test("times are typed in the wall's zone, across its clock changes", () => {
  assert.equal(toInstant("2019-11-06T09:30", "Europe/London"), "2019-11-06T09:30:00Z");
  assert.equal(toInstant("2019-07-06T09:30", "Europe/London"), "2019-07-06T08:30:00Z");
  assert.equal(toInstant("2026-03-29T03:30", "Europe/Berlin"), "2026-03-29T01:30:00Z");
  assert.equal(toInstant("2026-03-29T01:30", "Europe/Berlin"), "2026-03-29T00:30:00Z");
  assert.equal(toInstant("2026-03-29T00:30", "Europe/Berlin"), "2026-03-28T23:30:00Z");
  for (const zone of ["Asia/Kathmandu", "America/St_Johns", "UTC"]) {
    assert.equal(toLocal(toInstant("2026-05-01T23:59", zone), zone), "2026-05-01T23:59");
  }
});

test("signing in leads to pages of this site only", () => {
  const origin = "https://wall.example.org";
  assert.equal(nextPage("/console/a?x=1#y", origin), "/console/a?x=1#y");
  for (const bad of [null, "", "https://evil.example", "//evil.example/a", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", "console/a"]) {
    assert.equal(nextPage(bad, origin), "/", String(bad));
  }
});

test("a short gap on the coverage strip is still seen, and nothing lies outside it", () => {
  const at = (/** @type {number} */ minute) => new Date(Date.UTC(2019, 10, 6, 9, minute)).toISOString();
  const parts = lay([
    { from: at(0), to: at(599), state: "live" },
    { from: at(599), to: at(600), state: "unknown", why: "no answer in time" },
  ]);
  assert.deepEqual(parts.map(({ x, width }) => [Math.round(x), Math.round(width)]), [[0, 998], [997, 3]]);
  assert.equal(lay([{ from: at(0), to: at(0), state: "live" }]).length, 1);
});
