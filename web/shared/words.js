/**
 * A post's words as nodes: hashtags, mentions and links marked, custom emoji as pictures, paragraphs kept.
 *
 * @import { Post } from "./protocol.d.ts"
 */
import { el, picture } from "./dom.js";
import { foldTag, segments } from "./facets.js";
import { levelled, shortLink, shortName, words as spoken } from "./format.js";
import { pageWall, pictureSrc } from "./media.js";

/**
 * @param {Post} post
 * @param {object} options
 * @param {ReadonlySet<string>} options.ownTags the event's own tags, folded, set small
 * @param {readonly (readonly [number, number, boolean?])[]} [options.marks] as `segments` takes them
 * @param {boolean} [options.links] make links of links
 * @param {(text: string) => Node} [options.veil] what stands for words that are masked
 * @param {number} [options.emojis] most custom emoji drawn; the others are counted
 * @returns {DocumentFragment}
 */
export function words(post, { ownTags, marks = [], links = false, veil = () => document.createTextNode("•••"), emojis = Infinity }) {
  const fragment = document.createDocumentFragment();
  let drawn = 0;
  let hidden = "";
  const cut = segments(post.text, post.facets ?? [], marks);
  for (const [i, { text, facet, marked, masked }] of cut.entries()) {
    if (masked) {
      hidden += text;
      // One word is one veil, also where a hashtag begins inside it.
      if (!cut[i + 1]?.masked) {
        fragment.append(veil(hidden));
        hidden = "";
      }
      continue;
    }
    /** @type {Node[]} */
    let nodes;
    if (facet?.kind === "hashtag") {
      nodes = [el("span", ownTags.has(foldTag(text)) ? "tag own" : "tag", levelled(text))];
    } else if (facet?.kind === "mention") {
      nodes = [el("span", "mention", shortName(text))];
    } else if (facet?.kind === "link") {
      nodes = [link(text, facet.target, links)];
    } else if (facet?.kind === "emoji") {
      drawn += 1;
      nodes = drawn <= emojis ? [emoji(post, text, facet.target, emojis < Infinity)] : [];
    } else {
      nodes = paragraphs(text);
    }
    if (marked) fragment.append(el("mark", "", ...nodes));
    else fragment.append(...nodes);
  }
  if (drawn > emojis) fragment.append(` +${drawn - emojis}`);
  return fragment;
}

/**
 * A name with its custom emoji, which sources write as `:shortcode:`.
 *
 * @param {Post} post
 * @returns {DocumentFragment}
 */
export function authorName(post) {
  const fragment = document.createDocumentFragment();
  const name = shortName(post.author.name || post.author.handle || spoken.somebody);
  for (const part of name.split(/(:[\w-]+:)/)) {
    const code = /^:([\w-]+):$/.exec(part)?.[1];
    fragment.append(code && post.emojis?.some((known) => known.shortcode === code) ? emoji(post, part, code) : part);
  }
  return fragment;
}

/** @param {string} text */
function paragraphs(text) {
  return text.split(/(\n\s*\n|\n)/).flatMap((part) => {
    if (part === "") return [];
    if (part === "\n") return [el("br")];
    return [/^\n\s*\n$/.test(part) ? el("span", "gap") : document.createTextNode(levelled(part))];
  });
}

/** @param {string} text @param {string} target @param {boolean} live */
function link(text, target, live) {
  const shown = /^https?:\/\//.test(text) ? shortLink(text) : text;
  if (!live || !/^https?:\/\//.test(target)) return el("span", "link", shown);
  const anchor = el("a", "link", shown);
  anchor.href = target;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer nofollow";
  return anchor;
}

/**
 * @param {Post} post
 * @param {string} text
 * @param {string} shortcode
 * @param {boolean} [steady] where it does not come its place stays empty: the words around it are measured and must not move
 */
function emoji(post, text, shortcode, steady = false) {
  const index = post.emojis?.findIndex((known) => known.shortcode === shortcode) ?? -1;
  const url = pictureSrc(pageWall(), post, `emoji-${index}`, 96);
  if (url === null) return document.createTextNode(text);
  const image = picture(url, { alt: text, className: "emoji" });
  image.addEventListener("error", () => image.replaceWith(steady ? gap(text) : text), { once: true });
  return image;
}

/** An emoji's empty place. @param {string} text what it would have said */
function gap(text) {
  const place = el("span", "emoji");
  place.role = "img";
  place.ariaLabel = text;
  return place;
}
