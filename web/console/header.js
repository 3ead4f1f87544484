/** What the page says of itself: the wall's name, what waits, whether it is connected, and what is not as it should be. */
import { t } from "../shared/catalogue/index.js";
import { el, need } from "../shared/dom.js";
import { clock } from "../shared/format.js";
import { badge } from "./alarm.js";
import { calling } from "./calling.js";
import { live, onDraw, redraw } from "./live.js";
import { say } from "./rows.js";
import { decisionLine } from "./side.js";
import { feedWords, reach } from "./wording.js";

/** @import { Decision } from "../shared/protocol.d.ts" */

/** What acts on the server, in the page as it is now. */
const ACTS = "[data-action], [data-acts], [data-bulk], .panic button, .panic select, #side form [type=submit]";

let wasOnline = false;

/** @param {number} now */
function draw(now) {
  const { wall, counts, feeds, storage } = live.state;
  const waiting = counts?.waiting ?? 0;
  if (wall) {
    const title = wall.title || wall.hashtags.map((tag) => `#${tag}`).join(" ");
    say(need("h1"), title);
    const page = `${badge(waiting, calling)}${t("console.title", { wall: title })}`;
    if (document.title !== page) document.title = page;
  }
  const first = live.state.epoch === null;
  say(need("#status .state"), t(live.online ? "status.live" : first ? "status.connecting" : "status.lost"));
  say(need("#status .waits"), live.online ? ` · ${waiting > 0 ? t("status.waiting", { n: waiting }) : t("status.nothing_waits")}` : "");
  need("#status").classList.toggle("ill", !live.online && !first);
  const lost = need("#lost");
  const isLost = !live.online && !first;
  lost.hidden = !isLost;
  say(lost, isLost ? t("status.lost_since", { time: clock(live.lostAt, wall?.timezone ?? null) }) : "");
  if (live.online && !wasOnline && !first && lost.dataset.was === "yes") say(need("#spoken"), t("status.back"));
  lost.dataset.was = isLost ? "yes" : "no";
  wasOnline = live.online;
  document.body.classList.toggle("offline", isLost);
  for (const node of document.querySelectorAll(ACTS)) {
    if (isLost) {
      node.setAttribute("aria-disabled", "true");
      node.setAttribute("title", t("status.lost"));
    } else if (node.getAttribute("title") === t("status.lost")) {
      node.removeAttribute("aria-disabled");
      node.removeAttribute("title");
    }
  }
  const ill = feeds.filter((feed) => !feedWords(feed, now, wall?.timezone ?? null).well);
  const note = need("#feeds-note");
  note.hidden = ill.length === 0;
  say(note, ill.length === 0 ? "" : t("status.feeds", { n: ill.length, of: t("feeds.of", { n: feeds.length }), names: ill.map(({ name }) => name).join(", ") }));
  need("#storage").hidden = storage.ok;
  say(need("#storage"), storage.ok ? "" : t("status.not_stored", { why: storage.message ?? t("status.disk") }));
  last(now);
}

/** So long a message stands; whoever missed it finds what was decided in the history. */
const MESSAGE_MS = 10_000;
/** What was refused is to be read by whoever looked elsewhere, too. */
const REFUSED_MS = 30_000;

/** The newest decision that was told, how far it had come then, and when; null before the first snapshot. @type {{seq: number, gone: string, at: number} | null} */
let told = null;

/** When the decision, or how far it has come, was new here; what was decided before one came is told no more. @param {Decision | undefined} decision @param {number} now */
function newAt(decision, now) {
  const seq = decision?.seq ?? 0;
  const gone = decision ? (reach(decision, live.state.screens)?.text ?? "") : "";
  if (told === null) told = { seq, gone, at: -Infinity };
  else if (seq > told.seq || (seq === told.seq && gone !== told.gone)) {
    told = { seq, gone, at: now };
    setTimeout(redraw, MESSAGE_MS + 50);
  }
  return seq === told.seq ? told.at : -Infinity;
}

/** @type {typeof live.message} */
let timed = null;

/** The message of now, if it is not too old. @param {number} now */
function messageAt(now) {
  const { message } = live;
  if (message === null) return null;
  const lasts = message.refused ? REFUSED_MS : MESSAGE_MS;
  if (message !== timed) setTimeout(redraw, lasts + 50);
  timed = message;
  return now - message.at < lasts ? message : null;
}

/** The newest of what was said and what was decided; what was refused comes before both, and what is not gone from every screen stays. @param {number} now */
function last(now) {
  const line = need("#last");
  const known = /** @type {HTMLElement | null} */ (line.firstElementChild);
  const decision = live.state.decisions.findLast(({ can_undo: can }) => can);
  const at = live.state.epoch === null ? -Infinity : newAt(decision, now);
  const message = messageAt(now);
  const isLate = decision ? reach(decision, live.state.screens)?.complete === false : false;
  if (message && (message.refused || message.at >= at)) {
    const kind = message.refused ? "refused" : "told";
    if (known?.className === kind) say(known, message.words);
    else line.replaceChildren(el("p", kind, message.words));
  } else if (decision && (now - at < MESSAGE_MS || isLate || line.contains(document.activeElement))) {
    const same = known?.dataset.seq === String(decision.seq) ? known : null;
    const row = decisionLine(decision, same, "p");
    row.dataset.seq = String(decision.seq);
    if (row !== known) line.replaceChildren(row);
  } else if (known) line.replaceChildren();
}

onDraw(draw);
