/** What a wall was sent and what it drew, in order, and what must not be among it. */
import assert from "node:assert/strict";

/**
 * `opened`: a stream came to stand. `message`: it said this. `cards`, `words`: the page looked like this since; taken after
 * everything that changed it, and again in each frame that was drawn.
 *
 * @typedef {{opened?: true, message?: string, cards?: string[], words?: string}} Entry
 */

/** A post by its id and by words that nothing else says. @typedef {{id: string, mark: string}} Named */

/** For a page's beginning: keeps the log at `window.record`. Runs in the page, so it stands for itself. */
export function recorder() {
  /** @type {Entry[]} */
  const log = [];
  let last = "";
  const look = () => {
    const cards = [...document.querySelectorAll("#board .card")].map((card) => /** @type {HTMLElement} */ (card).dataset.id ?? "");
    const said = [...document.querySelectorAll("[alt], [title], [aria-label]")].flatMap((one) => ["alt", "title", "aria-label"].map((name) => one.getAttribute(name) ?? ""));
    const words = [document.title, document.body?.textContent ?? "", ...said].join("\n");
    const now = JSON.stringify([cards, words]);
    if (now === last) return;
    last = now;
    log.push({ cards, words });
  };
  const frame = () => {
    look();
    requestAnimationFrame(frame);
  };
  const Socket = window.WebSocket;
  // Its listeners are the socket's first: what a message says stands in the log before what the page makes of it.
  window.WebSocket = class extends Socket {
    /** @param {ConstructorParameters<typeof Socket>} all */
    constructor(...all) {
      super(...all);
      this.addEventListener("open", () => log.push({ opened: true }));
      this.addEventListener("message", ({ data }) => {
        log.push({ message: String(data) });
        // What stands there still is noted again, as drawn after it.
        last = "";
      });
    }
  };
  Object.assign(window, { record: log });
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["data-id", "alt", "title", "aria-label"] });
  requestAnimationFrame(frame);
}

/** @param {import("./browser.js").Page} page @returns {Promise<Entry[]>} */
export const recorded = (page) => page.evaluate(() => /** @type {any} */ (window).record);

/** Waits until a wall was told of posts. @param {import("./browser.js").Page} page @param {readonly string[]} ids */
export const told = (page, ids) =>
  page.waitForFunction((all) => {
    const said = /** @type {any} */ (window).record.map((/** @type {any} */ { message = "" }) => message).join("\n");
    return all.every((id) => said.includes(`"${id}"`));
  }, ids);

/** Waits until a wall has drawn at least one of these posts. @param {import("./browser.js").Page} page @param {readonly string[]} ids */
export const drew = (page, ids) =>
  page.waitForFunction((all) => /** @type {any} */ (window).record.some((/** @type {any} */ { cards = [] }) => cards.some((/** @type {string} */ id) => all.includes(id))), ids);

/** @param {string} message */
const frames = (message) => message.split("\n").filter((line) => line.trim() !== "").map((line) => JSON.parse(line));

/**
 * Which of these posts a text gives away.
 *
 * @param {string} text
 * @param {readonly Named[]} posts
 */
export const givenAway = (text, posts) => posts.filter(({ id, mark }) => text.includes(`"${id}"`) || text.includes(mark)).map(({ id }) => id);

/**
 * Which posts a wall knows after each message.
 *
 * @param {ReadonlySet<string>} known before it
 * @param {string} message
 */
function knows(known, message) {
  const now = new Set(known);
  for (const frame of frames(message)) {
    if (frame.type === "snapshot") now.clear();
    if (frame.type === "remove") now.delete(frame.id);
    for (const { id } of postsOf(frame)) now.add(id);
  }
  return now;
}

/** @param {any} frame @returns {{id: string}[]} */
const postsOf = ({ type, post, posts }) => (type === "snapshot" ? posts : type === "post" ? [post] : []);

/**
 * Where a wall was sent or drew what it must not: something of a secret post, a post that it had been told to take down,
 * or a card of which the stream no longer said anything.
 *
 * @param {readonly Entry[]} log
 * @param {readonly Named[]} secret posts of which nothing may come to it, in any form
 * @returns {string[]} what is wrong, in words
 */
export function faults(log, secret) {
  const wrong = new Set();
  /** @type {Map<string, number>} */
  const gone = new Map();
  /** @type {ReadonlySet<string>} */
  let known = new Set();
  for (const { message, cards = [], words = "" } of log) {
    if (message !== undefined) {
      for (const id of givenAway(message, secret)) wrong.add(`was sent ${id}`);
      for (const frame of frames(message)) {
        if (frame.type === "remove") gone.set(frame.id, Math.max(gone.get(frame.id) ?? 0, frame.ahead ?? frame.seq));
        for (const { id } of postsOf(frame)) if ((gone.get(id) ?? Infinity) < frame.seq) wrong.add(`was sent ${id} at ${frame.seq}, after its removal at ${gone.get(id)}`);
      }
      known = knows(known, message);
    }
    for (const { id, mark } of secret) if (cards.includes(id) || words.includes(mark)) wrong.add(`drew ${id}`);
    for (const id of cards) if (!known.has(id)) wrong.add(`drew ${id} ${gone.has(id) ? "after its removal" : "without being told of it"}`);
  }
  return [...wrong];
}

/**
 * Posts that a wall drew after its stream had said the first thing since it came back.
 *
 * @param {readonly Entry[]} log
 * @param {ReadonlySet<string>} ids
 */
export function drawnAfterReturn(log, ids) {
  const opened = log.findLastIndex((entry) => entry.opened);
  assert.ok(opened > log.findIndex((entry) => entry.opened), "it has come back");
  const first = log.findIndex(({ message }, i) => i > opened && message !== undefined);
  assert.ok(first > opened, "it has heard something since");
  return log.slice(first).flatMap(({ cards = [] }) => cards.filter((id) => ids.has(id)));
}

/**
 * Posts that stood on the screen when a message took them down.
 *
 * @param {readonly Entry[]} log
 */
export function takenFromScreen(log) {
  const taken = new Set();
  /** @type {ReadonlySet<string>} */
  let known = new Set();
  /** @type {string[]} */
  let drawn = [];
  for (const { message = "", cards } of log) {
    if (cards) drawn = cards;
    known = knows(known, message);
    for (const id of drawn) if (!known.has(id)) taken.add(id);
  }
  return taken;
}

/** What a wall knew of once, and what it knows of in the end. @param {readonly Entry[]} log */
export function everKnown(log) {
  const once = new Set();
  /** @type {ReadonlySet<string>} */
  let known = new Set();
  for (const { message = "" } of log) {
    known = knows(known, message);
    for (const id of known) once.add(id);
  }
  return { once, known };
}
