/**
 * Cards in columns, each whole or not at all; one comes, the others give way.
 *
 * @import { Post } from "../../shared/protocol.d.ts"
 * @import { Make, Place, Turn } from "../types.d.ts"
 */
import { el, need } from "../../shared/dom.js";
import { Board } from "../board.js";
import { entered, held, opening, turns } from "../scheduler.js";

/** A new post waits this long for its picture; the rotation, which has time, longer. */
const PICTURE_MS = 1400;
const PICTURE_PATIENT_MS = 8000;
/** How long the first drawing waits for fonts and pictures. */
const OPENING_MS = 350;
const AGE_MS = 15_000;

/** @type {Make} */
export function make(room) {
  const root = /** @type {HTMLElement | null} */ (document.querySelector("#board")) ?? el("div");
  root.id = "board";
  const board = new Board(root, need("#measure"), room.pictures, () => room.context(), () => room.type);
  const { deck } = room;
  let on = false;
  let prepared = false;
  let aged = 0;
  /** For which posts the screen was last tried to be filled while it was not on. @type {unknown} */
  let tried = null;

  const removed = () => board.remove([...board.ids(), ...board.leaving.keys()].filter((id) => !room.state.posts.has(id)));
  const attempt = (/** @type {Post} */ post, /** @type {() => any} */ work) => room.attempt(post, work, () => board.remove([post.id]));

  /** Fills an empty screen at once. @param {string[]} [ids] in which order */
  function fill(ids = opening(deck.values())) {
    const now = performance.now();
    /** @type {string[]} posts that would have the screen to themselves: only if there are no others */
    const long = [];
    let misses = 0;
    for (const id of ids) {
      if (!board.room() || misses > 16) break;
      if (!place(id, now, long)) misses += 1;
    }
    for (const id of long) if (board.cards().length === 0) place(id, now, null);
    board.settle();
  }

  /**
   * Puts a card up at once, if it fits.
   *
   * @param {string} id
   * @param {number} now
   * @param {string[] | null} long takes the id instead where the post would fill the screen alone
   * @returns {boolean}
   */
  function place(id, now, long) {
    const post = room.post(id);
    if (!post || room.isBroken(post) || board.ids().has(id)) return false;
    const where = attempt(post, () => board.fits(post, -Infinity));
    if (where === null) return false;
    if (where.column < 0 && long !== null) {
      long.push(id);
      return false;
    }
    attempt(post, () => board.enter(post, where, now, { opening: true }));
    deck.shown(id, now);
    deck.schedule = { ...deck.schedule, lastChange: now, last: id };
    return true;
  }

  /** Brings what stands on the screen in line with what is known. */
  function refresh() {
    for (const card of board.cards()) {
      const post = room.post(card.id);
      if (post && post !== card.post) {
        if (drawn(post) === drawn(card.post)) card.post = post;
        else attempt(post, () => board.update(post));
      }
    }
    if (board.outgrown(room.state.posts.size)) {
      board.reset(room.state.posts.size);
      board.settle();
    }
    // The last card on the screen was taken down: others are there at once, not the title.
    if (board.cards().length === 0) fill();
  }

  /** @param {Post} post @param {Turn} turn @param {Place} where @param {number} now */
  function enter(post, turn, where, now) {
    const lone = board.wide !== null;
    const left = attempt(post, () => board.enter(post, where, now, { fresh: turn.kind === "new" })) ?? [];
    deck.left(left, now);
    deck.shown(post.id, now);
    deck.schedule = entered(deck.schedule, turn, now);
    // One card left that had the screen to itself: what stood there before it comes back beside the next, not one by one.
    if (lone && board.wide === null) {
      const longestAway = [...deck.values()].filter(({ id }) => !left.includes(id)).sort((a, b) => a.shown - b.shown || a.left - b.left);
      fill(longestAway.map(({ id }) => id));
    }
  }

  /** Lets the next card enter, if it is time. @param {number} now */
  function advance(now) {
    const line = turns(deck.schedule, deck.values(), { ids: board.ids(), room: board.room() }, now);
    let first = true;
    for (const turn of line.slice(0, 8)) {
      const post = room.post(turn.id);
      if (!post || room.isBroken(post)) continue;
      if (room.fetch(post, turn.kind === "new" ? PICTURE_MS : PICTURE_PATIENT_MS)) continue;
      const where = attempt(post, () => board.fits(post, now));
      if (where) {
        enter(post, turn, where, now);
        return;
      }
      if (first) deck.schedule = held(deck.schedule, turn.id, now);
      first = false;
    }
  }

  return {
    root,
    follow() {
      removed();
      if (prepared) refresh();
    },
    resize() {
      board.reset(room.state.posts.size);
      if (prepared) fill();
    },
    tick(now) {
      if (now - aged > AGE_MS) {
        aged = now;
        board.age();
      }
      if (!room.frozen()) advance(now);
    },
    async prepare() {
      if (prepared) return;
      const first = opening(deck.values()).slice(0, 8).map((id) => room.post(id));
      const fonts = ['400 1em "Atkinson Hyperlegible Next Variable"', '700 1em "Bricolage Grotesque Variable"'].map((font) => document.fonts.load(font));
      const slow = new Promise((done) => setTimeout(done, OPENING_MS));
      await Promise.race([Promise.all([...fonts, room.fetched(first)]), slow]);
      prepared = true;
    },
    enter() {
      on = true;
      removed();
      prepared = true;
      board.reset(room.state.posts.size);
      fill();
      board.age();
    },
    leave() {
      on = false;
      deck.left(board.ids(), performance.now());
    },
    ids: () => board.ids(),
    hasSomething({ posts }) {
      if (posts.size === 0) return false;
      if (!prepared) return true;
      // Whether any post can be drawn is known once it was tried; not again before something else is known.
      if (!on && tried !== posts) {
        tried = posts;
        removed();
        refresh();
      }
      return board.cards().length > 0;
    },
  };
}

/** What of a post a card shows. @param {Post} post */
const drawn = (post) => JSON.stringify({ ...post, counts: 0, times_shown: 0 });
