/**
 * The programme as a form, and what the room asks of the type. Pure.
 *
 * @import { Settings } from "../../shared/protocol.d.ts"
 */
import { has, t } from "../../shared/catalogue/index.js";

export const SCENES = /** @type {const} */ (["grid", "spotlight", "columns", "photos", "ticker", "stats", "cloud", "agenda", "invite", "announcement", "countdown", "sponsors", "title"]);
/** Conditions of one word, and two that ask for more. */
export const WHENS = /** @type {const} */ (["always", "pinned", "highlighted", "quiet", "busy", "session", "break", "during", "fewer"]);

/** What a scene is called; one that is newer than this page by its own name. @param {string} scene @returns {string} */
export function sceneName(scene) {
  const key = `scene.${scene}`;
  return has(key) ? t(key) : scene;
}

/**
 * An entry while somebody changes it: everything is there, whether or not it holds.
 *
 * @typedef {{id: number, scene: string, for: string, when: string, session: string, posts: string, minutes: string, only: boolean, screens: string}} Draft
 */

let made = 0;

/** @param {Partial<Draft>} [known] @returns {Draft} */
export const draft = (known = {}) => ({ id: (made += 1), scene: "grid", for: "1m", when: "always", session: "", posts: "5", minutes: "10", only: false, screens: "", ...known });

/** @param {any} entry as the settings have it @returns {Draft} */
export function draftOf(entry) {
  const when = entry.when ?? "always";
  const known = { scene: entry.scene, for: entry.for ?? "1m", only: entry.only ?? false, screens: (entry.screens ?? []).join(", ") };
  if (typeof when === "string") return draft({ ...known, when });
  if (when.session !== undefined) return draft({ ...known, when: "during", session: when.session });
  return draft({ ...known, when: "fewer", posts: String(when.fewer.posts), minutes: String(Math.round(when.fewer.seconds / 6) / 10) });
}

/** @param {Draft} entry @returns {Record<string, unknown>} as the settings take it */
export function entryOf(entry) {
  const screens = entry.screens.split(",").map((name) => name.trim()).filter((name) => name !== "");
  /** @type {unknown} */
  let when = entry.when;
  if (entry.when === "during") when = { session: entry.session };
  if (entry.when === "fewer") when = { fewer: { posts: Number(entry.posts), seconds: Math.round(Number(entry.minutes) * 60) } };
  return {
    scene: entry.scene,
    for: entry.for.trim(),
    ...(entry.when === "always" ? {} : { when }),
    ...(entry.only && entry.when !== "always" ? { only: true } : {}),
    ...(screens.length > 0 ? { screens } : {}),
  };
}

/**
 * The same list with one entry elsewhere.
 *
 * @template T
 * @param {readonly T[]} list
 * @param {number} at
 * @param {number} by
 */
export function moved(list, at, by) {
  const next = [...list];
  const [one] = next.splice(at, 1);
  if (one !== undefined) next.splice(Math.max(0, Math.min(next.length, at + by)), 0, one);
  return next;
}

/** Metres of a length as people write it; null where it is none. @param {string} text */
export function metres(text) {
  const found = /^\s*(\d+(?:\.\d+)?)\s*(mm|cm|m|in|ft)\s*$/.exec(text);
  const unit = { mm: 0.001, cm: 0.01, m: 1, in: 0.0254, ft: 0.3048 }[found?.[2] ?? ""];
  return found && unit !== undefined ? Number(found[1]) * unit : null;
}

/** The least height of small letters, as a part of the picture's height: what an eye tells apart from so far. */
const LEAST_PART = 200;
/** Height of small letters in the wall's usual text, in pixels of a picture 1080 high. */
const USUAL_PX = 31;

/**
 * @param {string} height of the picture
 * @param {string} distance of the last row
 * @returns {string[]} what follows of them, in sentences; none where either is missing
 */
export function legibility(height, distance) {
  const [high, far] = [metres(height), metres(distance)];
  if (high === null || far === null || high <= 0) return [];
  const heights = far / high;
  const part = heights / LEAST_PART;
  const px = part * 1080;
  const round = (/** @type {number} */ n) => Math.round(n * 10) / 10;
  const lines = [t("type.needs", { heights: round(heights), px: Math.round(px), percent: round(part * 100) })];
  lines.push(px <= USUAL_PX ? t("type.usual", { px: USUAL_PX }) : px <= USUAL_PX * 2 ? t("type.larger", { px: USUAL_PX }) : t("type.too_far"));
  return lines;
}

/** The setting's value that holds. @param {Settings | null} settings @param {string} key @returns {any} */
export const holds = (settings, key) => settings?.["display"]?.[key]?.value ?? null;

/** Whether a value was set here and not in the file. @param {Settings | null} settings @param {string} key */
export const isOwn = (settings, key) => settings?.["display"]?.[key]?.from === "console";
