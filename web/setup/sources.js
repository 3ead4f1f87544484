/**
 * The chosen sources: what each needs, and what it answers when it is tried.
 *
 * @import { Field, Source } from "./draft.js"
 * @import { Tried } from "./tried.js"
 */
import { ApiError, call } from "../shared/api.js";
import { t } from "../shared/catalogue/index.js";
import { el, need } from "../shared/dom.js";
import { KINDS, feedOf, fresh, missing, placeOf, tags } from "./draft.js";
import { sentence, wording } from "./tried.js";

const TOKEN_BYTES = 24;

/** Something long that nobody guesses. */
const madeUp = () => [...crypto.getRandomValues(new Uint8Array(TOKEN_BYTES))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {string} kind */
const nameOf = (kind) => t(/** @type {import("../shared/catalogue/index.js").Key} */ (`setup.kind.${kind}`));

let count = 0;

export class Sources {
  /** @param {{hashtags: () => string, changed: () => void, signedOut: () => void}} hooks */
  constructor(hooks) {
    this.hooks = hooks;
    /** @type {{source: Source, node: HTMLFieldSetElement}[]} */
    this.list = [];
    this.root = need("#sources");
    const kinds = need("#kinds");
    for (const kind of Object.keys(KINDS)) {
      const add = el("button", "", nameOf(kind));
      add.type = "button";
      add.dataset["add"] = kind;
      add.addEventListener("click", () => {
        const made = fresh(kind);
        if (kind === "ingest") made.values["token"] = madeUp();
        this.add(made);
        const node = this.list.at(-1)?.node;
        /** @type {HTMLElement | null | undefined} */ (node?.querySelector("input") ?? node?.querySelector("button"))?.focus();
        hooks.changed();
      });
      kinds.append(add);
    }
  }

  get all() {
    return this.list.map(({ source }) => source);
  }

  /** @param {Source} source */
  add(source) {
    const node = el("fieldset", "", el("legend", "", nameOf(source.kind)));
    node.dataset["kind"] = source.kind;
    const help = `setup.kind.${source.kind}.help`;
    node.append(el("p", "soft", t(/** @type {import("../shared/catalogue/index.js").Key} */ (help))));
    for (const field of KINDS[source.kind] ?? []) node.append(this.field(source, field));
    const result = el("p", "result");
    result.setAttribute("role", "status");
    const wrong = el("p", "wrong");
    wrong.hidden = true;
    const own = el("div", "field", wrong);
    own.dataset["key"] = "";
    const ask = el("button", "", t("setup.try"));
    ask.type = "button";
    ask.dataset["try"] = "";
    const remove = el("button", "plain", t("setup.remove"));
    remove.type = "button";
    ask.setAttribute("aria-label", t("setup.try.kind", { kind: nameOf(source.kind) }));
    remove.setAttribute("aria-label", t("setup.remove.kind", { kind: nameOf(source.kind) }));
    node.append(own, el("div", "deeds", ask, remove), result);
    const entry = { source, node };
    ask.addEventListener("click", () => void this.ask(entry));
    remove.addEventListener("click", () => {
      this.list = this.list.filter((one) => one !== entry);
      node.remove();
      need("#kinds button").focus();
      this.hooks.changed();
    });
    this.list.push(entry);
    this.root.append(node);
  }

  /** @param {Source} source @param {Field} field */
  field(source, { key, is, needed, hint }) {
    count += 1;
    const id = `source-${count}`;
    const input = el("input");
    input.id = id;
    input.autocomplete = "off";
    const label = el("label");
    label.htmlFor = id;
    const words = t(/** @type {import("../shared/catalogue/index.js").Key} */ (`setup.field.${key}`));
    label.append(needed || is === "flag" ? words : t("setup.optional", { what: words }));
    if (is === "flag") {
      input.type = "checkbox";
      input.checked = source.values[key] === "yes";
    } else {
      // A token that was made up here is there to be read.
      input.type = is === "secret" && source.kind !== "ingest" ? "password" : is === "number" ? "number" : "text";
      input.autocapitalize = "none";
      input.spellcheck = false;
      input.placeholder = hint ?? "";
      input.value = source.values[key] ?? "";
    }
    input.addEventListener("input", () => {
      source.values[key] = is === "flag" ? (input.checked ? "yes" : "") : input.value;
      this.hooks.changed();
    });
    const wrong = el("p", "wrong");
    wrong.id = `${id}-wrong`;
    wrong.hidden = true;
    input.setAttribute("aria-describedby", wrong.id);
    const node = el("div", "field");
    node.dataset["key"] = key;
    if (is === "flag") {
      label.className = "check";
      label.prepend(input);
      node.append(label, wrong);
    } else {
      node.append(label, input, wrong);
    }
    return node;
  }

  /** Tries every source. @returns {Promise<(Tried | null)[]>} */
  askAll() {
    return Promise.all(this.list.map((entry) => this.ask(entry)));
  }

  /** @param {{source: Source, node: HTMLFieldSetElement}} entry @returns {Promise<Tried | null>} */
  async ask({ source, node }) {
    const result = need(".result", node);
    const button = /** @type {HTMLButtonElement} */ (need("[data-try]", node));
    clear(node);
    result.textContent = "";
    const empty = missing(source).map((key) => mark(node, key, t("setup.need.field")));
    if (empty.length > 0) {
      empty[0]?.focus();
      return null;
    }
    result.textContent = t("setup.trying");
    button.disabled = true;
    try {
      /** @type {Tried} */
      const tried = await call("/setup/try", { method: "POST", body: { feed: feedOf(source), hashtags: tags(this.hooks.hashtags()) } });
      const [first, more] = wording(tried);
      result.replaceChildren(el("b", "", first), more ? ` ${more}` : "");
      result.dataset["ok"] = String(tried.ok);
      return tried;
    } catch (error) {
      result.textContent = "";
      if (error instanceof ApiError && error.status === 401) this.hooks.signedOut();
      const problems = error instanceof ApiError && Array.isArray(error.answer?.problems) ? error.answer.problems : [];
      for (const { key, message } of problems) {
        if (/^feed(\.|$)/.test(key)) mark(node, placeOf(key.replace(/^feed/, "feeds[0]")).field, message);
        else result.textContent = sentence(message);
      }
      if (problems.length === 0) result.textContent = sentence(error instanceof Error ? error.message : String(error));
      return null;
    } finally {
      button.disabled = false;
    }
  }
}

/**
 * Says what is wrong with a field, beside it.
 *
 * @param {ParentNode} root
 * @param {string} key
 * @param {string} message
 * @returns {HTMLElement} what to go to
 */
export function mark(root, key, message) {
  const field = /** @type {HTMLElement} */ (root.querySelector(`.field[data-key="${CSS.escape(key)}"]`) ?? root.querySelector('.field[data-key=""]') ?? need("#trouble"));
  const wrong = /** @type {HTMLElement} */ (field.querySelector(".wrong") ?? field);
  wrong.textContent = sentence(message);
  wrong.hidden = false;
  const input = field.querySelector("input");
  input?.setAttribute("aria-invalid", "true");
  return input ?? wrong;
}

/** Nothing is wrong any more. @param {ParentNode} root */
export function clear(root) {
  for (const wrong of root.querySelectorAll(".wrong")) /** @type {HTMLElement} */ (wrong).hidden = true;
  for (const input of root.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}
