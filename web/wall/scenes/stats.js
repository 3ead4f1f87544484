/**
 * What was counted: how many posts and people, posts a minute, what rises, who writes, in which languages, from where.
 * Every figure is one that this screen has: the counts are the server's, the rest is of the posts at hand.
 *
 * @import { Post } from "../../shared/protocol.d.ts"
 * @import { Make } from "../types.d.ts"
 */
import { el } from "../../shared/dom.js";
import { clock, number, sourceName } from "../../shared/format.js";
import { authorName } from "../../shared/words.js";
import { locale, t } from "../catalogue/index.js";
import { fit, holds } from "../fit.js";
import { perMinute } from "../minutes.js";
import { count, rising } from "../terms.js";

/** Rows of a list at most. */
const ROWS = 6;

/** @type {Make} */
export function make(room) {
  const total = el("p", "total");
  const what = el("h2", "what");
  const chart = el("div", "chart");
  chart.role = "img";
  const busiest = el("p", "busiest");
  const figures = el("section", "panel figures", el("div", "count-of", total, what), el("div", "hour", el("h2", "over-chart"), chart, busiest));
  const terms = panel("terms");
  const voices = panel("voices");
  const small = el("section", "panel mixed");
  const root = el("section", "scene stats", figures, el("div", "lists", terms.box, small, voices.box));
  let drawn = "";

  /** @param {string} className */
  function panel(className) {
    const head = el("h2");
    const list = el("ol");
    return { head, list, box: el("section", `panel ${className}`, head, list) };
  }

  /**
   * @param {HTMLElement} list
   * @param {{name: Node | string, n: number, mark?: boolean, rank?: number}[]} rows
   */
  function fill(list, rows) {
    list.replaceChildren(
      ...rows.map(({ name, n, mark = false }) => {
        const words = el("bdi", "", name);
        return el("li", "", mark && el("i", "", "↑"), words, el("span", "n", number(n)));
      }),
    );
  }

  /** As many rows of each list as there is room for; where not even three are, the last panel goes. @param {HTMLElement[]} boxes */
  function trim(boxes) {
    const lists = /** @type {HTMLElement} */ (terms.box.parentElement);
    // A name longer than its line goes rather than being cut.
    for (const row of lists.querySelectorAll("li")) if (row.scrollWidth > row.clientWidth + 1) row.remove();
    while (boxes.length > 0) {
      for (let rows = ROWS; rows >= (boxes.length > 1 ? 3 : 1); rows -= 1) {
        for (const list of lists.querySelectorAll("ol")) [...list.children].forEach((row, i) => row.toggleAttribute("hidden", i >= rows));
        if (!boxes.every(holds) || !holds(lists)) continue;
        // What stands in a place of its own may have more.
        for (const row of terms.list.children) {
          row.toggleAttribute("hidden", false);
          row.toggleAttribute("hidden", !boxes.every(holds) || !holds(lists));
        }
        return;
      }
      boxes.pop()?.toggleAttribute("hidden", true);
    }
  }

  function draw() {
    const { tallies, posts: map } = room.state;
    const posts = [...map.values()].map(({ post }) => post);
    const now = room.serverNow();
    const minute = Math.floor(now / 60_000);
    const key = JSON.stringify([tallies?.posts, tallies?.participants, minute, posts.map(({ id }) => id).join(), innerWidth, innerHeight]);
    if (key === drawn || !tallies) return;
    drawn = key;
    total.textContent = number(tallies.posts);
    what.textContent = `${t("stats.posts", { n: tallies.posts })} ${t("stats.people", { n: tallies.participants })}`;
    hour(posts, now, tallies.shown <= posts.length);

    const up = rising(posts, room.ownTags, now);
    const often = count(posts, room.ownTags).filter(({ people }) => people >= 2);
    const list = up.length >= 3 ? up : often;
    terms.head.textContent = t(up.length >= 3 ? "stats.rising" : "stats.often");
    fill(terms.list, list.slice(0, ROWS).map(({ text, people }) => ({ name: text, n: people, mark: list === up })));
    terms.box.hidden = list.length === 0;

    /** @type {Map<string, {post: Post, n: number}>} */
    const people = new Map();
    for (const post of posts) {
      if (post.kind === "repost") continue;
      const known = people.get(post.author.id);
      people.set(post.author.id, { post, n: (known?.n ?? 0) + 1 });
    }
    const most = [...people.values()].sort((a, b) => b.n - a.n || Date.parse(b.post.created_at) - Date.parse(a.post.created_at)).filter(({ n }) => n > 1);
    voices.head.textContent = t("stats.voices");
    fill(voices.list, most.slice(0, ROWS).map(({ post, n }) => ({ name: authorName(post), n })));
    voices.box.hidden = most.length < 2;

    mix(posts);
    root.classList.toggle("few", [terms.box, voices.box, small].every(({ hidden }) => hidden));
    trim([terms.box, small, voices.box].filter(({ hidden }) => !hidden));
    fit(total, "--total", [30, 26, 22, 18, 15, 12, 9, 7], () => total.scrollWidth <= total.clientWidth && holds(figures));
  }

  /**
   * Posts a minute, as bars.
   *
   * @param {readonly Post[]} posts
   * @param {number} now
   * @param {boolean} complete whether all shown posts are at hand
   */
  function hour(posts, now, complete) {
    const { from, counts } = perMinute(posts.map(({ created_at: at }) => Date.parse(at)), now, complete);
    const peak = Math.max(...counts, 0);
    const best = counts.lastIndexOf(peak);
    const at = clock(from + best * 60_000, room.zone);
    const head = /** @type {HTMLElement} */ (figures.querySelector(".over-chart"));
    head.textContent = `${t("stats.minute")}, ${t("stats.since", { when: clock(from, room.zone) })}`;
    chart.replaceChildren(
      ...counts.map((value, i) => {
        const bar = el("i", i === best ? "best" : "");
        bar.style.setProperty("--part", String(peak > 0 ? value / peak : 0));
        return bar;
      }),
    );
    busiest.textContent = t("stats.busiest", { when: at, n: peak });
    chart.ariaLabel = `${head.textContent}: ${busiest.textContent}`;
    const hidden = peak === 0;
    for (const part of [head, chart, busiest]) part.hidden = hidden;
  }

  /** Languages and sources, where there is more than one. @param {readonly Post[]} posts */
  function mix(posts) {
    const names = new Intl.DisplayNames(locale, { type: "language" });
    /** @param {(post: Post) => string | null | undefined} of @param {(key: string) => string} name */
    const tally = (of, name) => {
      /** @type {Map<string, number>} */
      const found = new Map();
      for (const post of posts) {
        const key = of(post);
        if (key) found.set(key, (found.get(key) ?? 0) + 1);
      }
      return [...found].sort((a, b) => b[1] - a[1]).map(([one, n]) => ({ name: name(one), n }));
    };
    const language = (/** @type {string} */ tag) => {
      try {
        return names.of(tag) ?? tag;
      } catch {
        return tag;
      }
    };
    const parts = /** @type {const} */ ([
      [t("stats.languages"), tally(({ language: tag }) => tag?.split("-")[0], language)],
      [t("stats.sources"), tally(({ source }) => source, sourceName)],
    ]).filter(([, rows]) => rows.length > 1);
    small.replaceChildren(
      ...parts.map(([head, rows]) => {
        const list = el("ol");
        fill(list, rows.slice(0, ROWS));
        return el("div", "", el("h2", "", head), list);
      }),
    );
    small.hidden = parts.length === 0;
  }

  const anew = () => {
    drawn = "";
    draw();
  };
  return {
    root,
    // What was removed is no longer in the state; its words and its author go with it.
    follow: draw,
    resize: anew,
    tick: draw,
    enter: anew,
    leave: () => {},
    ids: () => [],
    hasSomething: ({ tallies }) => (tallies?.posts ?? 0) > 0,
  };
}
