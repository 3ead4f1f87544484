/**
 * The stream of a wall: connects, resumes where it stopped, comes back by itself.
 *
 * A browser neither sees the server's pings nor learns that a network died silently. So when nothing came for a while
 * a successor is opened beside the old socket and takes over once it stands: resuming is idempotent, and nothing is
 * lost or shown twice by it.
 *
 * @import { Options } from "./state.d.ts"
 */

/** A stream silent for this long is replaced by a fresh one. */
export const QUIET_MS = 60_000;
/** A socket that has not opened by now will not. */
export const OPEN_MS = 8000;
/** Longest wait between two tries. */
const LONGEST_MS = 15_000;
/** Wait where the server said that coming back soon is pointless. */
const SLOW_MS = 45_000;

/**
 * Full jitter, so that a hall of screens does not come back in step; the first try is within a second.
 *
 * @param {number} failures tries that failed before this one
 * @param {number} random in [0, 1)
 */
export const backoff = (failures, random) => 50 + random * Math.min(LONGEST_MS, 900 * 2 ** failures);

/** 4000 to 4099 ask to come back as after any other loss; other 4000s say that it will not help soon. */
export const comesBackSoon = (/** @type {number} */ code) => code < 4100 || code > 4999;

export class Connection {
  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    this.random = options.random ?? Math.random;
    /** @type {WebSocket | null} */
    this.current = null;
    /** @type {WebSocket | null} */
    this.successor = null;
    this.failures = 0;
    this.stopped = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.retry = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.quiet = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.opening = undefined;
  }

  /** Connects, or replaces a stream that may be dead; safe to call at any time. */
  connect() {
    if (this.stopped || this.successor !== null) return;
    clearTimeout(this.retry);
    const Socket = this.options.Socket ?? WebSocket;
    /** @type {WebSocket} */
    let socket;
    try {
      socket = new Socket(this.options.address());
    } catch {
      this.later(1006);
      return;
    }
    this.successor = socket;
    this.opening = setTimeout(() => this.lost(socket, 1006), OPEN_MS);
    socket.onopen = () => this.opened(socket);
    socket.onmessage = (event) => this.received(socket, event.data);
    socket.onclose = (event) => this.lost(socket, event.code);
  }

  /** Ends the stream for good. */
  stop() {
    this.stopped = true;
    clearTimeout(this.retry);
    clearTimeout(this.quiet);
    clearTimeout(this.opening);
    for (const socket of [this.current, this.successor]) if (socket) this.drop(socket);
    this.current = this.successor = null;
  }

  /** Sends if the stream is there; what cannot be sent is not worth keeping. @param {object} message */
  send(message) {
    if (this.current?.readyState === 1) this.current.send(JSON.stringify(message));
  }

  /** @param {WebSocket} socket */
  opened(socket) {
    if (socket !== this.successor) return;
    clearTimeout(this.opening);
    if (this.current) this.drop(this.current);
    this.current = socket;
    this.successor = null;
    const hello = this.options.hello?.();
    if (hello) this.send(hello);
    this.watch();
    this.options.state(true);
  }

  /** @param {WebSocket} socket @param {unknown} data */
  received(socket, data) {
    if (socket !== this.current || typeof data !== "string") return;
    this.watch();
    try {
      this.options.message(data);
    } catch (error) {
      // Nothing of it was applied; what follows would leave a gap, so go back to the cursor.
      console.error("a message could not be applied", error);
      this.lost(socket, 1006);
      return;
    }
    // Only a server that speaks has recovered: one that accepts and hangs up must not be hammered.
    this.failures = 0;
  }

  /** @param {WebSocket} socket @param {number} code */
  lost(socket, code) {
    if (socket !== this.current && socket !== this.successor) return;
    if (socket === this.successor) {
      clearTimeout(this.opening);
      this.successor = null;
    } else if (this.successor !== null) {
      // The old stream ended while its successor is on the way.
      this.current = null;
      this.drop(socket);
      return;
    }
    this.drop(socket);
    if (this.current) this.drop(this.current);
    this.current = null;
    clearTimeout(this.quiet);
    this.options.state(false);
    this.options.closed?.(code);
    this.later(code);
  }

  /** @param {number} code */
  later(code) {
    if (this.stopped) return;
    const wait = comesBackSoon(code) ? backoff(this.failures, this.random()) : SLOW_MS * (1 + this.random());
    this.failures = Math.min(this.failures + 1, 10);
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), wait);
  }

  watch() {
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.connect(), QUIET_MS);
  }

  /** @param {WebSocket} socket */
  drop(socket) {
    socket.onopen = socket.onmessage = socket.onclose = null;
    try {
      socket.close();
    } catch {
      // Closing what is closed already.
    }
  }
}

/** The stream's address. @param {string} wall @param {{cursor: string | null, staff?: boolean}} options */
export function streamAddress(wall, { cursor, staff = false }) {
  const url = new URL(`/api/v1/walls/${encodeURIComponent(wall)}/stream`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (staff) url.searchParams.set("view", "staff");
  if (cursor !== null) url.searchParams.set("since", cursor);
  return url.href;
}
