/** Calls somebody: what is not as it should be in the state of now, as a line of words and by every way that is switched on. */
import { t } from "../shared/catalogue/index.js";
import { need } from "../shared/dom.js";
import { call } from "./alarm.js";
import { alerts } from "./alerts.js";
import { live, onDraw } from "./live.js";
import { say } from "./rows.js";

/** @import { Alert } from "./alerts.js" */

/** What calls now; nothing is new while there is no connection. @type {readonly Alert[]} */
export let calling = [];

/** @param {number} now */
function draw(now) {
  if (live.online && live.state.wall) {
    calling = alerts(live.state, now);
    call(calling);
  }
  // Feeds have a line of their own, which leads to them.
  const told = live.online ? calling.filter(({ kind }) => kind !== "feed") : [];
  const line = need("#alerts");
  line.hidden = told.length === 0;
  say(line, told.map(({ kind, cause }) => t(`alert.${kind}`, { cause })).join(" · "));
}

onDraw(draw);
