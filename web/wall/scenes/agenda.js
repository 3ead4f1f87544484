/**
 * What runs now and what comes next, in the wall's time.
 *
 * @import { Session } from "../../shared/protocol.d.ts"
 * @import { Make } from "../types.d.ts"
 */
import { el } from "../../shared/dom.js";
import { clock, day } from "../../shared/format.js";
import { locale, t } from "../catalogue/index.js";
import { fit, holds, steps } from "../fit.js";
import { running } from "../programme.js";

/** @type {Make} */
export function make(room) {
  const now = el("section", "panel now-on");
  const list = el("ol", "then");
  const next = el("section", "later", el("h2", "", t("agenda.next")), list);
  const root = el("section", "scene agenda", now, next);
  let drawn = "";

  const sessions = () => [...(room.state.wall?.sessions ?? [])].sort((a, b) => Date.parse(a.from) - Date.parse(b.from));

  /** When a session begins; with the day where that is not today. @param {Session} session @param {number} at */
  function begins({ from }, at) {
    const time = Date.parse(from);
    if (day(time, room.zone) === day(at, room.zone)) return clock(time, room.zone);
    const weekday = new Intl.DateTimeFormat(locale, { weekday: "short", ...(room.zone ? { timeZone: room.zone } : {}) }).format(time);
    return `${weekday} ${clock(time, room.zone)}`;
  }

  function draw() {
    const at = room.serverNow();
    const all = sessions();
    const on = running(all, at);
    const coming = all.filter(({ from }) => Date.parse(from) > at);
    const [first] = coming;
    const minutes = first ? Math.ceil((Date.parse(first.from) - at) / 60_000) : 0;
    const soon = first && minutes <= 60 ? t("agenda.in", { time: `${minutes} min` }) : "";
    const key = JSON.stringify([on, coming, on.length === 0 ? soon : "", innerWidth, innerHeight]);
    if (key === drawn) return;
    drawn = key;
    // In a break the next session takes the place of the one that runs.
    const large = on.length > 0 ? on.slice(0, 2) : coming.slice(0, 1);
    const after = on.length > 0 ? coming : coming.slice(1);
    now.replaceChildren(
      el("h2", "", el("span", on.length > 0 ? "pill" : "pill quiet", t(on.length > 0 ? "agenda.now" : "agenda.next")), on.length === 0 && soon !== "" && ` ${soon}`),
      ...large.map((session) => {
        const title = el("p", "title-of", session.title);
        title.dir = "auto";
        const time = on.length > 0 ? t("agenda.until", { when: clock(Date.parse(session.to), room.zone) }) : begins(session, at);
        return el("div", "big-one", title, el("p", "until", time));
      }),
    );
    if (large.length === 0) now.append(el("p", "title-of", t("agenda.over")));
    list.replaceChildren(
      ...after.slice(0, 8).map((session) => {
        const title = el("span", "", session.title);
        title.dir = "auto";
        return el("li", "", el("time", "", begins(session, at)), title);
      }),
    );
    next.hidden = after.length === 0;
    /** @type {HTMLElement} */ (next.firstElementChild).textContent = t(on.length > 0 ? "agenda.next" : "agenda.then");
    root.classList.toggle("alone", next.hidden);
    fit(now, "--title", steps(10.6, 4), () => holds(now));
    // A title is there whole or not at all.
    while (list.childElementCount > 1 && !holds(next)) list.lastElementChild?.remove();
  }

  const anew = () => {
    drawn = "";
    draw();
  };
  return {
    root,
    follow: draw,
    resize: anew,
    tick: draw,
    enter: anew,
    leave: () => {},
    ids: () => [],
    hasSomething: ({ wall }) => (wall?.sessions ?? []).some(({ to }) => Date.parse(to) > room.serverNow()),
  };
}
