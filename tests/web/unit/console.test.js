import assert from "node:assert/strict";
import test from "node:test";

import { trendingWords } from "../../../web/wall/trending.js";
import { deedOfKey, mayOf, others, verdicts } from "../../../web/console/deeds.js";
import { marked, ruleWords, veiled, why } from "../../../web/console/reasons.js";
import { conflictWords, decisionWords, feedWords, plainName, reach } from "../../../web/console/wording.js";

/** @param {string} id @param {object} [extra] @returns {any} */
const post = (id, extra = {}) => ({ id, kind: "original", standing: "held", author: { id: "a", name: "Ada", handle: "@ada" }, text: "", created_at: `2026-01-01T00:00:0${id}Z`, ...extra });

/** @param {string} name @param {number} seq @param {boolean} [connected] @returns {any} */
const screen = (name, seq, connected = true) => ({ name, seq, connected });

/** The rules of the contract, by the names of their settings. */
const SETTINGS = ["block_words", "blocklists", "blocked", "block_domains", "links", "shorteners", "max_links", "max_hashtags", "max_mentions", "max_emoji", "hashtags_only", "shouting", "reposts", "replies", "quotes", "sensitive", "warnings", "media", "sources", "not_discoverable", "languages", "unknown_language", "new_accounts", "few_followers", "first_posts", "bots", "older_than", "max_per_author", "feed_limit", "duplicates", "copy_hidden", "like_hidden", "like_hidden_pictures", "judge", "mode", "delay", "outside_event", "other_hashtag", "original_is_here"];

const hide = { seq: 10, at: "2026-01-01T00:00:00Z", by: "ada", action: "hide", posts: ["1"] };

test("a hide says from how many screens the post is gone, and names the others", () => {
  assert.deepEqual(reach(hide, [screen("hall", 10), screen("foyer", 12)]), { text: "gone from 2 of 2 screens", complete: true });
  assert.deepEqual(reach(hide, [screen("hall", 10), screen("café", 9, false), screen("foyer", 9)]), {
    text: "gone from 1 of 3 screens · café is offline · foyer has not answered yet",
    complete: false,
  });
  assert.equal(reach({ ...hide, action: "pin" }, []), null);
  assert.equal(reach({ ...hide, undone_by: 12 }, []), null);
});

test("reasons are words, each once, and a person's decision comes before the rules", () => {
  const reasons = [{ rule: "block_words", outcome: "hold" }, { rule: "block_words", outcome: "hold" }, { rule: "some_new_rule", outcome: "hold" }];
  assert.equal(why(post("1", { reasons })), "Blocked word · Some new rule");
  assert.equal(why(post("1")), "Waits for approval");
  assert.equal(why(post("1", { standing: "hidden", reasons, decided_by: "ada" })), "Hidden by ada");
  assert.equal(why(post("1", { standing: "shown" })), "");
});

test("spans belong to their field; without one they are the text's", () => {
  const one = post("1", { reasons: [{ rule: "a", span: [0, 2], outcome: "hold" }, { rule: "b", span: [3, 4], field: "warning", outcome: "hold" }, { rule: "c", span: null, outcome: "hold" }] });
  assert.deepEqual(marked(one, "text"), [[0, 2, false]]);
  assert.deepEqual(marked(one, "warning"), [[3, 4, false]]);
});

test("decisions read as sentences, known and unknown ones", () => {
  assert.equal(decisionWords(hide, () => post("1")), "ada hid a post by Ada");
  assert.equal(decisionWords({ ...hide, posts: ["1", "2"] }, () => null), "ada hid 2 posts");
  assert.equal(decisionWords({ ...hide, action: "mode_changed", posts: [], text: "held" }, () => null), "ada mode changed “held”");
  /** @param {string} action @param {string | null} text */
  const other = (action, text) => decisionWords({ ...hide, action, posts: [], text }, () => null);
  assert.equal(other("author_blocked", "@eve@example.org"), "ada blocked @eve@example.org");
  assert.equal(other("author_normal", null), "ada put an author back to the rules");
  assert.equal(other("stage", '{"action":"pause"}'), "ada paused the wall");
  assert.equal(other("stage", '{"action":"announcement","text":"Lunch"}'), "ada announced “Lunch”");
  assert.equal(other("stage", '{"action":"announcement","text":null}'), "ada took the announcement down");
  assert.equal(other("stage", "{"), "ada directed the screens");
  assert.equal(other("settings", 'moderation.mode = "held"'), "ada set new posts to be shown once approved");
  assert.equal(other("settings", "display.theme = null"), "ada changed: Theme: back to the file's value");
  assert.equal(other("undo", "10"), "ada took a decision back");
});

test("a feed's health is said in words", () => {
  const now = Date.parse("2026-01-01T12:00:00Z");
  /** @type {any} */
  const feed = { name: "f", kind: "mastodon", state: "failing", last_success: "2026-01-01T11:59:50Z", next_try: "2026-01-01T12:00:30Z", failures: 2, last_error: "connection refused", taken: 1, refused: { opted_out: 2, stale: 0 } };
  const { state, detail, well } = feedWords(feed, now, "UTC");
  assert.equal(state, "Failing, 2 times: connection refused");
  assert.equal(detail, "last read 10 s ago · next try in 30 s · 1 post taken · refused: 2 opted out");
  assert.equal(well, false);
});

test("a reason says what the rule found, or what is still awaited", () => {
  /** @param {object} reason */
  const said = (reason) => ruleWords(/** @type {any} */ ({ outcome: "hold", ...reason }));
  assert.equal(said({ rule: "max_hashtags", detail: "7 hashtags" }), "Many hashtags (7 hashtags)");
  assert.equal(said({ rule: "blocklists", list: "en" }), "Word on a blocklist (list en)");
  assert.equal(said({ rule: "judge", label: "insult", score: 0.934 }), "The outside judge objects (insult, 93 % sure)");
  assert.equal(ruleWords({ rule: "delay", outcome: "hold" }, "20s"), "In its delay of 20 s, then shown");
  assert.equal(said({ rule: "judge", waiting: true }), "Waits for the outside judge");
  for (const rule of SETTINGS) assert.doesNotMatch(ruleWords({ rule, outcome: "hold" }), new RegExp(`^${rule.replaceAll("_", " ")}$`, "i"), rule);
});

test("words that hurt are veiled in names too, and only they", () => {
  assert.equal(veiled("foo"), "f•••");
  assert.equal(veiled("🤬 you"), "🤬•••");
  const one = post("1", { author: { id: "a", name: "Big Foo", handle: "@foo" }, reasons: [{ rule: "blocklists", field: "name", span: [4, 7], masked: true, outcome: "hide" }] });
  assert.equal(plainName(one), "Big F•••");
  assert.equal(decisionWords(hide, () => one), "ada hid a post by Big F•••");
});

test("who was faster is said with what they did", () => {
  assert.equal(conflictWords({ by: "mia", action: "hide", at: "2026-01-01T00:00:00Z" }, Date.parse("2026-01-01T00:00:01Z")), "mia hid this 1 s ago");
});

test("every role is offered what it may do, and a key does what its button does", () => {
  const held = post("1", { url: "https://example.org/1" });
  assert.deepEqual(verdicts(held), ["hide", "show"]);
  const mine = (/** @type {string} */ role) => [...verdicts(held), ...others(held)].filter((deed) => mayOf(role).has(deed));
  assert.deepEqual(mine("organiser"), ["about", "original"]);
  assert.deepEqual(mine("rapporteur"), ["highlight", "note", "choose", "about", "original"]);
  assert.deepEqual(mine("moderator"), ["hide", "show", "stash", "highlight", "block", "trust", "choose", "about", "original"]);
  assert.equal(deedOfKey("h", held), "hide");
  assert.equal(deedOfKey("e", { ...held, stashed: true }), "unstash");
  assert.equal(deedOfKey("T", { ...held, author_standing: "trusted" }), "untrust");
  assert.equal(deedOfKey("h", post("1", { standing: "hidden" })), null);
  assert.equal(deedOfKey("h", post("1", { standing: "shown" })), "hide");
  assert.equal(deedOfKey("q", held), null);
});

test("where the hashtag trends is said with the best rank first", () => {
  const now = (/** @type {string} */ place, /** @type {number} */ rank) => ({ place, hashtag: "w", rank, of: 20, since: "2019-11-06T09:00:00Z", best_rank: rank });
  assert.equal(trendingWords([]), "");
  assert.equal(trendingWords([now("a.example", 3)]), "Trending on a.example, no. 3");
  assert.equal(trendingWords([now("a.example", 3), now("b.example", 9)]), "Trending on a.example, no. 3 and 1 more");
});
