/**
 * The control of one row: shows a value, and tells what somebody makes of it.
 *
 * @import { Key } from "../../shared/catalogue/index.js"
 * @import { Part, Row } from "./table.js"
 */
import { t } from "../../shared/catalogue/index.js";
import { el } from "../../shared/dom.js";
import { entriesOf } from "./model.js";
import { ACTIONS, MODES } from "./table.js";

/**
 * @typedef {object} Asked
 * @property {Row} row
 * @property {unknown} value what holds, or what was changed already
 * @property {string} id of the control, for its label
 * @property {string} described ids of what explains it
 * @property {boolean} locked
 * @property {readonly string[]} feeds names of the wall's feeds
 * @property {(value: unknown) => void} changed
 */

/** @param {Asked} asked @returns {HTMLElement} */
export function control(asked) {
  const { row, value } = asked;
  switch (row.kind) {
    case "choice":
      return select(asked, row.values ?? [], String(value ?? ""), asked.changed);
    case "action":
      return row.key.startsWith("actions.")
        ? // Left out it does what the list's own entries say.
          select(asked, ["", ...ACTIONS], typeof value === "string" ? value : "", (next) => asked.changed(next === "" ? null : next))
        : select(asked, ACTIONS, String(value ?? "show"), asked.changed);
    case "duration":
      return input(asked, String(value ?? ""), asked.changed, "duration");
    case "list":
      return lines(asked, Array.isArray(value) ? value.map(String) : [], asked.changed);
    case "map":
      return map(asked, row.values ?? [], ACTIONS, "show");
    case "modes":
      return map(asked, asked.feeds, ["", ...MODES], "");
    case "parts":
      return parts(asked, row.parts ?? []);
  }
}

/** @param {string} word */
const choiceWords = (word) => t(/** @type {Key} */ (word === "" ? "choice.unset" : `choice.${word}`));

/**
 * @param {Pick<Asked, "id" | "described" | "locked">} asked
 * @param {readonly string[]} values
 * @param {string} value
 * @param {(value: string) => void} changed
 */
function select({ id, described, locked }, values, value, changed) {
  const node = el("select");
  node.id = id;
  node.disabled = locked;
  if (described) node.setAttribute("aria-describedby", described);
  for (const word of values) {
    const option = el("option", "", choiceWords(word));
    option.value = word;
    option.selected = word === value;
    node.append(option);
  }
  node.addEventListener("change", () => changed(node.value));
  return node;
}

/**
 * @param {Pick<Asked, "id" | "described" | "locked">} asked
 * @param {string} value
 * @param {(value: string) => void} changed
 * @param {"number" | "duration" | "text" | "score"} kind
 */
function input({ id, described, locked }, value, changed, kind) {
  const node = el("input", kind);
  node.id = id;
  node.disabled = locked;
  node.value = value;
  node.autocomplete = "off";
  node.spellcheck = false;
  if (kind === "number") {
    node.type = "number";
    node.min = "1";
    node.inputMode = "numeric";
  }
  if (kind === "score") node.inputMode = "decimal";
  if (described) node.setAttribute("aria-describedby", described);
  node.addEventListener("input", () => changed(node.value.trim()));
  return node;
}

/**
 * @param {Pick<Asked, "id" | "described" | "locked">} asked
 * @param {readonly string[]} entries
 * @param {(entries: string[]) => void} changed
 */
function lines({ id, described, locked }, entries, changed) {
  const node = el("textarea");
  node.id = id;
  node.disabled = locked;
  node.rows = Math.min(8, Math.max(2, entries.length + 1));
  node.value = entries.join("\n");
  node.spellcheck = false;
  if (described) node.setAttribute("aria-describedby", described);
  node.addEventListener("input", () => changed(entriesOf(node.value)));
  return node;
}

/**
 * One select for each of some names.
 *
 * @param {Asked} asked
 * @param {readonly string[]} names
 * @param {readonly string[]} values
 * @param {string} unset the value that is left out
 */
function map(asked, names, values, unset) {
  /** @type {Record<string, string>} */
  const known = typeof asked.value === "object" && asked.value !== null ? { .../** @type {Record<string, string>} */ (asked.value) } : {};
  const box = group(asked);
  for (const name of new Set([...names, ...Object.keys(known)])) {
    const id = `${asked.id}-${name.replace(/\W+/g, "-")}`;
    const one = select({ ...asked, id, described: "" }, values, known[name] ?? unset, (next) => {
      if (next === unset) delete known[name];
      else known[name] = next;
      asked.changed({ ...known });
    });
    box.append(labelled(id, asked.row.kind === "modes" ? name : mapWords(name), one));
  }
  if (box.childElementCount === 0) box.append(el("p", "soft", t("rules.no_feeds")));
  return box;
}

/** @param {string} name */
const mapWords = (name) => t(/** @type {Key} */ (`name.${name}`));

/** @param {Asked} asked @param {readonly Part[]} of */
function parts(asked, of) {
  const given = typeof asked.value === "object" && asked.value !== null ? /** @type {Record<string, unknown>} */ (asked.value) : null;
  const known = { ...Object.fromEntries(of.map(({ key, unset }) => [key, unset])), ...given };
  const box = group(asked);
  for (const part of of) {
    const id = `${asked.id}-${part.key}`;
    const bare = { ...asked, id, described: "" };
    /** @param {unknown} next */
    const put = (next) => {
      known[part.key] = next;
      // A table that was never set and does nothing is left out.
      asked.changed(given === null && known["action"] === "show" ? null : { ...known });
    };
    const value = known[part.key];
    const one =
      part.kind === "action"
        ? select(bare, ACTIONS, String(value), put)
        : part.kind === "list"
          ? lines(bare, Array.isArray(value) ? value.map(String) : [], put)
          : input(bare, String(value), (text) => put(part.kind === "number" || part.kind === "score" ? Number(text) : text), part.kind);
    box.append(labelled(id, t(/** @type {Key} */ (`part.${part.key}`)), one));
  }
  return box;
}

/** @param {Asked} asked */
function group({ id, described }) {
  const box = el("div", "parts");
  box.id = id;
  box.setAttribute("role", "group");
  box.setAttribute("aria-labelledby", `${id}-name`);
  if (described) box.setAttribute("aria-describedby", described);
  return box;
}

/** @param {string} id @param {string} words @param {HTMLElement} node */
function labelled(id, words, node) {
  const label = el("label", "part", el("span", "", words), node);
  label.htmlFor = id;
  return label;
}
