/**
 * A post as a card. Sizes come from outside, as custom properties; this only says what stands in it.
 *
 * @import { Media, Post } from "../shared/protocol.d.ts"
 * @import { Context, Shot } from "./types.d.ts"
 */
import { el, need, picture, stamp } from "../shared/dom.js";
import { caption, initial, shortLink, sourceName, when, wordCount } from "../shared/format.js";
import { onScreen, pageWall, pictureSrc } from "../shared/media.js";
import { authorName, words } from "../shared/words.js";
import { readOnAt } from "./cut.js";

/** Most pictures shown of one post. */
const PICTURES = 4;

/**
 * The pictures that a post would show, before any is fetched.
 *
 * @param {Post} post
 * @param {number} width the most that they may take together, in pixels of the page
 * @returns {Shot[]}
 */
export function shots(post, width) {
  if (post.warning || post.sensitive) return [];
  const many = Math.min(PICTURES, post.media?.length ?? 0);
  const each = onScreen(many > 1 ? width / 2 : width);
  const media = (post.media ?? []).flatMap((item, i) => shot(item, pictureSrc(pageWall(), post, `${i}`, each)) ?? []).slice(0, PICTURES);
  const still = post.card ? pictureSrc(pageWall(), post, "card", onScreen(width)) : null;
  if (media.length === 0 && still) return [{ url: still, alt: "", aspect: null, badge: null }];
  return media;
}

/** @param {Media} item @param {string | null} url @returns {Shot | null} */
function shot(item, url) {
  if (url === null || item.kind === "audio") return null;
  const aspect = item.width && item.height ? item.width / item.height : null;
  const badge = item.kind === "video" ? "Video" : item.kind === "gif" ? "Moving picture" : null;
  return { url, alt: item.alt ?? "", aspect, badge };
}

/** The avatar's address, if it may be fetched. @param {Post} post */
export const avatar = (post) => pictureSrc(pageWall(), post, "avatar", onScreen((7 * innerHeight) / 100));

/** How many characters set the size of a card's text. @param {Post} post */
export function textLength(post) {
  return (post.warning ?? post.text.replace(/https?:\/\/\S+/g, (url) => shortLink(url))).length;
}

/** How many words somebody has to read. @param {Post} post */
export function readingWords(post) {
  if (post.warning) return wordCount(post.warning) + 8;
  const captions = (post.media ?? []).map(({ alt }) => caption(alt)).join(" ");
  const options = (post.poll?.options ?? []).map(({ text }) => text).join(" ");
  return wordCount(`${post.text} ${captions} ${options}`);
}

/**
 * @param {Post} post
 * @param {readonly Shot[]} pictures the ones to lay out, each with its aspect known
 * @param {{fresh: boolean, cut?: boolean}} state `cut`: the words are only the beginning of the post's
 * @param {Context} context
 */
export function build(post, pictures, { fresh, cut = false }, context) {
  const card = stamp("card");
  card.dataset.id = post.id;
  need(".name", card).append(authorName(post));
  need(".handle", card).textContent = post.author.handle;
  need(".source", card).textContent = sourceName(post.source);
  need(".via", card).classList.toggle("bare", post.author.handle === "");
  need(".face", card).append(portrait(post));
  const pill = need(".pill", card);
  pill.textContent = post.pinned ? "Pinned" : fresh ? "New" : "";
  pill.hidden = pill.textContent === "";
  pill.classList.toggle("quiet", !post.pinned);
  setAge(card, post, context);

  const said = need(".said", card);
  const relation = related(post, context);
  if (relation) said.append(relation);
  if (post.warning) {
    said.append(warned(post.warning, post));
    if (cut) said.append(continued(post));
    return card;
  }
  if (post.text.trim() !== "") said.append(saying(post, context));
  if (cut) said.append(continued(post));
  if (post.poll && post.poll.options.length > 0) said.append(poll(post));
  if (post.kind === "quote") said.append(...quoted(post, context));
  const covered = post.sensitive && (post.media ?? []).length > 0;
  if (covered) said.append(el("p", "covered", "Picture covered: marked as sensitive by its author"));
  const sound = (post.media ?? []).some(({ kind }) => kind === "audio");
  if (sound && !covered) said.append(el("p", "covered", "With a sound recording"));

  if (pictures.length > 0) need(".body", card).append(figure(post, pictures));
  else if (post.card && (post.media ?? []).length === 0) said.append(preview(post.card));
  return card;
}

/** @param {HTMLElement} card @param {Post} post @param {{zone: string | null, now: number}} context */
export function setAge(card, post, { zone, now }) {
  const time = /** @type {HTMLTimeElement} */ (need(".when", card));
  const text = when(Date.parse(post.created_at), now, zone);
  if (time.textContent === text) return;
  time.dateTime = post.created_at;
  time.textContent = text;
}

/** A letter, and the avatar in its place as soon as there is one. @param {Post} post */
function portrait(post) {
  const letter = document.createTextNode(initial(post.author.name || post.author.handle || "·"));
  const address = avatar(post);
  if (address === null) return letter;
  const image = picture(address);
  image.addEventListener("load", () => letter.replaceWith(image), { once: true });
  return image.complete && image.naturalWidth > 0 ? image : letter;
}

/**
 * A paragraph of somebody's words, which run from the side that their script begins at.
 *
 * @param {string} className
 * @param {Node | string} content
 */
function line(className, content) {
  const node = el("p", className, content);
  node.dir = "auto";
  return node;
}

/** @param {Post} post @param {Context} context */
function saying(post, context) {
  const say = line("say", words(post, { ownTags: context.ownTags }));
  if (post.language && /^[a-z]{2,3}(-[a-z0-9]+)*$/i.test(post.language)) say.lang = post.language;
  return say;
}

/** @param {Post} post @param {Context} context */
function related(post, { find }) {
  if (post.kind === "reply") {
    const other = post.of ? find(post.of) : null;
    return el("p", "context", "In reply to ", other ? nameOf(other) : "another post");
  }
  if (post.kind === "repost") return el("p", "context", "Passed on");
  if (post.kind === "quote" && !(post.of && find(post.of))) return el("p", "context", "About another post");
  return null;
}

/** @param {Post} post */
const continued = (post) => el("p", "continued", `… continued at ${readOnAt(post)}`);

/** @param {Post} post */
const nameOf = (post) => el("bdi", "", authorName(post));

/** @param {Post} post @param {Context} context */
function quoted(post, context) {
  const other = post.of ? context.find(post.of) : null;
  // A long quotation would crowd out what is said about it.
  if (!other || other.warning || other.text.length > 180) return [];
  const said = line("", words(other, { ownTags: context.ownTags }));
  return [el("blockquote", "quoted", el("p", "by", nameOf(other)), said)];
}

/** @param {string} warning @param {Post} post */
function warned(warning, post) {
  const rest = (post.media ?? []).length > 0 ? "Words and pictures stay behind it." : "The words stay behind it.";
  return el("div", "warned", el("p", "label", "Content warning"), line("say", warning), el("p", "behind", rest));
}

/** @param {Post} post */
function poll(post) {
  const options = post.poll?.options ?? [];
  const total = options.reduce((sum, { votes }) => sum + (votes ?? 0), 0);
  const list = el("ol", "poll");
  for (const { text, votes } of options) {
    const part = total > 0 ? (votes ?? 0) / total : 0;
    const row = el("li", "", el("bdi", "", text));
    row.style.setProperty("--part", String(part));
    if (total > 0) row.append(el("span", "part", `${Math.round(part * 100)} %`));
    list.append(row);
  }
  return list;
}

/** @param {NonNullable<Post["card"]>} card */
const host = ({ url }) => shortLink(url).split("/")[0] ?? "";

/** @param {NonNullable<Post["card"]>} card */
function preview(card) {
  return el("div", "preview", line("title", card.title || shortLink(card.url)), el("p", "host", host(card)));
}

/** @param {Post} post @param {readonly Shot[]} pictures */
function figure(post, pictures) {
  const row = el("div", "pics");
  for (const { url, alt, aspect, badge } of pictures) {
    const image = picture(url, { alt });
    image.decoding = "async";
    image.dataset.url = url;
    const frame = el("span", "pic", image);
    frame.style.setProperty("--aspect", String(aspect ?? 1));
    if (badge) frame.append(el("span", "badge", badge));
    row.append(frame);
  }
  const node = el("figure", "shot", row);
  const described = pictures.map(({ alt }) => alt).filter(Boolean);
  const captions = post.card && (post.media ?? []).length === 0
    ? [post.card.title, host(post.card)]
    : described.map((alt) => caption(alt, described.length > 1 ? 70 : 140));
  const text = captions.filter(Boolean).join(" · ");
  if (text) {
    const under = el("figcaption", "", text);
    under.dir = "auto";
    node.append(under);
  }
  return node;
}
