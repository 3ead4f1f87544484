/** Posts of people who do not exist. */
import { createHash } from "node:crypto";

let numbers = 0;

/**
 * @param {string} text
 * @param {{who?: string, minutesAgo?: number, at?: string, [key: string]: unknown}} [more] `who`: the author's short name
 * @returns {any}
 */
export function post(text, { who = `person${numbers}`, minutesAgo = 1, at, ...more } = {}) {
  numbers += 1;
  const said = text.includes("#Expert") ? text : `${text} #Expert`;
  const start = Buffer.byteLength(said.slice(0, said.lastIndexOf("#Expert")));
  return {
    id: `mastodon:https://example.org/statuses/${numbers}`,
    source: "mastodon",
    url: `https://example.org/@${who}/${numbers}`,
    author: { id: `mastodon:https://example.org/users/${who}`, handle: `@${who}@example.org`, name: who.charAt(0).toUpperCase() + who.slice(1) },
    text: said,
    facets: [{ start, end: start + 7, kind: "hashtag", target: "Expert" }],
    hashtags: ["Expert"],
    created_at: at ?? new Date(Date.now() - minutesAgo * 60_000).toISOString(),
    ...more,
  };
}

/** Words that no other post has said: one that is like a hidden one would have to wait. Their letters are all about as wide. */
const saying = () => `Thought number ${createHash("sha256").update(String(numbers)).digest("hex").replace(/[0-9a-f]/g, (digit) => "abcdeghknopsuvxz".charAt(Number.parseInt(digit, 16))).slice(0, 24).match(/.{6}/g)?.join(" ")}`;

/** @param {number} count @param {object} [more] */
export const posts = (count, more = {}) => Array.from({ length: count }, (_, i) => post(saying(), { minutesAgo: count - i, ...more }));
