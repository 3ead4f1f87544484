/** Type as large as there is room for: sizes are tried from above until nothing sticks out. */

/** Sizes in units, largest first. */
export const STEPS = [34, 30, 26, 23, 20, 18, 16, 14.5, 13, 11.8, 10.6, 9.6, 8.8, 8, 7.3, 6.6, 6, 5.5, 5, 4.6, 4.2, 3.8, 3.5, 3.2, 3];

/** @param {number} most @param {number} [least] @returns {number[]} */
export const steps = (most, least = 3) => [most, ...STEPS.filter((size) => size < most && size >= least)];

/** Whether all that is inside a node is inside it whole. @param {HTMLElement} node */
export const holds = (node) => node.scrollHeight <= node.clientHeight + 1 && node.scrollWidth <= node.clientWidth + 1;

/**
 * Sets the largest size that fits. Where one fits all smaller ones are taken to fit too, so that a few tries are enough.
 *
 * @param {HTMLElement} node takes the size as a custom property
 * @param {string} property
 * @param {readonly number[]} sizes largest first
 * @param {(size: number) => boolean} [fits] asked once the size is set
 * @returns {number | null} the size, null if not even the smallest fits, which then stays
 */
export function fit(node, property, sizes, fits = () => holds(node)) {
  const attempt = (/** @type {number} */ i) => {
    const size = sizes[i] ?? 0;
    node.style.setProperty(property, String(size));
    return fits(size);
  };
  let [first, last] = [0, sizes.length - 1];
  if (attempt(0)) return sizes[0] ?? null;
  // Rounding may let a small size seem to stick out: then every one is tried.
  if (!attempt(last)) return sizes.find((_, i) => attempt(i)) ?? null;
  while (last - first > 1) {
    const middle = (first + last) >> 1;
    if (attempt(middle)) last = middle;
    else first = middle;
  }
  attempt(last);
  return sizes[last] ?? null;
}
