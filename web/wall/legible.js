/**
 * How large type has to be to be read from the last row. Pure.
 *
 * A letter is told apart if its x-height is seen at an angle of 1/200: x-height ≥ distance / (200 × image height), as part
 * of the image's height (AVIXA V202.01, basic decision making).
 */

/** The x-height of Atkinson Hyperlegible Next, measured, as part of the type's size. */
export const X_HEIGHT = 0.496;
/** Where nobody says how far the last row is: this many screen heights away. */
export const USUAL_HEIGHTS = 6;
/** Nothing that is to be read is smaller, in units. */
export const LEAST = 3;
/** No type that the settings ask for is larger, in units: beyond it a screen holds no sentence. */
const MOST = 14;

/**
 * The x-height that is needed, as part of the image's height.
 *
 * @param {number} heights the last row's distance in screen heights
 */
export const xHeight = (heights) => heights / 200;

/**
 * The type for a screen of so many pixels in a room.
 *
 * @param {{screen_height_m: number | null, last_row_m: number | null}} room
 * @param {{height: number, unit: number}} screen in pixels; `unit`: one hundredth of the height, less on a portrait screen
 * @returns {Type}
 *
 * @typedef {object} Type sizes in units
 * @property {number} text of an ordinary post
 * @property {number} least of a post beside others
 * @property {number} wide of a post that has the screen to itself
 * @property {number} small of names and times
 */
export function legible({ screen_height_m: tall, last_row_m: far }, { height, unit }) {
  const told = tall !== null && far !== null && tall > 0 && far > 0;
  const heights = told ? far / tall : USUAL_HEIGHTS;
  const whole = (xHeight(heights) * height) / X_HEIGHT / unit;
  // Sizes are set with a tenth of a unit, never below what is needed.
  const text = Math.min(MOST, Math.max(LEAST, Math.ceil(whole * 10) / 10));
  // A portrait screen of which nobody said where it hangs is read from as near as it is wide.
  if (!told) return { text: 6, least: 4.8, wide: 3.2, small: LEAST };
  return { text, least: text, wide: text, small: Math.min(5, Math.max(LEAST, text * 0.6)) };
}
