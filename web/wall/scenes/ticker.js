/**
 * One post after the other in a strip for the lower third; long ones in pages. With `?background=none` it lies over
 * somebody else's picture, and then blanks and announces by itself.
 *
 * @import { Post } from "../../shared/protocol.d.ts"
 * @import { Make } from "../types.d.ts"
 */
import { el } from "../../shared/dom.js";
import { authorName } from "../../shared/words.js";
import { portrait, saying } from "../card.js";
import { t } from "../catalogue/index.js";
import { pages } from "../cut.js";
import { fit } from "../fit.js";
import { dwell } from "../scheduler.js";
import { exchange, Sequence } from "../sequence.js";
import { sourceMark } from "../sources.js";
import { wordCount } from "../../shared/format.js";
import { line } from "../attachments.js";

/** @type {Make} */
export function make(room) {
  const strip = el("div", "strip-of");
  const tag = el("p", "tag-of");
  const root = el("section", "scene ticker", tag, strip);
  const sequence = new Sequence(room, (post) => post.text.trim() !== "" || Boolean(post.warning));
  /** @type {Post[]} what is still to be read of the post that stands */
  let rest = [];
  let announced = "";

  /** @param {Post} page @param {string} part such as `2/3` */
  function bar(page, part) {
    const context = room.context();
    const words = page.warning && !context.open ? line("say", `${t("warning")}: ${page.warning}`) : saying(page, context);
    const who = el("div", "by", el("span", "face", portrait(page)), el("bdi", "name", authorName(page)), sourceMark(page.source), part !== "" && el("span", "part", part));
    const node = el("article", "bar", who, words);
    node.dataset.id = page.id;
    return node;
  }

  /** Whether a bar holds its words whole. @param {HTMLElement} node */
  const whole = (node) => node.scrollHeight <= node.clientHeight + 1 && [...node.querySelectorAll(".say, .by, .name")].every((one) => one.scrollWidth <= one.clientWidth + 1);

  /** The post in as few pages as hold it whole. @param {Post} post */
  function paged(post) {
    if (post.warning && !room.context().open) return [post];
    const fits = (/** @type {Post[]} */ all) => all.every((page) => room.attempt(post, () => set(bar(page, all.length > 1 ? "10/10" : ""), true)) ?? true);
    if (fits([post])) return [post];
    let [least, most] = [20, Math.min(post.text.length, 700)];
    while (most - least > 12) {
      const middle = (least + most) >> 1;
      if (fits(pages(post, middle))) least = middle;
      else most = middle;
    }
    return pages(post, least);
  }

  /** Sets a bar's type; as a trial it goes again. @param {HTMLElement} node @param {boolean} trial */
  function set(node, trial) {
    strip.append(node);
    const size = fit(node, "--size", [8, 7.2, 6.6, 6, 5.4, 5, 4.6], () => whole(node));
    if (trial) node.remove();
    return size !== null;
  }

  let count = 1;
  /** @param {boolean} cut */
  function draw(cut) {
    const page = rest[0];
    if (!page) return;
    const node = bar(page, count > 1 ? `${count - rest.length + 1}/${count}` : "");
    const before = [...strip.children];
    set(node, true);
    strip.replaceChildren(...before);
    exchange(strip, node, cut || room.calm);
  }

  /** @param {number} now @param {boolean} cut */
  function advance(now, cut) {
    if (room.overlay && covered()) return;
    if (rest.length > 1) {
      rest.shift();
      sequence.until = now + Math.max(4000, dwell(wordCount(rest[0]?.text ?? "")) - 2000);
      draw(cut);
      return;
    }
    // Where nothing stands, something has to.
    const next = sequence.next(now, sequence.post !== null);
    if (next === null) return;
    sequence.take(next, now);
    start(next.post, cut);
    if (count > 1) sequence.until = now + dwell(wordCount(rest[0]?.text ?? ""));
  }

  /** @param {Post} post @param {boolean} cut */
  function start(post, cut) {
    const before = [...strip.children];
    rest = paged(post);
    count = rest.length;
    strip.replaceChildren(...before);
    draw(cut);
  }

  /** Whether the organisers want something else than posts here. */
  function covered() {
    const { blanked, announcement } = room.state.stage;
    return blanked || Boolean(announcement?.text);
  }

  /** Over another picture this scene says itself what the organisers have to say. */
  function stage() {
    const { blanked, announcement } = room.state.stage;
    const text = !blanked && announcement?.text ? announcement.text : "";
    if (!room.overlay || (!covered() && announced === "")) return;
    const wanted = covered() ? `${blanked} ${text}` : "";
    if (wanted === announced) return;
    announced = wanted;
    sequence.end();
    rest = [];
    strip.replaceChildren();
    if (text !== "") {
      const node = el("article", "bar announced", el("div", "by", el("span", "pill", t("ticker.announcement"))), line("say", text));
      set(node, false);
    } else if (!covered()) advance(performance.now(), true);
  }

  function head() {
    const own = room.state.wall?.hashtags[0];
    const text = own ?? room.state.wall?.title ?? "";
    if (tag.dataset.text === text) return;
    tag.dataset.text = text;
    tag.replaceChildren(...(own ? [el("b", "", "#"), own] : [text]));
    measureTag();
  }
  const measureTag = () => fit(tag, "--tag-size", [17, 15, 13, 11, 9, 7, 6, 5, 4.2], () => tag.scrollWidth <= tag.clientWidth);

  return {
    root,
    bare: true,
    follow() {
      stage();
      head();
      const now = sequence.current();
      if (sequence.post === null) return;
      if (now === null) {
        sequence.end();
        rest = [];
        strip.replaceChildren();
        advance(performance.now(), true);
      } else if (now.text !== sequence.post.text || now.warning !== sequence.post.warning) {
        sequence.post = now;
        start(now, true);
      }
    },
    resize() {
      measureTag();
      const post = sequence.current();
      if (post) start(post, true);
    },
    tick(now) {
      if (sequence.isDue(now)) advance(now, false);
    },
    prepare: () => room.fetched([sequence.next(performance.now(), false)?.post ?? null]),
    enter() {
      root.classList.toggle("laid-over", room.overlay);
      head();
      measureTag();
      stage();
      advance(performance.now(), true);
    },
    leave() {
      sequence.end();
      rest = [];
      announced = "";
      strip.replaceChildren();
    },
    ids: () => sequence.ids(),
    hasSomething: () => sequence.any(),
  };
}
