/** What the page says of itself: the wall's name, what waits, whether it is connected, and what is not as it should be. */
import { t } from "../shared/catalogue/index.js";
import { el, need } from "../shared/dom.js";
import { clock } from "../shared/format.js";
import { badge } from "./alarm.js";
import { calling } from "./calling.js";
import { live, onDraw } from "./live.js";
import { say } from "./rows.js";
import { decisionLine } from "./side.js";
import { feedWords } from "./wording.js";

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
  last();
}

/** The newest decision, with how far it has come; what was refused comes before it. */
function last() {
  const line = need("#last");
  const decision = live.state.decisions.findLast(({ can_undo: can }) => can);
  const known = /** @type {HTMLElement | null} */ (line.firstElementChild);
  if (live.trouble !== null) {
    if (known?.classList.contains("refused")) say(known, live.trouble);
    else line.replaceChildren(el("p", "refused", live.trouble));
  } else if (decision) {
    const same = known?.dataset.seq === String(decision.seq) ? known : null;
    const row = decisionLine(decision, same, "p");
    row.dataset.seq = String(decision.seq);
    if (row !== known) line.replaceChildren(row);
  } else if (known) line.replaceChildren();
}

onDraw(draw);
