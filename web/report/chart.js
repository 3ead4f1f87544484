/**
 * The day as one wide chart: posts over time, the agenda under the axis, the peak marked. The sums are pure; only
 * `draw` touches the page.
 *
 * @import { Peak, Session } from "../shared/protocol.d.ts"
 */
import { clock, dayClock } from "../shared/format.js";

const MINUTE = 60_000;
/** Bar widths that people can name, in minutes. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 43_200];
const BARS = 110;
const WIDTH = 1000;
const HEIGHT = 300;
const SVG = "http://www.w3.org/2000/svg";

/**
 * @typedef {object} Bins
 * @property {number} from
 * @property {number} step milliseconds
 * @property {number[]} counts
 */

/**
 * Sums minutes into bars of a round width, at most about a hundred of them.
 *
 * @param {readonly Peak[]} minutes not empty, in order
 * @returns {Bins}
 */
export function bins(minutes) {
  const times = minutes.map(({ at }) => Date.parse(at));
  const first = Math.min(...times);
  const last = Math.max(...times) + MINUTE;
  const step = (STEPS.find((one) => (last - first) / (one * MINUTE) <= BARS) ?? 43_200) * MINUTE;
  const from = Math.floor(first / step) * step;
  const counts = Array.from({ length: Math.ceil((last - from) / step) }, () => 0);
  minutes.forEach(({ posts }, i) => {
    const at = Math.floor(((times[i] ?? from) - from) / step);
    counts[at] = (counts[at] ?? 0) + posts;
  });
  return { from, step, counts };
}

/**
 * Round marks for an axis that reaches up to `most`.
 *
 * @param {number} most
 * @param {number} [wanted]
 */
export function marks(most, wanted = 3) {
  const raw = Math.max(1, most / wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw) ?? raw);
  return Array.from({ length: Math.floor(most / step) }, (_, i) => (i + 1) * step);
}

/**
 * Sessions in rows, so that those at the same time do not cover each other.
 *
 * @param {readonly Session[]} sessions
 * @returns {{session: Session, row: number}[]}
 */
export function rows(sessions) {
  /** @type {number[]} */
  const ends = [];
  return [...sessions]
    .sort((a, b) => Date.parse(a.from) - Date.parse(b.from))
    .map((session) => {
      const free = ends.findIndex((end) => end <= Date.parse(session.from));
      const row = free < 0 ? ends.length : free;
      ends[row] = Date.parse(session.to);
      return { session, row };
    });
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function shape(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  if (text !== undefined) node.textContent = text;
  return node;
}

/**
 * @param {readonly Peak[]} minutes
 * @param {readonly Session[]} sessions
 * @param {string | null} zone
 * @returns {SVGElement}
 */
export function draw(minutes, sessions, zone) {
  const { from, step, counts } = bins(minutes);
  const to = from + step * counts.length;
  const most = Math.max(...counts);
  const placed = rows(sessions.filter((one) => Date.parse(one.to) > from && Date.parse(one.from) < to));
  const lanes = Math.max(0, ...placed.map(({ row }) => row + 1));
  const x = (/** @type {number} */ at) => ((at - from) / (to - from)) * WIDTH;
  const y = (/** @type {number} */ value) => HEIGHT - (value / most) * (HEIGHT - 40);
  const bottom = HEIGHT + 34 + lanes * 34;
  const svg = /** @type {SVGElement} */ (shape("svg", { viewBox: `-46 0 ${WIDTH + 80} ${bottom + 4}`, role: "img" }));
  const peak = counts.indexOf(most);
  const at = from + peak * step;
  const title = `Posts over time; most, ${most}, from ${dayClock(at, zone)}. The same figures stand in the table below.`;
  svg.setAttribute("aria-label", title);
  for (const mark of marks(most)) {
    svg.append(shape("line", { class: "rule", x1: 0, x2: WIDTH, y1: y(mark), y2: y(mark) }));
    svg.append(shape("text", { class: "axis end", x: -10, y: y(mark) + 6 }, String(mark)));
  }
  const width = WIDTH / counts.length;
  counts.forEach((value, i) => {
    if (value === 0) return;
    const height = HEIGHT - y(value);
    svg.append(shape("rect", { class: i === peak ? "bar peak" : "bar", x: i * width + width * 0.08, y: y(value), width: width * 0.84, height }));
  });
  svg.append(shape("line", { class: "base", x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT }));
  const label = `${most} posts in ${step / MINUTE === 1 ? "a minute" : `${step / MINUTE} minutes`}, ${clock(at, zone)}`;
  const side = x(at) > WIDTH * 0.7 ? "end" : x(at) < WIDTH * 0.3 ? "start" : "middle";
  svg.append(shape("text", { class: `label ${side}`, x: x(at) + width / 2, y: y(most) - 12 }, label));
  ticks(from, to).forEach((tick, i) => {
    svg.append(shape("line", { class: "base", x1: x(tick), x2: x(tick), y1: HEIGHT, y2: HEIGHT + 7 }));
    svg.append(shape("text", { class: i % 2 ? "axis middle odd" : "axis middle", x: x(tick), y: HEIGHT + 25 }, to - from > 2 * 86_400_000 ? dayClock(tick, zone).split(" ").slice(0, 2).join(" ").replace(",", "") : clock(tick, zone)));
  });
  for (const { session, row } of placed) {
    const left = Math.max(0, x(Date.parse(session.from)));
    const right = Math.min(WIDTH, x(Date.parse(session.to)));
    const top = HEIGHT + 38 + row * 34;
    svg.append(shape("rect", { class: "session", x: left, y: top, width: Math.max(2, right - left - 3), height: 28, rx: 4 }));
    // As much of the title as surely fits; the whole is its tooltip and stands in the table.
    const room = Math.floor((right - left - 16) / 8.6);
    const short = session.title.length <= room ? session.title : room > 5 ? `${session.title.slice(0, room - 1).trimEnd()}…` : "";
    const text = shape("text", { class: "on-session", x: left + 8, y: top + 19 }, short);
    text.append(shape("title", {}, session.title));
    svg.append(text);
  }
  return svg;
}

/**
 * About eight round moments between two times.
 *
 * @param {number} from
 * @param {number} to
 */
function ticks(from, to) {
  const step = (STEPS.find((one) => (to - from) / (one * MINUTE) <= 10) ?? 43_200) * MINUTE;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, i) => first + i * step).filter((at) => at <= to);
}
