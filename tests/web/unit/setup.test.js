import assert from "node:assert/strict";
import test from "node:test";

import { KINDS, USUAL, feedOf, fresh, isOnlyHere, placeOf, tags, wallOf, withoutSecrets } from "../../../web/setup/draft.js";
import { sentence, summary, wording } from "../../../web/setup/tried.js";

const draft = { title: "", hashtags: "#RustConf, rust  ＃café", mode: "open", delay: "20", theme: "midnight", from: "", to: "", timezone: "Europe/London", id: "", sources: USUAL.map(fresh) };
const tried = { ok: true, reachable: true, authorised: true, posts: 3, last_day: 3, whole_day: true, since: null, newest: null, stream: false, waits: false, limit_left: null, words: null };

test("hashtags are read as people type them", () => {
  assert.deepEqual(tags(draft.hashtags), ["RustConf", "rust", "café"]);
  assert.deepEqual(tags(" # , "), []);
});

test("a hashtag is enough, and what is empty is not sent", () => {
  assert.deepEqual(wallOf(draft), {
    hashtags: ["RustConf", "rust", "café"],
    timezone: "Europe/London",
    moderation: { mode: "open" },
    display: { theme: "midnight" },
    feeds: [{ kind: "mastodon", server: "mastodon.social" }, { kind: "bluesky" }],
  });
  const full = /** @type {Record<string, unknown>} */ (wallOf({ ...draft, title: " A ", mode: "delayed", from: "2026-09-01T09:00", id: "a" }));
  assert.deepEqual([full["title"], full["moderation"], full["from"], full["id"]], ["A", { mode: "delayed", delay: "20s" }, "2026-09-01T09:00", "a"]);
});

test("each kind is sent as its settings are called", () => {
  assert.deepEqual(feedOf(fresh("nostr")), { kind: "nostr", relays: ["relay.damus.io", "nos.lol"] });
  assert.deepEqual(feedOf({ kind: "rss", values: { url: "a.example", tagged: "yes" } }), { kind: "rss", url: "a.example", tagged: true });
  assert.deepEqual(feedOf({ kind: "x", values: { token: "t", budget: "50" } }), { kind: "x", token: "t", budget: { posts: 50 } });
});

test("a problem's key leads to its field", () => {
  assert.deepEqual(placeOf("feeds[1].server"), { source: 1, field: "server" });
  assert.deepEqual(placeOf("feeds[0]"), { source: 0, field: "" });
  assert.deepEqual(placeOf("hashtags[2]"), { source: null, field: "hashtags" });
  assert.deepEqual(placeOf("moderation.delay"), { source: null, field: "moderation.delay" });
  assert.deepEqual(placeOf("display.theme"), { source: null, field: "display" });
});

test("no secret of any kind is kept in the browser", () => {
  for (const kind of Object.keys(KINDS)) {
    const values = Object.fromEntries((KINDS[kind] ?? []).map(({ key, is }) => [key, is === "secret" ? "hush" : "said"]));
    assert.doesNotMatch(JSON.stringify(withoutSecrets({ ...draft, sources: [{ kind, values }] })), /hush/, kind);
  }
});

test("what a source answered is said in words", () => {
  const said = (/** @type {Partial<typeof tried> & object} */ more) => wording({ ...tried, ...more })[0];
  assert.equal(said({}), "3 posts in the last day.");
  assert.equal(said({ whole_day: false }), "At least 3 posts in the last day.");
  assert.match(said({ last_day: 0 }), /None in the last day/);
  assert.match(said({ posts: 0, last_day: 0 }), /Nobody has used/);
  assert.match(said({ ok: false, authorised: false }), /wants a token/);
  assert.match(said({ ok: false, reachable: false }), /cannot be reached/);
  assert.match(said({ stream: true, posts: 0 }), /as soon as they are written/);
  assert.equal(sentence("nobody listens there"), "Nobody listens there.");
  assert.equal(summary([tried, { ...tried, whole_day: false, last_day: 4 }, null]), "At least 7 posts in the last day. See each source below. 1 source cannot be read; it says why below.");
});

test("addresses of this machine are told from others", () => {
  assert.deepEqual(["http://127.0.0.1:8080/w/a", "http://localhost/w/a", "http://[::1]:80/", "http://192.168.1.5:8080/w/a"].map(isOnlyHere), [true, true, true, false]);
});
