/**
 * The panel beside the queue: decisions with their undo, screens, feeds.
 *
 * @import { Decision, Post } from "../shared/protocol.d.ts"
 * @import { State } from "../shared/state.d.ts"
 */
import { el, need } from "../shared/dom.js";
import { clock } from "../shared/format.js";
import { decisionWords, feedWords, reach, screenWords } from "./wording.js";

/**
 * @typedef {object} Hooks
 * @property {(seq: number) => void} undo
 * @property {(name: string) => void} dismiss
 * @property {boolean} decides whether the person may decide
 */

/**
 * @param {State} state
 * @param {number} now
 * @param {Hooks} hooks
 */
export function panels(state, now, hooks) {
  const zone = state.wall?.timezone ?? null;
  const log = state.decisions.slice(-40).reverse().map((decision) => decisionLine(decision, state, hooks, zone));
  need("#log").replaceChildren(...(log.length > 0 ? log : [el("li", "soft", "Nothing decided yet")]));

  const screens = state.screens.map((screen) => {
    const row = el("li", screen.connected ? "" : "ill", el("b", "", screen.name), el("span", "soft", screenWords(screen, state.seq, now)));
    if (!screen.connected && hooks.decides) {
      const dismiss = el("button", "plain", "Dismiss");
      dismiss.type = "button";
      dismiss.addEventListener("click", () => hooks.dismiss(screen.name));
      row.append(dismiss);
    }
    return row;
  });
  need("#screens").replaceChildren(...(screens.length > 0 ? screens : [el("li", "soft", "No screen is registered. Open the link below on one.")]));

  const feeds = state.feeds.map((feed) => {
    const { state: health, detail, well } = feedWords(feed, now, zone);
    return el("li", well ? "" : "ill", el("b", "", feed.name), el("span", "health", health), el("span", "soft", detail));
  });
  const trends = (state.trends?.at_source ?? []).map(({ place, hashtag, rank, of, since, best_rank: best }) =>
    el("li", "trend", el("b", "", `#${hashtag} is trending on ${place}`), el("span", "soft", `no. ${rank} of ${of}, best ${best}, since ${clock(Date.parse(since), zone)}`)),
  );
  need("#feeds").replaceChildren(...trends, ...(feeds.length > 0 ? feeds : [el("li", "soft", "This wall reads no feed.")]));
}

/**
 * @param {Decision} decision
 * @param {State} state
 * @param {Pick<Hooks, "undo" | "decides">} hooks
 * @param {string | null} zone
 * @returns {HTMLLIElement}
 */
export function decisionLine(decision, state, hooks, zone) {
  const find = (/** @type {string} */ id) => /** @type {Post | null} */ (state.posts.get(id)?.post ?? null);
  const row = el("li", decision.undone_by ? "undone" : "", el("time", "soft", clock(Date.parse(decision.at), zone)), " ", decisionWords(decision, find));
  const gone = reach(decision, state.screens);
  if (gone) row.append(" ", el("span", gone.complete ? "reach" : "reach late", gone.text));
  if (decision.undone_by) {
    const by = state.decisions.find(({ seq }) => seq === decision.undone_by)?.by;
    row.append(" ", el("span", "soft", by ? `undone by ${by}` : "undone"));
  } else if (decision.can_undo && hooks.decides) {
    const undo = el("button", "plain", "Undo");
    undo.type = "button";
    undo.addEventListener("click", () => hooks.undo(decision.seq));
    row.append(" ", undo);
  }
  return row;
}
