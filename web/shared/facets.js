/**
 * A post's text cut along its facets. The server counts UTF-8 bytes, a browser UTF-16 units.
 *
 * @import { Facet } from "./protocol.d.ts"
 * @import { Segment } from "./state.d.ts"
 */

/**
 * Translates byte offsets into string indices.
 *
 * @param {string} text
 * @returns {(byte: number) => number | null} null where the offset is past the end or inside a character
 */
export function byteIndex(text) {
  /** @type {Map<number, number>} */
  const at = new Map();
  let bytes = 0;
  let index = 0;
  for (const character of text) {
    at.set(bytes, index);
    const point = /** @type {number} */ (character.codePointAt(0));
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    index += character.length;
  }
  at.set(bytes, index);
  return (byte) => at.get(byte) ?? null;
}

/**
 * Cuts `text` into its facets and what lies between; the segments joined are the text again, always. A facet that
 * points nowhere or overlaps an earlier one loses its mark, not its words.
 *
 * @param {string} text
 * @param {readonly Facet[]} facets
 * @param {readonly (readonly [number, number, boolean?])[]} [marks] byte ranges to mark besides, and whether they are masked
 * @returns {Segment[]}
 */
export function segments(text, facets, marks = []) {
  const index = byteIndex(text);
  /** @type {{start: number, end: number, facet: Facet}[]} */
  const sound = [];
  let reached = 0;
  for (const facet of [...facets].sort((a, b) => a.start - b.start)) {
    const start = index(facet.start);
    const end = index(facet.end);
    if (start === null || end === null || start < reached || end <= start) continue;
    sound.push({ start, end, facet });
    reached = end;
  }
  const ranges = marks.flatMap(([from, to, masked = false]) => {
    const start = index(from);
    const end = index(to);
    return start === null || end === null || end <= start ? [] : [{ start, end, masked }];
  });
  const cuts = new Set([0, text.length]);
  for (const { start, end } of [...sound, ...ranges]) cuts.add(start).add(end);
  const edges = [...cuts].sort((a, b) => a - b);
  return edges.slice(0, -1).map((start, i) => {
    const end = /** @type {number} */ (edges[i + 1]);
    return {
      text: text.slice(start, end),
      facet: sound.find((range) => range.start <= start && end <= range.end)?.facet ?? null,
      marked: ranges.some((range) => range.start <= start && end <= range.end),
      masked: ranges.some((range) => range.masked && range.start <= start && end <= range.end),
    };
  });
}

/**
 * The form in which tags are compared: compatibility forms made equal, case folded.
 *
 * @param {string} tag with or without its mark
 */
export const foldTag = (tag) => tag.normalize("NFKC").replace(/^#/, "").toLowerCase().normalize("NFKC");
