/**
 * The console: the live queue, decisions with their undo, and the stage. What a moderator does shows at once and is
 * taken back, in words, where the server refuses it.
 *
 * @import { Post, Standing } from "../shared/protocol.d.ts"
 * @import { Action } from "./item.js"
 * @import { Tab } from "./queue.js"
 */
import { ApiError, call, ofWall, signIn, wallOfPage } from "../shared/api.js";
import { Connection, streamAddress } from "../shared/connection.js";
import { el, need } from "../shared/dom.js";
import { foldTag } from "../shared/facets.js";
import { number } from "../shared/format.js";
import { cursor, empty, parse } from "../shared/store.js";
import { detail, item } from "./item.js";
import { decisionLine, panels } from "./panels.js";
import { queue, steady } from "./queue.js";
import { applyStaff } from "./staff.js";
import { feedWords } from "./wording.js";

const wall = wallOfPage();
/** After the list has moved, presses are ignored for a moment: they were meant for what stood there before. */
const SETTLE_MS = 350;
const ARMED_MS = 4000;
const SEARCH_MS = 250;

/** Who may do what, as the server has it: nobody is offered what would be refused. */
/** @type {Record<string, Action[]>} */
const MAY = {
  decide: ["hide", "show", "pin", "unpin", "block", "unblock", "highlight", "unhighlight"],
  highlight: ["highlight", "unhighlight"],
};

let state = empty(3000);
/** @type {ReadonlySet<Action>} */
let may = new Set();
let decides = false;
let online = false;
/** @type {Tab} */
let tab = "held";
/** @type {string | null} */
let selected = null;
/** @type {Map<string, {standing?: Standing, pinned?: boolean, highlighted?: boolean}>} what was asked for and is not confirmed yet */
const pending = new Map();
/** @type {Set<string>} */
let listed = new Set();
/** @type {Set<string>} posts that somebody here has just brought back: they are not kept waiting */
const welcome = new Set();
/** @type {Map<string, {post: Post, node: HTMLElement}>} */
const drawn = new Map();
/** @type {Post[] | null} found by the server; null while nothing is searched */
let found = null;
/** @type {Map<string, Post>} older posts, fetched page by page */
const older = new Map();
/** @type {string | null} */
let trouble = null;
let movedAt = -SETTLE_MS;
let armed = 0;
let showAll = false;
let shortcuts = localStorage.getItem("buzzwall.shortcuts") !== "off";

const connection = new Connection({
  address: () => streamAddress(wall, { cursor: cursor(state), staff: true }),
  message(text) {
    state = applyStaff(state, parse(text));
    for (const [id, wish] of pending) {
      const post = state.posts.get(id)?.post;
      if (!post || Object.entries(wish).every(([name, value]) => post[/** @type {"pinned"} */ (name)] === value)) pending.delete(id);
    }
    redraw();
  },
  state(now) {
    online = now;
    redraw();
  },
  // A refused handshake tells a page nothing; ask whether we are still signed in.
  closed: () => void call("/me").catch((/** @type {ApiError} */ error) => error.status === 401 && signIn()),
});

/** @param {Post} post @returns {Post} the post as it will be once everything asked for is done */
const wished = (post) => ({ ...post, ...pending.get(post.id) });

/** @param {string} id @returns {Post | null} */
function find(id) {
  const post = state.posts.get(id)?.post ?? older.get(id) ?? found?.find((one) => one.id === id);
  return post ? wished(post) : null;
}

let drawing = 0;
function redraw() {
  if (drawing === 0) drawing = requestAnimationFrame(draw);
}

function draw() {
  drawing = 0;
  const now = Date.now();
  header();
  list(now);
  large(now);
  panels(state, now, { undo, dismiss, decides });
  last();
  stage();
}

function header() {
  if (state.wall) {
    const title = need("h1");
    title.textContent = state.wall.title || state.wall.hashtags.map((tag) => `#${tag}`).join(" ");
    document.title = `${state.tallies?.held ? `(${state.tallies.held}) ` : ""}${title.textContent} · console`;
  }
  const waiting = state.tallies?.held ?? 0;
  const status = need("#status");
  const ill = state.feeds.filter((feed) => !feedWords(feed, Date.now(), state.wall?.timezone ?? null).well).length;
  const feeds = ill > 0 ? ` · ${ill} of ${state.feeds.length} feeds fail` : "";
  const text = !online ? "Not connected: trying again" : `Live · ${waiting > 0 ? `${number(waiting)} waiting` : "nothing waits"}${feeds}`;
  if (status.textContent !== text) status.textContent = text;
  status.classList.toggle("ill", !online || ill > 0);
  const counts = { held: state.tallies?.held, shown: state.tallies?.shown, hidden: state.tallies?.hidden, all: state.tallies?.total };
  for (const button of tabs()) {
    const name = /** @type {Tab} */ (button.dataset.tab);
    button.setAttribute("aria-pressed", String(name === tab));
    need(".count", button).textContent = counts[name] === undefined ? "" : number(counts[name]);
  }
  const storage = need("#storage");
  storage.hidden = state.storage.ok;
  storage.textContent = state.storage.ok ? "" : `Not stored: ${state.storage.message ?? "the disk refuses"}. Hide, blank and pause still act; no new post is taken.`;
  const note = need("#stage-note");
  const stages = [state.stage.blanked ? "The screens are blank." : "", state.stage.paused ? "The wall is paused: no new post is shown." : ""].filter(Boolean);
  note.hidden = stages.length === 0;
  note.textContent = stages.join(" ");
}

const tabs = () => /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll("[data-tab]")]);

/** @param {number} now */
function list(now) {
  const box = need("#list");
  const known = new Map([...older, ...[...state.posts].map(([id, { post }]) => /** @type {const} */ ([id, post]))]);
  const posts = (found ?? [...known.values()]).map(wished);
  const wanted = queue(posts, found ? "all" : tab);
  const hovering = matchMedia("(hover: hover)").matches && box.matches(":hover");
  const busy = !showAll && tab !== "held" && (hovering || box.scrollTop > 8 || (selected !== null && selected !== wanted[0]?.id && listed.has(selected)));
  const { visible, waiting } = steady(wanted.map(({ id }) => id), new Set([...listed, ...welcome]), busy);
  showAll = false;
  const fresh = need("#fresh");
  fresh.hidden = waiting === 0;
  fresh.textContent = `Show ${waiting} new`;
  const nodes = visible.flatMap((id) => {
    const post = wanted.find((one) => one.id === id);
    return post ? [node(post, now)] : [];
  });
  const before = [...need("#posts").children];
  if (before.length !== nodes.length || before.some((child, i) => child !== nodes[i])) {
    const focused = document.activeElement?.closest(".item");
    // Moved only if something above changed: then presses under way were meant for another post.
    if (before[0] !== nodes[0] && before.length > 0) movedAt = performance.now();
    place(need("#posts"), nodes);
    if (focused instanceof HTMLElement && nodes.includes(focused)) focused.focus({ preventScroll: true });
  }
  listed = new Set(visible);
  for (const id of visible) welcome.delete(id);
  for (const id of drawn.keys()) if (!listed.has(id)) drawn.delete(id);
  if (selected === null || !listed.has(selected)) selected = visible[0] ?? null;
  for (const child of nodes) child.classList.toggle("selected", child.dataset.id === selected);
  const nothing = need("#nothing");
  nothing.hidden = nodes.length > 0;
  nothing.textContent = found ? "Nothing found." : tab === "held" ? "Nothing waits. New posts that need you appear here." : "No posts here yet.";
  need("#older").hidden = found !== null || tab === "held" || state.epoch === null;
}

/** Puts nodes in order, touching only what has changed: a focused or pressed one stays where it is. */
function place(/** @type {HTMLElement} */ parent, /** @type {HTMLElement[]} */ nodes) {
  const keep = new Set(nodes);
  for (const child of [...parent.children]) if (!keep.has(/** @type {HTMLElement} */ (child))) child.remove();
  nodes.forEach((child, i) => {
    if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null);
  });
}

const context = (/** @type {number} */ now) => ({
  ownTags: new Set((state.wall?.hashtags ?? []).map(foldTag)),
  zone: state.wall?.timezone ?? null,
  now,
  may,
  decide: press,
});

/**
 * @param {Post} post
 * @param {number} now
 */
function node(post, now) {
  const known = drawn.get(post.id);
  if (known && JSON.stringify(known.post) === JSON.stringify(post)) return known.node;
  const fresh = item(post, context(now));
  fresh.addEventListener("click", () => {
    // Chosen by hand: what is pressed next is meant for this post.
    movedAt = -SETTLE_MS;
    select(post.id, false);
  });
  if (known?.node.isConnected) known.node.replaceWith(fresh);
  drawn.set(post.id, { post, node: fresh });
  return fresh;
}

let largeShows = "";
/** @param {number} now */
function large(now) {
  const post = selected === null ? null : find(selected);
  const shows = JSON.stringify(post);
  if (shows === largeShows) return;
  largeShows = shows;
  need("#detail").replaceChildren(...(post ? [detail(post, context(now))] : []));
}

let lastSays = "";
function last() {
  const line = need("#last");
  const decision = state.decisions.findLast(({ can_undo: can }) => can);
  const says = JSON.stringify([trouble, decision, state.screens]);
  if (says === lastSays) return;
  lastSays = says;
  if (trouble !== null) line.replaceChildren(el("p", "refused", trouble));
  else if (decision) {
    const row = decisionLine(decision, state, { undo, decides }, state.wall?.timezone ?? null);
    line.replaceChildren(el("p", "", ...row.childNodes));
  } else line.replaceChildren();
}

function stage() {
  if (!decides) return;
  const pause = need("#pause");
  pause.firstChild?.replaceWith(state.stage.paused ? "Resume " : "Pause ");
  pause.classList.toggle("main", state.stage.paused);
  const blank = need("#blank");
  const armedNow = armed > performance.now();
  blank.firstChild?.replaceWith(state.stage.blanked ? "Unblank " : armedNow ? "Press again " : "Blank ");
  blank.classList.toggle("main", state.stage.blanked || armedNow);
  need("#announce-end").hidden = !state.stage.announcement;
  const mode = state.settings?.moderation?.mode?.value;
  const choice = /** @type {HTMLSelectElement} */ (need("#mode"));
  if (typeof mode === "string" && mode !== shownMode && document.activeElement !== choice) choice.value = shownMode = mode;
}
/** @type {string | null} the mode that the choice shows, so that a choice under way is left alone */
let shownMode = null;

/** @param {string} id @param {boolean} focus */
function select(id, focus) {
  selected = id;
  for (const [other, { node: child }] of drawn) child.classList.toggle("selected", other === id);
  const child = drawn.get(id)?.node;
  if (focus && child) {
    child.focus({ preventScroll: true });
    child.scrollIntoView({ block: "nearest" });
  }
  large(Date.now());
}

/** @param {number} step */
function move(step) {
  const ids = [...listed];
  const at = selected === null ? -1 : ids.indexOf(selected);
  const id = ids[Math.max(0, Math.min(ids.length - 1, at + step))];
  if (id !== undefined) select(id, true);
}

/**
 * A press on a button in the list, which may have moved under the finger.
 *
 * @param {Action} action
 * @param {Post} post
 */
function press(action, post) {
  if (performance.now() - movedAt < SETTLE_MS) return;
  void decide(action, post);
}

/**
 * @param {Action} action
 * @param {Post} post
 */
async function decide(action, post) {
  trouble = null;
  const ids = [...listed];
  const next = ids[ids.indexOf(post.id) + 1] ?? ids[ids.indexOf(post.id) - 1] ?? null;
  const moves = ["hide", "show", "block"].includes(action);
  if (selected === post.id && tab !== "all" && moves && found === null) selected = next;
  /** @type {Record<Action, {standing?: Standing, pinned?: boolean, highlighted?: boolean}>} */
  const wishes = {
    hide: { standing: "hidden" },
    block: { standing: "hidden" },
    show: { standing: "shown" },
    pin: { pinned: true },
    unpin: { pinned: false },
    highlight: { highlighted: true },
    unhighlight: { highlighted: false },
    // Where it stands then is the rules' to say.
    unblock: {},
  };
  const wish = wishes[action];
  pending.set(post.id, { ...pending.get(post.id), ...wish });
  redraw();
  const author = action === "block" || action === "unblock";
  const done = author ? `${action} the author` : `${action} the post`;
  try {
    const answer =
      author
        ? await call(ofWall(wall, "authors"), { method: "POST", body: { author: post.author.id, standing: action === "block" ? "blocked" : "normal" } })
        : await call(ofWall(wall, "decisions"), { method: "POST", body: { posts: [post.id], action } });
    if (answer?.stored === false) trouble = `Done on the screens, but not stored yet: ${state.storage.message ?? "the disk refuses"}.`;
    // Posts outside the stream's window are not sent again; their wish is their state.
    if (!state.posts.has(post.id)) settle(post.id);
  } catch (error) {
    pending.delete(post.id);
    refused(error, done);
  }
  redraw();
}

/** @param {string} id */
function settle(id) {
  const post = older.get(id) ?? found?.find((one) => one.id === id);
  if (post) {
    const now = wished(post);
    if (older.has(id)) older.set(id, now);
    if (found) found = found.map((one) => (one.id === id ? now : one));
  }
  pending.delete(id);
}

/** @param {unknown} error @param {string} what */
function refused(error, what) {
  if (error instanceof ApiError && error.status === 401) {
    signIn();
    return;
  }
  trouble = `Could not ${what}: ${error instanceof Error ? error.message : String(error)}.`;
  redraw();
}

/** @param {number} [seq] */
async function undo(seq) {
  trouble = null;
  try {
    const { posts } = await call(ofWall(wall, "undo"), { method: "POST", body: seq === undefined ? {} : { seq } });
    for (const id of posts) welcome.add(id);
    pending.clear();
  } catch (error) {
    refused(error, "undo");
  }
  redraw();
}

/** @param {string} action @param {object} [more] */
async function act(action, more = {}) {
  trouble = null;
  const before = state.stage;
  /** @type {Record<string, Partial<typeof before>>} */
  const wish = { pause: { paused: true }, resume: { paused: false }, blank: { blanked: true }, unblank: { blanked: false } };
  state = { ...state, stage: { ...before, ...wish[action] } };
  redraw();
  try {
    const answer = await call(ofWall(wall, "stage"), { method: "POST", body: { action, ...more } });
    if (answer?.stage) state = { ...state, stage: { ...state.stage, ...answer.stage } };
    if (answer?.stored === false) trouble = `Done, but not stored: ${state.storage.message ?? "the disk refuses"}.`;
  } catch (error) {
    state = { ...state, stage: before };
    refused(error, action);
  }
  redraw();
}

const togglePause = () => act(state.stage.paused ? "resume" : "pause");

/** Blanking takes two steps, taking it back one. */
function pressBlank() {
  if (state.stage.blanked) void act("unblank");
  else if (armed > performance.now()) {
    armed = 0;
    void act("blank");
  } else {
    armed = performance.now() + ARMED_MS;
    setTimeout(redraw, ARMED_MS + 50);
    redraw();
  }
}

/** @param {string} name */
async function dismiss(name) {
  try {
    await call(ofWall(wall, `screens/${encodeURIComponent(name)}`), { method: "DELETE" });
    state = { ...state, screens: state.screens.filter((screen) => screen.name !== name) };
  } catch (error) {
    refused(error, `dismiss ${name}`);
  }
  redraw();
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing;
/** @type {AbortController | undefined} */
let asking;
function search() {
  clearTimeout(typing);
  typing = setTimeout(async () => {
    asking?.abort();
    const q = /** @type {HTMLInputElement} */ (need("#search")).value.trim();
    // Another list: nothing in it is new.
    listed = new Set();
    if (q === "") {
      found = null;
      redraw();
      return;
    }
    asking = new AbortController();
    try {
      const answer = await call(ofWall(wall, `posts?view=staff&limit=100&q=${encodeURIComponent(q)}`), { signal: asking.signal });
      found = answer.posts;
      listed = new Set();
      redraw();
    } catch (error) {
      if (!(error instanceof DOMException)) refused(error, "search");
    }
  }, SEARCH_MS);
}

/** @type {Map<Tab, string | null>} where the next page of older posts begins */
const pages = new Map();
async function readOlder() {
  const before = pages.get(tab) ?? null;
  const query = new URLSearchParams({ view: "staff", limit: "50" });
  if (tab !== "all") query.set("standing", tab);
  if (before) query.set("before", before);
  try {
    const answer = await call(ofWall(wall, `posts?${query}`));
    for (const post of answer.posts) older.set(post.id, post);
    pages.set(tab, answer.next);
    const button = /** @type {HTMLButtonElement} */ (need("#older"));
    button.disabled = answer.next === null;
    button.textContent = answer.next === null ? "No older posts" : "Older posts";
  } catch (error) {
    refused(error, "read older posts");
  }
  redraw();
}

/** @param {Tab} name */
function openTab(name) {
  tab = name;
  listed = new Set();
  welcome.clear();
  selected = null;
  need("#list").scrollTop = 0;
  const button = /** @type {HTMLButtonElement} */ (need("#older"));
  button.disabled = false;
  button.textContent = "Older posts";
  redraw();
}

/** @param {KeyboardEvent} event */
function key(event) {
  const help = /** @type {HTMLDialogElement} */ (need("#help"));
  const target = event.target instanceof HTMLElement ? event.target : document.body;
  if (event.key === "Escape" && target.id === "search") {
    /** @type {HTMLInputElement} */ (target).value = "";
    search();
    target.blur();
    return;
  }
  if (!shortcuts || event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (target.matches("input, textarea, select")) return;
  const post = selected === null ? null : find(selected);
  const onControl = target.matches("button, a, summary");
  /** @type {Record<string, () => unknown>} */
  const keys = {
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    ...(decides
      ? {
          h: () => post && post.standing !== "hidden" && decide("hide", post),
          s: () => post && post.standing !== "shown" && decide("show", post),
          a: () => post && post.standing !== "shown" && decide("show", post),
          p: () => post && decide(post.pinned ? "unpin" : "pin", post),
          u: () => undo(),
          b: pressBlank,
        }
      : {}),
    "?": () => help.showModal(),
    "/": () => need("#search").focus(),
    ...(onControl || !decides ? {} : { " ": togglePause }),
  };
  const work = keys[event.key];
  if (!work || (event.repeat && !/^(j|k|Arrow)/.test(event.key))) return;
  event.preventDefault();
  void work();
}

/** @param {boolean} open */
function side(open) {
  document.body.classList.toggle("side-open", open);
  need("#open-side").setAttribute("aria-expanded", String(open));
  if (open) need("#close-side").focus();
  else need("#open-side").focus();
}

function wire() {
  const slug = encodeURIComponent(wall);
  /** @type {HTMLAnchorElement} */ (need("#to-wall")).href = `/w/${slug}`;
  /** @type {HTMLAnchorElement} */ (need("#to-report")).href = `/report/${slug}`;
  for (const button of tabs()) button.addEventListener("click", () => openTab(/** @type {Tab} */ (button.dataset.tab)));
  need("#fresh").addEventListener("click", () => {
    showAll = true;
    need("#list").scrollTop = 0;
    redraw();
  });
  need("#search").addEventListener("input", search);
  need("#older").addEventListener("click", () => void readOlder());
  need("#open-side").addEventListener("click", () => side(true));
  need("#close-side").addEventListener("click", () => side(false));
  need("#open-help").addEventListener("click", () => /** @type {HTMLDialogElement} */ (need("#help")).showModal());
  need("#sign-out").addEventListener("click", async () => {
    connection.stop();
    await call("/sign-out", { method: "POST" }).catch((error) => console.warn(error));
    location.assign("/sign-in");
  });
  const box = /** @type {HTMLInputElement} */ (need("#shortcuts"));
  box.checked = shortcuts;
  box.addEventListener("change", () => {
    shortcuts = box.checked;
    localStorage.setItem("buzzwall.shortcuts", shortcuts ? "on" : "off");
  });
  if (decides) wireDecisions();
  addEventListener("keydown", key);
  addEventListener("online", () => connection.connect());
  setInterval(redraw, 10_000);
}

/** What only those have who may decide. */
function wireDecisions() {
  need("#pause").addEventListener("click", () => void togglePause());
  need("#blank").addEventListener("click", pressBlank);
  const mode = /** @type {HTMLSelectElement} */ (need("#mode"));
  mode.addEventListener("change", async () => {
    trouble = null;
    try {
      await call(ofWall(wall, "settings"), { method: "PATCH", body: { moderation: { mode: mode.value } } });
    } catch (error) {
      refused(error, "change how new posts are treated");
      shownMode = null;
      mode.blur();
      redraw();
    }
  });
  need("#new-screen").addEventListener("submit", (event) => {
    event.preventDefault();
    void newScreen();
  });
  const text = /** @type {HTMLTextAreaElement} */ (need("#announcement"));
  need("#announce").addEventListener("submit", (event) => {
    event.preventDefault();
    void act("announcement", { text: text.value.trim() });
  });
  need("#announce-end").addEventListener("click", () => void act("announcement", { text: null }));
}

async function newScreen() {
  const name = /** @type {HTMLInputElement} */ (need("#screen-name")).value.trim();
  const out = need("#screen-link");
  try {
    const { key: secret } = await call(ofWall(wall, "screens"));
    const link = new URL(`/w/${encodeURIComponent(wall)}`, location.href);
    link.searchParams.set("screen", name);
    link.searchParams.set("key", secret);
    out.textContent = link.href;
    // Without https a browser offers no clipboard; the link stands there to be copied by hand.
    await navigator.clipboard?.writeText(link.href).then(
      () => (out.textContent = `Copied: ${link.href}`),
      () => undefined,
    );
  } catch (error) {
    refused(error, "make a link");
  }
}

try {
  const { role } = await call("/me");
  decides = role === "admin" || role === "moderator";
  may = new Set(decides ? MAY.decide : role === "rapporteur" ? MAY.highlight : []);
  for (const part of document.querySelectorAll("[data-decides]")) if (!decides) part.remove();
  need("#to-report").hidden = role === "rapporteur";
  wire();
  connection.connect();
} catch (error) {
  if (error instanceof ApiError && error.status === 401) signIn();
  else need("#status").textContent = `${error instanceof Error ? error.message : error}: reload to try again`;
}
