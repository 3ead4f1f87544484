/**
 * What the audit says of changed settings, as sentences: `Blocked words: + “foo”, − “bar”`. Pure. The server quotes each
 * setting's new value as JSON, its beginning where it is long; the value before it stands in the change before that.
 *
 * @import { Decision, Settings } from "../shared/protocol.d.ts"
 * @import { Row } from "./rules/table.js"
 */
import { has, t } from "../shared/catalogue/index.js";
import { ruleName } from "./rules/names.js";
import { ROWS } from "./rules/table.js";
import { sceneName } from "./screens/model.js";
import { lasting } from "./spans.js";

/** What a change says of a value that is too long to quote, or not told. */
export const UNTOLD = Symbol("untold");

/** @typedef {{key: string, value: unknown}} Change `key` with its section: `moderation.links` */
/** @typedef {(key: string) => unknown} Before what held before, `undefined` where nobody knows */

/**
 * @param {string} text `moderation.mode = "held", moderation.delay = "30s"`
 * @returns {Change[]}
 */
export function changesOf(text) {
  /** @type {Change[]} */
  const changes = [];
  let rest = text;
  for (;;) {
    const [head, key = ""] = /^([a-z_]+\.[a-z_]+) = /.exec(rest) ?? [];
    if (head === undefined) return changes;
    rest = rest.slice(head.length);
    // A quoted word may look like the next key: the value ends where it can be read.
    const ends = [...rest.matchAll(/, (?=[a-z_]+\.[a-z_]+ = )/g)].map(({ index }) => index);
    const end = [...ends, rest.length].find((one) => valueOf(rest.slice(0, one)) !== undefined) ?? rest.length;
    const value = valueOf(rest.slice(0, end));
    changes.push({ key, value: value === undefined ? UNTOLD : value });
    rest = rest.slice(end + 2);
  }
}

/** @param {string} json @returns {unknown} undefined where it is none; null is a value */
function valueOf(json) {
  if (json.endsWith("…")) return UNTOLD;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/**
 * What held before a change: what the change before it said, else the file's value.
 *
 * @param {readonly Decision[]} known changes, without a gap up to the newest
 * @param {boolean} whole whether they reach to the beginning
 * @param {Settings | null} settings
 * @param {number} seq of the change
 * @returns {Before}
 */
export function beforeOf(known, whole, settings, seq) {
  const older = known.filter((one) => one.action === "settings" && one.seq < seq).sort((a, b) => b.seq - a.seq);
  return (key) => {
    for (const { text } of older) {
      const found = changesOf(text ?? "").find((one) => one.key === key);
      if (found && found.value !== null) return found.value === UNTOLD ? undefined : found.value;
      if (found) break;
    }
    const [section = "", name = ""] = key.split(".");
    const now = settings?.[section]?.[name];
    return !whole || now === undefined ? undefined : now.from === "console" ? now.file : now.value;
  };
}

/** @param {string} key */
const rowOf = (key) => ROWS.find((row) => `moderation.${row.key}` === key);

/** @param {string} name */
function nameOf(name) {
  const key = `name.${name}`;
  return has(key) ? t(key) : name;
}

/** One word of a setting: what is done, how long. @param {unknown} value */
function wordOf(value) {
  const key = `choice.${value}`;
  if (value === null || value === undefined || value === "") return t("choice.unset");
  return has(key) ? t(key) : typeof value === "string" ? lasting(value) : JSON.stringify(value);
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isTable = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** @param {unknown} word */
const quoted = (word) => t("changes.entry", { word: String(word) });

/** @param {unknown[]} value @param {unknown} before */
function listWords(value, before) {
  if (!Array.isArray(before)) return value.length > 0 ? value.map(quoted).join(", ") : t("changes.none");
  const more = value.filter((word) => !before.includes(word)).map((word) => `+ ${quoted(word)}`);
  const less = before.filter((word) => !value.includes(word)).map((word) => `− ${quoted(word)}`);
  return [...more, ...less].join(", ") || t("changes.same");
}

/** A table of a few parts: `at most 3, then hold`. @param {Row} row @param {Record<string, unknown>} value */
const partsWords = (row, value) =>
  (row.parts ?? [])
    .filter(({ key }) => key in value)
    .map(({ key }) => {
      const part = value[key];
      const name = `part.${key}`;
      return `${has(name) ? t(name) : key} ${Array.isArray(part) ? listWords(part, undefined) : wordOf(part)}`;
    })
    .join(", ");

/** A table by names: those that changed. @param {Record<string, unknown>} value @param {unknown} before @param {(name: string) => string} name */
function mapWords(value, before, name) {
  const was = isTable(before) ? before : null;
  const names = [...new Set([...Object.keys(value), ...Object.keys(was ?? {})])].filter((one) => was === null || JSON.stringify(was[one]) !== JSON.stringify(value[one]));
  const words = names.map((one) => `${name(one)} ${was === null ? wordOf(value[one]) : t("changes.turn", { from: wordOf(was[one]), to: wordOf(value[one]) })}`);
  return words.join(", ") || t(was === null ? "changes.none" : "changes.same");
}

/** Settings of the look that are files. */
const FILES = ["logo", "background", "style"];

/** @param {Change} change @param {unknown} before */
function changeWords({ key, value }, before) {
  const [section, setting = key] = key.split(".");
  const row = rowOf(key);
  const named = `rule.${setting}`;
  const look = `look.set.${setting}`;
  const isLook = section === "display" && has(look);
  const name = isLook ? t(look) : key === "moderation.actions" ? t("changes.actions") : section === "moderation" && has(named) ? t(named) : key;
  /** @param {string} what */
  const said = (what) => t("changes.one", { name, what });
  if (value === null) return said(t("changes.file"));
  // Programmes, brands and the names of files say nothing to people.
  if (value === UNTOLD || (isLook && (typeof value === "object" || FILES.includes(setting)))) return said(t("changes.anew"));
  // "16m" is a length there.
  if (isLook && typeof value === "string") return said(setting === "scene" ? sceneName(value) : value);
  if (Array.isArray(value)) return said(listWords(value, before));
  if (isTable(value)) return said(row?.kind === "parts" ? partsWords(row, value) : mapWords(value, before, setting === "actions" ? ruleName : row?.kind === "map" ? nameOf : String));
  return said(before === undefined || before === null || typeof before === "object" ? wordOf(value) : t("changes.turn", { from: wordOf(before), to: wordOf(value) }));
}

/**
 * Who changed what.
 *
 * @param {string} by
 * @param {string} text as the server gives it
 * @param {Before} before
 */
export function settingsWords(by, text, before) {
  const changes = changesOf(text);
  /** @param {string} key */
  const valueOfKey = (key) => changes.find((one) => one.key === `moderation.${key}`)?.value;
  const mode = valueOfKey("mode");
  const delay = valueOfKey("delay");
  const onlyMode = changes.every(({ key }) => key === "moderation.mode" || (mode === "delayed" && key === "moderation.delay"));
  const known = `said.mode.${mode}`;
  if (typeof mode === "string" && onlyMode && has(known)) {
    return t("said.mode", { by, mode: mode === "delayed" && typeof delay === "string" ? t("said.mode.after", { span: lasting(delay) }) : t(known) });
  }
  const what = changes.map((change) => changeWords(change, before(change.key))).join("; ");
  return what === "" ? t("said.set", { by, changes: text }) : t("said.changed", { by, what });
}
