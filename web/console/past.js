/** All changes of the settings that the audit has: what one changed is told by the one before it. */
import { call, ofWall } from "../shared/api.js";
import { beforeOf } from "./changes.js";
import { live, onFrames, redraw } from "./live.js";

/** @import { Decision } from "../shared/protocol.d.ts" */
/** @import { Before } from "./changes.js" */

const MOST = 1000;

/** @type {readonly Decision[]} */
let changes = [];
let whole = false;

/** The reading that is under way, or was last. */
let reading = Promise.resolve();

/** Ends when the changes up to now are known. */
export const known = () => reading;

async function read() {
  try {
    const answer = await call(ofWall(live.wall, `audit?action=settings&limit=${MOST}`));
    changes = answer.entries;
    whole = answer.next === null;
    redraw();
  } catch (error) {
    // Changes are told without what held before them.
    console.warn(error);
  }
}

/** What held before a change of the settings. @param {Decision} decision @returns {Before} */
export function before({ seq }) {
  // What came with the stream may be newer than what was read.
  const newest = changes[0]?.seq ?? 0;
  const all = [...live.state.decisions.filter((one) => one.seq > newest), ...changes];
  return beforeOf(all, whole, live.state.settings, seq);
}

// Every change of the settings comes with a snapshot.
onFrames((frames) => {
  if (frames.some(({ type }) => type === "snapshot")) reading = read();
});
