/**
 * Columns side by side, one for each hashtag, source or session, newest posts on top.
 *
 * @import { Post } from "../../shared/protocol.d.ts"
 * @import { Make } from "../types.d.ts"
 */
import { el } from "../../shared/dom.js";
import { foldTag } from "../../shared/facets.js";
import { sourceName } from "../../shared/format.js";
import { build, readingWords, setAge, shots, textLength } from "../card.js";
import { t } from "../catalogue/index.js";
import { typeSizes } from "../layout.js";
import { running } from "../programme.js";
import { dwell } from "../scheduler.js";

/** @typedef {{name: string, posts: Post[]}} Group */
/** @typedef {{name: string, box: HTMLElement, head: HTMLElement, list: HTMLElement, offset: number, until: number}} Column */

const CHANGE_MS = 4000;

/** @type {Make} */
export function make(room) {
  const root = el("section", "scene columns");
  /** @type {Column[]} */
  let columns = [];
  let changed = -Infinity;

  /** By what the wall wants, where that makes columns; else by what does. */
  function groups() {
    const found = [room.display.columns, /** @type {const} */ ("source"), /** @type {const} */ ("session")].map((by) => grouped(by));
    return found.find(({ length }) => length > 1) ?? found[0] ?? [];
  }

  /** The largest groups first; posts newest first. @param {"hashtag" | "source" | "session"} by @returns {Group[]} */
  function grouped(by) {
    const posts = room.posts().filter((post) => !room.isBroken(post));
    /** @type {Map<string, Group>} */
    const found = new Map();
    const join = (/** @type {string} */ key, /** @type {string} */ name, /** @type {Post} */ post) => {
      const group = found.get(key) ?? { name, posts: [] };
      group.posts.push(post);
      found.set(key, group);
    };
    const sessions = room.state.wall?.sessions ?? [];
    for (const post of posts) {
      if (by === "source") join(post.source, sourceName(post.source), post);
      else if (by === "session") {
        const [session] = running(sessions, Date.parse(post.created_at));
        join(session?.title ?? "", session?.title ?? t("columns.between"), post);
      } else {
        const own = room.state.wall?.hashtags ?? [];
        const tags = (post.hashtags ?? []).filter((tag) => own.length < 2 || room.ownTags.has(foldTag(tag)));
        const other = tags.filter((tag) => own.length >= 2 || !room.ownTags.has(foldTag(tag)));
        for (const tag of other.slice(0, 1)) join(foldTag(tag), `#${tag}`, post);
        if (other.length === 0) join("", own.length === 1 ? `#${own[0]}` : t("columns.other"), post);
      }
    }
    const newest = (/** @type {Group} */ group) => Date.parse(group.posts[0]?.created_at ?? "");
    const all = [...found.values()];
    // Sessions by time, the newest first; everything else by size.
    return by === "session" ? all.sort((a, b) => newest(b) - newest(a)) : all.sort((a, b) => b.posts.length - a.posts.length);
  }

  /** How many columns there is room for. */
  function most() {
    const unit = Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--u"));
    const across = Math.max(1, Math.min(6, Math.floor((root.clientWidth + 3 * unit) / ((room.type.text * 8.4 + 3) * unit))));
    // Where there is no room beside each other, two stand one above the other.
    root.classList.toggle("stacked", across === 1);
    return across === 1 ? 2 : across;
  }

  function draw() {
    const all = groups();
    const wanted = Math.min(most(), all.length);
    set(all.slice(0, wanted));
    // Where nothing of a group fits whole, the next one has its place.
    const empty = new Set(columns.filter(({ list }) => list.childElementCount === 0).map(({ name }) => name));
    if (empty.size > 0) set(all.filter(({ name }) => !empty.has(name)).slice(0, wanted));
    const full = columns.filter(({ list }) => list.childElementCount > 0).map(({ name }) => name);
    if (full.length < columns.length) set(all.filter(({ name }) => full.includes(name)));
  }

  /** Draws these groups. @param {Group[]} shown */
  function set(shown) {
    const old = new Map(columns.map((column) => [column.name, column]));
    columns = shown.map(({ name }) => {
      const kept = old.get(name);
      if (kept) return kept;
      const head = el("h2", "", ...name.split(/^(#)/).filter(Boolean).map((part) => (part === "#" ? el("b", "", "#") : part)));
      head.dir = "auto";
      const list = el("div", "list");
      return { name, head, list, box: el("section", "column", head, list), offset: 0, until: 0 };
    });
    root.style.setProperty("--columns", String(columns.length));
    if (columns.some(({ box }, i) => root.children[i] !== box) || root.childElementCount !== columns.length) root.replaceChildren(...columns.map(({ box }) => box));
    columns.forEach((column, i) => fill(column, shown[i]?.posts ?? []));
  }

  /** As many posts, whole, as a column holds, beginning with the one whose turn it is. @param {Column} column @param {readonly Post[]} posts */
  function fill(column, posts) {
    const { list } = column;
    const before = [...list.children].map((card) => /** @type {HTMLElement} */ (card).dataset.id ?? "").join(" ");
    list.replaceChildren();
    let words = 0;
    let misses = 0;
    for (let i = 0; i < posts.length && misses < 3; i += 1) {
      const post = posts[(column.offset + i) % posts.length];
      if (!post) continue;
      const card = room.attempt(post, () => add(list, post));
      if (card) words = Math.max(words, readingWords(post));
      else misses += 1;
      if (card && list.childElementCount >= 5) break;
    }
    const after = [...list.children].map((card) => /** @type {HTMLElement} */ (card).dataset.id ?? "").join(" ");
    if (before !== after) column.until = performance.now() + dwell(words);
  }

  /**
   * A post at the foot of a list, in the largest type in which it stays whole; its pictures only if there is room.
   *
   * @param {HTMLElement} list
   * @param {Post} post
   */
  function add(list, post) {
    const context = room.context();
    const pictures = room.pictures.atHand(shots(post, context), context.now).slice(0, 2);
    const { text, least } = room.type;
    const sizes = typeSizes(textLength(post) + 40, 0, { text: Math.max(least, text * 0.86), least: Math.min(least, 4.2) });
    for (const shown of pictures.length > 0 ? [pictures, []] : [[]]) {
      const card = build(post, shown, { fresh: false }, context);
      list.append(card);
      const aspect = Number(/** @type {HTMLElement | null} */ (card.querySelector(".pics"))?.style.getPropertyValue("--aspect") ?? 0);
      for (const { size, display } of sizes) {
        card.style.setProperty("--size", String(size));
        card.classList.toggle("display", display);
        for (const part of aspect > 0 ? [1, 0.75] : [1]) {
          if (aspect > 0) card.style.setProperty("--pic", `${((card.querySelector(".body")?.clientWidth ?? 0) / aspect) * part}px`);
          if (list.scrollHeight <= list.clientHeight + 1 && card.scrollWidth <= card.clientWidth + 1) return card;
        }
      }
      card.remove();
    }
    return null;
  }

  return {
    root,
    follow() {
      const gone = [...root.querySelectorAll(".card")].filter((card) => !room.state.posts.has(/** @type {HTMLElement} */ (card).dataset.id ?? ""));
      if (gone.length > 0) draw();
    },
    resize: draw,
    tick(now) {
      for (const card of root.querySelectorAll(".card")) {
        const post = room.post(/** @type {HTMLElement} */ (card).dataset.id ?? "");
        if (post) setAge(/** @type {HTMLElement} */ (card), post, room.context());
      }
      if (room.frozen() || now - changed < CHANGE_MS) return;
      const all = groups();
      // The column whose posts have been read longest goes on: back to the top if something new came, else further down.
      const due = columns.filter(({ until }) => until <= now).sort((a, b) => a.until - b.until);
      for (const column of due) {
        const posts = all.find(({ name }) => name === column.name)?.posts ?? [];
        const standing = [...column.list.children].map((card) => /** @type {HTMLElement} */ (card).dataset.id);
        if (posts.every(({ id }) => standing.includes(id))) continue;
        const fresh = posts.findIndex(({ id }) => !standing.includes(id));
        column.offset = fresh === 0 ? 0 : (column.offset + standing.length) % posts.length;
        fill(column, posts);
        if (!room.calm) column.list.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 300 });
        changed = now;
        return;
      }
      if (all.slice(0, most()).some(({ name }) => !columns.some((column) => column.name === name))) {
        changed = now;
        draw();
      }
    },
    prepare: () => room.fetched(room.posts().slice(0, 12)),
    enter: draw,
    leave() {
      room.deck.left(ids(), performance.now());
      columns = [];
      root.replaceChildren();
    },
    ids,
    hasSomething: () => groups().length > 1,
  };

  function ids() {
    return [...root.querySelectorAll(".card")].map((card) => /** @type {HTMLElement} */ (card).dataset.id ?? "");
  }
}
