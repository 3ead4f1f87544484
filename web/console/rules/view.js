/**
 * The rules: each setting with what it did, changes that can be tried over everything that came before they hold, and
 * applied to new posts only or to all.
 *
 * @import { Post, RuleCount, Settings, Tried } from "../../shared/protocol.d.ts"
 * @import { Key } from "../../shared/catalogue/index.js"
 * @import { Row } from "./table.js"
 */
import { ApiError, call, ofWall, signIn } from "../../shared/api.js";
import { t } from "../../shared/catalogue/index.js";
import { el } from "../../shared/dom.js";
import { delayOf } from "../modes.js";
import { why } from "../wording.js";
import { control } from "./control.js";
import { bodyOf, differs, originOf, rowOfError, valueOf } from "./model.js";
import { ruleName } from "./names.js";
import { doneWords, effectWords, triedWords } from "./outcome.js";
import { GROUPS, ROWS } from "./table.js";

/**
 * @typedef {object} Hooks
 * @property {string} wall
 * @property {string} role
 * @property {() => {settings: Settings | null, rules: readonly RuleCount[], feeds: readonly {name: string}[], online: boolean}} known
 * @property {(post: Post) => void} open goes to a post
 */

/**
 * @param {HTMLElement} section
 * @param {Hooks} hooks
 * @returns {{update: () => void}} `update` is to be called when what is known changes
 */
export function mount(section, { wall, role, known, open }) {
  const may = role === "admin" || role === "moderator";
  /** @type {Map<string, unknown>} by row's key; `undefined` goes back to the file's value */
  const changes = new Map();
  /** @type {Map<string, {box: HTMLElement, done: HTMLElement, origin: HTMLElement, error: HTMLElement}>} */
  const fields = new Map();
  let shown = "";

  const form = el("form", "rules");
  form.noValidate = true;
  const bar = el("div", "apply");
  const pending = el("p", "pending");
  pending.setAttribute("role", "status");
  const trouble = el("p", "trouble");
  trouble.setAttribute("role", "alert");
  trouble.hidden = true;
  const outcome = el("section", "outcome");
  outcome.tabIndex = -1;
  outcome.hidden = true;
  const tryIt = button(t("rules.try"), "", () => void run("try"));
  const toNew = button(t("rules.apply_new"), "", () => void run("new"));
  // What it would do stands there before it is done to everything.
  const toAll = button(t("rules.apply_all"), "main", async () => {
    if (!outcome.hidden) return run("all");
    await run("try");
    if (!outcome.hidden) pending.textContent = t("rules.press_again");
  });
  const drop = button(t("rules.drop"), "plain", () => {
    changes.clear();
    outcome.hidden = true;
    draw(true);
  });
  const all = [tryIt, toNew, toAll, drop];
  bar.append(pending, el("div", "row", ...all));
  section.replaceChildren(el("h2", "", t("rules.title")), el("p", "soft", t(may ? "rules.help" : "rules.read_only")), form, trouble, outcome, ...(may ? [bar] : []));

  /** @param {string} words @param {string} className @param {() => void} act */
  function button(words, className, act) {
    const node = el("button", className, words);
    node.type = "button";
    node.addEventListener("click", act);
    return node;
  }

  /** Draws the form where what holds has changed; a field under somebody's hands is left alone. @param {boolean} anew */
  function draw(anew = false) {
    const { settings, rules, online } = known();
    if (settings === null) return;
    const now = JSON.stringify(settings["moderation"]);
    if (anew || (now !== shown && !form.contains(document.activeElement))) {
      shown = now;
      fields.clear();
      form.replaceChildren(...GROUPS.map((group) => fieldset(group, settings)));
    }
    const counts = new Map(rules.map((count) => [count.rule, count]));
    for (const row of ROWS) {
      const field = fields.get(row.key);
      const count = counts.get(row.counts ?? row.key);
      if (field) field.done.textContent = count ? doneWords(count) : "";
    }
    pending.textContent = !online ? t("offline.rules") : changes.size === 0 ? t("rules.unchanged") : t("rules.changed", { n: changes.size });
    for (const node of all) node.disabled = changes.size === 0 || (!online && node !== drop);
  }

  /** @param {typeof GROUPS[number]} group @param {Settings} settings */
  function fieldset({ name, rows }, settings) {
    const box = el("fieldset", "", el("legend", "", t(/** @type {Key} */ (`group.${name}`))));
    for (const row of rows) box.append(line(row, settings));
    return box;
  }

  /** @param {Row} row @param {Settings} settings */
  function line(row, settings) {
    const id = `rule-${row.key.replace(".", "-")}`;
    const before = valueOf(settings, row);
    const value = changes.has(row.key) ? changes.get(row.key) : before;
    const locked = !may || (row.admin === true && role !== "admin");
    const help = el("p", "help soft", helpWords(row), locked && may ? ` ${t("rules.admins_only")}` : "");
    help.id = `${id}-help`;
    const error = el("p", "error");
    error.id = `${id}-error`;
    error.hidden = true;
    const isGroup = ["map", "modes", "parts"].includes(row.kind);
    const name = el(isGroup ? "span" : "label", "name", rowName(row));
    name.id = `${id}-name`;
    if (name instanceof HTMLLabelElement) name.htmlFor = id;
    const done = el("span", "done soft");
    const origin = el("p", "origin soft");
    const box = el("div", "rule", el("p", "head", name, " ", done), help);
    /** @param {unknown} next */
    const changed = (next) => {
      if (next !== undefined && !differs(before, next)) changes.delete(row.key);
      else changes.set(row.key, next);
      box.classList.toggle("changed", changes.has(row.key));
      error.hidden = true;
      outcome.hidden = true;
      draw();
    };
    box.append(control({ row, value: value ?? null, id, described: `${help.id} ${error.id}`, locked, feeds: known().feeds.map((feed) => feed.name), changed }), error, origin);
    box.classList.toggle("changed", changes.has(row.key));
    origins(origin, row, settings, () => {
      changed(undefined);
      draw(true);
    }, locked);
    fields.set(row.key, { box, done, origin, error });
    return box;
  }

  /**
   * @param {HTMLElement} place
   * @param {Row} row
   * @param {Settings} settings
   * @param {() => void} back
   * @param {boolean} locked
   */
  function origins(place, row, settings, back, locked) {
    const from = originOf(settings, row);
    if (from !== "console") {
      place.hidden = true;
      return;
    }
    place.append(t("rules.from_console"));
    if (locked) return;
    const node = button(t("rules.back_to_file"), "plain", back);
    node.setAttribute("aria-label", `${t("rules.back_to_file")}: ${rowName(row)}`);
    place.append(" ", node);
  }

  /** @param {"try" | "new" | "all"} what */
  async function run(what) {
    const { settings } = known();
    if (settings === null || changes.size === 0) return;
    trouble.hidden = true;
    for (const node of all) node.disabled = true;
    pending.textContent = t(what === "try" ? "rules.trying" : "rules.applying");
    try {
      const body = bodyOf(settings, changes);
      if (what === "try") tell(await call(ofWall(wall, "settings/try"), { method: "POST", body }));
      else {
        const answer = await call(ofWall(wall, `settings?to=${what}`), { method: "PATCH", body });
        changes.clear();
        told([t("rules.applied"), what === "all" ? t("rules.moved", { n: answer.changed ?? 0 }) : t("rules.new_only")], []);
        draw(true);
      }
    } catch (error) {
      refused(error);
    }
    draw();
  }

  /** @param {unknown} error */
  function refused(error) {
    if (error instanceof ApiError && error.status === 401) {
      signIn();
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    const row = rowOfError(message, ROWS);
    const field = row && fields.get(row.key);
    if (field) {
      field.error.textContent = message.replace(/^moderation\./, "");
      field.error.hidden = false;
      const first = field.box.querySelector("input, select, textarea");
      if (first instanceof HTMLElement) first.focus();
    } else {
      trouble.textContent = t("rules.refused", { why: message });
      trouble.hidden = false;
      trouble.scrollIntoView({ block: "nearest" });
    }
  }

  /** @param {Tried} tried */
  function tell(tried) {
    const effects = tried.rules.filter(({ held, hidden }) => held + hidden > 0).map((effect) => el("li", "", effectWords(effect)));
    const list = tried.list.map(({ post, from, to, approved, reasons }) => {
      const link = button(post.author.name || post.author.handle, "plain", () => open(post));
      const move = `${t(/** @type {Key} */ (`standing.${from}`))} → ${t(/** @type {Key} */ (`standing.${to}`))}`;
      return el("li", "", el("p", "", el("b", "", move), approved ? ` · ${t("try.stays")}` : "", " · ", why({ ...post, reasons, decided_by: null, standing: to }, delayOf(known().settings))), el("p", "", link, ": ", el("bdi", "", excerpt(post.text))));
    });
    told(triedWords(tried), [...(effects.length > 0 ? [el("ul", "effects", ...effects)] : []), ...(list.length > 0 ? [el("ol", "moved", ...list)] : [])]);
  }

  /** @param {string[]} words @param {HTMLElement[]} more */
  function told(words, more) {
    outcome.replaceChildren(...words.map((sentence) => el("p", "", sentence)), ...more);
    outcome.hidden = false;
    outcome.focus({ preventScroll: true });
    outcome.scrollIntoView({ block: "nearest" });
  }

  draw(true);
  return { update: () => draw() };
}

/** @param {string} text */
const excerpt = (text) => (text.length > 160 ? `${text.slice(0, 160).trimEnd()}…` : text);

/** @param {Row} row */
const rowName = (row) => (row.key.startsWith("actions.") ? t("rules.does", { rule: ruleName(row.key.slice("actions.".length)) }) : t(/** @type {Key} */ (`rule.${row.key}`)));

/** @param {Row} row */
const helpWords = (row) => t(/** @type {Key} */ (row.key.startsWith("actions.") ? "rules.does.help" : `rule.${row.key}.help`));
