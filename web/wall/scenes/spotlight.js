/**
 * One post, large, its pictures beside it.
 *
 * @import { Post } from "../../shared/protocol.d.ts"
 * @import { Make } from "../types.d.ts"
 */
import { el } from "../../shared/dom.js";
import { build, setAge, shots, textLength } from "../card.js";
import { shortened } from "../cut.js";
import { fit, holds, steps } from "../fit.js";
import { exchange, Sequence } from "../sequence.js";

/** Parts of the scene that pictures may take: of its width beside the words, of its height above them. */
const BESIDE = 0.44;
const ABOVE = 0.56;

/** @type {Make} */
export function make(room) {
  const root = el("section", "scene spotlight");
  const sequence = new Sequence(room);

  /** A post as large as the screen holds it whole; what is longer goes on elsewhere. @param {Post} post @param {boolean} fresh @param {boolean} [bare] without pictures @returns {HTMLElement} */
  function set(post, fresh, bare = false) {
    const context = room.context();
    const pictures = bare ? [] : room.pictures.atHand(shots(post, context), context.now);
    const most = textLength(post) <= 120 && pictures.length === 0 ? 10.6 : 8.8;
    const sizes = [...steps(most, room.type.wide + 0.01), room.type.wide];
    const attempt = (/** @type {HTMLElement} */ node) => {
      node.classList.add("spot");
      node.classList.toggle("long", textLength(post) > 200);
      node.classList.toggle("very-long", textLength(post) > 480 && pictures.length === 0);
      root.append(node);
      place(node, pictures.length > 0);
      const size = fit(node, "--size", sizes, () => holds(node) && whole(node));
      node.remove();
      return size === null ? null : node;
    };
    const all = attempt(build(post, pictures, { fresh }, context));
    if (all !== null) return all;
    let found = null;
    let [least, longest] = [20, Math.min(2500, post.text.length)];
    while (longest - least > 12) {
      const middle = (least + longest) >> 1;
      const node = attempt(build(shortened(post, middle), pictures, { fresh, cut: true }, context));
      if (node) [found, least] = [node, middle];
      else longest = middle;
    }
    if (found !== null) return found;
    if (bare || pictures.length === 0) throw new Error("not even its beginning fits");
    return set(post, fresh, true);
  }

  /** Gives the pictures their room. @param {HTMLElement} node @param {boolean} pictured */
  function place(node, pictured) {
    const upright = root.clientHeight > root.clientWidth;
    node.classList.toggle("beside", pictured && !upright);
    node.classList.toggle("above", pictured && upright);
    const pics = /** @type {HTMLElement | null} */ (node.querySelector(".pics"));
    if (pics === null) return;
    const aspect = Number(pics.style.getPropertyValue("--aspect"));
    const words = (node.querySelector(".said")?.childElementCount ?? 0) > 0;
    const width = root.clientWidth * (upright || !words ? 0.94 : BESIDE);
    const shot = /** @type {HTMLElement} */ (node.querySelector(".shot"));
    const who = /** @type {HTMLElement} */ (node.querySelector(".who"));
    const free = root.clientHeight - 1.5 * who.offsetHeight;
    const most = upright && words ? free * ABOVE : free;
    let height = Math.min(most, width / aspect);
    node.style.setProperty("--pic", `${height}px`);
    // The descriptions take their lines from the pictures, as long as these do not get small.
    const over = shot.offsetHeight - most;
    if (over > 0.4 * height) shot.querySelector("figcaption")?.remove();
    else if (over > 0) height -= over;
    node.style.setProperty("--pic", `${height}px`);
    if (shot.offsetHeight > most + 1) shot.querySelector("figcaption")?.remove();
  }

  /** @param {Post} post @param {boolean} fresh @param {boolean} cut */
  function draw(post, fresh, cut) {
    const before = [...root.children];
    for (const old of before) old.remove();
    const node = room.attempt(post, () => set(post, fresh));
    root.replaceChildren(...before);
    if (node === null) sequence.until = -Infinity;
    else exchange(root, node, cut || room.calm);
  }

  /** @param {number} now @param {boolean} cut */
  function advance(now, cut) {
    // Where nothing stands, something has to.
    const next = sequence.next(now, sequence.post !== null);
    if (next === null) return;
    sequence.take(next, now);
    draw(next.post, next.turn.kind === "new", cut);
  }

  return {
    root,
    follow() {
      const now = sequence.current();
      if (sequence.post === null) return;
      if (now === null) {
        sequence.end();
        root.replaceChildren();
        advance(performance.now(), true);
      } else if (now !== sequence.post) {
        const changed = now.text !== sequence.post.text || now.pinned !== sequence.post.pinned || now.highlighted !== sequence.post.highlighted || now.edited_at !== sequence.post.edited_at;
        sequence.post = now;
        if (changed) draw(now, false, true);
      }
    },
    resize() {
      const post = sequence.current();
      if (post) draw(post, false, true);
    },
    tick(now) {
      const post = sequence.current();
      const card = root.lastElementChild;
      if (post && card instanceof HTMLElement) setAge(card, post, room.context());
      if (sequence.isDue(now)) advance(now, false);
    },
    prepare: () => room.fetched([sequence.next(performance.now(), false)?.post ?? null]),
    enter: () => advance(performance.now(), true),
    leave() {
      sequence.end();
    },
    ids: () => sequence.ids(),
    hasSomething: () => sequence.any(),
  };
}

/** Whether no word is broken, and nothing reaches over its place. @param {HTMLElement} node */
function whole(node) {
  return [...node.querySelectorAll(".say, .said, .who, figcaption")].every((part) => part.scrollWidth <= part.clientWidth + 1);
}
