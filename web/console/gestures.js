/**
 * Fingers on cards: drawn to the left a post is hidden, to the right it is shown, held for a moment it is chosen. What
 * letting go would do is written under the card; less than the threshold does nothing.
 *
 * @import { Deed } from "./deeds.js"
 */
import { t } from "../shared/catalogue/index.js";
import { need } from "../shared/dom.js";
import { toggle } from "./bulk.js";
import { press, tellMoved } from "./decide.js";
import { DEEDS, verdicts } from "./deeds.js";
import { live } from "./live.js";
import { chosen, find, isMoving } from "./posts.js";

/** Pixels before a finger means anything. */
const SLACK = 12;
const HELD_MS = 500;

/** How far a card has to be drawn before letting go decides. @param {number} width of the card */
export const threshold = (width) => Math.max(90, Math.min(160, width * 0.35));

/**
 * Which decision lies on which side; the same as the buttons' places.
 *
 * @param {import("../shared/protocol.d.ts").Post} post
 * @param {ReadonlySet<Deed>} may
 * @param {number} dx
 * @returns {Deed | null}
 */
export function sideOf(post, may, dx) {
  const wanted = dx < 0 ? "hide" : "show";
  return verdicts(post).includes(wanted) && may.has(wanted) ? wanted : null;
}

/** @type {{pointer: number, x: number, y: number, node: HTMLElement, id: string, late: boolean, swiping: boolean, held: ReturnType<typeof setTimeout>} | null} */
let touch = null;

/** @param {boolean} animated */
function letGo(animated) {
  if (!touch) return;
  clearTimeout(touch.held);
  const { node } = touch;
  node.classList.toggle("settling", animated);
  node.classList.remove("swiping", "ready");
  node.style.removeProperty("--drawn");
  delete node.dataset.side;
  touch = null;
}

/** @param {PointerEvent} event */
function down(event) {
  letGo(false);
  if (event.pointerType === "mouse" || !event.isPrimary) return;
  const target = /** @type {HTMLElement} */ (event.target);
  const node = /** @type {HTMLElement | null} */ (target.closest(".item"));
  if (!node?.dataset.id) return;
  // What it was meant for had just moved: it does nothing, and says so where it would have decided.
  const late = isMoving();
  const id = node.dataset.id;
  const held = setTimeout(() => {
    letGo(false);
    toggle(id);
    navigator.vibrate?.(10);
    swallow();
  }, HELD_MS);
  touch = { pointer: event.pointerId, x: event.clientX, y: event.clientY, node, id, late, swiping: false, held };
  if (late || target.closest("button, a, summary, input")) clearTimeout(held);
}

/** The press that ends a gesture is no press on a button. */
function swallow() {
  const stop = (/** @type {Event} */ event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener("click", stop, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", stop, { capture: true }), 400);
}

/** @param {PointerEvent} event */
function moved(event) {
  if (!touch || event.pointerId !== touch.pointer) return;
  const [dx, dy] = [event.clientX - touch.x, event.clientY - touch.y];
  if (Math.hypot(dx, dy) > SLACK) clearTimeout(touch.held);
  if (!touch.swiping) {
    if (Math.abs(dy) > SLACK && Math.abs(dy) >= Math.abs(dx)) {
      letGo(false);
      return;
    }
    if (Math.abs(dx) < SLACK || Math.abs(dx) < 1.5 * Math.abs(dy) || !live.online || chosen.size > 0 || touch.late) return;
    touch.swiping = true;
    touch.node.setPointerCapture(event.pointerId);
    touch.node.classList.add("swiping");
  }
  const post = find(touch.id);
  const deed = post && sideOf(post, live.may, dx);
  const { node } = touch;
  // What cannot be decided gives way only a little.
  node.style.setProperty("--drawn", `${deed ? dx : Math.sign(dx) * Math.min(24, Math.abs(dx) / 4)}px`);
  const ready = deed !== null && Math.abs(dx) > threshold(node.clientWidth);
  node.classList.toggle("ready", ready);
  if (deed) {
    node.dataset.side = dx < 0 ? "left" : "right";
    const label = DEEDS[deed].label;
    need(".hint", node).textContent = ready ? t("do.let_go", { verb: label.toLowerCase() }) : label;
  } else delete node.dataset.side;
}

/** @param {PointerEvent} event */
function up(event) {
  if (!touch || event.pointerId !== touch.pointer) return;
  const { swiping, late, id, node, x } = touch;
  const dx = event.clientX - x;
  const post = find(id);
  const deed = (swiping || late) && post && Math.abs(dx) > threshold(node.clientWidth) ? sideOf(post, live.may, dx) : null;
  letGo(deed === null || late);
  if (late) {
    if (deed) tellMoved();
    return;
  }
  if (swiping) {
    swallow();
    localStorage.setItem("buzzwall.swiped", "yes");
    need("#swipe-note").hidden = true;
  }
  if (deed && post) press(deed, post);
}

export function wireGestures() {
  const list = need("#posts");
  list.addEventListener("pointerdown", down);
  list.addEventListener("pointermove", moved);
  list.addEventListener("pointerup", up);
  list.addEventListener("pointercancel", () => letGo(true));
  // A long press on Android would open a menu over the card that is being chosen.
  list.addEventListener("contextmenu", (event) => {
    if (touch) event.preventDefault();
  });
  const note = need("#swipe-note");
  note.hidden = !live.decides || !matchMedia("(pointer: coarse)").matches || localStorage.getItem("buzzwall.swiped") === "yes";
}
