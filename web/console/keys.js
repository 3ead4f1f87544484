/**
 * One key for everything; `?` lists them all, and single keys can be switched off for those who speak to their machine
 * or whose hands slip.
 */
import { t } from "../shared/catalogue/index.js";
import { el, need } from "../shared/dom.js";
import { bulkDeed, chooseAll, clear, extend, toggle } from "./bulk.js";
import { tellMoved, undo } from "./decide.js";
import { DEEDS, deedOfKey } from "./deeds.js";
import { isDialogOpen, openDialog } from "./dialogs.js";
import { endSearch, openFilters, queueOfNumber, turnOrder } from "./filters.js";
import { live } from "./live.js";
import { chosen, go, hasSlid, here, hooks, move, selectedPost, showNew } from "./posts.js";
import { openSide } from "./side.js";
import { pressBlank, pressHold, pressPause } from "./stage.js";

/** @typedef {{keys: string, says: string, act?: () => unknown, decides?: boolean, held?: boolean}} Key `held`: acts again while it is held down */

const REMEMBERED = "buzzwall.shortcuts";
let isOn = localStorage.getItem(REMEMBERED) !== "off";

/** @type {Record<string, Key>} by `event.key` */
const KEYS = {
  j: { keys: "j ↓", says: t("key.next"), act: () => move(1), held: true },
  ArrowDown: { keys: "", says: "", act: () => move(1), held: true },
  k: { keys: "k ↑", says: t("key.previous"), act: () => move(-1), held: true },
  ArrowUp: { keys: "", says: "", act: () => move(-1), held: true },
  x: { keys: "x", says: t("key.choose"), act: () => selectedPost() && toggle(selectedPost()?.id ?? "") },
  J: { keys: "J K", says: t("key.extend"), act: () => extend(1), held: true },
  K: { keys: "", says: "", act: () => extend(-1), held: true },
  A: { keys: "A", says: t("key.everything"), act: chooseAll },
  Escape: { keys: "Esc", says: t("key.clear"), act: clear },
  m: { keys: "m", says: t("key.unmask"), act: () => (document.querySelector("#detail .masked") ?? document.querySelector(".item.selected .masked"))?.dispatchEvent(new MouseEvent("click", { bubbles: true })) },
  u: { keys: "u", says: t("key.undo"), act: () => undo(), decides: true },
  " ": { keys: "space", says: t("key.pause"), act: pressPause, decides: true },
  b: { keys: "b b", says: t("key.blank"), act: () => pressBlank(true), decides: true },
  w: { keys: "w", says: t("key.hold"), act: pressHold, decides: true },
  ".": { keys: ".", says: t("key.show_new"), act: showNew },
  1: { keys: "1 – 7", says: t("key.queues") },
  r: { keys: "r", says: t("key.order"), act: turnOrder },
  f: { keys: "f", says: t("key.filters"), act: openFilters },
  "/": { keys: "/", says: t("key.search"), act: () => need("#search").focus() },
  i: { keys: "i", says: t("key.side"), act: openSide },
  R: { keys: "R", says: t("key.rules"), act: () => go({ view: here().view === "rules" ? "posts" : "rules" }) },
  D: { keys: "D", says: t("key.audit"), act: () => go({ view: here().view === "audit" ? "posts" : "audit" }) },
  "?": { keys: "?", says: t("key.help"), act: () => openDialog("help") },
};

/** Keys that mean another place or the whole wall: they act in every view. */
const EVERYWHERE = new Set([" ", "b", "w", "u", "i", "R", "D", "?"]);

/** @param {KeyboardEvent} event */
function press(event) {
  // A dialog that has just closed may still hold the focus.
  const held = event.target instanceof HTMLElement && event.target.closest("dialog:not([open])") === null;
  const target = held ? /** @type {HTMLElement} */ (event.target) : document.body;
  if (event.key === "Escape" && target.id === "search") {
    endSearch();
    return;
  }
  if (!isOn || event.ctrlKey || event.metaKey || event.altKey || isDialogOpen()) return;
  if (target.matches("input, textarea, select")) return;
  // What a control does by itself stays with it.
  if (event.key === " " && target.matches("button, a, summary")) return;
  // Caps lock must not make another key of the one for an emergency.
  const capitals = /^[a-z]$/i.test(event.key) && event.getModifierState("CapsLock");
  const pressed = !capitals ? event.key : event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase();
  if (here().view !== "posts" && !EVERYWHERE.has(pressed)) return;
  const known = KEYS[pressed];
  if (known?.act) {
    if (known.decides && !live.decides) return;
    if (event.repeat && !known.held) return;
    event.preventDefault();
    void known.act();
    return;
  }
  if (/^[1-7]$/.test(pressed)) {
    event.preventDefault();
    queueOfNumber(Number(pressed));
    return;
  }
  const post = selectedPost();
  const key = pressed === "a" ? "s" : pressed;
  const deed = post && !event.repeat ? deedOfKey(key, post) : null;
  if (!post || deed === null || !live.may.has(deed)) return;
  event.preventDefault();
  // The post went from under the key.
  if (hasSlid()) {
    tellMoved();
    return;
  }
  if (chosen.size > 0 && ["hide", "show", "stash", "highlight"].includes(deed)) bulkDeed(deed);
  else hooks.act(deed, post);
}

function fillHelp() {
  /** @param {string} keys @param {string} says */
  const line = (keys, says) => el("div", "", el("dt", "", ...keys.split(" ").flatMap((key) => (key === "–" ? [" – "] : [el("kbd", "", key === "space" ? t("stage.space") : key), " "]))), el("dd", "", says));
  /** @type {Map<string, string[]>} */
  const deeds = new Map();
  for (const [deed, { label, key }] of Object.entries(DEEDS)) if (KEYS[key] === undefined && live.may.has(/** @type {keyof typeof DEEDS} */ (deed))) deeds.set(key, [...(deeds.get(key) ?? []), label]);
  const mine = Object.values(KEYS).filter(({ keys, decides }) => keys !== "" && (!decides || live.decides));
  need("#keys").replaceChildren(...[...deeds].map(([key, labels]) => line(key === "s" ? "s a" : key, labels.join(", "))), ...mine.map(({ keys, says }) => line(keys, says)));
}

export function wireKeys() {
  fillHelp();
  const box = /** @type {HTMLInputElement} */ (need("#shortcuts"));
  box.checked = isOn;
  box.addEventListener("change", () => {
    isOn = box.checked;
    localStorage.setItem(REMEMBERED, isOn ? "on" : "off");
  });
  need("#open-help").addEventListener("click", () => openDialog("help"));
  addEventListener("keydown", press);
}

