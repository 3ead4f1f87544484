/**
 * A post as a card. Sizes come from outside, as custom properties; this only says what stands in it.
 *
 * @import { Media, Post } from "../shared/protocol.d.ts"
 * @import { Context, Shot } from "./types.d.ts"
 */
import { el, need, picture, stamp } from "../shared/dom.js";
import { caption, initial, shortLink, when, wordCount } from "../shared/format.js";
import { onScreen, pageWall, pictureSrc } from "../shared/media.js";
import { authorName, words } from "../shared/words.js";
import { figure, line, nameOf, poll, preview, quoted } from "./attachments.js";
import { t } from "./catalogue/index.js";
import { readOnAt } from "./cut.js";
import { sourceMark } from "./sources.js";

/** Most pictures shown of one post. */
const PICTURES = 4;
/** Most custom emoji drawn in one post. */
const EMOJIS = 48;

/**
 * The pictures that a post would show, before any is fetched.
 *
 * @param {Post} post
 * @param {{open: boolean, width: number}} context
 * @returns {Shot[]}
 */
export function shots(post, { open, width }) {
  if ((post.warning || post.sensitive) && !open) return [];
  const each = onScreen((post.media?.length ?? 0) > 1 ? width / 2 : width);
  const media = (post.media ?? []).flatMap((item, i) => shot(item, pictureSrc(pageWall(), post, `${i}`, each)) ?? []).slice(0, PICTURES);
  const still = post.card ? pictureSrc(pageWall(), post, "card", onScreen(width)) : null;
  if (media.length === 0 && still) return [{ url: still, alt: "", aspect: null, badge: null, moving: false }];
  return media;
}

/** @param {Media} item @param {string | null} url @returns {Shot | null} */
function shot(item, url) {
  if (url === null || item.kind === "audio") return null;
  const aspect = item.width && item.height ? item.width / item.height : null;
  const moving = item.kind === "video" || item.kind === "gif";
  const badge = item.kind === "video" ? t("video") : item.kind === "gif" ? t("gif") : null;
  return { url, alt: (item.alt ?? "").trim(), aspect, badge, moving };
}

/** The avatar's address, if it may be fetched. @param {Post} post */
export const avatar = (post) => pictureSrc(pageWall(), post, "avatar", onScreen((7 * innerHeight) / 100));

/** Whether nobody would see anything of a post but its author. @param {Post} post */
export const isEmpty = ({ text, warning, media, poll: asked, card, of }) =>
  text.replace(/[\s\p{Cf}\u2800\u3164\u115f\u1160]/gu, "") === "" && !warning && !media?.length && !asked?.options.length && !card && !of;

/** How many characters set the size of a card's text; a custom emoji is as wide as two. @param {Post} post */
export function textLength(post) {
  if (post.warning) return post.warning.length;
  const text = post.text.replace(/https?:\/\/\S+/g, (url) => shortLink(url));
  return (post.emojis?.length ? text.replace(/:[\w-]+:/g, "xx") : text).length;
}

/** How many words somebody has to read. @param {Post} post */
export function readingWords(post) {
  if (post.warning) return wordCount(post.warning) + 8;
  const captions = (post.media ?? []).map(({ alt }) => caption(alt)).join(" ");
  const options = (post.poll?.options ?? []).map(({ text }) => text).join(" ");
  const text = post.emojis?.length ? post.text.replace(/:[\w-]+:/g, " ") : post.text;
  return wordCount(`${text} ${captions} ${options}`);
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
  head(card, post, context);
  const pill = need(".pill", card);
  pill.textContent = post.pinned ? t("pinned") : post.highlighted ? t("highlighted") : fresh ? t("new") : "";
  pill.hidden = pill.textContent === "";
  pill.classList.toggle("quiet", !post.pinned);

  const said = need(".said", card);
  const relation = related(post, context);
  if (relation) said.append(relation);
  if (post.warning) {
    said.append(warned(post.warning, post, context.open));
    if (!context.open) {
      if (cut) said.append(continued(post));
      return card;
    }
  }
  const { text } = post;
  if (text.trim() !== "") said.append(saying(post, context));
  if (cut) said.append(continued(post));
  if (post.poll && post.poll.options.length > 0) said.append(poll(post, context));
  if (post.kind === "quote") said.append(...quoted(post, context));
  const covered = post.sensitive && !context.open && (post.media ?? []).length > 0;
  if (covered) said.append(el("p", "covered", t("covered")));
  const sound = (post.media ?? []).some(({ kind }) => kind === "audio");
  if (sound && !covered) said.append(el("p", "covered", t("sound")));

  if (pictures.length > 0) need(".body", card).append(figure(post, pictures));
  else if (post.card && (post.media ?? []).length === 0) said.append(preview(post.card));
  return card;
}

/**
 * Who wrote it, where and when; of something passed on, who wrote it first, if that is known.
 *
 * @param {HTMLElement} card with `.who` in it
 * @param {Post} post
 * @param {Context} context
 */
export function head(card, post, context) {
  const original = post.kind === "repost" && post.of ? context.find(post.of) : null;
  const { author } = original ?? post;
  need(".name", card).append(authorName(original ?? post));
  need(".handle", card).textContent = author.handle;
  need(".source", card).replaceWith(sourceMark(post.source));
  need(".via", card).classList.toggle("bare", author.handle === "");
  need(".face", card).append(portrait(original ?? post));
  setAge(card, post, context);
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
export function portrait(post) {
  const letter = document.createTextNode(initial(post.author.name || post.author.handle || "·"));
  const address = avatar(post);
  if (address === null) return letter;
  const image = picture(address);
  image.addEventListener("load", () => letter.replaceWith(image), { once: true });
  return image.complete && image.naturalWidth > 0 ? image : letter;
}

/** @param {Post} post @param {Context} context */
export function saying(post, context) {
  const say = line("say", words(post, { ownTags: context.ownTags, emojis: EMOJIS }));
  // Nothing but breaks at either end.
  while (say.lastChild instanceof HTMLElement && say.lastChild.matches("br, .gap")) say.lastChild.remove();
  while (say.firstChild instanceof HTMLElement && say.firstChild.matches("br, .gap")) say.firstChild.remove();
  if (post.language && /^[a-z]{2,3}(-[a-z0-9]+)*$/i.test(post.language)) say.lang = post.language;
  return say;
}

/** @param {Post} post @param {Context} context */
function related(post, { find }) {
  const other = post.of ? find(post.of) : null;
  if (post.kind === "reply") return el("p", "context", t("reply.to"), other ? nameOf(other) : t("reply.another"));
  if (post.kind === "repost") return el("p", "context passed", t("repost.by"), nameOf(post));
  if (post.kind === "quote" && !other) return el("p", "context", t("quote.about"));
  return null;
}

/** @param {Post} post */
const continued = (post) => el("p", "continued", t("continued", { place: readOnAt(post) }));

/** @param {string} warning @param {Post} post @param {boolean} open */
function warned(warning, post, open) {
  const rest = el("p", "behind", t((post.media ?? []).length > 0 ? "warning.all" : "warning.words"));
  return el("div", open ? "warned open" : "warned", el("p", "label", t("warning")), line(open ? "" : "say", warning), !open && rest);
}
