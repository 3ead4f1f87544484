/**
 * `/setup`: a wall of one's own, in one page. What is typed stays in this tab until the wall is there, so that neither an error nor
 * signing in loses it.
 *
 * @import { Draft } from "./draft.js"
 */
import "../shared/language.js";
import { ApiError, call, signIn } from "../shared/api.js";
import { t } from "../shared/catalogue/index.js";
import { el, need } from "../shared/dom.js";
import { USUAL, fresh, missing, placeOf, tags, wallOf, withoutSecrets } from "./draft.js";
import { made } from "./made.js";
import { Sources, clear, mark } from "./sources.js";
import { summary } from "./tried.js";

const KEPT = "buzzwall.setup";
const TEXTS = /** @type {const} */ (["title", "hashtags", "delay", "from", "to", "timezone", "id"]);

const form = /** @type {HTMLFormElement} */ (need("#form"));
const trouble = need("#trouble");
/** @param {string} name @returns {HTMLInputElement} */
const input = (name) => need(`#${name}`);
/** @param {string} name */
const chosen = (name) => /** @type {HTMLInputElement | null} */ (form.querySelector(`[name="${name}"]:checked`))?.value ?? "";

const sources = new Sources({ hashtags: () => input("hashtags").value, changed: keep, signedOut });

/** @returns {Draft} */
function draft() {
  const texts = /** @type {Record<typeof TEXTS[number], string>} */ (Object.fromEntries(TEXTS.map((name) => [name, input(name).value])));
  return { ...texts, mode: chosen("mode"), theme: chosen("theme"), sources: sources.all };
}

function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify(withoutSecrets(draft())));
}

function signedOut() {
  keep();
  signIn();
}

/** What was typed before, in this tab. @returns {Partial<Draft>} */
function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {};
  }
}

/** @param {readonly string[]} names @param {string} first */
function swatches(names, first) {
  for (const name of names) {
    const radio = el("input");
    radio.type = "radio";
    radio.name = "theme";
    radio.value = name;
    radio.checked = name === first;
    const swatch = el("span", "swatch", el("b", "", "#"), el("i", "", t("setup.sample")));
    swatch.dataset["theme"] = name;
    swatch.setAttribute("aria-hidden", "true");
    need("#themes").append(el("label", "", swatch, el("span", "name", radio, name)));
  }
}

function showDelay() {
  need("#delay-field").hidden = chosen("mode") !== "delayed";
}

/** @param {readonly {key: string, message: string}[]} problems */
function point(problems) {
  const fields = problems.map(({ key, message }) => {
    const place = placeOf(key);
    const node = place.source === null ? form : (sources.list[place.source]?.node ?? form);
    const field = mark(node, place.field, message);
    if (field.closest("details")) /** @type {HTMLDetailsElement} */ (need("#more")).open = true;
    return field;
  });
  trouble.textContent = t("setup.look_at", { n: problems.length });
  trouble.hidden = false;
  fields[0]?.focus();
}

/** @param {unknown} error */
function failed(error) {
  if (error instanceof ApiError && error.status === 401) return signedOut();
  const problems = error instanceof ApiError ? error.answer?.problems : null;
  if (Array.isArray(problems) && problems.length > 0) return point(problems);
  trouble.textContent = t("setup.failed", { why: error instanceof Error ? error.message : String(error) });
  trouble.hidden = false;
}

async function start() {
  clear(form);
  trouble.hidden = true;
  const asked = draft();
  const empty = [
    ...(tags(asked.hashtags).length === 0 ? [{ key: "hashtags", message: t("setup.need.hashtag") }] : []),
    ...(asked.sources.length === 0 ? [{ key: "feeds", message: t("setup.need.source") }] : []),
    ...asked.sources.flatMap((source, i) => missing(source).map((key) => ({ key: `feeds[${i}].${key}`, message: t("setup.need.field") }))),
  ];
  if (empty.length > 0) return point(empty);
  const button = /** @type {HTMLButtonElement} */ (need("#start"));
  button.disabled = true;
  need("#doing").textContent = t("setup.starting");
  try {
    const answer = await call("/walls", { method: "POST", body: wallOf(asked) });
    sessionStorage.removeItem(KEPT);
    form.hidden = true;
    made(answer);
  } catch (error) {
    failed(error);
  } finally {
    button.disabled = false;
    need("#doing").textContent = "";
  }
}

async function tryAll() {
  const button = /** @type {HTMLButtonElement} */ (need("#try-all"));
  const told = need("#tried");
  clear(form);
  trouble.hidden = true;
  if (tags(input("hashtags").value).length === 0) {
    mark(form, "hashtags", t("setup.need.hashtag")).focus();
    return;
  }
  button.disabled = true;
  told.textContent = t("setup.trying.all", { n: sources.list.length });
  told.textContent = summary(await sources.askAll());
  button.disabled = false;
}

async function begin() {
  const refused = need("#refused");
  try {
    const [{ role }, { themes }] = await Promise.all([call("/me"), call("/setup/themes")]);
    if (role !== "admin") {
      refused.textContent = t("setup.admins_only");
      refused.hidden = false;
      return;
    }
    const old = kept();
    input("timezone").value = Intl.DateTimeFormat().resolvedOptions().timeZone;
    need("#zones").append(...Intl.supportedValuesOf("timeZone").map((zone) => new Option(zone)));
    for (const name of TEXTS) if (typeof old[name] === "string" && old[name] !== "") input(name).value = old[name];
    const mode = /** @type {HTMLInputElement | null} */ (form.querySelector(`[name="mode"][value="${CSS.escape(old.mode ?? "open")}"]`));
    if (mode) mode.checked = true;
    const names = themes.map((/** @type {{name: string}} */ { name }) => name);
    swatches(names, names.includes(old.theme) ? old.theme : names[0]);
    for (const one of old.sources ?? USUAL.map(fresh)) sources.add(one);
    showDelay();
    form.hidden = false;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return signIn();
    refused.textContent = t("setup.failed", { why: error instanceof Error ? error.message : String(error) });
    refused.hidden = false;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void start();
});
form.addEventListener("input", keep);
form.addEventListener("change", showDelay);
need("#try-all").addEventListener("click", () => void tryAll());
await begin();
