import assert from "node:assert/strict";
import test from "node:test";

import { hashOf, isFiltered, placeOf, queryOf, sameList } from "../../../web/console/places.js";
import { NO_FILTER, isIn, passes } from "../../../web/console/queues.js";

test("a place comes back from its own address", () => {
  for (const hash of ["#posts", "#rules", "#audit", "#posts?queue=shown", "#posts?order=newest&at=41", "#posts?queue=all&order=oldest&q=a+%26+b&source=mastodon&rule=links&language=unknown&media=any&author=mastodon%3Ahttps%3A%2F%2Fa.example%2Fb&at=7"]) assert.equal(hashOf(placeOf(hash)), hash);
});

test("an address that somebody made up leads to the waiting posts", () => {
  for (const hash of ["", "#", "#nothing", "#posts?queue=__proto__&order=up&media=smell&at=-1", "#posts?at=99999999999999", "#posts?queue="]) assert.equal(hashOf(placeOf(hash)), "#posts");
  assert.ok(placeOf(`#posts?q=${"x".repeat(9999)}`).filter.q.length <= 400);
});

test("those who wait longest come first, what is decided newest first", () => {
  assert.equal(placeOf("#posts").order, "oldest");
  assert.equal(placeOf("#posts?queue=hidden").order, "newest");
});

test("the selected post is no other list; a filter is", () => {
  assert.ok(sameList(placeOf("#posts?at=1"), placeOf("#posts?at=2")));
  assert.ok(!sameList(placeOf("#posts"), placeOf("#posts?media=any")));
  assert.ok(isFiltered(placeOf("#posts?q=x").filter));
  assert.ok(!isFiltered(placeOf("#posts?queue=shown").filter));
});

test("a page is asked for in either direction", () => {
  const place = placeOf("#posts?queue=shown&rule=links");
  assert.equal(queryOf(place, { limit: 60 }), "view=staff&queue=shown&order=newest&limit=60&rule=links");
  assert.equal(queryOf(place, { limit: 60, before: 9, backwards: true }), "view=staff&queue=shown&order=oldest&limit=60&rule=links&before=9");
  assert.equal(queryOf(placeOf("#posts"), { limit: 60, before: -1 }), "view=staff&queue=waiting&order=oldest&limit=60", "before the first there is nothing");
});

/** @param {object} extra @returns {any} */
const post = (extra) => ({ id: "1", source: "mastodon", kind: "original", author: { id: "a:1", name: "Zoë", handle: "@Zoe@example.org" }, text: "Crème brûlée", created_at: "", standing: "held", ...extra });

test("posts are in their queues", () => {
  /** @param {object} extra */
  const queues = (extra) => /** @type {const} */ (["waiting", "stashed", "shown", "hidden", "pinned", "highlighted", "all"]).filter((queue) => isIn(post(extra), queue));
  assert.deepEqual(queues({}), ["waiting", "all"]);
  assert.deepEqual(queues({ stashed: true, highlighted: true }), ["stashed", "highlighted", "all"]);
  assert.deepEqual(queues({ standing: "shown", pinned: true }), ["shown", "pinned", "all"]);
  assert.deepEqual(queues({ standing: "hidden", pinned: true }), ["hidden", "all"]);
  assert.deepEqual(queues({ standing: "hidden", kind: "repost", reasons: [{ rule: "reposts", outcome: "hide" }] }), ["all"]);
  assert.deepEqual(queues({ standing: "hidden", kind: "repost", decided_by: "mia", reasons: [{ rule: "reposts", outcome: "hide" }] }), ["hidden", "all"]);
  assert.deepEqual(queues({ standing: "deleted", highlighted: true }), []);
});

test("filters ask what the server asks", () => {
  /** @param {Partial<typeof NO_FILTER>} filter @param {object} [extra] */
  const let_ = (filter, extra = {}) => passes(post(extra), { ...NO_FILTER, ...filter });
  assert.ok(let_({}));
  assert.ok(let_({ q: "creme BRULEE" }) && let_({ q: "zoe" }) && !let_({ q: "tea" }));
  assert.ok(let_({ language: "de" }, { language: "de-AT" }) && !let_({ language: "de" }, { language: "den" }) && let_({ language: "unknown" }));
  assert.ok(let_({ media: "none" }) && let_({ media: "any" }, { media: [{ kind: "gif" }] }) && !let_({ media: "image" }, { media: [{ kind: "gif" }] }));
  assert.ok(let_({ author: "a:1" }) && let_({ author: "@zoe@EXAMPLE.org" }) && !let_({ author: "a:2" }));
  assert.ok(let_({ rule: "links" }, { reasons: [{ rule: "links" }] }) && !let_({ rule: "links" }));
  assert.ok(!let_({ source: "rss" }));
});
