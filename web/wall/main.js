/**
 * The wall: folds the stream, asks the programme which scene is on, lets the director show it. What goes wrong is logged,
 * and the screen stays.
 *
 * @import { Asked, SceneName } from "./types.d.ts"
 */
import { Connection, streamAddress } from "../shared/connection.js";
import { need } from "../shared/dom.js";
import { apply, cursor, parse } from "../shared/store.js";
import { stayAwake } from "./awake.js";
import { t } from "./catalogue/index.js";
import { Director } from "./director.js";
import { isScene, SCENES } from "./display.js";
import { drift } from "./drift.js";
import { measures } from "./layout.js";
import { fitHead, head, paint } from "./masthead.js";
import { pick } from "./programme.js";
import { Room } from "./room.js";
import { Safety } from "./safety.js";

const SEEN_MS = 30_000;
/** How long the stream may take before a wall that was kept is drawn: with it comes what was taken off meanwhile. */
const KEPT_WAITS_MS = 2500;

const params = new URLSearchParams(location.search);
const wallId = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const screenName = params.get("screen");
const screenKey = params.get("key");
/** Its word counts only with the key. */
const keyed = screenName !== null && screenKey !== null;
const sceneAsked = params.get("scene");

const room = new Room({ wallId, overlay: params.get("background") === "none" });
const director = new Director(need("#stage"), room);
const safety = new Safety(room);
/** @type {Record<string, number>} milliseconds on the screen since the last report */
let seen = {};
let blanked = false;
/** @type {Asked["key"]} */
let key = null;
let place = "";
let begun = false;

const connection = new Connection({
  address: () => streamAddress(wallId, { cursor: cursor(room.state) }),
  message: receive,
  state: (online) => {
    need("#offline").hidden = online;
    safety.line(online);
    // A server that has restarted does not know what still stands here.
    if (online && room.state.epoch !== null) confirm();
  },
  hello: () =>
    screenName === null
      ? null
      : { type: "hello", screen: screenName, key: screenKey ?? "", width: innerWidth, height: innerHeight, scene: director.current?.name ?? "title", version: safety.renewal.hooks.own },
});

/** @param {string} text */
function receive(text) {
  const frames = parse(text);
  const before = room.state;
  const state = apply(before, frames);
  for (const frame of frames) {
    if (frame.type === "screen" && keyed && frame.screen === screenName) CALLS[frame.action]?.();
    const now = /** @type {{now?: string}} */ (frame).now;
    if (frame.type === "snapshot" && now) room.ahead = Date.parse(now) - Date.now() || 0;
  }
  guarded(() => show(state))();
  safety.note(frames, before, state);
}

/** What staff ask of one screen. @type {Record<string, () => void>} */
const CALLS = {
  identify: () => void import("./info.js").then(({ identify }) => identify(screenName ?? "")),
  // The server has just spoken, so the page can be had.
  reload: () => location.reload(),
};

/** @param {import("../shared/state.d.ts").State} state */
function show(state) {
  const typed = JSON.stringify(room.type);
  room.take(state);
  // Removals in this very turn: nothing else is drawn before them.
  director.follow(state);
  paint(room, params.get("theme"));
  head(room);
  if (JSON.stringify(room.type) !== typed) reset();
  play();
  confirm();
  if (!begun) begin();
}

/** Goes on from what was kept: with the stream, which says first what was taken off meanwhile, or after a while without. */
async function restore() {
  const found = await safety.restore();
  if (found && room.state.epoch === null) {
    room.state = found.state;
    room.ahead = found.ahead;
    setTimeout(guarded(() => begun || show(room.state)), KEPT_WAITS_MS);
  }
  connection.connect();
}

/** Tells what is drawn, once it is. */
function confirm() {
  if (!keyed) return;
  const { seq } = room.state;
  requestAnimationFrame(() => setTimeout(() => connection.send({ type: "shown", seq })));
}

/** Sees to it that the right scene is on. */
function play() {
  const { state, display } = room;
  if (state.wall === null) return;
  /** @type {Asked} */
  const asked = {
    display,
    stage: { ...state.stage, scene: isScene(state.stage.scene) ? state.stage.scene : null },
    screen: screenName,
    address: isScene(sceneAsked) ? sceneAsked : null,
    overlay: room.overlay,
    blanked,
    key,
  };
  const facts = { posts: [...state.posts.values()].map(({ post }) => post), sessions: state.wall.sessions ?? [], now: room.serverNow() };
  const found = pick(facts, asked, (scene) => director.has(scene));
  place = found.place;
  const urgent = ["blank", "announcement", "empty"].includes(found.why);
  // Frozen: what stands stays, unless somebody asks for something else.
  if (room.stopped && !urgent && ["programme", "wall"].includes(found.why) && director.has(director.current?.name ?? found.scene)) return;
  director.want(found.scene, urgent);
}

director.changed = (scene) => {
  document.body.toggleAttribute("data-plate", false);
  if (scene === "title" || scene === "announcement") document.body.dataset.plate = scene;
  connection.send({ type: "playing", scene });
  void safety.renewal.renew(true);
};
room.again = guarded(play);

/** Everything that goes on by itself, once there is something to show. */
function begin() {
  begun = true;
  document.fonts.addEventListener("loadingdone", guarded(reset));
  void document.fonts.ready.then(fitHead);
  setInterval(guarded(tick), 200);
  setInterval(guarded(look), 1000);
  // So that a scene can come on without the network.
  const rest = new Set([...room.display.programme.map(({ scene }) => scene), ...SCENES]);
  let i = 0;
  const idle = () => {
    const name = [...rest][i++];
    if (name === undefined) return;
    void director.load(name).then(() => setTimeout(idle, 500));
  };
  setTimeout(idle, 4000);
}

function tick() {
  play();
  void safety.renewal.renew(false);
  if (!document.hidden) director.tick(performance.now());
}

let looked = performance.now();
let reported = performance.now();

/** Adds up how long each post has been on the screen, for the screens' common rotation. */
function look() {
  const now = performance.now();
  const passed = now - looked;
  looked = now;
  // The machine slept, or the page was frozen: the stream may be dead without having said so.
  if (passed > 15_000) connection.connect();
  if (!document.hidden) for (const id of director.ids()) seen[id] = (seen[id] ?? 0) + Math.round(Math.min(passed, 2000));
  if (now - reported >= SEEN_MS) {
    reported = now;
    if (keyed && Object.keys(seen).length > 0) connection.send({ type: "seen", ms: seen });
    seen = {};
  }
  room.deck.settle(now);
  drift(need("#picture"), now);
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

/** Sets everything anew: another screen size, other fonts, other type. */
function reset() {
  const { unit, strip } = measures(innerWidth, innerHeight);
  const { style } = document.documentElement;
  style.setProperty("--u", `${unit}px`);
  style.setProperty("--small-size", String(room.type.small));
  style.setProperty("--text-size", String(room.type.text));
  document.body.classList.toggle("strip", strip);
  document.body.classList.toggle("upright", innerHeight > innerWidth);
  document.body.classList.toggle("narrow", innerWidth < 150 * unit);
  fitHead();
  director.resize();
}

function toggleFullScreen() {
  if (document.fullscreenElement) void document.exitFullscreen();
  else document.documentElement.requestFullscreen().catch((error) => console.warn(error));
}

/** The next scene, or the one before, until the programme changes. @param {number} step */
function turn(step) {
  /** @type {SceneName[]} */
  const planned = [...new Set(room.display.programme.map(({ scene }) => scene))];
  const scenes = (planned.length > 1 ? planned : SCENES.filter((name) => name !== "announcement")).filter((name) => director.has(name));
  const at = scenes.indexOf(key?.place === place ? key.scene : (director.current?.name ?? "grid"));
  const scene = scenes[(at + step + scenes.length) % scenes.length];
  if (scene) key = { scene, place };
  play();
}

/** What `i` tells. @type {() => import("./info.js").Told} */
const told = () => ({
  title: t("info.title"),
  facts: [
    [t("info.wall"), wallId],
    [t("info.name"), screenName ?? t("info.unnamed")],
    [t("info.scene"), director.current?.name ?? "–"],
    [t("info.posts"), String(room.state.posts.size)],
    [t("info.size"), `${innerWidth} × ${innerHeight} × ${devicePixelRatio}`],
    ...safety.facts(),
  ],
  warnings: [
    ...(sceneAsked !== null && !isScene(sceneAsked) ? [t("info.no_scene", { name: sceneAsked })] : []),
    ...(room.stopped ? [t("info.frozen")] : []),
    ...safety.warnings(),
  ],
  keys: [["f", t("info.full_screen")], ["b", t("info.blank")], ["␣", t("info.freeze")], ["← →", t("info.turn")], ["i", t("info.this")]],
});

/** @type {ReturnType<typeof setTimeout> | undefined} */
let resting;
function showCursor() {
  document.body.classList.remove("resting");
  clearTimeout(resting);
  resting = setTimeout(() => document.body.classList.add("resting"), 2500);
}

let resizing = 0;
addEventListener("resize", () => {
  cancelAnimationFrame(resizing);
  resizing = requestAnimationFrame(guarded(() => {
    reset();
    play();
  }));
});
/** @type {Record<string, () => void>} */
const KEYS = {
  f: toggleFullScreen,
  b: () => (blanked = !blanked),
  " ": () => (need("#frozen").hidden = !(room.stopped = !room.stopped)),
  ArrowRight: () => turn(1),
  ArrowLeft: () => turn(-1),
  i: () => void import("./info.js").then(({ toggleInfo }) => toggleInfo(told)),
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const deed = KEYS[event.key];
  if (deed === undefined) return;
  event.preventDefault();
  guarded(() => {
    deed();
    play();
  })();
});
addEventListener("dblclick", toggleFullScreen);
addEventListener("pointermove", showCursor);
addEventListener("online", () => connection.connect());

/** For `i` and for tests: what is on, which posts it shows, and what the address asks for in vain. */
Object.assign(window, {
  wall: {
    scene: () => director.current?.name ?? null,
    ids: () => [...director.ids()],
    renewal: safety.renewal,
    kept: () => ({ state: safety.kept.at !== null, page: safety.isPageKept }),
    unknownScene: sceneAsked !== null && !isScene(sceneAsked) ? sceneAsked : null,
  },
});

paint(room, params.get("theme"));
reset();
if (isScene(sceneAsked)) void director.load(sceneAsked);
else void director.load("grid");
if (!room.overlay) director.want("title", true);
showCursor();
stayAwake();
safety.begin();
void restore();
