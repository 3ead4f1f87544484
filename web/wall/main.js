/**
 * The wall: folds the stream, lets the scheduler choose, lets the board draw. What goes wrong is logged, and the screen stays.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 * @import { Candidate, Place, Schedule, Turn } from "./types.d.ts"
 */
import { Connection, streamAddress } from "../shared/connection.js";
import { el, need } from "../shared/dom.js";
import { foldTag } from "../shared/facets.js";
import { number, plural } from "../shared/format.js";
import { apply, cursor, empty, parse } from "../shared/store.js";
import { Board } from "./board.js";
import { avatar } from "./card.js";
import { Pictures } from "./pictures.js";
import { announcementPlate, fitPlate, noPlate, titlePlate } from "./plates.js";
import { entered, held, isWaiting, opening, start, turns } from "./scheduler.js";

const THEMES = ["midnight", "daylight", "press", "meadow", "signal"];
/** A new post waits this long for its picture; the rotation, which has time, longer. */
const PICTURE_MS = 1400;
const PICTURE_PATIENT_MS = 8000;
/** How long the first drawing waits for fonts and pictures. */
const OPENING_MS = 350;
const SEEN_MS = 30_000;

const params = new URLSearchParams(location.search);
const wallId = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const screenName = params.get("screen");
const screenKey = params.get("key");
/** Its word counts only with the key. */
const keyed = screenName !== null && screenKey !== null;

let state = empty();
/** @type {Schedule} */
let schedule = start();
/** @type {Map<string, Candidate>} */
const deck = new Map();
/** @type {Set<string>} posts that could not be drawn, by id and version */
const broken = new Set();
/** @type {Record<string, number>} milliseconds on the screen since the last report */
let seen = {};
let arrivals = 0;
let open = false;
let blankedHere = false;
let told = false;
/** @type {ReadonlySet<string>} */
let ownTags = new Set();

const pictures = new Pictures();
const board = new Board(need("#board"), need("#measure"), pictures, () => ({
  ownTags,
  zone: state.wall?.timezone ?? null,
  now: Date.now(),
  find: (id) => state.posts.get(id)?.post ?? null,
}));

const connection = new Connection({
  address: () => streamAddress(wallId, { cursor: cursor(state) }),
  message: receive,
  state: (online) => {
    need("#offline").hidden = online;
    // A server that has restarted does not know what still stands here.
    if (online && state.epoch !== null) confirm();
  },
  hello: () =>
    screenName === null
      ? null
      : { type: "hello", screen: screenName, key: screenKey ?? "", width: innerWidth, height: innerHeight, scene: "grid" },
});

/** @param {string} text */
function receive(text) {
  state = apply(state, parse(text));
  guarded(follow)();
}

function follow() {
  // Removals first, and in this very turn: nothing else is drawn before them.
  board.remove([...board.ids(), ...board.leaving.keys()].filter((id) => !state.posts.has(id)));
  for (const id of [...deck.keys()]) if (!state.posts.has(id)) deck.delete(id);
  dress();
  note();
  if (open) refresh();
  else void begin();
  confirm();
}

/** Tells what is drawn, once it is. */
function confirm() {
  if (!keyed) return;
  const { seq } = state;
  requestAnimationFrame(() => setTimeout(() => connection.send({ type: "shown", seq })));
}

/** Sets the theme: the address's before the wall's. @param {string | null} [own] */
function paint(own) {
  const theme = params.get("theme") ?? own ?? "";
  document.documentElement.dataset.theme = THEMES.includes(theme) ? theme : "midnight";
}

/** Theme, hashtag, counts. */
function dress() {
  const { wall, tallies, trends } = state;
  if (wall) {
    paint(wall.display?.theme);
    document.title = wall.title || wall.id;
    ownTags = new Set(wall.hashtags.map(foldTag));
    need(".note").hidden = wall.invented !== true;
    const tag = need("#header .tag");
    const text = wall.hashtags.length > 0 ? wall.hashtags.slice(0, 3).map((one) => `#${one}`).join(" ") : wall.title;
    if (tag.dataset.text !== text) {
      tag.dataset.text = text;
      tag.replaceChildren(...text.split(/(#)/).map((part) => (part === "#" ? el("b", "", part) : part)));
      fitHeader();
    }
  }
  if (trends?.at_source?.length || told) {
    told = true;
    void import("./trending.js").then((it) => it.trending(trends, wall?.display?.source_trends !== false));
  }
  if (tallies) {
    count(need(".posts"), tallies.posts);
    count(need(".people"), tallies.participants);
    need(".posts-word").textContent = plural(tallies.posts, "post", "posts");
    need(".people-word").textContent = plural(tallies.participants, "person", "people");
  }
}

/** @param {HTMLElement} node @param {number} value */
function count(node, value) {
  const text = number(value);
  if (node.textContent === text) return;
  const before = node.textContent ?? "";
  node.textContent = text;
  if (before.length !== text.length) fitHeader();
  if (before !== "" && !board.calm.matches) node.animate([{ transform: "translateY(-.14em)" }, {}], { duration: 200, easing: "ease-out" });
}

function fitHeader() {
  const header = need("#header");
  for (const size of [6.6, 5.8, 5, 4.4, 3.8, 3.2]) {
    header.style.setProperty("--tag", String(size));
    if (header.scrollWidth <= header.clientWidth && header.scrollHeight <= header.clientHeight) return;
  }
}

/** Brings the deck in line with the posts. */
function note() {
  const now = performance.now();
  for (const [id, { post, live }] of state.posts) {
    const known = deck.get(id);
    if (known) {
      known.pinned = post.pinned === true;
      known.shown = Math.max(known.shown, post.times_shown ?? 0);
      continue;
    }
    // What is filled in later is no news, unless somebody has just brought it back.
    const news = live && (post.history !== true || state.removed.has(id));
    deck.set(id, {
      id,
      author: post.author.id,
      created: Date.parse(post.created_at) || 0,
      arrived: news ? now : null,
      order: (arrivals += 1),
      shown: post.times_shown ?? 0,
      left: -Infinity,
      pinned: post.pinned === true,
    });
    if (news) fetchPictures(post);
  }
}

/** @param {Post} post @returns {boolean} whether one is still on its way */
function fetchPictures(post, patience = Infinity) {
  const now = Date.now();
  const face = avatar(post);
  if (face !== null) pictures.look(face, now);
  return board.shots(post).some(({ url }) => {
    const { state: at, since } = pictures.look(url, now);
    return at === "loading" && now - since < patience;
  });
}

/** Draws the first cards as soon as fonts and pictures are there, and without them if they are slow. */
async function begin() {
  if (open || state.wall === null) return;
  open = true;
  for (const id of opening(deck.values()).slice(0, 8)) {
    const post = state.posts.get(id)?.post;
    if (post) fetchPictures(post);
  }
  const fonts = ['400 1em "Atkinson Hyperlegible Next Variable"', '700 1em "Bricolage Grotesque Variable"'].map((font) => document.fonts.load(font));
  const faces = [...pictures.known.values()].map(({ image }) => image.decode().catch(() => undefined));
  await Promise.race([Promise.all([...fonts, ...faces]), new Promise((done) => setTimeout(done, OPENING_MS))]);
  document.fonts.addEventListener("loadingdone", reset);
  reset();
  fill();
  refresh();
  setInterval(guarded(tick), 200);
  setInterval(guarded(() => board.age()), 15_000);
  setInterval(guarded(look), 1000);
}

/** Fills an empty screen at once. @param {string[]} [ids] in which order */
function fill(ids = opening(deck.values())) {
  const now = performance.now();
  /** @type {string[]} posts that would have the screen to themselves: only if there are no others */
  const long = [];
  let misses = 0;
  for (const id of ids) {
    if (!board.room() || misses > 16) break;
    if (!place(id, now, long)) misses += 1;
  }
  for (const id of long) if (board.cards().length === 0) place(id, now, null);
  board.settle();
}

/**
 * Puts a card up at once, if it fits.
 *
 * @param {string} id
 * @param {number} now
 * @param {string[] | null} long takes the id instead where the post would fill the screen alone
 * @returns {boolean}
 */
function place(id, now, long) {
  const post = state.posts.get(id)?.post;
  if (!post || isBroken(post) || board.ids().has(id)) return false;
  const where = attempt(post, () => board.fits(post, -Infinity));
  if (where === null) return false;
  if (where.column < 0 && long !== null) {
    long.push(id);
    return false;
  }
  attempt(post, () => board.enter(post, where, now, { opening: true }));
  shown(id, now);
  schedule = { ...schedule, lastChange: now, last: id };
  return true;
}

/** Brings what stands on the screen in line with what is known. */
function refresh() {
  for (const card of board.cards()) {
    const post = state.posts.get(card.id)?.post;
    if (post && post !== card.post) {
      if (drawn(post) === drawn(card.post)) card.post = post;
      else attempt(post, () => board.update(post));
    }
  }
  if (board.outgrown(state.posts.size)) {
    board.reset(state.posts.size);
    board.settle();
  }
  // The last card on the screen was taken down: others are there at once, not the title card.
  if (board.cards().length === 0) fill();
  stage();
}

/** What of a post a card shows. @param {Post} post */
const drawn = (post) => JSON.stringify({ ...post, counts: 0, times_shown: 0 });

/** Decides between cards and plates. */
function stage() {
  const { announcement, blanked } = state.stage;
  if (announcement?.text) announcementPlate(announcement.text);
  else if (blanked || blankedHere || board.cards().length === 0) titlePlate(state.wall, wallId);
  else noPlate();
}

const covered = () => state.stage.blanked || blankedHere || Boolean(state.stage.announcement?.text);

/** Lets the next card enter, if it is time. */
function tick() {
  if (!open || state.stage.paused || covered() || document.hidden) return;
  const now = performance.now();
  const line = turns(schedule, deck.values(), { ids: board.ids(), room: board.room() }, now);
  let first = true;
  for (const turn of line.slice(0, 8)) {
    const post = state.posts.get(turn.id)?.post;
    if (!post || isBroken(post)) continue;
    if (fetchPictures(post, turn.kind === "new" ? PICTURE_MS : PICTURE_PATIENT_MS)) continue;
    const where = attempt(post, () => board.fits(post, now));
    if (where) {
      enter(post, turn, where, now);
      return;
    }
    if (first) schedule = held(schedule, turn.id, now);
    first = false;
  }
}

/** @param {Post} post @param {Turn} turn @param {Place} where @param {number} now */
function enter(post, turn, where, now) {
  const lone = board.wide !== null;
  const left = attempt(post, () => board.enter(post, where, now, { fresh: turn.kind === "new" })) ?? [];
  for (const id of left) {
    const candidate = deck.get(id);
    if (candidate) candidate.left = now;
  }
  shown(post.id, now);
  schedule = entered(schedule, turn, now);
  // One card left that had the screen to itself: what stood there before it comes back beside the next, not one by one.
  if (lone && board.wide === null) {
    const longestAway = [...deck.values()].filter(({ id }) => !left.includes(id)).sort((a, b) => a.shown - b.shown || a.left - b.left);
    fill(longestAway.map(({ id }) => id));
  }
  stage();
}

/** @param {string} id @param {number} now */
function shown(id, now) {
  const candidate = deck.get(id);
  if (!candidate) return;
  candidate.arrived = null;
  candidate.shown += 1;
  candidate.left = now;
}

let looked = performance.now();
let reported = performance.now();

/** Adds up how long each card has been on the screen, for the screens' common rotation. */
function look() {
  const now = performance.now();
  const passed = now - looked;
  looked = now;
  // The machine slept, or the page was frozen: the stream may be dead without having said so.
  if (passed > 15_000) connection.connect();
  if (!covered() && !document.hidden) {
    for (const { id } of board.cards()) seen[id] = (seen[id] ?? 0) + Math.round(Math.min(passed, 2000));
  }
  if (now - reported >= SEEN_MS) {
    reported = now;
    if (keyed && Object.keys(seen).length > 0) connection.send({ type: "seen", ms: seen });
    seen = {};
  }
  for (const [id, candidate] of deck) if (candidate.arrived !== null && !isWaiting(candidate, now)) deck.set(id, { ...candidate, arrived: null });
}

const version = (/** @type {Post} */ post) => `${post.id} ${post.edited_at ?? ""}`;
const isBroken = (/** @type {Post} */ post) => broken.has(version(post));

/**
 * Draws one post; one that cannot be drawn is left out, and everything else goes on.
 *
 * @template T
 * @param {Post} post
 * @param {() => T} work
 * @returns {T | null}
 */
function attempt(post, work) {
  try {
    return work();
  } catch (error) {
    if (broken.size > 500) broken.clear();
    broken.add(version(post));
    console.error("a post could not be drawn", post.id, error);
    board.remove([post.id]);
    return null;
  }
}

/** @param {() => void} work */
function guarded(work) {
  return () => {
    try {
      work();
    } catch (error) {
      console.error(error);
    }
  };
}

function reset() {
  board.reset(state.posts.size);
  fitHeader();
  fitPlate();
}

function toggleFullScreen() {
  if (document.fullscreenElement) void document.exitFullscreen();
  else document.documentElement.requestFullscreen().catch((error) => console.warn(error));
}

async function stayAwake() {
  if (document.hidden || !("wakeLock" in navigator)) return;
  try {
    await navigator.wakeLock.request("screen");
  } catch (error) {
    console.warn("no wake lock", error);
  }
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let resting;
function showCursor() {
  document.body.classList.remove("resting");
  clearTimeout(resting);
  resting = setTimeout(() => document.body.classList.add("resting"), 2500);
}

/** @type {number} */
let resizing = 0;
addEventListener("resize", () => {
  cancelAnimationFrame(resizing);
  resizing = requestAnimationFrame(() => {
    reset();
    if (open) fill();
    stage();
  });
});
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "f") toggleFullScreen();
  if (event.key === "b") {
    blankedHere = !blankedHere;
    stage();
  }
});
addEventListener("dblclick", toggleFullScreen);
addEventListener("pointermove", showCursor);
addEventListener("online", () => connection.connect());
document.addEventListener("visibilitychange", () => void stayAwake());

paint();
board.reset(0);
titlePlate(null, wallId);
showCursor();
void stayAwake();
connection.connect();
