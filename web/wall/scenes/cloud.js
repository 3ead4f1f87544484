/** What the posts are about: words and hashtags, larger the more people use them. @import { Make } from "../types.d.ts" */
import { el } from "../../shared/dom.js";
import { t } from "../catalogue/index.js";
import { fit, holds } from "../fit.js";
import { count } from "../terms.js";

const WORDS = 44;
/** Fewer are no cloud. */
const FEWEST = 6;

/** @type {Make} */
export function make(room) {
  const head = el("h2", "", t("cloud.of"));
  const sky = el("ul", "sky");
  const root = el("section", "scene cloud", head, sky);
  let drawn = "";
  let changed = -Infinity;

  /** The words: those of more than one person, others only to fill up. */
  function terms() {
    const posts = [...room.state.posts.values()].map(({ post }) => post).filter(({ kind }) => kind !== "repost");
    const all = count(posts, room.ownTags).filter(({ text }) => [...text].length <= 22);
    return all.slice(0, WORDS);
  }

  function draw() {
    const list = terms();
    const key = JSON.stringify([list.map(({ key: one, people }) => [one, people]), innerWidth, innerHeight]);
    if (key === drawn) return;
    drawn = key;
    changed = performance.now();
    const most = list[0]?.people ?? 1;
    const words = list.map(({ text, tag, people, key: one }, i) => {
      const word = el("li", tag ? "tag" : "", el("bdi", "", text));
      // By the square root, so that the area says how many; among equals the first are a little larger.
      const weight = Math.sqrt(people / most);
      word.style.setProperty("--weight", String(Math.round((most === 1 ? 1 - 0.5 * (i / list.length) : weight) * 100) / 100));
      word.classList.toggle("most", i < 3 && people > 1);
      word.dataset.key = one;
      return word;
    });
    // Large ones in the middle, so that the rows have a shape.
    const middle = words.reduce((/** @type {HTMLElement[]} */ row, word, i) => (i % 2 ? [word, ...row] : [...row, word]), []);
    sky.replaceChildren(...middle);
    for (;;) {
      if (fit(sky, "--sky", [17, 15, 13, 11.5, 10, 9, 8, 7.2, 6.4], () => holds(sky)) !== null) return;
      // The least said goes until the rest has room.
      const least = words.pop();
      if (!least || words.length <= FEWEST) return;
      least.remove();
    }
  }

  return {
    root,
    follow() {
      // Words that nobody on the wall says any more are gone at once; what is new waits until the cloud has been read.
      const known = new Set(terms().map(({ key }) => key));
      if ([...sky.children].some((word) => !known.has(/** @type {HTMLElement} */ (word).dataset.key ?? ""))) draw();
    },
    resize() {
      drawn = "";
      draw();
    },
    tick(now) {
      if (!room.frozen() && now - changed > 12_000) draw();
    },
    enter() {
      drawn = "";
      draw();
    },
    leave: () => sky.replaceChildren(),
    ids: () => [],
    hasSomething: () => terms().length >= FEWEST,
  };
}
