/** Posts by the minute of the last hour. Pure. */

const MINUTE = 60_000;
const HOUR = 60;

/**
 * How many posts were written in each minute of the last hour. Where only the newest posts are at hand, the time before
 * the oldest of them is left out: nobody here knows it.
 *
 * @param {readonly number[]} times epoch milliseconds
 * @param {number} now
 * @param {boolean} complete whether these are all posts there are
 * @returns {{from: number, counts: number[]}}
 */
export function perMinute(times, now, complete) {
  const last = Math.floor(now / MINUTE);
  const oldest = Math.min(...times.filter((at) => Number.isFinite(at)), now);
  const known = Math.floor(oldest / MINUTE) + (complete ? 0 : 1);
  const first = Math.min(last, Math.max(last - HOUR + 1, complete ? Math.min(known, last - 14) : known));
  const counts = Array.from({ length: last - first + 1 }, () => 0);
  for (const at of times) {
    const i = Math.floor(at / MINUTE) - first;
    if (i >= 0 && i < counts.length) counts[i] = (counts[i] ?? 0) + 1;
  }
  return { from: first * MINUTE, counts };
}
