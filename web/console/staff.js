/**
 * What only staff are told, folded beside the posts: feeds, screens, decisions, storage, settings, counts, people,
 * rules, the judge. Pure, and every frame may come again without effect, as in the store.
 *
 * @import { Frame } from "../shared/protocol.d.ts"
 * @import { State } from "../shared/state.d.ts"
 */
import { apply } from "../shared/store.js";

/** Decisions remembered for the log. */
const DECISIONS_KEPT = 200;

/**
 * Applies a whole message.
 *
 * @param {State} state
 * @param {readonly Frame[]} message
 * @returns {State} the new state; the old one is untouched
 */
export function applyStaff(state, message) {
  const next = apply(state, message);
  return next.epoch === null ? next : message.reduce(fold, next);
}

/** @param {State} state @param {Frame} frame @returns {State} */
function fold(state, frame) {
  switch (frame.type) {
    case "snapshot":
      return {
        ...state,
        feeds: frame.feeds ?? state.feeds,
        screens: frame.screens ?? state.screens,
        storage: frame.storage ?? state.storage,
        settings: frame.settings ?? state.settings,
        counts: frame.counts ?? state.counts,
        people: frame.people ?? state.people,
        unattended: frame.unattended ?? state.unattended,
        rules: frame.rules ?? state.rules,
        judge: frame.judge ?? state.judge,
        // The server names the newest first.
        decisions: frame.decisions ? [...frame.decisions].sort((a, b) => a.seq - b.seq) : state.decisions,
      };
    case "feeds":
      return { ...state, feeds: frame.feeds };
    case "screens":
      return { ...state, screens: frame.screens };
    case "counts":
      return { ...state, counts: frame.counts };
    case "people":
      return { ...state, people: frame.people, unattended: frame.unattended ?? false };
    case "rules":
      return { ...state, rules: frame.rules };
    case "judge":
      return { ...state, judge: frame.judge };
    case "storage":
      return { ...state, storage: frame.storage };
    case "decision": {
      const others = state.decisions.filter(({ seq }) => seq !== frame.decision.seq);
      return { ...state, decisions: [...others, frame.decision].sort((a, b) => a.seq - b.seq).slice(-DECISIONS_KEPT) };
    }
    default:
      return state;
  }
}
