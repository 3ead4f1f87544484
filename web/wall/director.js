/**
 * Loads scenes, makes them ready and puts them on the screen, one at a time: never a blank frame, never while a card moves.
 *
 * @import { State } from "../shared/state.d.ts"
 * @import { Make, Scene, SceneName } from "./types.d.ts"
 * @import { Room } from "./room.js"
 */
import * as announcement from "./scenes/announcement.js";
import * as title from "./scenes/title.js";

/** A scene that is not ready by now comes on as it is. */
const READY_MS = 3000;
/** A scene whose files did not come is asked for again after this. */
const RETRY_MS = 10_000;
const FADE_MS = 300;
/** What goes is gone before what comes is quite there, so that words do not stand on words for long. */
const OUT_MS = 140;
/** A scene that was on for less than this gives way by a cut: the page has just opened. */
const BRIEF_MS = 2000;

/** What must be there when nothing else is. @type {Partial<Record<SceneName, {make: Make}>>} */
const AT_HAND = { announcement, title };
/** Scenes whose style the page itself brings. */
const STYLED = new Set(["announcement", "title", "grid"]);

export class Director {
  /** @param {HTMLElement} host @param {Room} room */
  constructor(host, room) {
    this.host = host;
    this.room = room;
    /** @type {Map<SceneName, Scene>} */
    this.scenes = new Map();
    /** @type {Map<SceneName, number>} when a scene was last asked for */
    this.asked = new Map();
    /** @type {{name: SceneName, scene: Scene} | null} */
    this.current = null;
    /** When it came on. */
    this.since = -Infinity;
    /** @type {Scene | null} what fades out */
    this.leaving = null;
    /** @type {{name: SceneName, ready: boolean} | null} what comes next */
    this.next = null;
    /** Called when another scene is on. @type {(name: SceneName) => void} */
    this.changed = () => {};
  }

  /** The scene, if it is loaded; asks for it otherwise. @param {SceneName} name */
  look(name) {
    const known = this.scenes.get(name);
    if (known) return known;
    const own = AT_HAND[name];
    if (own) return this.add(name, own.make);
    void this.load(name);
    return null;
  }

  /** @param {SceneName} name */
  async load(name) {
    const now = performance.now();
    if (this.scenes.has(name) || now - (this.asked.get(name) ?? -Infinity) < RETRY_MS) return;
    this.asked.set(name, now);
    try {
      const [{ make }] = await Promise.all([import(`./scenes/${name}.js`), STYLED.has(name) ? null : style(name)]);
      this.add(name, make);
    } catch (error) {
      console.warn("a scene could not be loaded", name, error);
    }
  }

  /** @param {SceneName} name @param {Make} make */
  add(name, make) {
    const scene = make(this.room);
    this.scenes.set(name, scene);
    return scene;
  }

  /** Whether a scene has something to show; of one that is still on its way it is assumed. @param {SceneName} name */
  has(name) {
    return this.look(name)?.hasSomething(this.room.state) ?? true;
  }

  /**
   * Asks for a scene; it comes on when it is ready and nothing moves.
   *
   * @param {SceneName} name
   * @param {boolean} urgent at once, by a cut
   */
  want(name, urgent) {
    if (this.current?.name === name) {
      this.next = null;
      return;
    }
    const scene = this.look(name);
    if (scene === null) return;
    if (urgent) {
      this.show(name, scene, false);
      return;
    }
    if (this.next?.name !== name) {
      const next = { name, ready: !scene.prepare };
      this.next = next;
      const late = new Promise((done) => setTimeout(done, READY_MS));
      void Promise.race([scene.prepare?.(), late]).catch((error) => console.warn(error)).then(() => {
        next.ready = true;
        this.room.again();
      });
    }
    if (this.next.ready && !this.moving()) this.show(name, scene, true);
  }

  /** Whether something on the screen is on its way. */
  moving() {
    const running = this.current?.scene.root.getAnimations({ subtree: true }) ?? [];
    return running.some(({ playState, effect }) => playState === "running" && Number(effect?.getComputedTiming().endTime ?? 0) < 5000);
  }

  /** @param {SceneName} name @param {Scene} scene @param {boolean} fade */
  show(name, scene, fade) {
    const before = this.current;
    const brief = performance.now() - this.since < BRIEF_MS;
    this.since = performance.now();
    this.next = null;
    this.clear();
    this.current = { name, scene };
    document.body.dataset.scene = name;
    document.body.classList.toggle("bare", scene.bare === true);
    this.host.append(scene.root);
    scene.enter();
    if (before) {
      before.scene.leave();
      if (fade && !brief && !this.room.calm && before.scene.root.isConnected) this.fade(before.scene, scene);
      else before.scene.root.remove();
    }
    this.changed(name);
  }

  /** @param {Scene} from @param {Scene} to */
  fade(from, to) {
    this.leaving = from;
    from.root.inert = true;
    from.root.animate([{ opacity: 1 }, { opacity: 0 }], { duration: OUT_MS, fill: "forwards" }).onfinish = () => {
      if (this.leaving === from) this.clear();
    };
    to.root.animate([{ opacity: 0 }, { opacity: 1 }], { duration: FADE_MS });
  }

  /** Takes away what still fades out. */
  clear() {
    const { leaving } = this;
    if (leaving === null) return;
    this.leaving = null;
    leaving.root.remove();
    leaving.root.inert = false;
    for (const animation of leaving.root.getAnimations()) animation.cancel();
  }

  /** The state has changed: what was removed is gone when this returns, from what fades out too. @param {State} state */
  follow(state) {
    // A scene that fades holds posts that it no longer follows.
    this.clear();
    this.current?.scene.follow(state);
  }

  resize() {
    this.clear();
    this.current?.scene.resize();
  }

  /** @param {number} now */
  tick(now) {
    this.current?.scene.tick(now);
  }

  /** The posts on the screen. @returns {Iterable<string>} */
  ids() {
    return this.current?.scene.ids() ?? [];
  }
}

/** A scene's own style sheet, there before the scene is. @param {SceneName} name */
function style(name) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL(`scenes/${name}.css`, import.meta.url).href;
  const loaded = new Promise((done, failed) => {
    link.onload = done;
    link.onerror = () => {
      link.remove();
      failed(new Error(`no style for ${name}`));
    };
  });
  document.head.append(link);
  return loaded;
}
