/**
 * What the console says of decisions, feeds and screens. Pure.
 *
 * @import { Conflict, Decision, Feed, Judge, Post, Screen } from "../shared/protocol.d.ts"
 * @import { Before } from "./changes.js"
 */
import { has, t } from "../shared/catalogue/index.js";
import { segments } from "../shared/facets.js";
import { clock } from "../shared/format.js";
import { settingsWords } from "./changes.js";
import { marked, sentence, veiled } from "./reasons.js";
import { sceneName } from "./screens/model.js";
import { ago, span } from "./spans.js";

export { why } from "./reasons.js";

/**
 * Who was faster: `mia hid this 1 s ago`.
 *
 * @param {Pick<Conflict, "by" | "action" | "at">} conflict
 * @param {number} now
 */
export function conflictWords({ by, action, at }, now) {
  const key = `faster.${action}`;
  return t(has(key) ? key : "faster.decided", { by, ago: ago(now - Date.parse(at)) });
}

/**
 * What somebody did to the screens; the server gives the command itself.
 *
 * @param {string} by
 * @param {string} command JSON
 */
function staged(by, command) {
  /** @type {{action?: string, text?: string | null, scene?: string | null, screen?: string | null}} */
  let said;
  try {
    said = JSON.parse(command);
  } catch {
    return t("said.directed", { by });
  }
  const { action = "", text, scene, screen } = said;
  if (action === "announcement") return text ? t("said.announced", { by, text }) : t("said.announced_no_more", { by });
  if (action === "scene" && screen) return scene ? t("said.scene_on", { by, screen, scene: sceneName(scene) }) : t("said.no_scene_on", { by, screen });
  if (action === "scene") return scene ? t("said.scene", { by, scene: sceneName(scene) }) : t("said.no_scene", { by });
  const key = `said.${action}`;
  return t(["pause", "resume", "blank", "unblank"].includes(action) && has(key) ? key : "said.directed", { by });
}

/**
 * What somebody did that was not about single posts.
 *
 * @param {Decision} decision
 * @param {Before} before
 */
function otherWords({ by, action, text }, before) {
  switch (action) {
    case "author_blocked":
    case "author_trusted":
    case "author_normal":
      return t(`said.${action}`, { by, whom: text ?? t("said.author") });
    case "stage":
      return staged(by, text ?? "");
    case "settings":
      return settingsWords(by, text ?? "", before);
    case "undo":
    case "note":
    case "erase":
    case "add":
      return t(`said.${action}`, { by });
    case "counting":
      return t(text ? "said.counting" : "said.counting_back", { by });
    default: {
      const words = sentence(action).toLowerCase();
      return text ? t("said.other_text", { by, action: words, text }) : t("said.other", { by, action: words });
    }
  }
}

/** Decisions about posts. */
const ABOUT_POSTS = /** @type {const} */ (["hide", "show", "pin", "unpin", "highlight", "unhighlight", "stash", "unstash"]);

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
 * @param {Before} [before] what held before it, of a change of the settings
 */
export function decisionWords(decision, find, before = () => undefined) {
  const { by, posts } = decision;
  const action = ABOUT_POSTS.find((one) => one === decision.action);
  if (!action) return otherWords(decision, before);
  const [first] = posts;
  const post = first === undefined ? null : find(first);
  const one = post ? t("said.post_by", { name: plainName(post) }) : t("said.post");
  return t(`said.${action}`, { by, what: posts.length === 1 ? one : t("posts", { n: posts.length }) });
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
  if (screens.length === 0) return { text: t("reach.none"), complete: true };
  const gone = screens.filter(({ seq }) => seq >= decision.seq);
  const text = t("reach.gone", { n: gone.length, of: t("screens.of", { n: screens.length }) });
  const late = screens
    .filter(({ seq }) => seq < decision.seq)
    .map(({ name, connected }) => t(connected ? "reach.late" : "reach.offline", { name }));
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
  const lag = typeof feed.lag_ms === "number" && feed.state === "reading" ? t("feed.lag", { span: span(feed.lag_ms) }) : null;
  const post = feed.last_post && feed.kind !== "trends" ? t("feed.last_post", { ago: ago(now - Date.parse(feed.last_post)) }) : null;
  const read = feed.last_success ? t("feed.last_read", { ago: ago(now - Date.parse(feed.last_success)) }) : t("feed.not_read");
  const until = feed.next_try ? Date.parse(feed.next_try) : null;
  const next = until !== null && until > now ? t("feed.next_try", { span: span(until - now) }) : null;
  const refused = Object.entries(feed.refused ?? {})
    .filter(([, n]) => n > 0)
    .map(([reason, n]) => refusedWords(reason, n));
  const taken = [
    t("feed.taken", { posts: t("posts", { n: feed.taken ?? 0 }) }),
    feed.repeated ? t("feed.repeated", { n: feed.repeated }) : null,
    refused.length > 0 ? t("feed.refused", { what: refused.join(", ") }) : null,
  ];
  const rate = feed.rate?.limit ? t("feed.rate", { n: feed.rate.remaining ?? 0, of: feed.rate.limit }) : null;
  return {
    state: feedState(feed, until === null ? null : clock(until, zone)),
    detail: [read, next, post, lag, ...taken, rate].filter(Boolean).join(" · "),
    well: ["reading", "starting", "done", "off"].includes(feed.state),
  };
}

/** How many items a feed offered that were not taken. @param {string} reason @param {number} n */
function refusedWords(reason, n) {
  const key = `refused.${reason}`;
  return has(key) ? t(key, { n }) : `${n} ${reason.replaceAll("_", " ")}`;
}

/** @param {Feed} feed @param {string | null} until when it is tried next */
function feedState(feed, until) {
  const error = feed.last_error;
  /** @param {string} state */
  const because = (state) => (error ? t("feed.with_error", { state, error }) : state);
  switch (feed.state) {
    case "starting":
    case "done":
    case "off":
      return t(`feed.${feed.state}`);
    case "reading": {
      if (feed.kind === "ingest") return t("feed.ingest");
      const reading = t(feed.via === "stream" ? "feed.reading_live" : "feed.reading");
      return feed.note ? t("feed.reading_but", { reading, note: feed.note }) : reading;
    }
    case "rate_limited":
      return until ? t("feed.rate_limited_until", { time: until }) : t("feed.rate_limited");
    case "failing":
      return because(feed.failures ? t("feed.failing_times", { times: t("times", { n: feed.failures }) }) : t("feed.failing"));
    case "unauthorised":
      return t("feed.unauthorised", { why: error || t("feed.token") });
    case "stopped":
      return because(t("feed.stopped"));
    default:
      return sentence(feed.state);
  }
}

/**
 * What is said of the judge; null where there is none.
 *
 * @param {Judge | null} judge
 * @returns {{state: string, detail: string, well: boolean} | null}
 */
export function judgeWords(judge) {
  if (judge === null || judge.state === "off") return null;
  const { state, last_error: error, asked, failed, waiting } = judge;
  const detail = [t("judge.asked", { n: asked }), failed > 0 && t("judge.failed", { n: failed }), waiting > 0 && t("judge.waiting", { n: waiting })];
  return {
    state: state === "ok" ? t("judge.ok") : error ? t(`judge.${state}_with`, { error }) : t(`judge.${state}`),
    detail: detail.filter(Boolean).join(" · "),
    well: state === "ok",
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
  const since = screen.last_seen ? t("screen.last_seen", { ago: ago(now - Date.parse(screen.last_seen)) }) : null;
  const state = t(!screen.connected ? "screen.offline" : screen.seq >= seq ? "screen.up_to_date" : "screen.connected");
  return [state, screen.connected ? null : since, size].filter(Boolean).join(" · ");
}
