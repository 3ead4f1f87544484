/** Where the pictures of a collage stand: in rows or in columns, each in its own shape, as large as can be. Pure. */

/** @typedef {{x: number, y: number, width: number, height: number}} Frame of a picture; its words stand below */

/**
 * @param {readonly number[]} shapes width over height, in order
 * @param {{width: number, height: number, gap: number}} room
 * @param {readonly number[]} words height of what stands below each picture
 * @returns {Frame[]} the best arrangement
 */
export function collage(shapes, room, words) {
  /** @type {Frame[]} */
  let best = [];
  let most = -Infinity;
  // Every way to part the line: one bit for each place between two pictures.
  for (let cuts = 0; cuts < 2 ** Math.max(0, shapes.length - 1); cuts += 1) {
    /** @type {number[][]} */
    const lines = [[]];
    shapes.forEach((_, i) => {
      if (i > 0 && cuts & (1 << (i - 1))) lines.push([]);
      lines.at(-1)?.push(i);
    });
    for (const found of [rows(lines, shapes, room, words), columns(lines, shapes, room, words)]) {
      const areas = found.map(({ width, height }) => width * height);
      // A picture that is much smaller than the others is not worth its place.
      const area = areas.reduce((sum, one) => sum + one, 0) * (Math.min(...areas) > 0.12 * Math.max(...areas) ? 1 : 0.7);
      if (area > most) [best, most] = [found, area];
    }
  }
  return best;
}

/** @param {number[][]} lines @param {readonly number[]} shapes @param {{width: number, height: number, gap: number}} room @param {readonly number[]} words */
function rows(lines, shapes, { width, height, gap }, words) {
  const sums = lines.map((line) => line.reduce((sum, i) => sum + (shapes[i] ?? 1), 0));
  const under = lines.map((line) => Math.max(...line.map((i) => words[i] ?? 0)));
  const free = height - gap * (lines.length - 1) - under.reduce((sum, one) => sum + one, 0);
  // All rows are equally wide: the whole width, or as much of it as the height allows.
  const gaps = lines.map((line) => gap * (line.length - 1));
  const tall = (/** @type {number} */ wide) => lines.reduce((sum, _, r) => sum + Math.max(0, wide - (gaps[r] ?? 0)) / (sums[r] ?? 1), 0);
  const wide = tall(width) <= free ? width : (free + lines.reduce((sum, _, r) => sum + (gaps[r] ?? 0) / (sums[r] ?? 1), 0)) / lines.reduce((sum, _, r) => sum + 1 / (sums[r] ?? 1), 0);
  /** @type {Frame[]} */
  const found = [];
  let y = Math.max(0, (free - tall(wide)) / 2);
  lines.forEach((line, r) => {
    const high = Math.max(0, wide - (gaps[r] ?? 0)) / (sums[r] ?? 1);
    let x = (width - wide) / 2;
    for (const i of line) {
      found[i] = { x, y, width: high * (shapes[i] ?? 1), height: high };
      x += high * (shapes[i] ?? 1) + gap;
    }
    y += high + (under[r] ?? 0) + gap;
  });
  return found;
}

/** @param {number[][]} lines @param {readonly number[]} shapes @param {{width: number, height: number, gap: number}} room @param {readonly number[]} words */
function columns(lines, shapes, { width, height, gap }, words) {
  // A column's height by its width: the pictures' and what does not grow.
  const steep = lines.map((line) => line.reduce((sum, i) => sum + 1 / (shapes[i] ?? 1), 0));
  const fixed = lines.map((line) => line.reduce((sum, i) => sum + (words[i] ?? 0), 0) + gap * (line.length - 1));
  const free = width - gap * (lines.length - 1);
  const wide = (/** @type {number} */ high) => lines.map((_, c) => Math.max(0, high - (fixed[c] ?? 0)) / (steep[c] ?? 1));
  const total = (/** @type {number} */ high) => wide(high).reduce((sum, one) => sum + one, 0);
  const high = total(height) <= free ? height : (free + lines.reduce((sum, _, c) => sum + (fixed[c] ?? 0) / (steep[c] ?? 1), 0)) / lines.reduce((sum, _, c) => sum + 1 / (steep[c] ?? 1), 0);
  const widths = wide(high);
  /** @type {Frame[]} */
  const found = [];
  let x = Math.max(0, (free - total(high)) / 2);
  lines.forEach((line, c) => {
    const own = widths[c] ?? 0;
    let y = Math.max(0, (height - high) / 2);
    for (const i of line) {
      const tall = own / (shapes[i] ?? 1);
      found[i] = { x, y, width: own, height: tall };
      y += tall + (words[i] ?? 0) + gap;
    }
    x += own + gap;
  });
  return found;
}
