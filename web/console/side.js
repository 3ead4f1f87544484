/**
 * The panel beside the posts: decisions with their undo, screens, feeds with their modes, and what is done for the whole
 * wall: announcing, adding a post by its address.
 *
 * @import { Decision, Feed, Screen } from "../shared/protocol.d.ts"
 */
import { ofWall, call } from "../shared/api.js";
import { t } from "../shared/catalogue/index.js";
import { el, need } from "../shared/dom.js";
import { clock } from "../shared/format.js";
import { changedBy, undo } from "./decide.js";
import { ask, live, onDraw, redraw, refused, speak } from "./live.js";
import { delayOf, feedModesOf } from "./modes.js";
import { before } from "./past.js";
import { find } from "./posts.js";
import { rows, say } from "./rows.js";
import { lasting } from "./spans.js";
import { decisionWords, feedWords, judgeWords, reach, screenWords } from "./wording.js";

const LOG_KEPT = 40;

/**
 * One decision, with how far it has come and the way back.
 *
 * @param {Decision} decision
 * @param {HTMLElement | null} known
 * @param {"li" | "p"} tag
 */
export function decisionLine(decision, known, tag) {
  const row = known ?? el(tag, "", el("time", "soft"), " ", el("span", "deed"), el("span", "reach"), el("span", "soft fate"));
  const zone = live.state.wall?.timezone ?? null;
  row.classList.toggle("undone", Boolean(decision.undone_by));
  say(need("time", row), clock(Date.parse(decision.at), zone));
  const words = [decisionWords(decision, find, before(decision)), changedBy.get(decision.seq)].filter(Boolean).join(" · ");
  say(need(".deed", row), words);
  const gone = reach(decision, live.state.screens);
  say(need(".reach", row), gone?.text ?? "");
  need(".reach", row).classList.toggle("late", gone?.complete === false);
  const by = live.state.decisions.find(({ seq }) => seq === decision.undone_by)?.by;
  say(need(".fate", row), !decision.undone_by ? "" : by ? t("log.undone_by", { name: by }) : t("log.undone"));
  const button = row.querySelector("button");
  const offered = !decision.undone_by && decision.can_undo === true && live.decides;
  if (offered && !button) {
    const fresh = el("button", "plain", t("log.undo"));
    fresh.type = "button";
    fresh.dataset.acts = "undo";
    fresh.addEventListener("click", () => void undo(decision.seq));
    row.append(fresh);
  } else if (!offered) button?.remove();
  row.querySelector("button")?.setAttribute("aria-label", t("log.undo_it", { what: words }));
  return row;
}

/** @param {string} words */
const empty = (words) => el("li", "soft", words);

/** @param {Screen} screen @param {HTMLElement | null} known @param {number} now */
function screenLine(screen, known, now) {
  const row = known ?? el("li", "", el("b", "", screen.name), el("span", "soft health"));
  row.classList.toggle("ill", !screen.connected);
  say(need(".health", row), screenWords(screen, live.state.seq, now));
  const button = row.querySelector("button");
  const offered = !screen.connected && live.decides;
  if (offered && !button) {
    const dismiss = el("button", "plain", t("screen.dismiss"));
    dismiss.type = "button";
    dismiss.dataset.acts = "dismiss";
    dismiss.setAttribute("aria-label", t("could_not.dismiss", { name: screen.name }));
    dismiss.addEventListener("click", () => void dismissScreen(screen.name));
    row.append(dismiss);
  } else if (!offered) button?.remove();
  return row;
}

/** @param {Feed} feed @param {HTMLElement | null} known @param {number} now */
function feedLine(feed, known, now) {
  const row = known ?? el("li", "", el("b", "", feed.name), el("span", "health"), el("span", "soft detail"));
  const { state, detail, well } = feedWords(feed, now, live.state.wall?.timezone ?? null);
  row.classList.toggle("ill", !well);
  say(need(".health", row), state);
  say(need(".detail", row), detail);
  if (!live.decides || feed.kind === "trends") return row;
  let choice = row.querySelector("select");
  if (choice === null) {
    choice = el("select", "feed-mode");
    choice.setAttribute("aria-label", t("feed.mode.label", { feed: feed.name }));
    choice.dataset.acts = "mode";
    for (const mode of /** @type {const} */ (["wall", "open", "delayed", "held"])) {
      const option = el("option", "", t(`feed.mode.${mode}`, { delay: lasting(delayOf(live.state.settings)) }));
      option.value = mode === "wall" ? "" : mode;
      choice.append(option);
    }
    const select = choice;
    select.addEventListener("change", () => void setFeedMode(feed.name, select.value));
    select.addEventListener("blur", redraw);
    row.append(choice);
  }
  const delayed = /** @type {HTMLElement} */ (choice.querySelector('[value="delayed"]'));
  say(delayed, t("feed.mode.delayed", { delay: lasting(delayOf(live.state.settings)) }));
  const mode = feedModesOf(live.state.settings)[feed.name] ?? "";
  if (document.activeElement !== choice && choice.value !== mode) choice.value = mode;
  return row;
}

/** How the judge is, where there is one. */
function drawJudge() {
  const words = judgeWords(live.state.judge);
  need("#judge").hidden = words === null;
  rows(need("#judge"), words === null ? [] : [words], () => "judge", ({ state, detail, well }, known) => {
    const row = known ?? el("li", "", el("b", "", t("judge")), el("span", "health"), el("span", "soft detail"));
    row.classList.toggle("ill", !well);
    say(need(".health", row), state);
    say(need(".detail", row), detail);
    return row;
  });
}

/** @param {string} feed @param {string} mode empty: the wall's */
async function setFeedMode(feed, mode) {
  const modes = { ...feedModesOf(live.state.settings) };
  if (mode === "") delete modes[feed];
  else modes[feed] = mode;
  try {
    await ask(ofWall(live.wall, "settings"), { moderation: { feed_modes: modes } }, "PATCH");
  } catch (error) {
    refused(error, t("could_not.feed_mode"));
    const active = document.activeElement;
    if (active instanceof HTMLElement) active.blur();
  }
}

/** @param {string} name */
async function dismissScreen(name) {
  try {
    await ask(ofWall(live.wall, `screens/${encodeURIComponent(name)}`), undefined, "DELETE");
    live.state = { ...live.state, screens: live.state.screens.filter((screen) => screen.name !== name) };
  } catch (error) {
    refused(error, t("could_not.dismiss", { name }));
  }
  redraw();
}

/** @param {number} now */
function draw(now) {
  const { decisions, screens, feeds, trends } = live.state;
  const log = decisions.slice(-LOG_KEPT).reverse();
  rows(need("#log"), log.length > 0 ? log : [null], (one) => String(one?.seq ?? "none"), (one, row) => (one ? decisionLine(one, row, "li") : (row ?? empty(t("log.nothing")))));
  rows(need("#screens"), screens.length > 0 ? screens : [null], (one) => one?.name ?? "", (one, row) => (one ? screenLine(one, row, now) : (row ?? empty(t("screen.none")))));
  const zone = live.state.wall?.timezone ?? null;
  rows(need("#trends"), trends?.at_source ?? [], ({ place, hashtag }) => `${place} ${hashtag}`, ({ place, hashtag, rank, of, since, best_rank: best }, known) => {
    const row = known ?? el("li", "trend", el("b", "", t("trend", { tag: hashtag, where: place })), el("span", "soft detail"));
    say(need(".detail", row), t("trend.rank", { rank, of, best, since: clock(Date.parse(since), zone) }));
    return row;
  });
  rows(need("#feeds"), feeds.length > 0 ? feeds : [null], (one) => one?.name ?? "", (one, row) => (one ? feedLine(one, row, now) : (row ?? empty(t("feed.none")))));
  drawJudge();
}

/** The panel is beside the posts where there is room, else instead of them. */
export function openSide() {
  const open = !document.body.classList.contains("side-open");
  document.body.classList.toggle("side-open", open);
  const button = need("#open-side");
  button.setAttribute("aria-expanded", String(open));
  if (open) need("#side").focus();
  else if (button.checkVisibility()) button.focus();
}

async function newScreen() {
  const name = /** @type {HTMLInputElement} */ (need("#screen-name")).value.trim();
  const out = need("#screen-link");
  try {
    const { key: secret } = await call(ofWall(live.wall, "screens"));
    const link = new URL(`/w/${encodeURIComponent(live.wall)}`, location.href);
    link.searchParams.set("screen", name);
    link.searchParams.set("key", secret);
    out.textContent = link.href;
    // Without https a browser offers no clipboard; the link stands there to be copied by hand.
    await navigator.clipboard?.writeText(link.href).then(
      () => (out.textContent = t("screen.copied", { link: link.href })),
      () => undefined,
    );
  } catch (error) {
    refused(error, t("could_not.link"));
  }
}

async function addByLink() {
  const box = /** @type {HTMLInputElement} */ (need("#link-url"));
  const out = need("#link-said");
  say(out, t("add.reading"));
  try {
    await ask(ofWall(live.wall, "posts/link"), { url: box.value.trim() });
    box.value = "";
    say(out, t("add.done"));
    speak(t("add.done"));
  } catch (error) {
    if (/** @type {any} */ (error)?.status === 401) refused(error, t("could_not.add"));
    say(out, t("add.failed", { why: error instanceof Error ? error.message : String(error) }));
  }
}

export function wireSide() {
  need("#open-side").addEventListener("click", openSide);
  need("#close-side").addEventListener("click", openSide);
  if (!live.decides) return;
  /** @param {string} id @param {() => unknown} work */
  const submits = (id, work) =>
    need(id).addEventListener("submit", (event) => {
      event.preventDefault();
      void work();
    });
  submits("#new-screen", newScreen);
  submits("#add-link", addByLink);
}

onDraw(draw);
