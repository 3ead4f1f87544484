/**
 * Every setting of `moderation` that stands in the form, in groups; how each is asked for. The words are the catalogue's:
 * `rule.KEY` names it, `rule.KEY.help` explains it.
 */

/**
 * @typedef {"choice" | "action" | "duration" | "list" | "parts" | "map" | "modes"} Kind
 *   `parts`: a table of a few values, off where its action is `show`
 */

/**
 * @typedef {object} Part
 * @property {string} key
 * @property {"number" | "duration" | "action" | "text" | "list" | "score"} kind
 * @property {unknown} unset what stands there before anybody sets it
 */

/**
 * @typedef {object} Row
 * @property {string} key as in the settings; `actions.X` is a part of the setting `actions`
 * @property {Kind} kind
 * @property {readonly string[]} [values] of a choice or of the keys of a map
 * @property {readonly Part[]} [parts]
 * @property {boolean} [admin] only admins may change it
 * @property {string} [counts] the rule whose counter belongs here, where it has another name
 */

export const ACTIONS = /** @type {const} */ (["show", "hold", "hide"]);
export const MODES = /** @type {const} */ (["open", "delayed", "held"]);

/** @type {Part} */
const action = { key: "action", kind: "action", unset: "show" };
/** @type {(key: string, unset: number) => Part} */
const count = (key, unset) => ({ key, kind: "number", unset });
/** @type {(key: string, unset: string) => Part} */
const time = (key, unset) => ({ key, kind: "duration", unset });

/** @type {(key: string) => Row} */
const decides = (key) => ({ key, kind: "action" });
/** @type {(key: string) => Row} */
const entries = (key) => ({ key, kind: "list" });
/** @type {(key: string, unset: number) => Row} */
const atMost = (key, unset) => ({ key, kind: "parts", parts: [count("most", unset), action] });
/** @type {(key: string) => Row} what a rule does whose key is a list */
const does = (key) => ({ key: `actions.${key}`, kind: "action", counts: key });

/** @type {readonly {name: "modes" | "words" | "links" | "shape" | "people" | "floods" | "kinds" | "language" | "judge", rows: readonly Row[]}[]} */
export const GROUPS = [
  { name: "modes", rows: [{ key: "mode", kind: "choice", values: MODES }, { key: "delay", kind: "duration" }, { key: "feed_modes", kind: "modes" }] },
  { name: "words", rows: [entries("blocklists"), does("blocklists"), entries("block_words"), does("block_words"), entries("allow_words")] },
  { name: "links", rows: [decides("links"), decides("shorteners"), atMost("max_links", 3), entries("block_domains"), does("block_domains"), entries("allow_domains")] },
  { name: "shape", rows: [atMost("max_hashtags", 8), atMost("max_mentions", 5), atMost("max_emoji", 12), decides("hashtags_only"), decides("shouting")] },
  {
    name: "people",
    rows: [
      entries("blocked"),
      does("blocked"),
      entries("trusted"),
      { key: "new_accounts", kind: "parts", parts: [time("younger_than", "1d"), action] },
      { key: "few_followers", kind: "parts", parts: [count("fewer_than", 5), action] },
      decides("first_posts"),
      decides("bots"),
      decides("not_discoverable"),
    ],
  },
  {
    name: "floods",
    rows: [
      { key: "max_per_author", kind: "parts", parts: [count("posts", 5), time("per", "1m"), action] },
      { key: "duplicates", kind: "choice", values: ["show", "collapse", "hold", "hide"] },
      decides("like_hidden"),
      decides("like_hidden_pictures"),
    ],
  },
  {
    name: "kinds",
    rows: [
      { key: "reposts", kind: "choice", values: ["show", "count", "drop"] },
      decides("replies"),
      decides("quotes"),
      decides("sensitive"),
      decides("warnings"),
      { key: "media", kind: "map", values: ["image", "gif", "video", "audio", "unknown"] },
      { key: "sources", kind: "map", values: ["mastodon", "bluesky", "nostr", "misskey", "x", "rss", "audience"] },
    ],
  },
  {
    name: "language",
    rows: [entries("languages"), does("languages"), decides("unknown_language"), { key: "older_than", kind: "parts", parts: [time("age", "1h"), action] }],
  },
  {
    name: "judge",
    rows: [
      {
        key: "judge",
        kind: "parts",
        admin: true,
        parts: [
          { key: "url", kind: "text", unset: "" },
          action,
          time("timeout", "2s"),
          { key: "on_failure", kind: "action", unset: "hold" },
          { key: "at_least", kind: "score", unset: 0.8 },
          { key: "labels", kind: "list", unset: [] },
        ],
      },
    ],
  },
];

/** All rows. */
export const ROWS = GROUPS.flatMap(({ rows }) => rows);
