/**
 * Deciding about many posts together: they are chosen one by one or all of a queue, what would happen is said in words,
 * and only then it is done, in batches that the server takes.
 *
 * @import { Conflict, Post } from "../shared/protocol.d.ts"
 * @import { Deed } from "./deeds.js"
 */
import { call, ofWall } from "../shared/api.js";
import { t } from "../shared/catalogue/index.js";
import { el, need } from "../shared/dom.js";
import { DEEDS } from "./deeds.js";
import { settleAll, tellConflicts } from "./decide.js";
import { dialog, openDialog } from "./dialogs.js";
import { queueName } from "./filters.js";
import { ask, live, onDraw, redraw, refused, speak } from "./live.js";
import { between, chosen, find, goOnFrom, here, move, select, selectedPost, size } from "./posts.js";
import { queryOf } from "./places.js";
import { isMasked } from "./reasons.js";
import { plainName } from "./wording.js";

/** Posts that the server takes at once. */
const BATCH = 1000;
const PAGE = 500;
/** Posts that the preview quotes. */
const QUOTED = 5;

/** @type {Deed[]} */
const OFFERED = ["hide", "show", "stash", "highlight"];

/** @typedef {{id: string, author: string}} Chosen */

/** @type {AbortController | null} */
let under = null;

/** Chooses a post, or no longer. @param {string} id */
export function toggle(id) {
  if (!OFFERED.some((deed) => live.may.has(deed))) return;
  const post = find(id);
  if (!chosen.delete(id) && post) chosen.set(id, post);
  redraw();
}

/** Chooses the next post too. @param {number} step */
export function extend(step) {
  const from = selectedPost();
  if (!from) return;
  chosen.set(from.id, from);
  const to = move(step);
  if (to) for (const post of between(from.id, to.id)) chosen.set(post.id, post);
  redraw();
}

export function clear() {
  chosen.clear();
  redraw();
}

/**
 * Everything that the place lists, page by page; only names of posts are kept.
 *
 * @param {AbortSignal} signal
 * @returns {Promise<{list: Chosen[], first: Post[]}>}
 */
async function everything(signal) {
  /** @type {Chosen[]} */
  const list = [];
  /** @type {Post[]} */
  const first = [];
  let before = null;
  do {
    const answer = await call(ofWall(live.wall, `posts?${queryOf(here(), { before, limit: PAGE })}`), { signal });
    for (const post of answer.posts) list.push({ id: post.id, author: post.author.id });
    if (first.length === 0) first.push(...answer.posts.slice(0, QUOTED));
    before = answer.next === null ? null : Number(answer.next);
    status(t("bulk.reading", { n: list.length, of: answer.total ?? size() ?? list.length }));
  } while (before !== null);
  return { list, first };
}

/** @param {string} words */
const status = (words) => void (need("#bulk-status").textContent = words);

/** @param {Post} post */
const quote = (post) => el("li", "", el("b", "", plainName(post)), ": ", isMasked(post) ? t("post.masked_words") : el("bdi", "", post.text.slice(0, 90)));

/**
 * Says what would be done, and does it when it is confirmed.
 *
 * @param {Deed} deed
 * @param {boolean} [all] everything of the place, not only what is chosen
 */
export async function preview(deed, all = false) {
  if (!live.may.has(deed)) return;
  const verb = DEEDS[deed].label;
  const seen = live.state.seq;
  under?.abort();
  under = new AbortController();
  const mine = under;
  const go = /** @type {HTMLButtonElement} */ (need("#bulk-go"));
  go.disabled = true;
  need("#bulk-title").textContent = verb;
  need("#bulk-quotes").replaceChildren();
  status("");
  openDialog("bulk");
  try {
    /** @type {Chosen[]} */
    let list;
    /** @type {Post[]} */
    let first;
    if (all) ({ list, first } = await everything(mine.signal));
    else {
      const known = [...chosen.values()];
      list = known.map(({ id, author }) => ({ id, author: author.id }));
      first = known.slice(0, QUOTED);
    }
    need("#bulk-title").textContent = t("bulk.ask", { verb, posts: t("posts", { n: list.length }), people: t("people", { n: new Set(list.map(({ author }) => author)).size }) });
    need("#bulk-quotes").replaceChildren(...first.map(quote), ...(list.length > first.length ? [el("li", "soft", t("bulk.more", { n: list.length - first.length }))] : []));
    status(all ? t("bulk.from", { queue: queueName(here().queue) }) : "");
    go.textContent = t("bulk.go", { verb, n: list.length });
    go.disabled = list.length === 0;
    go.onclick = () => void carryOut(deed, list.map(({ id }) => id), seen, mine);
    go.focus();
  } catch (error) {
    if (mine.signal.aborted) return;
    dialog("bulk").close();
    refused(error, t("could_not.decide"));
  }
}

/**
 * @param {Deed} deed
 * @param {readonly string[]} ids
 * @param {number} seen
 * @param {AbortController} mine
 */
async function carryOut(deed, ids, seen, mine) {
  const go = /** @type {HTMLButtonElement} */ (need("#bulk-go"));
  go.disabled = true;
  const goOn = goOnFrom(new Set(ids));
  let done = 0;
  /** @type {Conflict[]} */
  const conflicts = [];
  try {
    for (let i = 0; i < ids.length && !mine.signal.aborted; i += BATCH) {
      const batch = ids.slice(i, i + BATCH);
      const answer = await ask(ofWall(live.wall, "decisions"), { posts: batch, action: deed, seen }).catch((error) => {
        // All of this batch were decided by somebody else meanwhile: the others are still to be done.
        if (error?.status === 409 && Array.isArray(error.answer?.conflicts)) return { posts: [], conflicts: error.answer.conflicts };
        throw error;
      });
      done += answer.posts?.length ?? batch.length;
      conflicts.push(...(answer.conflicts ?? []));
      status(t("bulk.doing", { n: done, of: ids.length }));
    }
    settleAll(ids, true);
    speak(t("bulk.done", { verb: DEEDS[deed].label, posts: t("posts", { n: done }) }));
    if (conflicts.length > 0) tellConflicts(conflicts);
  } catch (error) {
    refused(error, t("could_not.decide"));
  }
  dialog("bulk").close();
  chosen.clear();
  goOn();
  redraw();
}

/** Queues in which posts are on the wall: what is done there first is to take them off. */
const ON_THE_WALL = ["shown", "pinned"];

function draw() {
  const bar = need("#chosen");
  bar.hidden = chosen.size === 0;
  document.body.classList.toggle("choosing", chosen.size > 0);
  if (chosen.size === 0) return;
  const first = ON_THE_WALL.includes(here().queue) ? "hide" : "show";
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (bar.querySelectorAll("[data-bulk]"))) button.classList.toggle("main", button.dataset.bulk === first);
  const words = t("bulk.chosen", { n: chosen.size });
  if (need("#chosen-count").textContent !== words) need("#chosen-count").textContent = words;
  const all = need("#choose-all");
  const n = size();
  all.hidden = n === null || n <= chosen.size;
  const allWords = n === null ? "" : t("bulk.all", { n });
  if (all.textContent !== allWords) all.textContent = allWords;
}

/** Whether the next decision is to be about everything that the place lists. */
let wantsAll = false;
/** @param {boolean} all */
function wantAll(all) {
  wantsAll = all;
  need("#choose-all").setAttribute("aria-pressed", String(all));
}

/** What a key does while posts are chosen. @param {Deed} deed */
export function bulkDeed(deed) {
  void preview(deed, wantsAll);
}

/** Makes the next decision about everything that the place lists, or no longer. */
export function chooseAll() {
  const post = selectedPost();
  if (chosen.size === 0 && post) chosen.set(post.id, post);
  wantAll(!wantsAll);
  redraw();
}

export function wireBulk() {
  const row = need("#chosen-deeds");
  for (const deed of OFFERED.filter((one) => live.may.has(one))) {
    const button = el("button", "", DEEDS[deed].label);
    button.type = "button";
    button.dataset.bulk = deed;
    button.addEventListener("click", () => bulkDeed(deed));
    row.append(button);
  }
  need("#choose-all").addEventListener("click", chooseAll);
  need("#choose-none").addEventListener("click", () => {
    clear();
    const post = selectedPost();
    if (post) select(post.id, true);
  });
  dialog("bulk").addEventListener("close", () => {
    under?.abort();
    wantAll(false);
  });
}

onDraw(draw);
