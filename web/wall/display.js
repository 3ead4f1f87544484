/**
 * A wall's display settings with what holds where the server says nothing: it may be older than this page, or newer.
 *
 * @import { Wall } from "../shared/protocol.d.ts"
 * @import { Display, Entry, SceneName, When } from "./types.d.ts"
 */

/** @type {readonly SceneName[]} */
export const SCENES = ["grid", "spotlight", "columns", "photos", "ticker", "stats", "cloud", "agenda", "invite", "announcement", "countdown", "sponsors", "title"];

/** @param {unknown} name @returns {name is SceneName} */
export const isScene = (name) => SCENES.includes(/** @type {SceneName} */ (name));

/** @param {unknown} value */
const metres = (value) => (typeof value === "number" && value > 0 ? value : null);

/** @param {unknown} value */
const listed = (value) => (Array.isArray(value) ? value : []);

/** @param {any} one @returns {Entry[]} none for a scene that this page does not have */
function entry(one) {
  if (!isScene(one?.scene)) return [];
  const screens = Array.isArray(one.screens) ? one.screens.map(String) : null;
  return [{ scene: one.scene, seconds: Math.max(5, Number(one.seconds) || 60), when: /** @type {When | null} */ (one.when ?? null), only: one.only === true, screens }];
}

/** @param {Wall | null} wall @returns {Display} */
export function displayOf(wall) {
  const said = /** @type {any} */ (wall?.display ?? {});
  const countdown = said.countdown && Number.isFinite(Date.parse(said.countdown.to)) ? { to: String(said.countdown.to), label: String(said.countdown.label ?? "") } : null;
  return {
    scene: isScene(said.scene) ? said.scene : "grid",
    programme: listed(said.programme).flatMap(entry),
    screen_height_m: metres(said.screen_height_m),
    last_row_m: metres(said.last_row_m),
    warned: said.warned === "show" ? "show" : "warning",
    motion: said.motion === true,
    columns: ["source", "session"].includes(said.columns) ? said.columns : "hashtag",
    sponsors: listed(said.sponsors).flatMap((one) => (one?.name || one?.picture ? [{ name: String(one.name ?? ""), picture: one.picture ?? null }] : [])),
    countdown,
    tokens: said.tokens && typeof said.tokens === "object" ? said.tokens : null,
    logo: said.logo ?? null,
    background: said.background ?? null,
    style: said.style ?? null,
  };
}
