/** How long until something begins: what the wall names, else its next session. @import { Make } from "../types.d.ts" */
import { el } from "../../shared/dom.js";
import { clock, day } from "../../shared/format.js";
import { locale, t } from "../catalogue/index.js";
import { fit, holds, steps } from "../fit.js";

/** "Now" stands for this long. */
const OVER_MS = 120_000;

/** @type {Make} */
export function make(room) {
  const label = el("p", "label-of");
  const clockface = el("div", "clockface");
  const at = el("p", "at");
  const root = el("section", "scene countdown", label, clockface, at);
  let drawn = "";
  let shape = "";

  /** @returns {{to: number, label: string} | null} */
  function goal() {
    const now = room.serverNow();
    const { countdown } = room.display;
    if (countdown && Date.parse(countdown.to) > now - OVER_MS) return { to: Date.parse(countdown.to), label: countdown.label };
    const next = (room.state.wall?.sessions ?? [])
      .map(({ from, title }) => ({ to: Date.parse(from), label: title }))
      .filter(({ to }) => to > now)
      .sort((a, b) => a.to - b.to)[0];
    return next ?? null;
  }

  function draw() {
    const found = goal();
    if (found === null) return;
    const now = room.serverNow();
    const left = Math.max(0, Math.ceil((found.to - now) / 1000));
    const key = `${left} ${found.label} ${found.to}`;
    if (key === drawn) return;
    drawn = key;
    label.textContent = found.label;
    label.dir = "auto";
    label.hidden = found.label === "";
    const when = day(found.to, room.zone) === day(now, room.zone) ? clock(found.to, room.zone) : new Intl.DateTimeFormat(locale, { weekday: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(room.zone ? { timeZone: room.zone } : {}) }).format(found.to);
    at.textContent = when;
    const [days, hours, minutes, seconds] = [Math.floor(left / 86_400), Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60, left % 60];
    /** @type {[number, "days" | "hours" | "minutes" | "seconds"][]} */
    const all = [[days ?? 0, "days"], [hours ?? 0, "hours"], [minutes ?? 0, "minutes"], [seconds ?? 0, "seconds"]];
    const first = all.findIndex(([n], i) => n > 0 || i === 2);
    // Days need no seconds, and a last minute no more than them.
    const parts = left === 0 ? [] : all.slice(first, first === 0 ? 3 : 4);
    const texts = parts.length === 0 ? [[t("countdown.over"), ""]] : parts.map(([n, unit], i) => [String(n).padStart(i === 0 ? 1 : 2, "0"), t(unit, { n })]);
    clockface.replaceChildren(...texts.map(([n = "", unit = ""]) => el("p", "unit", el("b", "", n), unit !== "" && el("span", "", unit))));
    const wanted = JSON.stringify([texts.map(([n = ""]) => n.length), found.label]);
    if (wanted !== shape) {
      shape = wanted;
      size();
    }
  }

  const size = () => {
    fit(root, "--count", steps(34, 6), () => holds(clockface) && holds(root));
  };
  return {
    root,
    follow: draw,
    resize: size,
    tick: draw,
    enter() {
      drawn = shape = "";
      draw();
    },
    leave: () => {},
    ids: () => [],
    hasSomething: () => goal() !== null,
  };
}
