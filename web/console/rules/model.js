/**
 * The rules as a form: what holds, what somebody has changed of it, and the request that comes of that. Pure.
 *
 * @import { Settings } from "../../shared/protocol.d.ts"
 * @import { Row } from "./table.js"
 */

/** @typedef {Record<string, unknown>} Values */

/** @param {string} key `actions.block_words` is a part of the setting `actions` */
export const settingOf = (key) => key.split(".")[0] ?? key;

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isTable = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * What a row shows.
 *
 * @param {Settings} settings
 * @param {Row} row
 */
export function valueOf(settings, row) {
  const known = settings["moderation"]?.[settingOf(row.key)];
  if (!row.key.startsWith("actions.")) return known?.value ?? null;
  const part = row.key.slice("actions.".length);
  return isTable(known?.value) ? (known.value[part] ?? null) : null;
}

/**
 * Where a row's value comes from: `file`, `console` or `default`.
 *
 * @param {Settings} settings
 * @param {Row} row
 */
export const originOf = (settings, row) => settings["moderation"]?.[settingOf(row.key)]?.from ?? "default";

/** Lines as entries; empty ones are none. @param {string} text */
export const entriesOf = (text) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/**
 * The changes as the server takes them, `null` for "back to the file's value".
 *
 * @param {Settings} settings what holds
 * @param {ReadonlyMap<string, unknown>} changes by row's key; `undefined` takes the console's value back
 */
export function bodyOf(settings, changes) {
  /** @type {Values} */
  const moderation = {};
  for (const [key, value] of changes) {
    const setting = settingOf(key);
    if (setting === key) {
      moderation[key] = value === undefined ? null : value;
      continue;
    }
    // A part of a table: the others stay as they are.
    const before = moderation[setting] ?? settings["moderation"]?.[setting]?.value;
    const table = isTable(before) ? { ...before } : {};
    const part = key.slice(setting.length + 1);
    if (value === undefined || value === null) delete table[part];
    else table[part] = value;
    moderation[setting] = table;
  }
  return { moderation };
}

/**
 * Whether a change is one: what was set back by hand is none.
 *
 * @param {unknown} before
 * @param {unknown} after
 */
export const differs = (before, after) => JSON.stringify(before ?? null) !== JSON.stringify(after ?? null);

/**
 * The row that an error of the server is about: it begins with `moderation.KEY: `.
 *
 * @param {string} message
 * @param {readonly Row[]} rows
 */
export function rowOfError(message, rows) {
  // What is wrong with a list is said with the list's name and place.
  if (/block list|\.txt:\d/.test(message)) return rows.find(({ key }) => key === "blocklists") ?? null;
  const named = /moderation\.([a-z_]+)(?:\.([a-z_]+))?/.exec(message);
  if (!named) return null;
  const [, setting, part] = named;
  return rows.find(({ key }) => key === `${setting}.${part}`) ?? rows.find(({ key }) => settingOf(key) === setting) ?? null;
}
