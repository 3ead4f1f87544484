/**
 * What lets a wall outlive its network, its server and its browser: the state and the pictures kept on this machine, the page
 * kept by a service worker, a new version taken when it is safe. What is not protected it says to whoever asks with `i`.
 *
 * @import { Frame } from "../shared/protocol.d.ts"
 * @import { State } from "../shared/state.d.ts"
 * @import { Room } from "./room.js"
 */
import { empty } from "../shared/store.js";
import { keptAwakeBy } from "./awake.js";
import { t } from "./catalogue/index.js";
import { Kept } from "./kept.js";
import { renewal } from "./renewal.js";

/** Clocks that differ by less are right. */
const CLOCK_MS = 30_000;
/** How often the worker is told what the page has loaded. */
const KEEP_MS = 60_000;

/** The worker's address, as pages that take no other scripts want it. @returns {string} */
function script() {
  const address = "/w/worker.js";
  const types = /** @type {any} */ (globalThis).trustedTypes;
  return types?.createPolicy("worker", { createScriptURL: () => address }).createScriptURL(address) ?? address;
}

export class Safety {
  /** @param {Room} room */
  constructor(room) {
    this.room = room;
    this.kept = new Kept(room.wallId);
    this.renewal = renewal();
    /** @type {ServiceWorkerContainer | null} */
    this.worker = navigator.serviceWorker ?? null;
    /** Whether everything that the page has loaded is with the worker. */
    this.isPageKept = false;
    /** Since when the stream is gone. @type {number | null} */
    this.away = Date.now();
  }

  /** The wall as it was when this screen was last on. */
  restore() {
    return this.kept.load(empty());
  }

  /** Begins to keep what the page loads. */
  begin() {
    if (this.worker === null) {
      void import("./kept-pictures.js").then(({ KeptPictures }) => {
        this.room.pictures.kept = new KeptPictures();
      });
      return;
    }
    const { worker } = this;
    worker.addEventListener("message", ({ data }) => {
      if (data?.type === "kept") this.isPageKept = data.whole === true;
    });
    worker.register(script()).then(() => this.keepPage(), (error) => console.warn("no service worker", error));
    setInterval(() => void this.keepPage(), KEEP_MS);
  }

  async keepPage() {
    const { active } = (await this.worker?.ready) ?? {};
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    active?.postMessage({ type: "keep", urls: [...new Set([location.href, ...loaded])] });
  }

  /**
   * Notes a new state. What is taken down is written at once; posts that only make room for newer ones are not.
   *
   * @param {readonly Frame[]} message what made the new state of the old
   * @param {State} before
   * @param {State} after
   */
  note(message, before, after) {
    for (const frame of message) if (frame.type === "remove") this.forget(before.posts.get(frame.id)?.post.pictures);
    this.kept.note(after, this.room.ahead, message.some(({ type }) => ["remove", "snapshot", "stage"].includes(type)));
  }

  /** @param {string | null | undefined} token */
  forget(token) {
    if (!token) return;
    void this.room.pictures.kept?.forget(token);
    this.worker?.controller?.postMessage({ type: "forget", token });
  }

  /** The stream is there, or gone. @param {boolean} online */
  line(online) {
    if (online && this.away !== null) void this.renewal.look();
    this.away = online ? null : (this.away ?? Date.now());
  }

  /** A time of day on the wall's clock. @param {number} at in this machine's time */
  clock(at) {
    const format = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium", ...(this.room.zone ? { timeZone: this.room.zone } : {}) });
    return format.format(at + this.room.ahead);
  }

  /** @returns {(readonly [string, string])[]} */
  facts() {
    const { at } = this.kept;
    return [
      [t("info.server"), this.away === null ? t("info.connected") : t("info.offline", { time: this.clock(this.away) })],
      [t("info.version"), this.renewal.hooks.own ?? "–"],
      [t("info.kept"), at === null ? "–" : t("info.kept_at", { n: this.room.state.posts.size, time: this.clock(at) })],
      [t("info.awake"), t(`info.awake.${keptAwakeBy()}`)],
    ];
  }

  /** What is not protected, in words. @returns {string[]} */
  warnings() {
    const { ahead } = this.room;
    return [
      this.worker === null ? t("info.no_worker") : "",
      this.kept.trouble === null ? "" : t("info.not_kept", { why: this.kept.trouble }),
      keptAwakeBy() === "nothing" ? t("info.not_awake") : "",
      Math.abs(ahead) > CLOCK_MS ? t("info.clock", { n: Math.round(Math.abs(ahead) / 1000) }) : "",
    ].filter(Boolean);
  }
}
