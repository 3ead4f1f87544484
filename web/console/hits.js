/**
 * Where the words that were searched for stand in a text. Pure; finds what the server's search finds.
 *
 * @import { Facet } from "../shared/protocol.d.ts"
 */

/** Case and accents set aside, as the server searches. @param {string} text */
export const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

const encoder = new TextEncoder();

/**
 * @param {string} text
 * @param {string} q what was searched for
 * @param {readonly Facet[]} [facets] of the text: one that is hit is hit as a whole, since half a link is none
 * @returns {[number, number][]} bytes, as reasons name places
 */
export function hits(text, q, facets = []) {
  const wanted = plain(q.trim());
  if (wanted === "") return [];
  let folded = "";
  let bytes = 0;
  /** @type {[number, number][]} for each unit of the folded text the bytes that it comes from */
  const from = [];
  for (const character of text) {
    const end = bytes + encoder.encode(character).length;
    const as = plain(character);
    // A mark that is set aside belongs to the letter before it.
    const last = from.at(-1);
    if (as === "" && last) last[1] = end;
    for (let i = 0; i < as.length; i += 1) from.push([bytes, end]);
    folded += as;
    bytes = end;
  }
  /** @type {[number, number][]} */
  const found = [];
  for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, at + wanted.length)) {
    const [start] = from[at] ?? [0];
    const [, end] = from[at + wanted.length - 1] ?? [0, 0];
    const touched = facets.filter((facet) => facet.start < end && start < facet.end);
    found.push([Math.min(start, ...touched.map((facet) => facet.start)), Math.max(end, ...touched.map((facet) => facet.end))]);
  }
  return found;
}
