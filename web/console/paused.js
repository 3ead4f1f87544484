/** What came while the wall was paused: asked for when somebody is about to let it go on. */
import { call, ofWall } from "../shared/api.js";
import { t } from "../shared/catalogue/index.js";
import { need } from "../shared/dom.js";
import { live } from "./live.js";

/** @import { Decision, Post } from "../shared/protocol.d.ts" */

const PAGE = 500;
/** Posts that are counted; nobody plans by a number beyond it. */
const COUNTED = 2000;

/** Whether the audit's line is about the wall having been paused. @param {Decision} entry */
function isPause({ text }) {
  try {
    return JSON.parse(text ?? "").action === "pause";
  } catch {
    return false;
  }
}

/** What came since a moment, newest first, up to a bound. @param {number} since @returns {Promise<Post[]>} */
async function cameSince(since) {
  /** @type {Post[]} */
  const came = [];
  let before = "";
  for (;;) {
    const answer = await call(ofWall(live.wall, `posts?view=staff&queue=all&order=newest&limit=${PAGE}${before}`));
    /** @type {Post[]} */
    const page = answer.posts;
    const older = page.findIndex(({ received_at: at }) => at && Date.parse(at) < since);
    came.push(...(older < 0 ? page : page.slice(0, older)));
    if (older >= 0 || answer.next === null || came.length >= COUNTED) return came;
    before = `&before=${answer.next}`;
  }
}

/** Says in the dialog how much came meanwhile; nothing where nobody knows since when it is paused. */
export async function sayWhatCame() {
  const line = need("#resume-came");
  line.textContent = "";
  try {
    const { entries } = await call(ofWall(live.wall, "audit?action=stage&limit=50"));
    const pause = /** @type {Decision[]} */ (entries).find(isPause);
    if (!pause) return;
    const came = await cameSince(Date.parse(pause.at));
    const ready = came.filter(({ standing }) => standing === "shown").length;
    const words = came.length === 0 ? t("resume.came.nothing") : t(came.length >= COUNTED ? "resume.came.more" : "resume.came", { n: came.length });
    line.textContent = [words, came.length > 0 ? t("resume.came.ready", { n: ready }) : ""].filter(Boolean).join(" ");
  } catch (error) {
    // Going on must not wait for a number.
    console.warn(error);
  }
}
