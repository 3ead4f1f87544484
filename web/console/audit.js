/**
 * The audit: who did what, when and why; filtered by the server, read page by page, and as a CSV.
 *
 * @import { Decision } from "../shared/protocol.d.ts"
 * @import { Key } from "../shared/catalogue/index.js"
 * @import { Before } from "./changes.js"
 */
import { ApiError, call, ofWall, signIn } from "../shared/api.js";
import { t } from "../shared/catalogue/index.js";
import { el } from "../shared/dom.js";
import { dayClock } from "../shared/format.js";
import { decisionWords } from "./wording.js";

/** Deeds that can be asked for. */
export const DEEDS = /** @type {const} */ ([
  "show", "hide", "pin", "unpin", "highlight", "unhighlight", "stash", "unstash", "author_blocked", "author_trusted", "author_normal",
  "undo", "stage", "settings", "note", "erase", "counting",
]);

/** @typedef {{by: string, action: string, q: string, from: string, to: string}} Filter times as inputs give them, local */

/**
 * The query of a filter; empty parts are left out.
 *
 * @param {Filter} filter
 * @param {Record<string, string>} [more]
 */
export function queryOf(filter, more = {}) {
  const query = new URLSearchParams(more);
  for (const [key, value] of Object.entries(filter)) {
    if (value === "") continue;
    query.set(key, key === "from" || key === "to" ? new Date(value).toISOString() : value);
  }
  return query.toString();
}

const TYPING_MS = 300;

/**
 * @param {HTMLElement} section
 * @param {{wall: string, decides: boolean, zone: () => string | null, before: (entry: Decision) => Before, known: () => Promise<void>, undo: (seq: number) => Promise<void>}} hooks
 * @returns {{update: () => void}} `update` is to be called when the section comes into sight or something was decided
 */
export function mount(section, { wall, decides, zone, before, known, undo }) {
  /** @type {Filter} */
  const filter = { by: "", action: "", q: "", from: "", to: "" };
  /** @type {number | null} */
  let next = null;
  const list = el("ol", "audit");
  const trouble = el("p", "trouble");
  trouble.setAttribute("role", "alert");
  trouble.hidden = true;
  const csv = el("a", "button", t("audit.csv"));
  csv.setAttribute("download", "");
  const more = el("button", "", t("audit.more"));
  more.type = "button";
  more.addEventListener("click", () => void read(next));
  const fields = el("form", "filter");
  fields.addEventListener("submit", (event) => event.preventDefault());
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let typing;
  /** @param {keyof Filter} key @param {string} type @param {string} words */
  const field = (key, type, words) => {
    const input = el("input");
    input.type = type;
    input.name = key;
    input.autocomplete = "off";
    input.addEventListener("input", () => {
      filter[key] = input.value.trim();
      clearTimeout(typing);
      typing = setTimeout(() => void read(null), TYPING_MS);
    });
    return el("label", "", el("span", "", words), input);
  };
  const deeds = el("select");
  deeds.name = "action";
  for (const deed of ["", ...DEEDS]) {
    const option = el("option", "", deed === "" ? t("audit.any") : t(/** @type {Key} */ (`deed.${deed}`)));
    option.value = deed;
    deeds.append(option);
  }
  deeds.addEventListener("change", () => {
    filter.action = deeds.value;
    void read(null);
  });
  fields.append(
    field("by", "text", t("audit.by")),
    el("label", "", el("span", "", t("audit.action")), deeds),
    field("q", "search", t("audit.words")),
    field("from", "datetime-local", t("audit.from")),
    field("to", "datetime-local", t("audit.to")),
    csv,
  );
  section.replaceChildren(el("h2", "", t("audit.title")), el("p", "soft", t("audit.help")), fields, trouble, list, more);

  /** @param {Decision} entry */
  function line(entry) {
    const row = el("li", entry.undone_by ? "undone" : "", el("time", "soft", dayClock(Date.parse(entry.at), zone())), " ", el("span", "deed", decisionWords(entry, () => null, before(entry))));
    if (entry.about) row.append(" ", el("bdi", "about", `“${entry.about}”`));
    if (entry.reason) row.append(" ", el("span", "soft", t("audit.reason", { why: entry.reason })));
    if (entry.undone_by) row.append(" ", el("span", "soft", t("audit.undone")));
    else if (entry.can_undo && decides) {
      const button = el("button", "plain", t("audit.undo"));
      button.type = "button";
      button.addEventListener("click", async () => {
        button.disabled = true;
        await undo(entry.seq);
        await read(null);
      });
      row.append(" ", button);
    }
    return row;
  }

  let turn = 0;
  /** @param {number | null} from */
  async function read(from) {
    const mine = (turn += 1);
    csv.href = `/api/v1${ofWall(wall, `audit?${queryOf(filter, { format: "csv" })}`)}`;
    try {
      const answer = await call(ofWall(wall, `audit?${queryOf(filter, from === null ? {} : { before: String(from) })}`));
      await known();
      // Somebody typed on meanwhile.
      if (mine !== turn) return;
      const lines = answer.entries.map(line);
      if (from === null) list.replaceChildren(...(lines.length > 0 ? lines : [el("li", "soft", t("audit.nothing"))]));
      else list.append(...lines);
      next = answer.next;
      more.disabled = next === null;
      more.textContent = t(next === null ? "audit.no_more" : "audit.more");
      trouble.hidden = true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) signIn();
      trouble.textContent = t("audit.failed", { why: error instanceof Error ? error.message : String(error) });
      trouble.hidden = false;
    }
  }

  return { update: () => void read(null) };
}
