/**
 * A collage of the newest pictures and those shown least, each with who sent it and what it shows.
 *
 * @import { Post } from "../../shared/protocol.d.ts"
 * @import { Make, Shot } from "../types.d.ts"
 */
import { el, picture } from "../../shared/dom.js";
import { caption } from "../../shared/format.js";
import { authorName } from "../../shared/words.js";
import { shots } from "../card.js";
import { collage } from "../collage.js";
import { framed } from "../mosaic.js";
import { entered, successors } from "../scheduler.js";
import { exchange } from "../sequence.js";

/** How long a collage stays. */
const STAYS_MS = 16_000;

/** @type {Make} */
export function make(room) {
  const root = el("section", "scene photos");
  /** @type {{post: Post, shot: Shot}[]} */
  let standing = [];
  let until = -Infinity;

  const seen = (/** @type {Post} */ post) => room.pictures.atHand(shots(post, room.context()).filter(() => (post.media ?? []).length > 0), Date.now())[0] ?? null;
  const pictured = (/** @type {Post} */ post) => !room.isBroken(post) && (post.media ?? []).length > 0 && shots(post, room.context()).length > 0;

  /** How many pictures a screen of this shape shows well. */
  const most = () => (root.clientWidth > 2.6 * root.clientHeight ? 5 : 4);

  /** The pictures that come next. @param {number} now */
  function choose(now) {
    const { deck } = room;
    const fitting = [...deck.values()].filter(({ id }) => {
      const post = room.post(id);
      return post !== null && pictured(post);
    });
    /** @type {typeof standing} */
    const chosen = [];
    const take = (/** @type {string} */ id) => {
      const post = room.post(id);
      const shot = post && seen(post);
      if (post && shot && chosen.length < most() && !chosen.some((one) => one.post.id === id)) chosen.push({ post, shot });
    };
    const turns = successors(deck.schedule, fitting, new Set(standing.map(({ post }) => post.id)), now);
    for (const { id } of turns) take(id);
    // Few pictures: those that stand stay among them.
    for (const { post } of standing) take(post.id);
    return { chosen: best(chosen), turns };
  }

  /** As many of these as fill the scene best, at least three. @param {typeof standing} chosen */
  function best(chosen) {
    const filled = (/** @type {number} */ n) => {
      const shapes = chosen.slice(0, n).map(({ shot }) => framed(shot.aspect ?? 1));
      const frames = collage(shapes, size(), shapes.map(() => 8 * unit()));
      return frames.reduce((sum, { width, height }) => sum + width * height, 0) * (1 + 0.04 * n);
    };
    const counts = Array.from({ length: Math.max(1, chosen.length - 2) }, (_, i) => chosen.length - i);
    return chosen.slice(0, counts.sort((a, b) => filled(b) - filled(a))[0]);
  }

  const unit = () => Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--u"));
  const size = () => ({ width: root.clientWidth, height: root.clientHeight, gap: 2.4 * unit() });

  /** @param {number} now @param {boolean} cut */
  function advance(now, cut) {
    const { chosen, turns } = choose(now);
    if (chosen.length === 0) return;
    const before = new Set(standing.map(({ post }) => post.id));
    until = now + STAYS_MS;
    if (chosen.every(({ post }) => before.has(post.id)) && chosen.length === before.size) return;
    room.deck.left(before, now);
    for (const { post } of chosen) {
      room.deck.shown(post.id, now);
      const turn = turns.find(({ id }) => id === post.id);
      if (turn) room.deck.schedule = entered(room.deck.schedule, turn, now);
    }
    standing = chosen;
    draw(cut);
  }

  /** @param {boolean} cut */
  function draw(cut) {
    const node = el("div", room.display.motion && !room.calm ? "collage pans" : "collage");
    const before = [...root.children];
    root.append(node);
    arrange(node);
    root.replaceChildren(...before);
    exchange(root, node, cut || room.calm);
  }

  /**
   * Pictures in their own shapes, as large as the scene holds them with the words below.
   *
   * @param {HTMLElement} node in the document
   */
  function arrange(node) {
    const shapes = standing.map(({ shot }) => framed(shot.aspect ?? 1));
    const tiles = standing.map(({ post, shot }) => tile(post, shot));
    node.append(...tiles);
    // The words take a line or two: how many is known when they stand below a picture.
    let words = standing.map(() => 6.2 * unit());
    for (let round = 0; round < 3; round += 1) {
      collage(shapes, size(), words).forEach(({ x, y, width, height }, i) => {
        const frame = tiles[i];
        if (!frame) return;
        frame.style.width = `${width}px`;
        frame.style.transform = `translate(${x}px, ${y}px)`;
        frame.style.setProperty("--high", `${height}px`);
        const under = frame.querySelector("figcaption");
        if (under && under.offsetHeight > (width > 56 * unit() ? 14.4 : 10.8) * unit()) under.querySelector(".said-of")?.remove();
      });
      words = tiles.map((frame) => frame.querySelector("figcaption")?.offsetHeight ?? 0);
    }
  }

  /** @param {Post} post @param {Shot} shot */
  function tile(post, shot) {
    const image = picture(shot.source ?? shot.url, { alt: shot.alt });
    const said = caption(shot.alt, 110);
    const words = el("figcaption", "", el("b", "", el("bdi", "", authorName(post))), said !== "" && el("span", "said-of", said));
    words.dir = "auto";
    const frame = el("figure", "tile", el("div", "frame", image), words);
    frame.dataset.id = post.id;
    image.addEventListener("error", () => {
      room.pictures.failed(shot.url, Date.now());
      standing = standing.filter((other) => other.shot !== shot);
      draw(true);
    }, { once: true });
    return frame;
  }

  return {
    root,
    follow() {
      const kept = standing.filter(({ post }) => {
        const now = room.post(post.id);
        return now !== null && pictured(now);
      });
      if (kept.length === standing.length) return;
      standing = kept;
      if (kept.length > 0) draw(true);
      else {
        root.replaceChildren();
        advance(performance.now(), true);
      }
    },
    resize() {
      if (standing.length > 0) draw(true);
    },
    tick(now) {
      if (now >= until && !room.frozen()) advance(now, false);
    },
    prepare: () => room.fetched(room.posts().filter(pictured).slice(0, 8)),
    enter: () => advance(performance.now(), true),
    leave() {
      room.deck.left(standing.map(({ post }) => post.id), performance.now());
      standing = [];
      until = -Infinity;
      root.replaceChildren();
    },
    ids: () => standing.map(({ post }) => post.id),
    hasSomething({ posts }) {
      for (const { post } of posts.values()) if (pictured(post) && shots(post, room.context()).some(({ url }) => room.pictures.look(url, Date.now()).state !== "failed")) return true;
      return false;
    },
  };
}
