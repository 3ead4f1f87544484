/**
 * The screens: what each shows, how it is, and what it can be told to do; and the link for another one.
 *
 * @import { Screen, Stage } from "../../shared/protocol.d.ts"
 */
import { call, ofWall } from "../../shared/api.js";
import { t } from "../../shared/catalogue/index.js";
import { el, need } from "../../shared/dom.js";
import { rows, say } from "../rows.js";
import { screenWords } from "../wording.js";
import { button, choose } from "./parts.js";
import { SCENES, sceneName } from "./model.js";

/**
 * @typedef {object} Hooks
 * @property {string} wall
 * @property {boolean} decides
 * @property {() => {screens: readonly Screen[], seq: number, stage: Stage | null}} known
 * @property {(path: string, body?: object, method?: string) => Promise<any>} ask
 * @property {(words: string) => void} said
 * @property {(error: unknown) => void} failed
 */

/** @param {Hooks} hooks */
export function screenList({ wall, decides, known, ask, said, failed }) {
  const list = el("ul", "screens-list");
  /** @param {string} name */
  const path = (name) => ofWall(wall, `screens/${encodeURIComponent(name)}`);

  /** @param {Promise<unknown>} work @param {string} words */
  const done = (work, words) => work.then(() => said(words), failed);

  /** @param {Screen} screen */
  function make({ name }) {
    const row = el("li", "", el("h4", "", name), el("p", "state"), el("p", "soft facts"));
    if (!decides) return row;
    const scene = choose([["", t("screens.all_play")], ...SCENES.map((one) => /** @type {[string, string]} */ ([one, sceneName(one)]))], "");
    scene.setAttribute("aria-label", t("screens.scene_of", { name }));
    scene.dataset.acts = "scene";
    scene.addEventListener("change", () => {
      const given = scene.value;
      const words = given === "" ? t("screens.scene_back", { name }) : t("screens.scene_given", { name, scene: sceneName(given) });
      void done(ask(ofWall(wall, "stage"), { action: "scene", scene: given || null, screen: name }), words);
    });
    const act = (/** @type {"identify" | "reload"} */ action) => {
      const node = button(t(`screens.${action}`), () => void done(ask(path(name), { action }), t(`screens.${action}.done`, { name })));
      node.dataset.acts = action;
      node.setAttribute("aria-label", t(`screens.${action}.of`, { name }));
      return node;
    };
    const dismiss = button(t("screen.dismiss"), () => void done(ask(path(name), undefined, "DELETE"), t("screens.dismissed", { name })));
    dismiss.dataset.acts = "dismiss";
    dismiss.setAttribute("aria-label", t("screens.dismiss.of", { name }));
    row.append(el("div", "row", scene, act("identify"), act("reload"), dismiss));
    return row;
  }

  /** @param {Screen} screen @param {HTMLElement | null} old @param {number} now */
  function line(screen, old, now) {
    const row = old ?? make(screen);
    const { seq, stage } = known();
    row.classList.toggle("ill", !screen.connected);
    say(need(".state", row), screenWords(screen, seq, now));
    const facts = [
      screen.scene ? t("screens.shows", { scene: sceneName(screen.scene) }) : null,
      typeof screen.latency_ms === "number" && screen.connected ? t("screens.latency", { n: screen.latency_ms }) : null,
      screen.version ? t("screens.version", { version: screen.version.slice(0, 12) }) : null,
    ];
    say(need(".facts", row), facts.filter(Boolean).join(" · "));
    for (const name of ["identify", "reload"]) {
      const node = /** @type {HTMLButtonElement | null} */ (row.querySelector(`[data-acts="${name}"]`));
      if (node) node.disabled = !screen.connected;
    }
    const scene = row.querySelector("select");
    if (scene && scene !== document.activeElement) scene.value = stage?.screens?.[screen.name] ?? "";
    return row;
  }

  const root = el("section", "panel", el("h3", "", t("page.screens")), list);
  if (decides) root.append(newScreen(wall, failed));
  return {
    root,
    update() {
      const now = Date.now();
      const { screens } = known();
      rows(list, screens.length > 0 ? screens : [null], (one) => one?.name ?? "", (one, row) => (one ? line(one, row, now) : (row ?? el("li", "soft", t("screens.none")))));
    },
  };
}

/** The link of a new screen, to be copied or pointed a phone at. @param {string} wall @param {(error: unknown) => void} failed */
function newScreen(wall, failed) {
  const name = el("input");
  name.required = true;
  name.maxLength = 60;
  name.placeholder = t("page.new_screen.such_as");
  name.autocomplete = "off";
  const link = el("output", "link");
  const code = el("img", "code");
  code.hidden = true;
  const submit = el("button", "main", t("screens.make_link"));
  const form = el("form", "new-screen", el("label", "", el("span", "", t("screens.new")), name), submit, link, code);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const asked = name.value.trim();
    try {
      const { key } = await call(ofWall(wall, "screens"));
      const address = new URL(`/w/${encodeURIComponent(wall)}`, location.href);
      address.searchParams.set("screen", asked);
      address.searchParams.set("key", key);
      link.textContent = address.href;
      code.src = `/api/v1${ofWall(wall, `screens/${encodeURIComponent(asked)}/code`)}`;
      code.alt = t("screens.code", { name: asked });
      code.hidden = false;
    } catch (error) {
      failed(error);
    }
  });
  return form;
}
