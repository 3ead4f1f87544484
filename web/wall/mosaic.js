/** How several pictures stand together: in rows that fill a block, each in its own shape. Pure. */

/** Pictures far wider or higher than this stand in a frame of this shape. */
const WIDEST = 3;
const TALLEST = 0.5;
/** The shape of block that suits a card best. */
const LIKED = 1.55;

/**
 * The rows in which pictures stand, as lengths, and the shape of the whole block.
 *
 * @param {readonly number[]} aspects width over height, in order
 * @returns {{rows: number[][], aspect: number}} indices of each row's pictures
 */
export function mosaic(aspects) {
  const shapes = aspects.map((aspect) => Math.min(WIDEST, Math.max(TALLEST, aspect || 1)));
  let best = { rows: [shapes.map((_, i) => i)], aspect: Infinity, cost: Infinity };
  // Every way to part the row: one bit for each place between two pictures.
  for (let cuts = 0; cuts < 2 ** Math.max(0, shapes.length - 1); cuts += 1) {
    /** @type {number[][]} */
    const rows = [[]];
    shapes.forEach((_, i) => {
      if (i > 0 && cuts & (1 << (i - 1))) rows.push([]);
      rows.at(-1)?.push(i);
    });
    const heights = rows.map((row) => 1 / row.reduce((sum, i) => sum + (shapes[i] ?? 1), 0));
    const aspect = 1 / heights.reduce((sum, height) => sum + height, 0);
    const uneven = Math.max(...heights) / Math.min(...heights);
    const cost = Math.abs(Math.log(aspect / LIKED)) + 0.25 * Math.log(uneven);
    if (cost < best.cost) best = { rows, aspect, cost };
  }
  return { rows: best.rows, aspect: shapes.length === 0 ? 1 : best.aspect };
}

/** The frame's shape for a picture's. @param {number} aspect */
export const framed = (aspect) => Math.min(WIDEST, Math.max(TALLEST, aspect || 1));
