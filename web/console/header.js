/** What the page says of itself: the wall's name, what waits, whether it is connected, and what is not as it should be. */
import { el, need } from "../shared/dom.js";
import { clock, number } from "../shared/format.js";
import { counted } from "../shared/amounts.js";
import { live, onDraw } from "./live.js";
import { say } from "./rows.js";
import { decisionLine } from "./side.js";
import { feedWords } from "./wording.js";

const SAYS = {
  title: (/** @type {string} */ wall) => `${wall} · console`,
  connecting: "Connecting",
  live: "Live",
  notConnected: "Not connected",
  waiting: (/** @type {number} */ n) => (n > 0 ? `${number(n)} waiting` : "nothing waits"),
  lost: (/** @type {string} */ time) => `Not connected since ${time}. Nothing can be decided until the connection is back; it is being tried again.`,
  back: "Connected again.",
  reason: "Not connected",
  feeds: (/** @type {number} */ n, /** @type {number} */ of, /** @type {string} */ names) => `${n} of ${counted(of, "feed", "feeds")} failing: ${names}`,
  storage: (/** @type {string} */ why) => `Not stored: ${why}. Hide, blank and pause still act; no new post is taken.`,
  disk: "the disk refuses",
};

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
    const page = `${waiting > 0 ? `(${waiting}) ` : ""}${SAYS.title(title)}`;
    if (document.title !== page) document.title = page;
  }
  const first = live.state.epoch === null;
  say(need("#status .state"), live.online ? SAYS.live : first ? SAYS.connecting : SAYS.notConnected);
  say(need("#status .waits"), live.online ? ` · ${SAYS.waiting(waiting)}` : "");
  need("#status").classList.toggle("ill", !live.online && !first);
  const lost = need("#lost");
  const isLost = !live.online && !first;
  lost.hidden = !isLost;
  say(lost, isLost ? SAYS.lost(clock(live.lostAt, wall?.timezone ?? null)) : "");
  if (live.online && !wasOnline && !first && lost.dataset.was === "yes") say(need("#spoken"), SAYS.back);
  lost.dataset.was = isLost ? "yes" : "no";
  wasOnline = live.online;
  document.body.classList.toggle("offline", isLost);
  for (const node of document.querySelectorAll(ACTS)) {
    if (isLost) {
      node.setAttribute("aria-disabled", "true");
      node.setAttribute("title", SAYS.reason);
    } else if (node.getAttribute("title") === SAYS.reason) {
      node.removeAttribute("aria-disabled");
      node.removeAttribute("title");
    }
  }
  const ill = feeds.filter((feed) => !feedWords(feed, now, wall?.timezone ?? null).well);
  const note = need("#feeds-note");
  note.hidden = ill.length === 0;
  say(note, ill.length === 0 ? "" : SAYS.feeds(ill.length, feeds.length, ill.map(({ name }) => name).join(", ")));
  need("#storage").hidden = storage.ok;
  say(need("#storage"), storage.ok ? "" : SAYS.storage(storage.message ?? SAYS.disk));
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
