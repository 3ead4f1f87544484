/**
 * Posts that wait for nothing but a mode that holds no more. Opening the wall does not show them, since nobody has read
 * them; a line says how many there are, and leads to them, all chosen.
 *
 * @import { Frame, Post } from "../shared/protocol.d.ts"
 */
import { call, ofWall } from "../shared/api.js";
import { t } from "../shared/catalogue/index.js";
import { need } from "../shared/dom.js";
import { live, onDraw, onFrames, redraw } from "./live.js";
import { feedModesOf, modeOf } from "./modes.js";
import { queryOf } from "./places.js";
import { chosen, go } from "./posts.js";
import { NO_FILTER, isIn, usualOrder } from "./queues.js";
import { say } from "./rows.js";

const PAGE = 500;
const PLACE = /** @type {const} */ ({ queue: "waiting", order: "oldest", filter: { ...NO_FILTER, rule: "mode" } });

/** @type {Map<string, Post>} by id */
const left = new Map();
/** Number of the last post that had come when they were read: what comes later is held by a feed's own mode. */
let upTo = -1;
let reading = new AbortController();

/** @param {Post} post */
function isLeft(post) {
  const reasons = post.reasons ?? [];
  const isHeldStill = feedModesOf(live.state.settings)[post.feed ?? ""] === "held";
  return isIn(post, "waiting") && reasons.length > 0 && reasons.every(({ rule }) => rule === "mode") && !isHeldStill;
}

/** Reads them anew: every change of the settings, too, comes with a snapshot. */
async function read() {
  reading.abort();
  const mine = (reading = new AbortController());
  left.clear();
  upTo = -1;
  redraw();
  const { settings, rules } = live.state;
  if (!live.decides || settings === null || modeOf(settings) !== "open") return;
  if (!rules.some(({ rule, held }) => rule === "mode" && held > 0)) return;
  /** @type {Set<string>} changed while a page was on its way */
  const told = (meanwhile = new Set());
  try {
    let before = null;
    do {
      const answer = await call(ofWall(live.wall, `posts?${queryOf(PLACE, { before, limit: PAGE })}`), { signal: mine.signal });
      for (const post of answer.posts) {
        upTo = Math.max(upTo, post.num);
        if (!told.has(post.id) && isLeft(post)) left.set(post.id, post);
      }
      before = answer.next === null ? null : Number(answer.next);
    } while (before !== null);
  } catch (error) {
    // Only a hint is missing; with the next connection it is asked again.
    if (!mine.signal.aborted) console.warn(error);
  }
  redraw();
}

/** @type {Set<string>} */
let meanwhile = new Set();

/** @param {readonly Frame[]} frames */
function follow(frames) {
  if (frames.some(({ type }) => type === "snapshot")) {
    void read();
    return;
  }
  for (const frame of frames) {
    if (frame.type !== "post" && frame.type !== "remove") continue;
    const id = frame.type === "post" ? frame.post.id : frame.id;
    meanwhile.add(id);
    if (frame.type === "post" && (frame.post.num ?? Infinity) <= upTo && isLeft(frame.post)) left.set(id, frame.post);
    else left.delete(id);
  }
}

/** Leads to them and chooses all: what is pressed next says first what it would do. */
function show() {
  go({ view: "posts", queue: PLACE.queue, order: usualOrder(PLACE.queue), filter: PLACE.filter });
  for (const [id, post] of left) chosen.set(id, post);
  document.body.classList.remove("side-open");
  redraw();
  // The row of decisions is drawn first.
  requestAnimationFrame(() => requestAnimationFrame(() => need('[data-bulk="show"]').focus()));
}

function draw() {
  const line = need("#left");
  line.hidden = left.size === 0 || chosen.size > 0;
  if (left.size > 0) say(line, t("left", { n: left.size }));
}

export function wireLeft() {
  need("#left").addEventListener("click", show);
  onFrames(follow);
  onDraw(draw);
}
