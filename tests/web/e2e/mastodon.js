/** A server that speaks as much of Mastodon's API as a wall asks of one: a timeline of a hashtag. */
import { once } from "node:events";
import { createServer } from "node:http";
import { after } from "node:test";

const HOUR_MS = 3_600_000;
const BASE = "https://social.example";

/** @param {string} text @param {string} tag @param {number} n @param {Date} at */
function status(text, tag, n, at) {
  const account = { id: "1", username: "ada", acct: "ada", display_name: "Ada Example", uri: `${BASE}/users/ada`, url: `${BASE}/@ada`, note: "", emojis: [], avatar: "", avatar_static: "", bot: false };
  return {
    id: String(103_000_000_000_000 + n), created_at: at.toISOString(), edited_at: null, visibility: "public", language: "en",
    uri: `${BASE}/users/ada/statuses/${n}`, url: `${BASE}/@ada/${n}`, content: `<p>${text} <a href="${BASE}/tags/${tag}" class="mention hashtag" rel="tag">#<span>${tag}</span></a></p>`,
    spoiler_text: "", sensitive: false, reblog: null, in_reply_to_id: null, media_attachments: [], emojis: [], tags: [{ name: tag.toLowerCase(), url: "" }], card: null, poll: null, account,
  };
}

/**
 * Starts one with these posts, an hour between each and the next, the first just now.
 *
 * @param {string} tag
 * @param {string[]} texts newest first
 */
export async function mastodon(tag, texts) {
  const now = Date.now();
  const statuses = texts.map((text, i) => status(text, tag, texts.length - i, new Date(now - i * HOUR_MS)));
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", BASE);
    response.setHeader("content-type", "application/json");
    response.setHeader("x-ratelimit-limit", "300");
    response.setHeader("x-ratelimit-remaining", "298");
    response.setHeader("x-ratelimit-reset", new Date(now + HOUR_MS).toISOString());
    if (url.pathname === "/api/v2/instance") return response.end(JSON.stringify({ domain: "social.example", version: "4.5.0", configuration: { timelines_access: { hashtag_feeds: { local: "public", remote: "public" } } } }));
    if (url.pathname.toLowerCase() === `/api/v1/timelines/tag/${tag.toLowerCase()}`) {
      const below = BigInt(url.searchParams.get("max_id") ?? "9".repeat(18));
      const above = BigInt(url.searchParams.get("min_id") ?? url.searchParams.get("since_id") ?? "0");
      return response.end(JSON.stringify(statuses.filter(({ id }) => BigInt(id) < below && BigInt(id) > above)));
    }
    if (url.pathname.startsWith("/api/v1/timelines/tag/")) return response.end("[]");
    response.statusCode = 404;
    return response.end(JSON.stringify({ error: "Record not found" }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;
}
