/**
 * The panic row, always in reach: pause in one step, blank in two, everything held in one; and how the wall goes on
 * afterwards.
 */
import { ofWall } from "../shared/api.js";
import { has, t } from "../shared/catalogue/index.js";
import { el, need } from "../shared/dom.js";
import { dialog, openDialog } from "./dialogs.js";
import { ask, live, onDraw, redraw, refused, speak, trouble } from "./live.js";
import { delayOf, modeOf } from "./modes.js";
import { sayWhatCame } from "./paused.js";
import { lasting } from "./spans.js";

/** How long the first of two presses counts. */
const ARMED_MS = 4000;
const REMEMBERED = "buzzwall.mode-before";

let armed = 0;
/** @type {string | null} the mode that the choice shows, so that a choice under way is left alone */
let shownMode = null;

/** @param {string} action @param {object} [more] */
export async function act(action, more = {}) {
  trouble(null);
  const before = live.state.stage;
  /** @type {Record<string, Partial<typeof before>>} */
  const wish = { pause: { paused: true }, resume: { paused: false }, blank: { blanked: true }, unblank: { blanked: false } };
  if (live.online) live.state = { ...live.state, stage: { ...before, ...wish[action] } };
  redraw();
  try {
    const answer = await ask(ofWall(live.wall, "stage"), { action, ...more });
    if (answer?.stage) live.state = { ...live.state, stage: { ...live.state.stage, ...answer.stage } };
    if (answer?.stored === false) trouble(t("status.done_not_stored", { why: live.state.storage.message ?? t("status.disk") }));
  } catch (error) {
    live.state = { ...live.state, stage: before };
    const key = `could_not.${action}`;
    refused(error, has(key) ? t(key) : action);
  }
  redraw();
}

/** Pauses at once; how to go on is asked. */
export function pressPause() {
  if (live.state.stage.paused) {
    openDialog("resume");
    void sayWhatCame();
  } else void act("pause");
}

/**
 * Blanking takes two steps, taking it back one; by the key two as well, since in a hurry it is pressed once more than it
 * takes, and that must not bring back what was to go.
 */
export function pressBlank(byKey = false) {
  const { blanked } = live.state.stage;
  if (armed > performance.now() || (blanked && !byKey)) {
    armed = 0;
    void act(blanked ? "unblank" : "blank");
  } else {
    armed = performance.now() + ARMED_MS;
    speak(t("stage.again"));
    setTimeout(redraw, ARMED_MS + 50);
    redraw();
  }
}

const mode = () => modeOf(live.state.settings);

/** Everything waits from now on; pressed again, what held before. */
export function pressHold() {
  if (mode() === "held") void setMode(sessionStorage.getItem(REMEMBERED) ?? "open");
  else {
    sessionStorage.setItem(REMEMBERED, mode());
    void setMode("held");
  }
}

/** @param {string} value `open`, `delayed`, `held`, or a delay: `20s` */
async function setMode(value) {
  trouble(null);
  const moderation = /^\d/.test(value) ? { mode: "delayed", delay: value } : { mode: value };
  try {
    await ask(ofWall(live.wall, "settings"), { moderation }, "PATCH");
  } catch (error) {
    refused(error, t("could_not.mode"));
    shownMode = null;
    redraw();
  }
}

/** @param {string} id @param {string} words @param {boolean} on */
function say(id, words, on) {
  const button = need(id);
  const node = need("span", button);
  if (node.textContent !== words) node.textContent = words;
  button.classList.toggle("main", on);
}

function draw() {
  const { paused, blanked, announcement } = live.state.stage;
  const note = need("#stage-note");
  const words = [blanked ? t("stage.blanked") : "", paused ? t("stage.paused") : ""].filter(Boolean).join(" ");
  note.hidden = words === "";
  if (note.textContent !== words) note.textContent = words;
  if (!live.decides) return;
  say("#pause", t(paused ? "stage.resume" : "stage.pause"), paused);
  const isArmed = armed > performance.now();
  say("#blank", t(isArmed ? "stage.again" : blanked ? "stage.unblank" : "stage.blank"), blanked || isArmed);
  say("#hold", t(mode() === "held" ? "stage.open" : "stage.hold"), mode() === "held");
  need("#announce-end").hidden = !announcement;
  drawMode();
}

function drawMode() {
  if (live.state.settings === null) return;
  const now = mode() === "delayed" ? delayOf(live.state.settings) : mode();
  const choice = /** @type {HTMLSelectElement} */ (need("#mode"));
  if (now === shownMode || document.activeElement === choice) return;
  if (![...choice.options].some(({ value }) => value === now)) {
    const option = el("option", "", t("stage.after", { delay: lasting(now) }));
    option.value = now;
    choice.insertBefore(option, choice.lastElementChild);
  }
  choice.value = shownMode = now;
}

export function wireStage() {
  need("#pause").addEventListener("click", pressPause);
  need("#blank").addEventListener("click", () => pressBlank());
  need("#hold").addEventListener("click", pressHold);
  const choice = /** @type {HTMLSelectElement} */ (need("#mode"));
  choice.addEventListener("change", () => {
    shownMode = choice.value;
    void setMode(choice.value);
  });
  choice.addEventListener("blur", redraw);
  for (const button of dialog("resume").querySelectorAll("[data-newest]")) {
    button.addEventListener("click", () => {
      const newest = Number(/** @type {HTMLElement} */ (button).dataset.newest);
      dialog("resume").close();
      void act("resume", newest > 0 ? { newest } : {});
    });
  }
  const text = /** @type {HTMLTextAreaElement} */ (need("#announcement"));
  need("#announce").addEventListener("submit", (event) => {
    event.preventDefault();
    void act("announcement", { text: text.value.trim() });
  });
  need("#announce-end").addEventListener("click", () => void act("announcement", { text: null }));
}

onDraw(draw);
