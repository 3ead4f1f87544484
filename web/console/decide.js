/**
 * Decisions: what was pressed shows at once, and is taken back, in words, where the server refuses it or somebody else
 * was faster.
 *
 * @import { Conflict, Post } from "../shared/protocol.d.ts"
 * @import { Deed } from "./deeds.js"
 */
import { ApiError, ofWall } from "../shared/api.js";
import { t } from "../shared/catalogue/index.js";
import { DEEDS, STANDINGS, WISHES } from "./deeds.js";
import { ask, live, redraw, refused, speak, tell, trouble } from "./live.js";
import { comeBack, find, goOn, here, isMoving, take, welcomeBack } from "./posts.js";
import { isIn } from "./queues.js";
import { conflictWords, decisionWords, plainName } from "./wording.js";
import { settle, wish } from "./wishes.js";

/** How long a card says that somebody else was faster. */
const CLASH_MS = 8000;

/** @type {Map<string, {words: string, until: number}>} */
const clashes = new Map();
/** @type {Map<number, string>} by position of a decision, what it changed besides */
export const changedBy = new Map();

/** What somebody else has just done to a post, against a decision made here. @param {string} id */
export function clash(id) {
  const known = clashes.get(id);
  return known && known.until > Date.now() ? known.words : null;
}

/** Says who was faster, on the cards and in a line. @param {readonly Conflict[]} conflicts */
export function tellConflicts(conflicts) {
  const now = Date.now();
  for (const conflict of conflicts) {
    clashes.set(conflict.post, { words: conflictWords(conflict, now), until: now + CLASH_MS });
    setTimeout(redraw, CLASH_MS + 50);
    while (clashes.size > 200) clashes.delete(clashes.keys().next().value ?? "");
  }
  const [first] = conflicts;
  if (!first) return;
  const post = find(first.post);
  const words = conflictWords(first, now);
  trouble(post ? t("faster.of", { whose: plainName(post), what: words }) : `${words}.`);
}

/** Puts posts back to what the server says of them. @param {readonly string[]} ids @param {boolean} granted */
export function settleAll(ids, granted) {
  for (const id of ids) {
    const post = settle(id, granted);
    if (post) take(post);
  }
}

/** A press on a button in the list, which may have moved under the finger. @param {Deed} deed @param {Post} post */
export function press(deed, post) {
  if (isMoving()) tellMoved();
  else void decide(deed, post);
}

/** Says that a press did nothing, since what it was meant for had just moved. */
export const tellMoved = () => tell(t("status.moved"));

/**
 * @param {Deed} deed a decision
 * @param {Post} post
 */
export async function decide(deed, post) {
  if (!live.may.has(deed)) return;
  trouble(null);
  if (!live.online) {
    refused(new ApiError(0, t("status.nothing_done")), DEEDS[deed].done);
    return;
  }
  const seen = live.state.seq;
  const wanted = wish(post, WISHES[deed] ?? {});
  const arrive = isIn(wanted, here().queue) ? null : goOn(post.id);
  take(wanted);
  redraw();
  if (arrive) requestAnimationFrame(() => requestAnimationFrame(arrive));
  const standing = STANDINGS[deed];
  try {
    const answer = standing
      ? await ask(ofWall(live.wall, "authors"), { author: post.author.id, standing })
      : await ask(ofWall(live.wall, "decisions"), { posts: [post.id], action: deed, seen });
    if (answer?.stored === false) trouble(t("status.shown_not_stored", { why: live.state.storage.message ?? t("status.disk") }));
    if (standing && typeof answer?.changed === "number") {
      const changed = t("log.changed", { posts: t("posts", { n: answer.changed }) });
      changedBy.set(answer.seq, changed);
      speak(`${DEEDS[deed].label}: ${changed}`);
    } else speak(t("do.done", { label: DEEDS[deed].label }));
    const conflicts = /** @type {Conflict[]} */ (answer?.conflicts ?? []);
    settleAll([post.id], conflicts.length === 0);
    tellConflicts(conflicts);
  } catch (error) {
    settleAll([post.id], false);
    const conflicts = error instanceof ApiError && error.status === 409 ? error.answer?.conflicts : null;
    if (Array.isArray(conflicts) && conflicts.length > 0) tellConflicts(conflicts);
    else {
      if (arrive) comeBack(post.id);
      refused(error, DEEDS[deed].done);
    }
  }
  redraw();
}

/** Takes back the person's last decision, or a named one. @param {number} [seq] */
export async function undo(seq) {
  trouble(null);
  try {
    const { posts, undone } = await ask(ofWall(live.wall, "undo"), seq === undefined ? {} : { seq });
    // Named before the list takes the posts back or lets them go.
    const decision = live.state.decisions.find((one) => one.seq === undone);
    const what = decision && decisionWords(decision, find);
    settleAll(posts, true);
    welcomeBack(posts);
    tell(what ? t("log.is_undone.what", { what }) : t("log.is_undone"));
  } catch (error) {
    refused(error, t("could_not.undo"));
  }
  redraw();
}
