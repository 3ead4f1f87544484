/**
 * What the console says of decisions, feeds and screens. Pure.
 *
 * @import { Conflict, Decision, Feed, Post, Screen } from "../shared/protocol.d.ts"
 */
import { counted, span } from "../shared/amounts.js";
import { segments } from "../shared/facets.js";
import { clock } from "../shared/format.js";
import { marked, sentence, veiled } from "./reasons.js";

export { why } from "./reasons.js";

/** @type {Record<string, string>} */
const DONE = {
  hide: "hid",
  show: "showed",
  pin: "pinned",
  unpin: "unpinned",
  highlight: "highlighted",
  unhighlight: "took the highlight from",
  stash: "put aside",
  unstash: "took back",
};

/**
 * Who was faster: `mia hid this 1 s ago`.
 *
 * @param {Pick<Conflict, "by" | "action" | "at">} conflict
 * @param {number} now
 */
export const conflictWords = ({ by, action, at }, now) => `${by} ${DONE[action] ?? "decided"} this ${span(now - Date.parse(at))} ago`;

/** @type {Record<string, string>} */
const STAGED = {
  pause: "paused the wall",
  resume: "let the wall go on",
  blank: "blanked the screens",
  unblank: "brought the screens back",
};

/**
 * What somebody did to the screens; the server gives the command itself.
 *
 * @param {string} command JSON
 */
function staged(command) {
  /** @type {{action?: string, text?: string | null, scene?: string | null}} */
  let said;
  try {
    said = JSON.parse(command);
  } catch {
    return "directed the screens";
  }
  if (said.action === "announcement") return said.text ? `announced “${said.text}”` : "took the announcement down";
  if (said.action === "scene") return said.scene ? `chose the scene ${said.scene}` : "left the choice of scenes to the wall";
  return STAGED[said.action ?? ""] ?? "directed the screens";
}

/** @type {Record<string, string>} */
const MODES = { open: "at once", delayed: "delayed", held: "once approved" };

/**
 * @param {string} changes as the server gives them: `moderation.mode = "held", moderation.delay = "30s"`
 */
function changed(changes) {
  const mode = /^moderation\.mode = "(\w+)"$/.exec(changes)?.[1];
  if (mode) return `set new posts to be shown ${MODES[mode] ?? mode}`;
  const back = /^([\w.]+) = null$/.exec(changes)?.[1];
  return back ? `set ${back} back to the file's value` : `set ${changes}`;
}

/**
 * What somebody did that was not about single posts.
 *
 * @param {Decision} decision
 */
function otherWords({ action, text }) {
  switch (action) {
    case "author_blocked":
      return `blocked ${text ?? "an author"}`;
    case "author_trusted":
      return `trusts ${text ?? "an author"}`;
    case "author_normal":
      return `put ${text ?? "an author"} back to the rules`;
    case "stage":
      return staged(text ?? "");
    case "settings":
      return changed(text ?? "");
    case "undo":
      return "took a decision back";
    case "note":
      return "wrote a note on a post";
    case "erase":
      return "erased an author";
    case "counting":
      return text ? "began to count anew" : "set counting back to the file's time";
    case "add":
      return "added a post by its address";
    default:
      return sentence(action).toLowerCase() + (text ? ` “${text}”` : "");
  }
}

/** Who wrote a post, without words that hurt. @param {Post} post */
export function plainName(post) {
  const name = post.author.name || post.author.handle;
  const field = post.author.name ? "name" : "handle";
  return segments(name, [], marked(post, field)).reduce((said, { text, masked }) => said + (masked ? veiled(text) : text), "");
}

/**
 * A decision as a sentence without its full stop.
 *
 * @param {Decision} decision
 * @param {(id: string) => Post | null} find
 */
export function decisionWords(decision, find) {
  const verb = DONE[decision.action];
  if (!verb) return `${decision.by} ${otherWords(decision)}`;
  const [first] = decision.posts;
  const post = first === undefined ? null : find(first);
  const what =
    decision.posts.length === 1
      ? post
        ? `a post by ${plainName(post)}`
        : "a post"
      : counted(decision.posts.length, "post", "posts");
  return `${decision.by} ${verb} ${what}`;
}

/**
 * How far a removal has come: `gone from 2 of 3 screens · café is offline`.
 *
 * @param {Decision} decision
 * @param {readonly Screen[]} screens
 * @returns {{text: string, complete: boolean} | null} null where nothing had to go
 */
export function reach(decision, screens) {
  if (!["hide", "author_blocked"].includes(decision.action) || decision.undone_by) return null;
  if (screens.length === 0) return { text: "no screen is registered", complete: true };
  const gone = screens.filter(({ seq }) => seq >= decision.seq);
  const text = `gone from ${gone.length} of ${counted(screens.length, "screen", "screens")}`;
  const late = screens
    .filter(({ seq }) => seq < decision.seq)
    .map(({ name, connected }) => (connected ? `${name} has not answered yet` : `${name} is offline`));
  return { text: [text, ...late].join(" · "), complete: late.length === 0 };
}

/**
 * A feed's health in words.
 *
 * @param {Feed} feed
 * @param {number} now
 * @param {string | null} zone
 * @returns {{state: string, detail: string, well: boolean}}
 */
export function feedWords(feed, now, zone) {
  const inTime = (/** @type {string | null | undefined} */ at) => (at ? span(Date.parse(at) - now) : null);
  const lag = typeof feed.lag_ms === "number" && feed.state === "reading" ? `posts come ${span(feed.lag_ms)} after they are written` : null;
  const post = feed.last_post && feed.kind !== "trends" ? `last post ${span(now - Date.parse(feed.last_post))} ago` : null;
  const ago = feed.last_success ? `last read ${span(now - Date.parse(feed.last_success))} ago` : "not read yet";
  const next = feed.next_try && Date.parse(feed.next_try) > now ? `next try in ${inTime(feed.next_try)}` : null;
  const refused = Object.entries(feed.refused ?? {})
    .filter(([, n]) => n > 0)
    .map(([reason, n]) => `${n} ${reason.replaceAll("_", " ")}`);
  const taken = [
    `${counted(feed.taken ?? 0, "post", "posts")} taken`,
    feed.repeated ? `${feed.repeated} repeated` : null,
    refused.length > 0 ? `refused: ${refused.join(", ")}` : null,
  ];
  const rate = feed.rate?.limit ? `${feed.rate.remaining ?? 0} of ${feed.rate.limit} requests left` : null;
  /** @type {Record<Feed["state"], string>} */
  const states = {
    starting: "Starting",
    reading: feed.kind === "ingest" ? "Open to those who send" : `Reading${feed.via === "stream" ? " live" : ""}${feed.note ? `, but ${feed.note}` : ""}`,
    rate_limited: `Asked by the source to wait${feed.next_try ? ` until ${clock(Date.parse(feed.next_try), zone)}` : ""}`,
    failing: `Failing${feed.failures ? `, ${counted(feed.failures, "time", "times")}` : ""}${feed.last_error ? `: ${feed.last_error}` : ""}`,
    unauthorised: `Not allowed: ${feed.last_error || "its token is missing or wrong"}`,
    done: "Done: everything is read",
    stopped: `Stopped${feed.last_error ? `: ${feed.last_error}` : ""}`,
    off: "No longer read: it is not in the settings any more",
  };
  return {
    state: states[feed.state] ?? sentence(feed.state),
    detail: [ago, next, post, lag, ...taken, rate].filter(Boolean).join(" · "),
    well: ["reading", "starting", "done", "off"].includes(feed.state),
  };
}

/**
 * A screen's state in words.
 *
 * @param {Screen} screen
 * @param {number} seq the newest position
 * @param {number} now
 */
export function screenWords(screen, seq, now) {
  const size = screen.width && screen.height ? `${screen.width} × ${screen.height}` : null;
  const since = screen.last_seen ? `last seen ${span(now - Date.parse(screen.last_seen))} ago` : null;
  const state = !screen.connected ? "Offline" : screen.seq >= seq ? "Up to date" : "Connected";
  return [state, screen.connected ? null : since, size].filter(Boolean).join(" · ");
}
