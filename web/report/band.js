/**
 * A feed's time as a strip: read live, read afterwards, not read. Told apart by height and hatching too, so that it
 * survives print and every kind of eye.
 *
 * @import { Coverage } from "../shared/protocol.d.ts"
 */
import { clock, dayClock } from "../shared/format.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 1000;
/** A gap of a minute in a long day must still be seen. */
const LEAST = 3;

/** Height and place of each state. @type {Record<Coverage["strip"][number]["state"], [number, number]>} */
const SHAPES = { live: [4, 16], filled_in: [10, 10], unknown: [4, 16] };

/**
 * Where each part lies on a strip of the width given; short ones are widened so that they can be seen.
 *
 * @param {Coverage["strip"]} strip not empty, without gaps
 * @param {number} [width]
 */
export function lay(strip, width = WIDTH) {
  const from = Date.parse(strip[0]?.from ?? "");
  const to = Date.parse(strip.at(-1)?.to ?? "");
  const whole = Math.max(1, to - from);
  return strip.map((part) => {
    const x = ((Date.parse(part.from) - from) / whole) * width;
    const wide = ((Date.parse(part.to) - Date.parse(part.from)) / whole) * width;
    const shown = part.state === "live" ? wide : Math.max(LEAST, wide);
    return { ...part, x: Math.min(x, width - shown), width: shown };
  });
}

/** @param {string} name @param {Record<string, string | number>} attributes @param {string} [text] */
function shape(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  if (text !== undefined) node.textContent = text;
  return node;
}

/**
 * @param {Coverage["strip"]} strip not empty
 * @param {string} statement the same in words
 * @param {string | null} zone
 */
export function band(strip, statement, zone) {
  const svg = shape("svg", { class: "band", viewBox: `0 0 ${WIDTH} 44`, role: "img", "aria-label": statement });
  const parts = lay(strip);
  // What was not read is drawn last, over the ends of its neighbours.
  for (const state of /** @type {const} */ (["live", "filled_in", "unknown"])) {
    const [y, height] = SHAPES[state];
    for (const part of parts.filter((one) => one.state === state)) {
      const rect = shape("rect", { class: state, x: part.x, y, width: part.width, height });
      const why = part.why ? `: ${part.why}` : "";
      rect.append(shape("title", {}, `${clock(Date.parse(part.from), zone)} to ${clock(Date.parse(part.to), zone)}${why}`));
      svg.append(rect);
    }
  }
  const [first, last] = [strip[0], strip.at(-1)];
  if (first && last) {
    svg.append(shape("text", { x: 0, y: 40 }, dayClock(Date.parse(first.from), zone)));
    svg.append(shape("text", { class: "end", x: WIDTH, y: 40 }, dayClock(Date.parse(last.to), zone)));
  }
  return svg;
}
