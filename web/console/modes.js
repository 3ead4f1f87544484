/**
 * How new posts come on the wall: its mode, its delay, and the modes that single feeds have been given here. Pure.
 *
 * @import { Settings } from "../shared/protocol.d.ts"
 */

/** @param {Settings | null} settings @param {string} key */
const valueOf = (settings, key) => settings?.moderation?.[key]?.value;

/** `open`, `delayed` or `held`. @param {Settings | null} settings */
export function modeOf(settings) {
  const value = valueOf(settings, "mode");
  return typeof value === "string" ? value : "open";
}

/** As settings write it: `20s`. @param {Settings | null} settings */
export const delayOf = (settings) => String(valueOf(settings, "delay") ?? "20s");

/** By feed. @param {Settings | null} settings @returns {Readonly<Record<string, string>>} */
export function feedModesOf(settings) {
  const modes = valueOf(settings, "feed_modes");
  return modes !== null && typeof modes === "object" ? /** @type {Record<string, string>} */ (modes) : {};
}
