/**
 * The view of posts: which stretch of which queue is listed, what is selected in it, and how both follow the stream.
 *
 * @import { Frame, Post } from "../shared/protocol.d.ts"
 * @import { Place } from "./places.js"
 * @import { Context } from "./item.js"
 */
import { ofWall, call } from "../shared/api.js";
import { has, t } from "../shared/catalogue/index.js";
import { need } from "../shared/dom.js";
import { foldTag } from "../shared/facets.js";
import { detail, face, item } from "./item.js";
import { List } from "./list.js";
import { live, onDraw, onFrames, redraw, refused } from "./live.js";
import { delayOf } from "./modes.js";
import { hashOf, isFiltered, placeOf, queryOf, sameList } from "./places.js";
import { wished } from "./wishes.js";
import { Stretch } from "./stretch.js";

/** Posts of one page; the first is what one sees at once. */
const PAGE = 60;
/** Posts that are read again after the stream was interrupted. */
const REFRESHED = 400;
/** After the list has moved, presses are ignored for a moment: they were meant for what stood there before. */
export const SETTLE_MS = 350;

let place = placeOf(location.hash);
let stretch = new Stretch(place);
/** @type {string | null} */
let selected = null;
/** @type {Post | null} the selected post as it was last seen: it stays beside the list when it leaves it */
let looked = null;
/** @type {number | null} posts that match, as the server counted them */
let total = null;
let movedAt = -SETTLE_MS;
/** When the selection last moved without anybody here having moved it. */
let slidAt = -SETTLE_MS;
/** Whether the focus is to go to the selected card once it is drawn. */
let wantsFocus = false;
/** Index of the selected post: its successor is the one that takes its place. */
let selectedAt = 0;
/** @type {AbortController} */
let reading = new AbortController();
/** @type {Set<"head" | "tail">} ends that are being read */
const asked = new Set();
let read = false;
/** @type {Map<string, {face: string, node: HTMLElement}>} */
const cards = new Map();
/** @type {Map<string, Post>} posts chosen to be decided together, by id, also those that the list has forgotten meanwhile */
export const chosen = new Map();
/** @type {Set<string>} posts that somebody here has just brought back: they are not kept waiting */
const welcome = new Set();

/**
 * What the cards need to know and do; the parts that know and do it put it here. `decide` is a press in the list, which
 * may have moved under the finger; `act` means the post wherever it stands.
 *
 * @type {Pick<Context, "decide" | "lookers" | "clash"> & {act: Context["decide"], choose: (id: string) => void}}
 */
export const hooks = { decide: () => {}, act: () => {}, choose: () => {}, lookers: () => [], clash: () => null };
/** Called with the selected post whenever it is another one. @type {((post: Post | null) => void)[]} */
export const onSelect = [];
/** @type {Set<string>} */
const unveiled = new Set();

/** @param {string} what */
function unveil(what) {
  unveiled.add(what);
  redraw();
}

/** @param {number} now @returns {Context} */
const context = (now) => ({
  ownTags: new Set((live.state.wall?.hashtags ?? []).map(foldTag)),
  zone: live.state.wall?.timezone ?? null,
  now,
  delay: delayOf(live.state.settings),
  q: place.filter.q,
  mixed: MIXED.has(place.queue) || place.filter.q.trim() !== "",
  may: live.may,
  unveiled,
  unveil,
  ...hooks,
  decide: (deed, post) => hooks.decide(deed, find(post.id) ?? post),
});

const list = new List(need("#list"), need("#posts"), {
  node(post) {
    const now = context(Date.now());
    const looks = face(post, now);
    const known = cards.get(post.id);
    const node = known?.face === looks ? known.node : item(post, now);
    if (node !== known?.node) {
      // What was unfolded stays so when a card is drawn anew.
      if (known?.node.querySelector("details")?.open) need("details", node).setAttribute("open", "");
      cards.set(post.id, { face: looks, node });
      node.addEventListener("click", (event) => {
        // While one chooses, a finger on a card, or a click with the key for it, chooses.
        if (event.ctrlKey || event.metaKey || (chosen.size > 0 && event.pointerType === "touch")) hooks.choose(post.id);
        // Selected by hand: what is pressed next is meant for this post.
        movedAt = slidAt = -SETTLE_MS;
        select(post.id, false);
      });
    }
    const at = stretch.skipped === null ? null : stretch.skipped + stretch.index(post.id) + 1;
    if (at !== null) node.setAttribute("aria-posinset", String(at));
    else node.removeAttribute("aria-posinset");
    node.setAttribute("aria-setsize", String(size() ?? -1));
    node.classList.toggle("selected", post.id === selected);
    if (post.id === selected) node.setAttribute("aria-current", "true");
    else node.removeAttribute("aria-current");
    node.classList.toggle("chosen", chosen.has(post.id));
    return node;
  },
  moved: () => (movedAt = performance.now()),
  near: (end) => void more(end),
  looking: (index) => stretch.trim(index),
});

/** Queues with posts of every standing. @type {ReadonlySet<Place["queue"]>} */
const MIXED = new Set(["all", "highlighted"]);

/** How many posts the place lists; null where nobody knows. */
export const size = () => (isFiltered(place.filter) ? total : (live.state.counts?.[place.queue] ?? total));

/** Whether the list has just moved, so that a press may be meant for what stood there before. */
export const isMoving = () => performance.now() - movedAt < SETTLE_MS;

/** The same for keys, which mean the selected post wherever it stands. */
export const hasSlid = () => performance.now() - slidAt < SETTLE_MS;

export const here = () => place;
export const posts = () => /** @type {readonly Post[]} */ (stretch.posts);

/** @param {string} id @returns {Post | null} */
export function find(id) {
  return stretch.find(id) ?? (looked?.id === id ? looked : null) ?? live.state.posts.get(id)?.post ?? null;
}

export const selectedPost = () => (selected === null ? null : find(selected));

/** Reads a place from its beginning, or around the post that it names. */
async function open() {
  reading.abort();
  reading = new AbortController();
  coming = null;
  const { signal } = reading;
  asked.clear();
  stretch = new Stretch(place);
  total = null;
  read = false;
  list.reset();
  cards.clear();
  stretch.asks();
  redraw();
  const at = place.at;
  try {
    // Beginning with the post that the place names: one step before it, in the list's direction.
    const before = at === null ? null : place.order === "newest" ? at + 1 : at - 1;
    let answer = await call(ofWall(live.wall, `posts?${queryOf(place, { before, limit: PAGE })}`), { signal });
    let head = before === null || before < 0;
    if (answer.posts.length === 0 && !head) {
      answer = await call(ofWall(live.wall, `posts?${queryOf(place, { limit: PAGE })}`), { signal });
      head = true;
    }
    stretch.head = head;
    stretch.skipped = head ? 0 : null;
    stretch.read(answer.posts.map(wished), "tail", answer.next === null);
    total = answer.total;
    read = true;
    // Whoever comes is handed what nobody looks at yet.
    const first = stretch.posts.find(({ num }) => num === at) ?? stretch.posts.find(isFree) ?? stretch.posts[0];
    select(first?.id ?? null, false);
    if (!head && first) {
      list.show(stretch.posts);
      list.held = { id: first.id, y: 0 };
    }
  } catch (error) {
    if (!signal.aborted) refused(error, t("could_not.read"));
  }
  redraw();
}

/** Reads on at one end. @param {"head" | "tail"} end */
async function more(end) {
  if (!read || stretch[end] || asked.has(end) || asked.size > 0 || stretch.posts.length === 0) return;
  asked.add(end);
  const { signal } = reading;
  const mine = stretch;
  mine.asks();
  const edge = end === "tail" ? mine.posts.at(-1) : mine.posts[0];
  try {
    const answer = await call(ofWall(live.wall, `posts?${queryOf(place, { before: edge?.num ?? null, limit: PAGE, backwards: end === "head" })}`), { signal });
    mine.read((end === "head" ? answer.posts.reverse() : answer.posts).map(wished), end, answer.next === null);
  } catch (error) {
    // It is asked again when the end comes near again.
    if (!signal.aborted) refused(error, t("could_not.read"));
  }
  asked.delete(end);
  redraw();
}

/** Takes in what the stream says. @param {readonly Frame[]} frames */
function follow(frames) {
  // After a snapshot nobody knows what was missed.
  if (frames.some(({ type }) => type === "snapshot")) {
    if (read && stretch.posts.length > 0) void refresh();
    else void open();
    return;
  }
  for (const frame of frames) {
    if (frame.type === "post") take(wished(frame.post));
    else if (frame.type === "remove") {
      stretch.drop(frame.id);
      coming?.drop(frame.id);
      chosen.delete(frame.id);
    }
  }
}

/** @type {Stretch | null} the stretch that is being read in the other's stead */
let coming = null;

/** Reads what is listed again, around the selected post; the list stays where it is. */
async function refresh() {
  const { signal } = reading;
  const mine = (coming = new Stretch(place));
  mine.asks();
  const from = stretch.posts[Math.max(0, selectedAt - REFRESHED / 2)];
  const before = (from?.num ?? 0) + (place.order === "newest" ? 1 : -1);
  try {
    const answer = await call(ofWall(live.wall, `posts?${queryOf(place, { before, limit: REFRESHED })}`), { signal });
    if (coming !== mine) return;
    mine.read(answer.posts.map(wished), "tail", answer.next === null);
    total = answer.total;
    asked.clear();
    stretch = mine;
  } catch (error) {
    if (!signal.aborted) refused(error, t("could_not.read"));
  }
  if (coming === mine) coming = null;
  redraw();
}

/** @param {Post} post as it is to be listed */
export function take(post) {
  if (looked?.id === post.id) looked = post;
  if (chosen.has(post.id)) {
    if (stretch.belongs(post)) chosen.set(post.id, post);
    else chosen.delete(post.id);
  }
  coming?.take(post, false);
  const isNew = !welcome.has(post.id);
  if (stretch.take(post, isNew && isBusy())) welcome.delete(post.id);
}

/** Somebody is at work in a list that grows at its beginning: what is new waits. */
function isBusy() {
  const box = need("#list");
  const hovering = matchMedia("(hover: hover)").matches && box.matches(":hover");
  return hovering || box.scrollTop > 8 || chosen.size > 0 || (selected !== null && selected !== stretch.posts[0]?.id);
}

/** Brings posts back without keeping them waiting. @param {readonly string[]} ids */
export function welcomeBack(ids) {
  for (const id of ids) {
    const waiting = stretch.fresh.get(id);
    if (waiting) {
      stretch.fresh.delete(id);
      stretch.take(waiting, false);
    } else welcome.add(id);
  }
}

/** Lets in what was kept back. */
export function showNew() {
  stretch.release();
  list.held = null;
  need("#list").scrollTop = 0;
  select(stretch.posts[0]?.id ?? null, false);
  redraw();
}

/** @param {string | null} id @param {boolean} focus */
export function select(id, focus) {
  const changed = id !== selected;
  selected = id;
  if (id !== null) selectedAt = Math.max(0, stretch.index(id));
  looked = id === null ? null : find(id);
  if (changed) {
    place = { ...place, at: looked?.num ?? null };
    if (place.view === "posts") history.replaceState(null, "", hashOf(place));
    for (const tell of onSelect) tell(looked);
  }
  if (focus && id !== null) list.reveal(id, true);
  redraw();
}

/** Goes back to a post that was left too early: what was decided about it was refused. @param {string} id */
export function comeBack(id) {
  if (stretch.index(id) < 0) return;
  slidAt = performance.now();
  select(id, false);
}

/** @param {number} step @returns {Post | null} the post that is selected then */
export function move(step) {
  const at = selected === null ? -1 : stretch.index(selected);
  const post = stretch.posts[Math.max(0, Math.min(stretch.posts.length - 1, at + step))];
  if (post) {
    slidAt = -SETTLE_MS;
    select(post.id, true);
  }
  return post ?? null;
}

/** Whether nobody else looks at a post. @param {Post} post */
const isFree = (post) => hooks.lookers(post.id).length === 0;

/**
 * Goes on to the next post, as after a decision; what others hold is passed over.
 *
 * @param {string} id the one that is left
 */
export function goOn(id) {
  const at = stretch.index(id);
  const behind = stretch.posts.slice(at + 1);
  const next = behind.find(isFree) ?? stretch.posts.slice(0, Math.max(0, at)).findLast(isFree) ?? behind[0] ?? null;
  list.keep(id);
  const focused = document.activeElement?.closest("#posts") !== null;
  select(next?.id ?? null, false);
  return () => {
    if (next && focused) list.reveal(next.id, true);
  };
}

/**
 * Where to go on after a decision about several posts, while they are still listed: the next card behind the first of them.
 *
 * @param {ReadonlySet<string>} ids
 * @returns {() => void} goes there, with the focus
 */
export function goOnFrom(ids) {
  const all = stretch.posts;
  const first = Math.max(0, all.findIndex(({ id }) => ids.has(id)));
  const isLeft = (/** @type {Post} */ post) => !ids.has(post.id);
  const next = all.slice(first).find(isLeft) ?? all.slice(0, first).findLast(isLeft);
  return () => {
    if (next && stretch.index(next.id) >= 0) select(next.id, false);
    focusList();
  };
}

/** Brings the focus to the selected card, as soon as there is one; until then to the list. */
export function focusList() {
  need("#list").focus({ preventScroll: true });
  wantsFocus = true;
  redraw();
}

/** @param {string} a @param {string} b */
export const between = (a, b) => stretch.between(a, b);

/** Goes to another place. @param {Partial<Place>} change @param {{keep?: boolean}} [how] `keep`: no new entry in the history */
export function go(change, { keep = false } = {}) {
  const next = { ...place, at: null, ...change };
  const hash = hashOf(next);
  if (hash === location.hash) return;
  if (keep) history.replaceState(null, "", hash);
  else history.pushState(null, "", hash);
  arrive(next);
}

/** @type {((view: Place["view"]) => void)[]} */
export const onView = [];

/** @param {Place} next */
function arrive(next) {
  const before = place;
  place = next.view === "posts" ? next : { ...before, view: next.view };
  if (before.view !== place.view) for (const tell of onView) tell(place.view);
  if (place.view === "posts" && !sameList(before, place)) {
    selected = null;
    slidAt = -SETTLE_MS;
    wantsFocus ||= need("#list").contains(document.activeElement);
    chosen.clear();
    welcome.clear();
    void open();
  }
  redraw();
}

function draw() {
  if (place.view !== "posts") return;
  if (read) {
    const at = selected === null ? -1 : stretch.index(selected);
    if (at >= 0) selectedAt = at;
    else if (selected !== null || stretch.posts.length > 0) {
      // Somebody else took it out of the list: a key under way was meant for it, and not for its successor.
      if (selected !== null) slidAt = performance.now();
      select((stretch.posts.slice(selectedAt).find(isFree) ?? stretch.posts[selectedAt] ?? stretch.posts.at(-1))?.id ?? null, false);
    }
  }
  // Before its cards are measured, and one of them is given the focus.
  need("#posts").hidden = stretch.posts.length === 0;
  list.show(stretch.posts);
  if (wantsFocus && read && selected !== null && stretch.index(selected) >= 0) {
    wantsFocus = false;
    // Whoever went elsewhere meanwhile stays there. A list without posts is hidden, and lets go of the focus.
    const at = document.activeElement;
    if (at === null || at === document.body || need("#list").contains(at)) list.reveal(selected, true);
  }
  for (const id of cards.keys()) if (cards.size > 150 && !cards.get(id)?.node.isConnected) cards.delete(id);
  const fresh = need("#fresh");
  fresh.hidden = stretch.fresh.size === 0;
  const words = t("list.show_new", { n: stretch.fresh.size });
  if (fresh.textContent !== words) fresh.textContent = words;
  const nothing = need("#nothing");
  nothing.hidden = stretch.posts.length > 0;
  const why = `list.nothing.${place.queue}`;
  nothing.textContent = t(!read ? "list.reading" : isFiltered(place.filter) ? "list.nothing_found" : has(why) ? why : "list.no_posts");
  need("#posts").setAttribute("aria-busy", String(!read || asked.size > 0));
  large();
}

let largeShows = "";
function large() {
  const post = selectedPost();
  const now = context(Date.now());
  const shows = post ? face(post, now) : "";
  if (shows === largeShows) return;
  largeShows = shows;
  const box = need("#detail");
  const within = box.contains(document.activeElement) && document.activeElement instanceof HTMLElement ? document.activeElement.dataset.action : undefined;
  box.replaceChildren(...(post ? [detail(post, now)] : []));
  if (within) {
    const heir = box.querySelector(`[data-action="${within}"]`) ?? box.querySelector("button");
    if (heir instanceof HTMLElement) heir.focus({ preventScroll: true });
  }
}

onFrames(follow);
onDraw(draw);
addEventListener("popstate", () => arrive(placeOf(location.hash)));
addEventListener("hashchange", () => arrive(placeOf(location.hash)));
need("#fresh").addEventListener("click", showNew);
new ResizeObserver(redraw).observe(need("#list"));
