/** Amounts of things, in words. */
import { number, plural } from "./format.js";

/**
 * `1 post`, `385 posts`.
 *
 * @param {number} value
 * @param {string} one
 * @param {string} other
 */
export const counted = (value, one, other) => `${number(value)} ${plural(value, one, other)}`;
