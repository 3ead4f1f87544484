/**
 * The programme: entries as rows, put in order by buttons, saved as a whole.
 *
 * @import { Session, Settings } from "../../shared/protocol.d.ts"
 * @import { Draft } from "./model.js"
 */
import { t } from "../../shared/catalogue/index.js";
import { el } from "../../shared/dom.js";
import { SCENES, WHENS, draft, draftOf, entryOf, holds, isOwn, moved, sceneName } from "./model.js";
import { button, choose, field, labelled } from "./parts.js";

/**
 * @typedef {object} Hooks
 * @property {boolean} decides
 * @property {() => {settings: Settings | null, sessions: readonly Session[]}} known
 * @property {(display: Record<string, unknown>, words: string) => Promise<boolean>} save
 * @property {(words: string) => void} said
 */

/** @param {Hooks} hooks */
export function programme({ decides, known, save, said }) {
  /** @type {Draft[]} */
  let entries = [];
  let changed = false;
  /** The settings that the rows were made of. */
  let shown = "";

  const list = el("ol", "programme");
  const none = el("p", "soft", t("programme.none"));
  const keep = button(t("programme.save"), () => void store(entries.length > 0 ? entries.map(entryOf) : null));
  keep.classList.add("main");
  const drop = button(t("programme.discard"), () => {
    changed = false;
    shown = "";
    update();
  });
  const back = button(t("programme.back"), () => void store(null));
  const add = button(t("programme.add"), () => {
    entries = [...entries, draft()];
    touched();
    list.lastElementChild?.querySelector("select")?.focus();
  });
  const root = el("section", "panel wide", el("h3", "", t("programme.title")), el("p", "soft", t("programme.help")), list, none);
  if (decides) root.append(el("div", "row", add, keep, drop, back));

  /** @param {unknown} value */
  async function store(value) {
    if (await save({ programme: value }, t("programme.saved"))) {
      changed = false;
      shown = "";
      update();
    }
  }

  function touched() {
    changed = true;
    draw();
  }

  /** @param {number} at @param {number} by @param {string} act */
  function move(at, by, act) {
    const one = entries[at];
    entries = moved(entries, at, by);
    touched();
    const place = one ? entries.indexOf(one) : -1;
    const there = list.children[place];
    // The button that was pressed keeps the focus; at an end the other one has it.
    const pressed = /** @type {HTMLButtonElement | null} */ (there?.querySelector(`[data-acts="${act}"]:enabled`) ?? there?.querySelector("[data-acts]:enabled") ?? null);
    pressed?.focus();
    said(t("programme.moved", { scene: sceneName(one?.scene ?? ""), n: place + 1 }));
  }

  /** @param {number} at */
  function remove(at) {
    const [gone] = entries.splice(at, 1);
    touched();
    const next = /** @type {HTMLElement | null} */ (list.children[Math.min(at, entries.length - 1)]?.querySelector('[data-acts="remove"]') ?? null);
    (next ?? add).focus();
    said(t("programme.removed", { scene: sceneName(gone?.scene ?? "") }));
  }

  /** @param {Draft} entry @param {number} at */
  function row(entry, at) {
    const n = at + 1;
    const touch = () => {
      changed = true;
      state();
    };
    const scene = choose(SCENES.map((one) => [one, sceneName(one)]), entry.scene);
    scene.addEventListener("change", () => {
      entry.scene = scene.value;
      touch();
    });
    const lasts = field(entry.for, (text) => {
      entry.for = text;
      touch();
    }, "duration");
    const when = choose(WHENS.map((one) => [one, t(`when.${one}`)]), entry.when);
    when.addEventListener("change", () => {
      entry.when = when.value;
      changed = true;
      const place = entries.indexOf(entry);
      draw();
      /** @type {HTMLElement | null} */ (list.children[place]?.querySelectorAll("select")[1] ?? null)?.focus();
    });
    const screens = field(entry.screens, (text) => {
      entry.screens = text;
      touch();
    });
    screens.placeholder = t("programme.all_screens");
    const parts = [labelled(t("programme.scene"), scene), labelled(t("programme.for"), lasts), labelled(t("programme.when"), when)];
    if (entry.when === "during") {
      const titles = known().sessions.map(({ title }) => title);
      if (entry.session === "") entry.session = titles[0] ?? "";
      const session = choose([...new Set([...titles, entry.session])].map((title) => [title, title]), entry.session);
      session.addEventListener("change", () => {
        entry.session = session.value;
        touch();
      });
      parts.push(labelled(t("programme.session"), session));
    }
    if (entry.when === "fewer") {
      for (const key of /** @type {const} */ (["posts", "minutes"])) {
        const number = field(entry[key], (text) => {
          entry[key] = text;
          touch();
        }, "number");
        number.inputMode = "decimal";
        parts.push(labelled(t(`programme.${key}`), number));
      }
    }
    if (entry.when !== "always") {
      const only = el("input");
      only.type = "checkbox";
      only.checked = entry.only;
      only.addEventListener("change", () => {
        entry.only = only.checked;
        touch();
      });
      parts.push(el("label", "check", only, el("span", "", t("programme.only"))));
    }
    parts.push(labelled(t("programme.screens"), screens));
    const what = { n, scene: sceneName(entry.scene) };
    const up = button(t("programme.up"), () => move(entries.indexOf(entry), -1, "up"));
    up.disabled = at === 0;
    const down = button(t("programme.down"), () => move(entries.indexOf(entry), 1, "down"));
    down.disabled = at === entries.length - 1;
    const away = button(t("programme.remove"), () => remove(entries.indexOf(entry)));
    for (const [node, act] of /** @type {const} */ ([[up, "up"], [down, "down"], [away, "remove"]])) {
      node.dataset.acts = act;
      node.setAttribute("aria-label", t(`programme.${act}.of`, what));
    }
    const box = el("fieldset", "", el("legend", "", t("programme.entry", { n })), el("div", "parts", ...parts));
    box.disabled = !decides;
    if (decides) box.append(el("div", "row", up, down, away));
    return el("li", "", box);
  }

  function state() {
    none.hidden = entries.length > 0;
    keep.disabled = !changed;
    drop.disabled = !changed;
    back.hidden = !isOwn(known().settings, "programme");
  }

  function draw() {
    list.replaceChildren(...entries.map(row));
    state();
  }

  function update() {
    const { settings } = known();
    if (settings === null) return;
    const now = JSON.stringify(settings["display"]?.["programme"] ?? null);
    // Nobody's words are taken away while they write them.
    if (changed || now === shown) return state();
    shown = now;
    entries = (holds(settings, "programme") ?? []).map(draftOf);
    draw();
  }

  return { root, update };
}
