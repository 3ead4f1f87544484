/**
 * What somebody has to be told who does not look: pure, from what the console knows and the time.
 *
 * @import { Feed, Screen } from "../shared/protocol.d.ts"
 */

/** A post that waits longer than this calls for somebody. */
export const WAITS_MS = 30_000;

/**
 * @typedef {object} Watched
 * @property {{waiting: number, oldest_waiting_at?: string | null} | null} counts
 * @property {readonly Feed[]} feeds
 * @property {readonly Screen[]} screens
 * @property {boolean} unattended nobody who may decide is connected although posts wait for somebody
 * @property {{state: string} | null} judge
 */

/** @typedef {{kind: "waiting" | "feed" | "screen" | "unattended" | "judge", cause: string}} Alert `cause`: the same as long as it is the same trouble */

/**
 * @param {Watched} watched
 * @param {number} now
 * @returns {Alert[]}
 */
export function alerts({ counts, feeds, screens, unattended, judge }, now) {
  /** @type {Alert[]} */
  const found = [];
  const oldest = counts?.oldest_waiting_at;
  if (oldest && counts.waiting > 0 && now - Date.parse(oldest) > WAITS_MS) found.push({ kind: "waiting", cause: "waiting" });
  for (const { name, state } of feeds) if (["failing", "unauthorised", "stopped"].includes(state)) found.push({ kind: "feed", cause: name });
  for (const { name, connected } of screens) if (!connected) found.push({ kind: "screen", cause: name });
  if (judge && ["failing", "open"].includes(judge.state)) found.push({ kind: "judge", cause: "judge" });
  if (unattended) found.push({ kind: "unattended", cause: "unattended" });
  return found;
}

/** @param {Alert} alert */
const key = ({ kind, cause }) => `${kind} ${cause}`;

/**
 * What is new among the alerts of now: nobody is called twice for the same trouble.
 *
 * @param {ReadonlySet<string>} known keys of the alerts before
 * @param {readonly Alert[]} now
 * @returns {{fresh: Alert[], known: Set<string>}}
 */
export function fresh(known, now) {
  return { fresh: now.filter((alert) => !known.has(key(alert))), known: new Set(now.map(key)) };
}
