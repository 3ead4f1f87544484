/** Which items of a long list are drawn, and where the others would lie. Pure. */

/**
 * @param {readonly number[]} heights of all items, measured or guessed, with the gap below them
 * @param {number} top first pixel in sight
 * @param {number} height pixels in sight
 * @param {number} margin pixels drawn besides, above and below
 * @returns {{first: number, last: number, above: number, below: number}} `last` is past the last one drawn
 */
export function drawn(heights, top, height, margin) {
  let first = 0;
  let above = 0;
  while (first < heights.length && above + (heights[first] ?? 0) < top - margin) {
    above += heights[first] ?? 0;
    first += 1;
  }
  let last = first;
  let reached = above;
  while (last < heights.length && reached < top + height + margin) {
    reached += heights[last] ?? 0;
    last += 1;
  }
  let below = 0;
  for (let i = last; i < heights.length; i += 1) below += heights[i] ?? 0;
  return { first, last, above, below };
}

/**
 * The item that keeps its place while others come and go: the wished one, else the first of those behind it in the old
 * order that is still there, else the last before it.
 *
 * @param {readonly string[]} before
 * @param {ReadonlyMap<string, number>} now index by id
 * @param {string} wished
 * @returns {string | null}
 */
export function anchor(before, now, wished) {
  if (now.has(wished)) return wished;
  const at = before.indexOf(wished);
  if (at < 0) return null;
  return before.slice(at + 1).find((id) => now.has(id)) ?? before.slice(0, at).findLast((id) => now.has(id)) ?? null;
}
