/**
 * What is asked for on this page, and how it is sent. Pure.
 *
 * @typedef {"text" | "secret" | "list" | "flag" | "number"} Kind
 * @typedef {{key: string, is: Kind, needed?: boolean, initial?: string, hint?: string}} Field
 * @typedef {{kind: string, values: Record<string, string>}} Source a flag's value is "yes" or ""
 * @typedef {{title: string, hashtags: string, mode: string, delay: string, theme: string, from: string, to: string, timezone: string, id: string, sources: Source[]}} Draft
 */

/** What each kind of source takes. @type {Record<string, Field[]>} */
export const KINDS = {
  mastodon: [
    { key: "server", is: "text", needed: true, initial: "mastodon.social" },
    { key: "token", is: "secret" },
  ],
  bluesky: [],
  misskey: [
    { key: "server", is: "text", needed: true, initial: "misskey.io" },
    { key: "token", is: "secret" },
  ],
  nostr: [{ key: "relays", is: "list", needed: true, initial: "relay.damus.io, nos.lol" }],
  rss: [
    { key: "url", is: "text", needed: true, hint: "https://example.org/feed.xml" },
    { key: "tagged", is: "flag" },
  ],
  x: [
    { key: "token", is: "secret", needed: true },
    { key: "budget", is: "number", needed: true, initial: "2000" },
  ],
  ingest: [{ key: "token", is: "secret", needed: true }],
};

/** What is read where nobody chooses. */
export const USUAL = ["mastodon", "bluesky"];

/** @param {string} kind @returns {Source} */
export const fresh = (kind) => ({ kind, values: Object.fromEntries((KINDS[kind] ?? []).map(({ key, initial }) => [key, initial ?? ""])) });

/** The words of a list that a person types. @param {string} text */
export const words = (text) => text.split(/[\s,;]+/).filter(Boolean);

/** Hashtags as a person types them. @param {string} text */
export const tags = (text) => words(text).map((tag) => tag.replace(/^[#＃]+/, "")).filter(Boolean);

/** A source as the service takes it. @param {Source} source */
export function feedOf({ kind, values }) {
  /** @type {Record<string, unknown>} */
  const feed = { kind };
  for (const { key, is } of KINDS[kind] ?? []) {
    const text = (values[key] ?? "").trim();
    if (text === "") continue;
    if (key === "budget") feed["budget"] = { posts: Number(text) };
    else if (is === "flag") feed[key] = true;
    else if (is === "list") feed[key] = words(text);
    else feed[key] = text;
  }
  return feed;
}

/** Fields of a source that are still empty and must not be. @param {Source} source */
export const missing = ({ kind, values }) => (KINDS[kind] ?? []).filter(({ key, needed }) => needed && (values[key] ?? "").trim() === "").map(({ key }) => key);

/** The wall as the service takes it. @param {Draft} draft */
export function wallOf(draft) {
  const own = (/** @type {"title" | "from" | "to" | "timezone" | "id"} */ key) => (draft[key].trim() === "" ? {} : { [key]: draft[key].trim() });
  return {
    ...own("id"),
    ...own("title"),
    hashtags: tags(draft.hashtags),
    ...own("timezone"),
    ...own("from"),
    ...own("to"),
    moderation: draft.mode === "delayed" ? { mode: draft.mode, delay: `${draft.delay.trim()}s` } : { mode: draft.mode },
    display: { theme: draft.theme },
    feeds: draft.sources.map(feedOf),
  };
}

/**
 * Where on the page a key of the wall stands: a field's own key, and the source that it belongs to.
 *
 * @param {string} key `feeds[1].server`, `hashtags[0]`, `moderation.delay`
 * @returns {{source: number | null, field: string}}
 */
export function placeOf(key) {
  const ofSource = /^feeds\[(\d+)\](?:\.([a-z_]+))?/.exec(key);
  if (ofSource) return { source: Number(ofSource[1]), field: ofSource[2] ?? "" };
  if (key === "moderation.delay") return { source: null, field: key };
  return { source: null, field: /^[a-z]+/.exec(key)?.[0] ?? "" };
}

/** What may lie in this tab's store while somebody signs in: all but what is secret. @param {Draft} draft @returns {Draft} */
export function withoutSecrets(draft) {
  const plain = (/** @type {Source} */ { kind, values }) => {
    const secret = (/** @type {string} */ key) => KINDS[kind]?.some((field) => field.key === key && field.is === "secret");
    return { kind, values: Object.fromEntries(Object.entries(values).map(([key, text]) => [key, secret(key) ? "" : text])) };
  };
  return { ...draft, sources: draft.sources.map(plain) };
}

/** Whether only this machine finds an address. @param {string} address */
export function isOnlyHere(address) {
  const { hostname } = new URL(address);
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
