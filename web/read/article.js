/**
 * A post as an article that can be read on a phone, by keyboard and by ear. Nothing of it is drawn over a picture, and what its
 * author put behind a warning opens only when the reader asks.
 *
 * @import { Media, Post } from "../shared/protocol.d.ts"
 */
import { el, need, picture, stamp } from "../shared/dom.js";
import { initial, shortLink, sourceName, when } from "../shared/format.js";
import { authorName, words } from "../shared/words.js";
import { say } from "./catalogue/index.js";
import { hearable } from "./heard.js";
import { pictureSrc } from "./pictures.js";

/**
 * @typedef {object} Context
 * @property {string} wall its id
 * @property {ReadonlySet<string>} ownTags the event's own tags, folded
 * @property {string | null} zone
 * @property {number} now
 * @property {(id: string) => Post | null} find another post of this wall
 */

let articles = 0;

/** @param {Post} post @param {Context} context @returns {HTMLElement} */
export function article(post, context) {
  const node = stamp("post");
  node.dataset.id = post.id;
  const name = need(".name", node);
  name.append(hearable(authorName(post), row));
  name.id = `by-${(articles += 1)}`;
  need("article", node).setAttribute("aria-labelledby", name.id);
  need(".handle", node).textContent = post.author.handle;
  need(".source", node).textContent = sourceName(post.source);
  portrait(need(".face", node), post, context);
  const pinned = need(".pill", node);
  pinned.textContent = post.pinned ? say("pinned") : "";
  pinned.hidden = !post.pinned;
  address(/** @type {HTMLAnchorElement} */ (need(".at", node)), post);
  setAge(node, post, context);

  const body = need(".body", node);
  const relation = related(post, context);
  if (relation) body.append(relation);
  if (post.warning) body.append(behind(say("warning", { text: post.warning }), ...content(post, context, false)));
  else body.append(...content(post, context, post.sensitive === true));
  return node;
}

/** @param {HTMLElement} node an article @param {Post} post @param {{zone: string | null, now: number}} context */
export function setAge(node, post, { zone, now }) {
  const time = /** @type {HTMLTimeElement} */ (need("time", node));
  const text = when(Date.parse(post.created_at), now, zone);
  if (time.textContent === text) return;
  time.dateTime = post.created_at;
  time.textContent = text;
}

const row = (/** @type {string} */ first, /** @type {number} */ others) => say("emoji", { first, n: others });

/** Where the post itself stands, if it says so. @param {HTMLAnchorElement} link @param {Post} post */
function address(link, post) {
  if (!/^https?:\/\//.test(post.url ?? "")) return;
  link.href = post.url ?? "";
  link.append(el("span", "unseen", ` ${say("at", { place: host(link.href) })}`));
}

/** @param {HTMLElement} face @param {Post} post @param {Context} context */
function portrait(face, post, { wall }) {
  face.textContent = initial(post.author.name || post.author.handle || "·");
  const source = pictureSrc(wall, post, "avatar", 96);
  if (source === null) return;
  const image = picture(source);
  image.loading = "lazy";
  image.addEventListener("error", () => image.remove(), { once: true });
  face.append(image);
}

/** @param {Post} post @param {Context} context */
function related(post, { find }) {
  const other = post.of ? find(post.of) : null;
  if (post.kind === "reply") return el("p", "relation", ...around(other ? say("reply") : say("reply.another"), other));
  if (post.kind === "repost") return el("p", "relation", ...around(say("repost"), post));
  if (post.kind === "quote" && !other) return el("p", "relation", say("quote"));
  return null;
}

/** A phrase with somebody's name in it. @param {string} phrase @param {Post | null} whose */
function around(phrase, whose) {
  return phrase.split(/(\{name\})/).map((part) => (part === "{name}" && whose ? el("bdi", "", hearable(authorName(whose), row)) : part));
}

/** What opens when the reader asks. @param {string} label @param {...(Node | string)} inside */
function behind(label, ...inside) {
  const summary = el("summary", "", label);
  summary.dir = "auto";
  return el("details", "behind", summary, ...inside);
}

/**
 * What a post says and shows.
 *
 * @param {Post} post
 * @param {Context} context
 * @param {boolean} covered its pictures are sensitive
 */
function content(post, context, covered) {
  /** @type {Node[]} */
  const nodes = [];
  if (post.text.trim() !== "") nodes.push(saying(post, context));
  if (post.poll && post.poll.options.length > 0) nodes.push(poll(post.poll.options));
  const shows = post.kind === "quote" || (post.kind === "repost" && post.text.trim() === "");
  const quoted = shows && post.of ? context.find(post.of) : null;
  if (quoted) nodes.push(quotation(quoted, context));
  const media = (post.media ?? []).map((item, i) => attachment(post, item, i, context));
  if (media.length > 0) nodes.push(covered ? behind(say("sensitive"), ...media) : el("div", "media", ...media));
  if (post.card && media.length === 0) nodes.push(preview(post, post.card, context, covered));
  return nodes;
}

/** @param {Post} post @param {Context} context */
function saying(post, { ownTags }) {
  const said = el("p", "said", hearable(words(post, { ownTags, links: true }), row));
  said.dir = "auto";
  if (post.language && /^[a-z]{2,3}(-[a-z0-9]+)*$/i.test(post.language)) said.lang = post.language;
  return said;
}

/** @param {Post} post @param {Context} context */
function quotation(post, context) {
  const by = el("p", "by", el("bdi", "", hearable(authorName(post), row)));
  const said = post.warning ? behind(say("warning", { text: post.warning }), saying(post, context)) : saying(post, context);
  return el("blockquote", "", by, said);
}

/** @param {{text: string, votes?: number | null}[]} options */
function poll(options) {
  const total = options.reduce((sum, { votes }) => sum + (votes ?? 0), 0);
  const list = el("ul", "poll");
  list.setAttribute("aria-label", say("poll"));
  for (const { text, votes } of options) {
    const part = total > 0 ? (votes ?? 0) / total : 0;
    const line = el("li", "", el("bdi", "", text), total > 0 && " ", total > 0 && el("span", "part", say("votes", { n: votes ?? 0 })));
    line.style.setProperty("--part", String(part));
    list.append(line);
  }
  return list;
}

/** @param {Post} post @param {Media} item @param {number} i @param {Context} context */
function attachment(post, item, i, { wall }) {
  const kind = item.kind === "video" || item.kind === "gif" ? say(item.kind) : item.kind === "audio" ? say("sound") : "";
  const alt = (item.alt ?? "").trim();
  const source = pictureSrc(wall, post, i, 640);
  const described = [kind, alt].filter(Boolean).join(": ") || say("undescribed");
  if (source === null) return lost(described);
  const image = picture(source, { alt: described });
  image.loading = "lazy";
  image.decoding = "async";
  // The room is there before the picture is, so that nothing jumps when it comes.
  if (item.width && item.height) [image.width, image.height] = [item.width, item.height];
  const figure = el("figure", "", image);
  if (kind) figure.append(seen("span", "badge", kind));
  // The description is in the picture's own text already.
  if (alt) figure.append(seen("figcaption", "", alt));
  image.addEventListener("error", () => figure.replaceWith(lost(`${say("lost")}: ${described}`)), { once: true });
  return figure;
}

/** @param {string} described */
function lost(described) {
  const node = el("p", "lost", described);
  node.dir = "auto";
  return node;
}

/** Something for the eye alone. @param {"span" | "figcaption"} tag @param {string} className @param {string} text */
function seen(tag, className, text) {
  const node = el(tag, className, text);
  node.dir = "auto";
  node.setAttribute("aria-hidden", "true");
  return node;
}

/** @param {string} url */
const host = (url) => shortLink(url).split("/")[0] ?? "";

/** @param {Post} post @param {NonNullable<Post["card"]>} card @param {Context} context @param {boolean} covered */
function preview(post, card, { wall }, covered) {
  const title = el("span", "title", card.title || shortLink(card.url));
  title.dir = "auto";
  const source = covered ? null : pictureSrc(wall, post, "card", 320);
  const image = source === null ? null : picture(source);
  if (image) {
    image.loading = "lazy";
    image.addEventListener("error", () => image.remove(), { once: true });
  }
  const inside = [image, el("span", "", title, el("span", "host", host(card.url)))];
  if (!/^https?:\/\//.test(card.url)) return el("div", "preview", ...inside);
  const link = el("a", "preview", ...inside);
  link.href = card.url;
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
  return link;
}
