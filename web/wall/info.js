/**
 * What the technician asks for with `i`: what this screen shows and how it is connected, and what is not protected. The room never
 * sees it by itself.
 */
import { el, need } from "../shared/dom.js";

/** @typedef {{title: string, facts: readonly (readonly [string, string])[], warnings: readonly string[], keys: readonly (readonly [string, string])[]}} Told */

/** @type {ReturnType<typeof setInterval> | undefined} */
let timer;

/** Shows it, or takes it away. @param {() => Told} tell */
export function toggleInfo(tell) {
  const box = need("#info");
  box.hidden = !box.hidden;
  clearInterval(timer);
  if (box.hidden) return;
  const draw = () => show(box, tell());
  draw();
  timer = setInterval(draw, 1000);
}

/** @param {HTMLElement} box @param {Told} told */
function show(box, { title, facts, warnings, keys }) {
  const pairs = (/** @type {readonly (readonly [string, string])[]} */ rows) => {
    const list = el("dl");
    for (const [name, value] of rows) list.append(el("dt", "", name), el("dd", "", value));
    return list;
  };
  box.replaceChildren(
    el("h2", "", title),
    pairs(facts),
    ...warnings.map((words) => el("p", "warning", words)),
    pairs(keys),
  );
}

/** How long a screen says its name. */
const NAMED_MS = 8000;

/** Says in large letters which screen this is. @param {string} name */
export function identify(name) {
  const box = need("#info");
  clearInterval(timer);
  box.hidden = false;
  box.classList.add("named");
  box.replaceChildren(el("h2", "", name));
  setTimeout(() => {
    box.classList.remove("named");
    box.hidden = true;
  }, NAMED_MS);
}
