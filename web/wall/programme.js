/**
 * Which scene is on. Pure: everything that it depends on is an argument, so that all screens of a wall come to the same.
 *
 * @import { Asked, Entry, Facts, Pick, SceneName, When } from "./types.d.ts"
 * @import { Post, Session } from "../shared/protocol.d.ts"
 */
import { isScene } from "./display.js";

/** Fewer posts than this within that time are a quiet wall. */
const QUIET = { posts: 5, seconds: 600 };

/**
 * The sessions that run at a time.
 *
 * @param {readonly Session[]} sessions
 * @param {number} now
 */
export const running = (sessions, now) => sessions.filter(({ from, to }) => Date.parse(from) <= now && now < Date.parse(to));

/**
 * @param {Iterable<Post>} posts
 * @param {number} seconds
 * @param {number} now
 */
function within(posts, seconds, now) {
  let count = 0;
  for (const { created_at: at } of posts) if (now - Date.parse(at) < seconds * 1000) count += 1;
  return count;
}

/**
 * Whether a condition holds; one that this page does not know does not.
 *
 * @param {When | null} when
 * @param {Facts} facts
 */
export function holds(when, { posts, sessions, now }) {
  if (when === null) return true;
  if (typeof when === "object") {
    if ("session" in when) return running(sessions, now).some(({ title }) => title === when.session);
    if ("fewer" in when) return within(posts, when.fewer.seconds, now) < when.fewer.posts;
    return false;
  }
  switch (when) {
    case "pinned":
      return posts.some(({ pinned }) => pinned === true);
    case "highlighted":
      return posts.some(({ highlighted }) => highlighted === true);
    case "quiet":
      return within(posts, QUIET.seconds, now) < QUIET.posts;
    case "busy":
      return within(posts, QUIET.seconds, now) >= QUIET.posts;
    case "session":
      return running(sessions, now).length > 0;
    case "break":
      return running(sessions, now).length === 0;
    default:
      return false;
  }
}

/**
 * The entry whose turn it is: the place is the server's time modulo the whole cycle, the same on every screen. An entry
 * that may not play now gives its time to the next that may.
 *
 * @param {readonly Entry[]} programme
 * @param {Facts} facts
 * @param {string | null} screen its name
 * @param {(scene: SceneName) => boolean} has whether a scene has something to show
 * @returns {{entry: Entry, place: string} | null}
 */
export function turn(programme, facts, screen, has) {
  const here = programme.filter(({ screens }) => screens === null || (screen !== null && screens.includes(screen)));
  const alone = here.filter((entry) => entry.only && holds(entry.when, facts));
  const cycle = alone.length > 0 ? alone : here;
  const total = cycle.reduce((sum, { seconds }) => sum + seconds, 0);
  if (total === 0) return null;
  const round = Math.floor(facts.now / 1000 / total);
  let into = facts.now / 1000 - round * total;
  let first = 0;
  for (const [i, { seconds }] of cycle.entries()) {
    first = i;
    if (into < seconds) break;
    into -= seconds;
  }
  for (let i = 0; i < cycle.length; i += 1) {
    const entry = cycle[(first + i) % cycle.length];
    if (entry && holds(entry.when, facts) && has(entry.scene)) return { entry, place: `${round}.${first}` };
  }
  return null;
}

/**
 * The scene that is on, and why. Blanking and announcements come before all; then the technician at the screen, what was
 * given to this screen, the address, what was given to all, the programme, the wall's usual scene. What has nothing to
 * show is passed over; the title is what is left.
 *
 * @param {Facts} facts
 * @param {Asked} asked
 * @param {(scene: SceneName) => boolean} has
 * @returns {Pick}
 */
export function pick(facts, asked, has) {
  const { display, stage, screen } = asked;
  // A strip laid over somebody else's picture stays what it is: it blanks and announces by itself.
  if (asked.overlay && asked.address) return { scene: asked.address, why: "address", place: "" };
  if (stage.announcement?.text) return { scene: "announcement", why: "announcement", place: "" };
  if (stage.blanked || asked.blanked) return { scene: "title", why: "blank", place: "" };
  const playing = turn(display.programme, facts, screen, has);
  const named = screen === null ? null : (stage.screens?.[screen] ?? null);
  const given = isScene(named) ? named : null;
  const place = `${given ?? ""} ${stage.scene ?? ""} ${playing?.place ?? ""}`;
  /** @type {[Pick["why"], SceneName | null | undefined][]} */
  const wishes = [
    // Until the programme or the console says something else.
    ["key", asked.key?.place === place ? asked.key.scene : null],
    ["screen", given],
    ["address", asked.address],
    ["stage", stage.scene],
    ["programme", playing?.entry.scene],
    ["wall", display.scene],
    ["wall", "grid"],
  ];
  for (const [why, scene] of wishes) if (scene && (why === "programme" || has(scene))) return { scene, why, place };
  return { scene: "title", why: "empty", place };
}
