/**
 * What a post carries beside its words: pictures, a poll, a link, another post.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 * @import { Context, Shot } from "./types.d.ts"
 */
import { el, picture } from "../shared/dom.js";
import { caption, clock, day, shortLink } from "../shared/format.js";
import { authorName, words } from "../shared/words.js";
import { t } from "./catalogue/index.js";
import { framed, mosaic } from "./mosaic.js";

/** Longest caption, in characters. */
const CAPTION = 140;

/**
 * A paragraph of somebody's words, which run from the side that their script begins at.
 *
 * @param {string} className
 * @param {Node | string} content
 */
export function line(className, content) {
  const node = el("p", className, content);
  node.dir = "auto";
  return node;
}

/** @param {Post} post */
export const nameOf = (post) => el("bdi", "", authorName(post));

/** @param {Post} post @param {Context} context */
export function quoted(post, context) {
  const other = post.of ? context.find(post.of) : null;
  // A long quotation would crowd out what is said about it.
  if (!other || (other.warning && !context.open) || other.text.length > 180) return [];
  const said = line("", words(other, { ownTags: context.ownTags, emojis: 12 }));
  return [el("blockquote", "quoted", el("p", "by", nameOf(other)), said)];
}

/** @param {Post} post @param {Context} context */
export function poll(post, { now, zone }) {
  const options = post.poll?.options ?? [];
  const total = options.reduce((sum, { votes }) => sum + (votes ?? 0), 0);
  const most = Math.max(...options.map(({ votes }) => votes ?? 0));
  const list = el("ol", "options");
  for (const { text, votes } of options) {
    const part = total > 0 ? (votes ?? 0) / total : 0;
    const row = el("li", total > 0 && votes === most ? "ahead" : "", el("bdi", "", text));
    row.style.setProperty("--part", String(part));
    if (total > 0) row.append(el("span", "part", `${Math.round(part * 100)} %`));
    list.append(row);
  }
  const ends = Date.parse(post.poll?.ends_at ?? "");
  const until = day(ends || 0, zone) === day(now, zone) ? clock(ends, zone) : day(ends || 0, zone);
  const state = Number.isNaN(ends) ? t("poll.running") : ends <= now ? t("poll.closed") : t("poll.open", { when: until });
  return el("div", "poll", list, el("p", "state", total > 0 ? `${state} · ${t("poll.votes", { n: total })}` : state));
}

/** @param {NonNullable<Post["card"]>} card */
const host = ({ url }) => shortLink(url).split("/")[0] ?? "";

/** @param {NonNullable<Post["card"]>} card */
export function preview(card) {
  return el("div", "preview", line("title", card.title || shortLink(card.url)), el("p", "host", host(card)));
}

/**
 * A block of pictures in rows, all whole.
 *
 * @param {readonly Shot[]} pictures
 * @param {number} more how many there are beside them
 */
export function block(pictures, more) {
  const { rows, aspect } = mosaic(pictures.map((shot) => shot.aspect ?? 1));
  const node = el("div", "pics");
  node.style.setProperty("--aspect", String(aspect));
  for (const row of rows) {
    const line_ = el("div", "row");
    const shapes = row.map((i) => framed(pictures[i]?.aspect ?? 1));
    line_.style.setProperty("--tall", String(1 / shapes.reduce((sum, shape) => sum + shape, 0)));
    row.forEach((i, k) => {
      const shot = pictures[i];
      if (!shot) return;
      const image = picture(shot.source ?? shot.url, { alt: shot.alt });
      image.decoding = "async";
      image.dataset.url = shot.url;
      const frame = el("span", "pic", image);
      frame.style.setProperty("--wide", String(shapes[k]));
      if (shot.badge) frame.append(el("span", `badge ${shot.moving ? "moving" : ""}`, shot.badge));
      if (more > 0 && i === pictures.length - 1) frame.append(el("span", "badge more", t("pictures.more", { n: more })));
      line_.append(frame);
    });
    node.append(line_);
  }
  return node;
}

/**
 * What stands under the pictures: their descriptions; of a link's picture, what it leads to.
 *
 * @param {Post} post
 * @param {readonly Shot[]} pictures
 */
export function captions(post, pictures) {
  const media = post.media ?? [];
  if (post.card && media.length === 0) return el("figcaption", "link-to", el("b", "", post.card.title), ` ${host(post.card)}`);
  const described = [...new Set(pictures.map(({ alt }) => alt).filter(Boolean))];
  // As many descriptions as make one caption, each whole.
  const text = described
    .map((alt) => caption(alt, described.length > 1 ? 90 : CAPTION))
    .reduce((all, one) => (one === "" || all.length + one.length > CAPTION ? all : all + (all && " · ") + one), "");
  if (text) {
    const under = el("figcaption", "", text);
    under.dir = "auto";
    return under;
  }
  return described.length === 0 ? el("figcaption", "undescribed", t("alt.missing")) : null;
}

/** @param {Post} post @param {readonly Shot[]} pictures */
export function figure(post, pictures) {
  const all = (post.media ?? []).filter(({ kind }) => kind !== "audio").length;
  const node = el("figure", "shot", block(pictures, Math.max(0, all - pictures.length)), captions(post, pictures));
  const missing = pictures.filter(({ alt }) => alt === "").length;
  if (missing > 0 && all > 0) node.dataset.undescribed = String(missing);
  return node;
}
