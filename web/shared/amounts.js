/** Amounts of things and of time, in words. */
import { number, plural } from "./format.js";

/**
 * `1 post`, `385 posts`.
 *
 * @param {number} value
 * @param {string} one
 * @param {string} other
 */
export const counted = (value, one, other) => `${number(value)} ${plural(value, one, other)}`;

/**
 * A span of time in words, coarse: `4 s`, `12 min`, `3 h`, `2 days`.
 *
 * @param {number} ms
 */
export function span(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 90) return `${s} s`;
  if (s < 90 * 60) return `${Math.round(s / 60)} min`;
  if (s < 36 * 3600) return `${Math.round(s / 3600)} h`;
  return counted(Math.round(s / 86_400), "day", "days");
}
