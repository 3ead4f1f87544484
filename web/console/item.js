/**
 * A post as staff see it: the reason first, then who and what, then the decisions.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 */
import { span } from "../shared/amounts.js";
import { el, need, pictureUrl, stamp } from "../shared/dom.js";
import { shortLink, sourceName, when } from "../shared/format.js";
import { authorName, words } from "../shared/words.js";
import { marked, why } from "./wording.js";

/** @typedef {"hide" | "show" | "pin" | "unpin" | "block" | "unblock" | "highlight" | "unhighlight"} Action */

/**
 * @typedef {object} Context
 * @property {ReadonlySet<string>} ownTags
 * @property {string | null} zone
 * @property {number} now
 * @property {ReadonlySet<Action>} may what the person may do
 * @property {(action: Action, post: Post) => void} decide
 */

/** The two decisions under the thumbs: left keeps off, right lets on. @param {Post} post @returns {Action[]} */
export function verdicts(post) {
  if (post.standing === "deleted") return [];
  if (post.standing === "hidden") return [post.author_standing === "blocked" ? "unblock" : "block", "show"];
  if (post.standing === "held") return ["hide", "show"];
  return ["hide", post.pinned ? "unpin" : "pin"];
}

/** @type {Record<Action, [string, string]>} label and key */
const ACTIONS = {
  hide: ["Hide", "h"],
  show: ["Show", "s"],
  pin: ["Pin", "p"],
  unpin: ["Unpin", "p"],
  block: ["Block author", ""],
  unblock: ["Unblock author", ""],
  highlight: ["Highlight", ""],
  unhighlight: ["No highlight", ""],
};

/**
 * @param {Post} post
 * @param {Context} context
 * @returns {HTMLElement}
 */
export function item(post, context) {
  const node = stamp("item");
  node.dataset.id = post.id;
  fill(node, post, context);
  buttons(need(".verdict", node), verdicts(post), post, context, false);
  const rest = others(post);
  buttons(need(".more .row", node), rest, post, context, false);
  if (post.url && /^https?:/.test(post.url)) need(".more .row", node).append(original(post.url));
  return node;
}

/**
 * The selected post, large, with what helps to decide.
 *
 * @param {Post} post
 * @param {Context} context
 * @returns {HTMLElement}
 */
export function detail(post, context) {
  const node = el("article", "large");
  const inner = stamp("item");
  fill(inner, post, context);
  for (const name of ["why", "who", "warning", "text", "extras", "media"]) node.append(need(`.${name}`, inner));
  const row = el("div", "verdict");
  buttons(row, verdicts(post), post, context, true);
  const more = el("div", "row");
  buttons(more, others(post), post, context, true);
  if (post.url && /^https?:/.test(post.url)) more.append(original(post.url));
  node.append(row, more, facts(post, context));
  return node;
}

/** @param {Post} post @returns {Action[]} */
function others(post) {
  const first = verdicts(post);
  if (first.length === 0) return [];
  /** @type {Action[]} */
  const all = [post.highlighted ? "unhighlight" : "highlight"];
  if (post.standing !== "hidden") all.unshift(post.pinned ? "unpin" : "pin", post.author_standing === "blocked" ? "unblock" : "block");
  return all.filter((action) => !first.includes(action));
}

/**
 * @param {HTMLElement} node
 * @param {Post} post
 * @param {Context} context
 */
function fill(node, post, { ownTags, zone, now }) {
  const reason = why(post);
  const line = need(".why", node);
  line.textContent = reason;
  line.hidden = reason === "";
  const pills = [post.pinned && "Pinned", post.highlighted && "Highlighted"].filter((word) => word !== false && word !== undefined);
  for (const word of pills.reverse()) {
    line.prepend(el("span", "pill", word), " ");
    line.hidden = false;
  }
  need(".name", node).append(authorName(post));
  const kind = post.kind && post.kind !== "original" ? post.kind : "";
  need(".via", node).textContent = [post.author.handle, sourceName(post.source), when(Date.parse(post.created_at), now, zone), kind, post.author.bot ? "automated" : ""]
    .filter(Boolean)
    .join(" · ");
  const warning = need(".warning", node);
  warning.hidden = !post.warning;
  if (post.warning) warning.append(el("b", "", "Content warning: "), ...highlighted(post.warning, marked(post, "warning"), post));
  const text = need(".text", node);
  if (post.language && /^[a-z]{2,3}(-[a-z0-9]+)*$/i.test(post.language)) text.lang = post.language;
  text.append(words(post, { ownTags, marks: marked(post, "text"), links: true }));
  text.hidden = post.text === "";
  const extras = need(".extras", node);
  for (const option of post.poll?.options ?? []) extras.append(el("p", "option", el("bdi", "", option.text)));
  if (post.card) extras.append(el("p", "preview", el("bdi", "", post.card.title), " ", el("span", "soft", shortLink(post.card.url))));
  for (const media of post.media ?? []) {
    const url = pictureUrl(media.preview ?? (media.kind === "image" || media.kind === "unknown" ? media.url : null));
    const figure = el("figure", post.sensitive ? "veiled" : "");
    if (url !== null) {
      const image = el("img");
      image.alt = media.alt ?? "";
      image.loading = "lazy";
      image.referrerPolicy = "no-referrer";
      image.addEventListener("error", () => image.replaceWith(el("span", "soft", "The picture cannot be loaded")), { once: true });
      image.src = url;
      if (post.sensitive) {
        const veil = el("button", "veil", "Sensitive: press to look");
        veil.type = "button";
        veil.addEventListener("click", (event) => {
          event.stopPropagation();
          figure.classList.remove("veiled");
          veil.remove();
        });
        figure.append(image, veil);
      } else figure.append(image);
    } else figure.append(el("span", "soft", media.kind));
    figure.append(el("figcaption", "soft", media.alt || "No description"));
    need(".media", node).append(figure);
  }
}

/**
 * Plain text with marked byte ranges.
 *
 * @param {string} text
 * @param {[number, number][]} marks
 * @param {Post} post
 */
const highlighted = (text, marks, post) => [words({ ...post, text, facets: [] }, { ownTags: new Set(), marks })];

/**
 * @param {HTMLElement} row
 * @param {readonly Action[]} actions
 * @param {Post} post
 * @param {Context} context
 * @param {boolean} keys
 */
function buttons(row, actions, post, context, keys) {
  for (const action of actions) {
    if (!context.may.has(action)) continue;
    const [label, key] = ACTIONS[action];
    const button = el("button", action === "show" ? "main" : "", label, keys && key ? el("kbd", "", key) : null);
    button.type = "button";
    button.dataset.action = action;
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      context.decide(action, post);
    });
    row.append(button);
  }
}

/** @param {string} url */
function original(url) {
  const link = el("a", "button", "Original");
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

/**
 * @param {Post} post
 * @param {Context} context
 */
function facts(post, { now }) {
  const list = el("dl", "facts");
  /** @param {string} name @param {string | null | undefined | false} value */
  const add = (name, value) => value && list.append(el("div", "", el("dt", "", name), el("dd", "", value)));
  add("Followers", typeof post.author.followers === "number" && String(post.author.followers));
  add("Account made", post.author.created_at && `${span(now - Date.parse(post.author.created_at))} ago`);
  add("Feed", post.feed);
  add("Language", post.language);
  add("Edited", post.edited_at && `${span(now - Date.parse(post.edited_at))} ago`);
  for (const { rule, outcome } of post.reasons ?? []) add("Rule", `${rule.replaceAll("_", " ")}: ${outcome}`);
  return list;
}
