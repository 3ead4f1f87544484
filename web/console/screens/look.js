/**
 * The look: theme, brand and pictures, drawn as they would be before they hold; and the type that the room asks for.
 *
 * @import { Settings } from "../../shared/protocol.d.ts"
 */
import { ApiError, call, ofWall } from "../../shared/api.js";
import { t } from "../../shared/catalogue/index.js";
import { el } from "../../shared/dom.js";
import { holds, isOwn, legibility } from "./model.js";
import { button, choose, field, labelled } from "./parts.js";

/** @typedef {{text: string, on: string, contrast: number, enough: boolean}} Pair */
/** @typedef {{from: string, to: string, lightness: [number, number], contrast: [number, number]}} Note */
/** @typedef {{name?: string, ground?: string, tokens: Record<string, string>, contrasts: Pair[], notes?: Note[]}} Theme */

/**
 * @typedef {object} Hooks
 * @property {string} wall
 * @property {boolean} decides
 * @property {boolean} admin
 * @property {() => {settings: Settings | null, title: string}} known
 * @property {(display: Record<string, unknown>, words: string) => Promise<boolean>} save
 * @property {(words: string) => void} said
 * @property {(error: unknown) => void} failed
 */

const TYPING_MS = 250;

/** @param {Hooks} hooks */
export function look({ wall, decides, admin, known, save, said, failed }) {
  /** @type {Theme[]} */
  let themes = [];
  let changed = false;
  let shown = "";

  const preview = el("div", "preview");
  const notes = el("ul", "soft");
  const warnings = el("ul", "warnings");
  warnings.setAttribute("aria-live", "polite");
  const theme = choose([], "");
  const branded = el("input");
  branded.type = "checkbox";
  const colour = field("#c8102e", () => later());
  colour.type = "color";
  const code = field("#c8102e", () => {
    if (/^#[0-9a-f]{6}$/i.test(code.value.trim())) colour.value = code.value.trim();
    later();
  }, "duration");
  const ground = choose([["", t("brand.auto")], ["dark", t("brand.dark")], ["light", t("brand.light")]], "");
  const brand = el("div", "parts", labelled(t("brand.colour"), colour), labelled(t("brand.code"), code), labelled(t("brand.ground"), ground));
  const keep = button(t("look.save"), () => void store());
  keep.classList.add("main");
  const back = button(t("look.back"), () => void save({ theme: null, brand: null }, t("look.saved")).then((done) => done && anew()));
  const root = el(
    "section",
    "panel",
    el("h3", "", t("look.title")),
    el("div", "parts", labelled(t("look.theme"), theme), el("label", "check", branded, el("span", "", t("brand.on")))),
    brand,
    preview,
    notes,
    warnings,
  );
  if (decides) root.append(el("div", "row", keep, back));
  for (const control of [theme, branded, colour, code, ground]) control.disabled = !decides;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let typing;
  function later() {
    changed = true;
    if (document.activeElement === colour) code.value = colour.value;
    clearTimeout(typing);
    typing = setTimeout(() => void draw(), TYPING_MS);
  }
  for (const control of [theme, branded, ground]) control.addEventListener("change", later);

  async function store() {
    // Its picture stays as it is.
    const logo = holds(known().settings, "brand")?.logo;
    const made = branded.checked ? { colour: code.value.trim(), ...(ground.value ? { ground: ground.value } : {}), ...(logo ? { logo } : {}) } : null;
    if (await save({ theme: theme.value, brand: made }, t("look.saved"))) anew();
  }

  function anew() {
    changed = false;
    shown = "";
    update();
  }

  let turn = 0;
  async function draw() {
    const mine = (turn += 1);
    brand.hidden = !branded.checked;
    keep.disabled = !changed;
    back.hidden = !isOwn(known().settings, "theme") && !isOwn(known().settings, "brand");
    try {
      const query = new URLSearchParams({ colour: code.value.trim(), theme: themes.some(({ name }) => name === theme.value) ? theme.value : "" });
      if (ground.value) query.set("ground", ground.value);
      const made = /** @type {Theme | undefined} */ (branded.checked ? await call(`/brand?${query}`) : themes.find(({ name }) => name === theme.value));
      // Somebody has chosen something else meanwhile.
      if (mine !== turn || !made) return;
      paint(made);
    } catch (error) {
      if (mine !== turn) return;
      if (!(error instanceof ApiError) || error.status !== 400) return failed(error);
      notes.replaceChildren();
      warnings.replaceChildren(el("li", "", t("brand.no_colour")));
    }
  }

  /** @param {Theme} made */
  function paint({ tokens, contrasts, notes: made = [] }) {
    for (const [property, value] of Object.entries(tokens)) preview.style.setProperty(property, value);
    preview.replaceChildren(
      el("p", "tag", known().title),
      el("div", "card", el("p", "who", el("b", "", "Ada"), " ", el("span", "soft", "@ada@example.org")), el("p", "", t("look.sample"), " ", el("span", "mark", "#" + t("look.sample.tag"))), el("p", "", el("span", "pill", t("look.sample.pill")))),
    );
    const words = made.map((note) =>
      note.from === note.to
        ? t("brand.kept", { colour: note.from, contrast: note.contrast[0] })
        : t(note.lightness[1] >= note.lightness[0] ? "brand.lighter" : "brand.darker", { from: note.from, to: note.to, n: Math.abs(note.lightness[1] - note.lightness[0]), before: note.contrast[0], after: note.contrast[1] }),
    );
    const least = Math.min(...contrasts.map(({ contrast }) => contrast));
    notes.replaceChildren(...[...words, t("look.least", { contrast: least })].map((line) => el("li", "", line)));
    warnings.replaceChildren(...contrasts.filter(({ enough }) => !enough).map((pair) => el("li", "", t("look.pale", { text: pair.text, on: pair.on, contrast: pair.contrast }))));
  }

  function update() {
    const { settings } = known();
    if (settings === null) return;
    const now = JSON.stringify([settings["display"]?.["theme"], settings["display"]?.["brand"], themes.length]);
    if (changed || now === shown) return;
    shown = now;
    const name = String(holds(settings, "theme") ?? "midnight");
    const names = [...new Set([...themes.map((one) => one.name ?? ""), name])];
    theme.replaceChildren(...choose(names.map((one) => [one, one]), name).children);
    theme.value = name;
    const own = holds(settings, "brand");
    branded.checked = own !== null;
    if (own !== null) {
      colour.value = own.colour;
      code.value = own.colour;
      ground.value = own.ground ?? "";
    }
    void draw();
  }

  if (admin) root.append(pictures(wall, said, failed));
  void call(ofWall(wall, "themes")).then((answer) => {
    themes = answer.themes;
    update();
  }, failed);
  return { root, update };
}

/** Logo and background, brought by an admin. @param {string} wall @param {(words: string) => void} said @param {(error: unknown) => void} failed */
function pictures(wall, said, failed) {
  const box = el("div", "parts pictures");
  for (const name of /** @type {const} */ (["logo", "background"])) {
    const file = el("input");
    file.type = "file";
    file.accept = "image/png,image/jpeg,image/webp";
    file.addEventListener("change", async () => {
      const picture = file.files?.[0];
      if (!picture) return;
      try {
        const answer = await fetch(`/api/v1${ofWall(wall, `brand/${name}`)}`, { method: "PUT", body: picture });
        if (!answer.ok) throw new ApiError(answer.status, (await answer.json()).detail);
        said(t(`look.${name}.done`));
      } catch (error) {
        failed(error);
      }
      file.value = "";
    });
    const away = button(t(`look.${name}.take_back`), () => void call(ofWall(wall, `brand/${name}`), { method: "DELETE" }).then(() => said(t(`look.${name}.gone`)), failed));
    box.append(labelled(t(`look.${name}`), file), away);
  }
  return box;
}

/** The room: how high the picture is, how far the last row, and what letters that takes. @param {Pick<Hooks, "decides" | "known" | "save">} hooks */
export function room({ decides, known, save }) {
  let changed = false;
  let shown = "";
  const told = el("ul", "legibility");
  told.setAttribute("aria-live", "polite");
  const typed = () => {
    changed = true;
    draw();
  };
  const height = field("", typed, "duration");
  const row = field("", typed, "duration");
  height.placeholder = "2m";
  row.placeholder = "16m";
  const keep = button(t("room.save"), async () => {
    if (await save({ screen_height: height.value.trim() || null, last_row: row.value.trim() || null }, t("room.saved"))) {
      changed = false;
      shown = "";
      update();
    }
  });
  keep.classList.add("main");
  const root = el("section", "panel", el("h3", "", t("room.title")), el("p", "soft", t("room.help")), el("div", "parts", labelled(t("room.height"), height), labelled(t("room.row"), row)), told);
  if (decides) root.append(el("div", "row", keep));
  for (const control of [height, row]) control.disabled = !decides;

  function draw() {
    keep.disabled = !changed;
    const lines = legibility(height.value, row.value);
    told.replaceChildren(...lines.map((line) => el("li", "", line)));
  }

  function update() {
    const { settings } = known();
    if (settings === null) return;
    const now = JSON.stringify([settings["display"]?.["screen_height"], settings["display"]?.["last_row"]]);
    if (changed || now === shown) return;
    shown = now;
    height.value = holds(settings, "screen_height") ?? "";
    row.value = holds(settings, "last_row") ?? "";
    draw();
  }
  return { root, update };
}
