/** The console: puts its parts together for whoever has signed in. */
import "../shared/language.js";
import { ApiError, call, signIn } from "../shared/api.js";
import { t } from "../shared/catalogue/index.js";
import { need } from "../shared/dom.js";
import { arm } from "./alarm.js";
import { aboutAuthor } from "./authors.js";
import { toggle, wireBulk } from "./bulk.js";
import "./calling.js";
import { wireCounting } from "./counting.js";
import { clash, decide, press } from "./decide.js";
import { mayOf } from "./deeds.js";
import { wireFilters } from "./filters.js";
import { wireGestures } from "./gestures.js";
import "./header.js";
import { wireKeys } from "./keys.js";
import { wireLeft } from "./left.js";
import { connection, live, networkLost, redraw, trouble } from "./live.js";
import { openNote, wireNotes } from "./notes.js";
import { hooks } from "./posts.js";
import "./presence.js";
import { openSide, wireSide } from "./side.js";
import { wireStage } from "./stage.js";
import { mountAlarm, mountLanguage } from "./switches.js";
import { wireViews } from "./views.js";

/** @import { Deed } from "./deeds.js" */

/** Ages are written anew. */
const TICK_MS = 10_000;

/** What is not a decision opens something; the rest is decided. @param {Deed} deed @param {import("../shared/protocol.d.ts").Post} post @param {boolean} pressed */
function take(deed, post, pressed) {
  if (deed === "about") void aboutAuthor(post);
  else if (deed === "note") openNote(post);
  else if (deed === "choose") toggle(post.id);
  else if (deed === "original") {
    if (post.url && /^https?:/.test(post.url)) open(post.url, "_blank", "noopener,noreferrer");
  } else if (pressed) press(deed, post);
  else void decide(deed, post);
}

/** While the connection is lost, what would act says so instead. @param {Event} event */
function refuse(event) {
  const target = event.target instanceof Element ? event.target.closest('[aria-disabled="true"]') : null;
  if (target === null) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  trouble(t("status.nothing_done.sentence"));
}

function wire() {
  const slug = encodeURIComponent(live.wall);
  /** @type {HTMLAnchorElement} */ (need("#to-wall")).href = `/w/${slug}`;
  /** @type {HTMLAnchorElement} */ (need("#to-report")).href = `/report/${slug}`;
  need("#to-report").hidden = live.me.role === "rapporteur";
  hooks.decide = (deed, post) => take(deed, post, true);
  hooks.act = (deed, post) => take(deed, post, false);
  hooks.choose = toggle;
  hooks.clash = clash;
  addEventListener("click", refuse, { capture: true });
  addEventListener("submit", refuse, { capture: true });
  wireFilters();
  wireBulk();
  wireNotes();
  wireGestures();
  wireSide();
  if (live.decides) {
    wireStage();
    wireCounting();
    wireLeft();
  }
  wireKeys();
  wireViews();
  mountAlarm(need("#alarm"), redraw);
  mountLanguage(need("#language"));
  arm();
  need("#feeds-note").addEventListener("click", () => {
    if (!need("#feeds").checkVisibility()) openSide();
    need("#feeds").scrollIntoView({ block: "center" });
  });
  need("#sign-out").addEventListener("click", async () => {
    connection.stop();
    await call("/sign-out", { method: "POST" }).catch((error) => console.warn(error));
    location.assign("/sign-in");
  });
  addEventListener("online", () => connection.connect());
  addEventListener("offline", networkLost);
  setInterval(redraw, TICK_MS);
}

try {
  const { name, role } = await call("/me");
  live.me = { name, role };
  live.decides = role === "admin" || role === "moderator";
  live.may = mayOf(role);
  for (const part of document.querySelectorAll("[data-decides]")) if (!live.decides) part.remove();
  wire();
  connection.connect();
} catch (error) {
  if (error instanceof ApiError && error.status === 401) signIn();
  else need("#status").textContent = t("page.reload", { why: error instanceof Error ? error.message : String(error) });
}
