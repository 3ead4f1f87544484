/** Calls of the JSON API. Failures carry words that can be shown. */
import { words } from "./format.js";

export class ApiError extends Error {
  /**
   * @param {number} status HTTP status; 0 where no answer came
   * @param {string} message
   * @param {any} [answer] the problem as the server describes it
   */
  constructor(status, message, answer = null) {
    super(message);
    this.status = status;
    this.answer = answer;
  }
}

/**
 * @param {string} path below `/api/v1`
 * @param {{method?: string, body?: unknown, signal?: AbortSignal}} [options]
 * @returns {Promise<any>} the answer's JSON, null where it has none
 * @throws {ApiError}
 */
export async function call(path, { method = "GET", body, signal } = {}) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      credentials: "same-origin",
      headers: body === undefined ? {} : { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, words.unreachable);
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  throw new ApiError(response.status, answer?.detail || answer?.title || words.answered(response.status), answer);
}

/** @param {string} wall @param {string} path */
export const ofWall = (wall, path) => `/walls/${encodeURIComponent(wall)}/${path}`;

/** The wall that a page's address names: `/console/{wall}`, `/report/{wall}`. */
export const wallOfPage = () => decodeURIComponent(location.pathname.split("/")[2] ?? "");

/** Goes to sign in and comes back to the same place. */
export function signIn() {
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`);
}

/**
 * Where to go after signing in: a page of this site and nothing else.
 *
 * @param {string | null} next
 * @param {string} origin
 */
export function nextPage(next, origin) {
  if (next === null || !next.startsWith("/")) return "/";
  try {
    // The browser's own reading decides: `//host`, `/\host` and control characters all lead elsewhere.
    const url = new URL(next, origin);
    return url.origin === origin ? url.pathname + url.search + url.hash : "/";
  } catch {
    return "/";
  }
}
