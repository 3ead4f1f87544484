/**
 * Where things go on a screen of any shape. Pure: sizes in, places out; measuring is the board's.
 *
 * Everything is counted in units of one hundredth of the screen's height; on a portrait screen the unit is smaller, on
 * a strip larger, so that a line of text stays readable and holds enough words.
 *
 * @import { Geometry, Place, Placed } from "./types.d.ts"
 */

/** Narrowest column, in sizes of the text: about twenty-six characters, so that far rows get fewer and wider ones. */
const COLUMN = 11;
/** The left column is a little wider, so that the page has a direction. */
const LEAD = 1.12;

/**
 * What sizes are counted in on a screen of this shape.
 *
 * @param {number} width pixels
 * @param {number} height pixels
 */
export function measures(width, height) {
  const strip = width / height >= 2.9;
  return { strip, unit: strip ? height / 56 : Math.min(height / 100, width / 88) };
}

/**
 * @param {number} width pixels
 * @param {number} height pixels
 * @param {number} [most] columns wanted at most: as many as there are posts
 * @param {number} [text] size of an ordinary post's text, in units
 * @returns {Geometry}
 */
export function geometry(width, height, most = Infinity, text = 6) {
  const { unit, strip } = measures(width, height);
  const side = 4 * unit;
  const gap = 3 * unit;
  const bottom = (strip ? 3 : 3.8) * unit;
  // Right of the header, or below it: its sizes are those in wall.css.
  const x = strip ? side + 50 * unit + gap : side;
  const y = (strip ? 3 : 3.2 + 8 + 2.6) * unit;
  const room = width - x - side;
  const count = Math.max(1, Math.min(most, Math.floor((room + gap) / (COLUMN * text * unit + gap))));
  const free = room - gap * (count - 1);
  const rest = free / (count - 1 + (count > 1 ? LEAD : 1));
  let left = x;
  const columns = Array.from({ length: count }, (_, i) => {
    const column = { x: left, y, width: count > 1 && i === 0 ? rest * LEAD : rest, height: height - y - bottom };
    left += column.width + gap;
    return column;
  });
  return { unit, gap, strip, columns };
}

/**
 * Finds a place for a card, displacing only cards whose time is up.
 *
 * @param {{height: number, gap: number, cards: readonly Placed[]}[]} columns
 * @param {readonly (readonly number[])[]} heights per column, the card's height in each type size, preferred first
 * @param {number} now
 * @returns {Place | null}
 */
export function place(columns, heights, now) {
  /** @type {(Place & {cost: number[]}) | null} */
  let best = null;
  columns.forEach((column, index) => {
    (heights[index] ?? []).forEach((height, size) => {
      const found = make(column, height, now);
      if (found === null) return;
      const { leave, left, newest } = found;
      // Free room first, larger type, the columns in order. Where cards must leave: a column that is filled by it
      // rather than one that is left half empty, then the longest seen.
      const moves = leave.length > 0;
      const hole = moves && left > column.height * 0.42;
      const cost = [Number(moves), Number(hole), size, newest, leave.length];
      if (best === null || less(cost, best.cost)) best = { column: index, size, leave, cost };
    });
  });
  if (best === null) return null;
  const { column, size, leave } = /** @type {Place} */ (best);
  return { column, size, leave };
}

/**
 * @param {{height: number, gap: number, cards: readonly Placed[]}} column
 * @param {number} height
 * @param {number} now
 */
function make(column, height, now) {
  if (height > column.height) return null;
  const used = column.cards.reduce((sum, card) => sum + card.height + column.gap, 0);
  let over = used + height - column.height;
  /** @type {string[]} */
  const leave = [];
  let newest = -Infinity;
  const done = column.cards.filter(({ until }) => until <= now).sort((a, b) => a.entered - b.entered);
  // One card that is large enough rather than several, if its time is up.
  const single = done.find((card) => card.height + column.gap >= over);
  for (const card of over > 0 && single ? [single] : done) {
    if (over <= 0) break;
    leave.push(card.id);
    over -= card.height + column.gap;
    newest = Math.max(newest, card.entered);
  }
  return over > 0 ? null : { leave, left: -over, newest };
}

/** @type {(a: number[], b: number[]) => boolean} */
function less(a, b) {
  for (let i = 0; i < a.length; i += 1) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    if (x !== y) return x < y;
  }
  return false;
}

/**
 * Deals out a column's height: pictures grow first, as far as they can, then all cards alike. What is left after that
 * stays empty, at the foot, where the next card fits.
 *
 * @param {readonly {height: number, stretch: number}[]} cards least height, and how much a picture could still grow
 * @param {number} height the column's
 * @param {number} gap
 * @param {number} [most] how much a card may grow beyond its words
 * @returns {{y: number, height: number}[]}
 */
export function deal(cards, height, gap, most = Infinity) {
  let slack = height - cards.reduce((sum, card) => sum + card.height, 0) - gap * Math.max(0, cards.length - 1);
  const heights = cards.map((card) => card.height);
  const wish = cards.reduce((sum, card) => sum + card.stretch, 0);
  if (slack > 0 && wish > 0) {
    const part = Math.min(1, slack / wish);
    cards.forEach((card, i) => {
      heights[i] = (heights[i] ?? 0) + card.stretch * part;
    });
    slack -= wish * part;
  }
  const each = Math.min(most, Math.max(0, slack) / Math.max(1, cards.length));
  let y = 0;
  return heights.map((own) => {
    const box = { y, height: own + each };
    y += box.height + gap;
    return box;
  });
}

/** Sizes to choose from, as parts of an ordinary post's. */
const STEPS = [1.9, 1.6, 1.4, 1.22, 1.1, 1, 0.92, 0.86, 0.8, 0.73, 0.66, 0.6, 0.54, 0.5];

/**
 * The sizes in which a post may be set, in units, preferred first. Short posts are set large, in the display face.
 *
 * @param {number} length characters to read
 * @param {number} larger steps above the preferred size that may be tried first
 * @param {{text?: number, least?: number}} [type] an ordinary post's size, and the smallest
 * @returns {{size: number, display: boolean}[]}
 */
export function typeSizes(length, larger = 0, { text = 6, least = 3 } = {}) {
  const preferred = length <= 24 ? 1.4 : length <= 40 ? 1.22 : length <= 260 ? 1 : length <= 400 ? 0.92 : 0.8;
  const from = Math.max(0, STEPS.indexOf(preferred) - larger);
  const sizes = STEPS.slice(from).map((step) => step * text).filter((size) => size >= least);
  if ((sizes.at(-1) ?? Infinity) > least) sizes.push(least);
  return sizes.map((size) => ({ size: Math.round(size * 100) / 100, display: size >= 1.2 * text && length <= 120 }));
}
