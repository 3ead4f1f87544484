/**
 * What this console knows now, and how its parts learn that something changed. One object for the page: parts read it
 * when they draw, and ask for a drawing after they have changed something.
 *
 * @import { State } from "../shared/state.d.ts"
 * @import { Frame } from "../shared/protocol.d.ts"
 * @import { Deed } from "./deeds.js"
 */
import { ApiError, call, signIn, wallOfPage } from "../shared/api.js";
import { t } from "../shared/catalogue/index.js";
import { Connection, streamAddress } from "../shared/connection.js";
import { need } from "../shared/dom.js";
import { cursor, empty, parse } from "../shared/store.js";
import { applyStaff } from "./staff.js";

/** Posts that the folded state keeps; lists keep their own. */
const POSTS_KEPT = 300;
/** An answer that takes longer will not come: the network is gone without a word. */
export const ANSWER_MS = 10_000;

export const live = {
  wall: wallOfPage(),
  state: /** @type {State} */ (empty(POSTS_KEPT)),
  me: { name: "", role: "" },
  /** Whether the person may decide about posts. */
  decides: false,
  /** @type {ReadonlySet<Deed>} nobody is offered what would be refused */
  may: new Set(),
  online: false,
  /** Since when not. */
  lostAt: Date.now(),
  /** @type {{words: string, refused: boolean, at: number} | null} what is said beside the panic row, and since when */
  message: null,
};

/** @type {((now: number) => void)[]} */
const drawers = [];
/** @type {((frames: readonly Frame[]) => void)[]} */
const listeners = [];

/** Has a part drawn with every change. @param {(now: number) => void} part */
export const onDraw = (part) => void drawers.push(part);
/** Tells a part of every message that was applied. @param {(frames: readonly Frame[]) => void} listen */
export const onFrames = (listen) => void listeners.push(listen);

let drawing = false;
/** Asks for a drawing soon; many requests make one. */
export function redraw() {
  if (drawing) return;
  drawing = true;
  // A page in the background is given no animation frames, and its title has to count on.
  if (document.hidden) setTimeout(draw, 200);
  else requestAnimationFrame(draw);
}

function draw() {
  drawing = false;
  const now = Date.now();
  for (const drawer of drawers) drawer(now);
}

/** @param {boolean} online */
function turn(online) {
  if (online === live.online) return;
  live.online = online;
  if (!online) live.lostAt = Date.now();
  redraw();
}

export const connection = new Connection({
  address: () => streamAddress(live.wall, { cursor: cursor(live.state), staff: true }),
  message(text) {
    const frames = parse(text);
    live.state = applyStaff(live.state, frames);
    for (const listen of listeners) listen(frames);
    redraw();
  },
  state: turn,
  // A refused handshake tells a page nothing; ask whether we are still signed in.
  closed: () =>
    void call("/me").catch(async (/** @type {ApiError} */ error) => {
      if (error.status !== 401) return;
      // What is under way is refused too, and brings the page back to its post: that is the place to come back to.
      await Promise.allSettled(underway);
      setTimeout(signIn);
    }),
});

/** Calls whose answer has not come. @type {Set<Promise<unknown>>} */
const underway = new Set();

/** The network says that it is gone: no need to wait until the stream notices. */
export function networkLost() {
  turn(false);
  connection.connect();
}

/**
 * Calls the server for the person. Refused at once while there is no connection: nothing is kept to be sent later.
 *
 * @param {string} path
 * @param {object} [body]
 * @param {string} [method]
 * @returns {Promise<any>}
 * @throws {ApiError}
 */
export async function ask(path, body, method = "POST") {
  if (!live.online) throw new ApiError(0, t("status.nothing_done"));
  const answer = call(path, { method, signal: AbortSignal.timeout(ANSWER_MS), ...(body === undefined ? {} : { body }) });
  underway.add(answer);
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 0) networkLost();
    throw error;
  } finally {
    underway.delete(answer);
  }
}

/** Says something to those who listen to the page. @param {string} words */
export function speak(words) {
  need("#spoken").textContent = words;
}

/** @param {string | null} words that something did not go as it was meant; null: something else is done now */
export const trouble = (words) => message(words, true);

/** Says calmly what came of a press. @param {string} words */
export const tell = (words) => message(words, false);

/** @param {string | null} words @param {boolean} isRefusal */
function message(words, isRefusal) {
  live.message = words === null ? null : { words, refused: isRefusal, at: Date.now() };
  if (words !== null) speak(words);
  redraw();
}

/** @param {unknown} error @param {string} what */
export function refused(error, what) {
  if (error instanceof ApiError && error.status === 401) {
    signIn();
    return;
  }
  trouble(t("status.could_not", { what, why: error instanceof Error ? error.message : String(error) }));
}
