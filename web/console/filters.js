/**
 * Choosing posts: the queues with their counts, the order, searching, and the sheet of filters with what it has set.
 *
 * @import { Filter, Order, Queue } from "./queues.js"
 */
import { has, t } from "../shared/catalogue/index.js";
import { el, need } from "../shared/dom.js";
import { number, sourceName } from "../shared/format.js";
import { dialog, openDialog } from "./dialogs.js";
import { live, onDraw, redraw } from "./live.js";
import { focusList, go, here, posts, size } from "./posts.js";
import { MEDIA, NO_FILTER, QUEUES, usualOrder } from "./queues.js";
import { RULE_NAMES, ruleName } from "./reasons.js";

/** Typing has to stop for so long before the server is asked. */
const TYPING_MS = 250;

/** @param {Queue} queue */
export const queueName = (queue) => t(`queue.${queue}`);

/** @param {Queue} queue */
export const openQueue = (queue) => go({ view: "posts", queue, order: usualOrder(queue), filter: { ...here().filter, q: "" } });

export const turnOrder = () => go({ order: here().order === "newest" ? "oldest" : "newest" });

const tabs = () => /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll("[data-tab]")]);

/** @param {string} kind */
function mediaName(kind) {
  const key = `media.${kind}`;
  return has(key) ? t(key) : kind;
}

/** @param {keyof Filter} key @param {string} value */
const shownValue = (key, value) =>
  key === "rule" ? ruleName(value) : key === "source" ? sourceName(value) : key === "media" ? (mediaName(value)) : key === "language" && value === "unknown" ? t("filter.unknown") : key === "author" ? nameOfAuthor(value) : value;

/** @param {string} id */
const nameOfAuthor = (id) => posts().find(({ author }) => author.id === id)?.author.handle || id.replace(/^.*[/:]/, "");

let chipsShow = "";
let scrolledTo = "";
function draw() {
  const { queue, order, filter } = here();
  for (const button of tabs()) {
    const name = /** @type {Queue} */ (button.dataset.tab);
    button.setAttribute("aria-pressed", String(name === queue));
    const count = live.state.counts?.[name];
    const words = count === undefined ? "" : number(count);
    const node = need(".count", button);
    if (node.textContent !== words) node.textContent = words;
  }
  // Numbers and other letters make the row longer.
  const measured = `${queue} ${live.state.counts !== null} ${document.fonts.status}`;
  if (scrolledTo !== measured) {
    scrolledTo = measured;
    document.querySelector(`[data-tab="${queue}"]`)?.scrollIntoView({ block: "nearest", inline: "center" });
  }
  fade();
  const turn = need("#order");
  const says = orderName(order);
  if (turn.textContent !== says) turn.textContent = says;
  const box = /** @type {HTMLInputElement} */ (need("#search"));
  if (document.activeElement !== box && box.value !== filter.q) box.value = filter.q;
  const set = /** @type {(keyof Filter)[]} */ (Object.keys(NO_FILTER)).filter((key) => key !== "q" && filter[key] !== "");
  need("#open-filters").classList.toggle("set", set.length > 0);
  const any = set.length > 0 || filter.q !== "";
  const shows = JSON.stringify([filter, any ? size() : null]);
  if (shows === chipsShow) return;
  chipsShow = shows;
  const matching = size();
  const chips = need("#chips");
  chips.hidden = set.length === 0;
  chips.replaceChildren(
    ...set.map((key) => {
      const words = t("filter.chip", { name: t(`filter.${key}`), value: shownValue(key, filter[key]) });
      const chip = el("button", "chip", words, el("span", "cross", "×"));
      chip.type = "button";
      chip.dataset.chip = key;
      chip.setAttribute("aria-label", t("filter.remove", { chip: words }));
      chip.addEventListener("click", () => {
        go({ filter: { ...here().filter, [key]: "" } });
        need("#open-filters").focus();
      });
      return chip;
    }),
    el("span", "soft", matching === null ? "" : t("filter.matching", { n: matching })),
  );
}

/** Shows at which end the row of queues goes on, where it is longer than the page is wide. */
function fade() {
  const row = need(".tabs");
  const end = row.scrollWidth - row.clientWidth;
  row.classList.toggle("more-before", row.scrollLeft > 4);
  row.classList.toggle("more-behind", row.scrollLeft < end - 4);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing;

/** Empties the search and goes back to the posts. */
export function endSearch() {
  const box = /** @type {HTMLInputElement} */ (need("#search"));
  box.value = "";
  box.blur();
  clearTimeout(typing);
  if (here().filter.q !== "") go({ filter: { ...here().filter, q: "" } }, { keep: true });
}

/** @param {HTMLSelectElement} select @param {readonly (readonly [string, string])[]} options @param {string} value */
function fill(select, options, value) {
  const all = [["", t("filter.any")], ...options];
  if (value !== "" && !all.some(([known]) => known === value)) all.push([value, value]);
  select.replaceChildren(
    ...all.map(([known = "", words = ""]) => {
      const option = el("option", "", words);
      option.value = known;
      return option;
    }),
  );
  select.value = value;
}

const field = (/** @type {keyof Filter} */ name) => /** @type {HTMLInputElement & HTMLSelectElement} */ (need(`#filter-${name}`));

export function openFilters() {
  const { filter } = here();
  const kinds = live.state.feeds.map(({ kind }) => kind).filter((kind) => !["trends", "ingest", "replay", "exec"].includes(kind));
  const sources = new Set([...(live.state.wall?.sources ?? []), ...kinds, ...posts().map(({ source }) => source)]);
  fill(field("source"), [...sources].sort().map((source) => [source, sourceName(source)]), filter.source);
  const fired = live.state.rules.map(({ rule }) => rule);
  fill(field("rule"), [...new Set([...fired, ...RULE_NAMES])].map((rule) => [rule, ruleName(rule)]), filter.rule);
  fill(field("media"), MEDIA.map((kind) => [kind, mediaName(kind)]), filter.media);
  field("language").value = filter.language;
  field("author").value = filter.author;
  const tags = new Set(posts().flatMap(({ language }) => (language ? [language] : [])));
  need("#languages").replaceChildren(
    ...[...tags, "unknown"].map((tag) => {
      const option = el("option");
      option.value = tag;
      return option;
    }),
  );
  openDialog("filters");
}

export function wireFilters() {
  void document.fonts.ready.then(redraw);
  need(".tabs").addEventListener("scroll", fade, { passive: true });
  new ResizeObserver(fade).observe(need(".tabs"));
  for (const button of tabs()) button.addEventListener("click", () => openQueue(/** @type {Queue} */ (button.dataset.tab)));
  need("#order").addEventListener("click", turnOrder);
  need("#open-filters").addEventListener("click", openFilters);
  const box = /** @type {HTMLInputElement} */ (need("#search"));
  const search = () => go({ filter: { ...here().filter, q: box.value.trim() } }, { keep: true });
  box.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(search, TYPING_MS);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    clearTimeout(typing);
    search();
    focusList();
  });
  need("form", dialog("filters")).addEventListener("submit", () => {
    const said = (/** @type {keyof Filter} */ name) => field(name).value.trim();
    go({ filter: { q: here().filter.q, source: said("source"), rule: said("rule"), language: said("language"), media: said("media"), author: said("author") } });
  });
  need("#filters-clear").addEventListener("click", () => {
    dialog("filters").close();
    go({ filter: { ...NO_FILTER } });
  });
}

/** The queue with that number on the keyboard. @param {number} n from 1 */
export function queueOfNumber(n) {
  const queue = QUEUES[n - 1];
  if (queue) openQueue(queue);
}

/** @type {(order: Order) => string} */
export const orderName = (order) => t(`order.${order}`);

onDraw(draw);
