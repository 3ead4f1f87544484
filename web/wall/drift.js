/** Slow drift against burn-in: now and then the whole picture moves by one pixel, round a small square. */

/** Between two steps. */
export const STEP_MS = 45_000;
/** The square's side, as part of the screen's height. */
const SIDE = 0.004;

/**
 * Where the picture stands at a time, in pixels.
 *
 * @param {number} step how many steps there have been
 * @param {number} height of the screen
 * @returns {[number, number]}
 */
export function offset(step, height) {
  const side = Math.max(1, Math.floor(height * SIDE / 2) * 2);
  const half = side / 2;
  const round = step % (4 * side);
  const along = round % side;
  const [x, y] = /** @type {[number, number][]} */ ([[along, 0], [side, along], [side - along, side], [0, side - along]])[Math.floor(round / side)] ?? [0, 0];
  return [x - half, y - half];
}

let stepped = 0;

/** Moves the picture if it is time; a cut. @param {HTMLElement} picture @param {number} now of a steady clock */
export function drift(picture, now) {
  const step = Math.floor(now / STEP_MS);
  if (step === stepped) return;
  stepped = step;
  const [x, y] = offset(step, innerHeight);
  picture.style.translate = `${x}px ${y}px`;
}
