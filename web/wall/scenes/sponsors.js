/** Those whom the organisers thank: their marks, or their names. @import { Make } from "../types.d.ts" */
import { el, picture } from "../../shared/dom.js";
import { ownPicture } from "../../shared/media.js";
import { t } from "../catalogue/index.js";
import { fit, holds, steps } from "../fit.js";

/** @type {Make} */
export function make(room) {
  const list = el("div", "marks");
  const root = el("section", "scene sponsors", el("h2", "", t("sponsors")), list);
  let drawn = "";

  function draw() {
    const { sponsors } = room.display;
    const key = JSON.stringify(sponsors);
    if (key === drawn) return;
    drawn = key;
    list.replaceChildren(
      ...sponsors.map(({ name, picture: address }) => {
        const url = ownPicture(address);
        const words = el("bdi", "", name);
        if (url === null) return el("p", "mark-of", words);
        const image = picture(url, { alt: name });
        image.addEventListener("error", () => image.replaceWith(words), { once: true });
        return el("p", "mark-of pictured", image);
      }),
    );
    size();
  }

  /** In rows as even as can be, as many as make the marks largest. */
  function size() {
    const all = /** @type {HTMLElement[]} */ ([...list.querySelectorAll(".mark-of")]);
    const shape = list.clientWidth / Math.max(1, list.clientHeight);
    let [rows, most] = [1, 0];
    for (let n = 1; n <= all.length; n += 1) {
      // A mark is about twice as wide as it is high.
      const height = Math.min(shape / Math.ceil(all.length / n) / 2, 1 / n);
      if (height > most + 0.001) [rows, most] = [n, height];
    }
    const row = (/** @type {number} */ i) => el("div", "marks-row", ...all.slice(Math.ceil((all.length * i) / rows), Math.ceil((all.length * (i + 1)) / rows)));
    list.replaceChildren(...Array.from({ length: rows }, (_, i) => row(i)));
    fit(list, "--name", steps(9.6), () => holds(list) && all.every(holds));
  }

  return {
    root,
    follow: draw,
    resize: size,
    tick: () => {},
    prepare: () => Promise.all(room.display.sponsors.map(({ picture: address }) => {
      const url = ownPicture(address);
      return url === null ? null : room.pictures.look(url, Date.now()).image.decode().catch(() => undefined);
    })),
    enter() {
      draw();
      size();
    },
    leave: () => {},
    ids: () => [],
    hasSomething: () => room.display.sponsors.length > 0,
  };
}
