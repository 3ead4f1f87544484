/**
 * Posts too long for any screen: cut where a reader would pause, and said to go on elsewhere. Pure.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 */
import { graphemes, segmenter, sourceName } from "../shared/format.js";

/** A sentence's end is preferred to a word's if it keeps at least this part of the room. */
const SENTENCE_KEEPS = 0.7;

/**
 * The longest beginning of a text of at most so many UTF-16 units that ends with a sentence, else with a word. Only a
 * single word that is longer than all the room is parted, between two characters as people see them.
 *
 * @param {string} text
 * @param {number} most
 * @returns {string}
 */
export function cut(text, most) {
  if (text.length <= most) return text;
  const room = text.slice(0, most);
  const sentence = [...room.matchAll(/[.!?…。！？]["'”’»)]*(?=\s)/gu)].at(-1);
  const whole = sentence ? sentence.index + sentence[0].length : 0;
  if (whole >= most * SENTENCE_KEEPS) return text.slice(0, whole);
  return (before(segmenter, text, most) || before(graphemes, text, most) || room).trimEnd();
}

/** @param {Intl.Segmenter | null} segments @param {string} text @param {number} most */
function before(segments, text, most) {
  // Enough of what follows to see whether a word ends here.
  const near = text.slice(0, most + 200);
  const end = segments?.segment(near).containing(most)?.index ?? near.lastIndexOf(" ", most);
  return text.slice(0, Math.max(0, end));
}

/** Where the whole of a post can be read: its page's host, else its source. @param {Post} post */
export function readOnAt(post) {
  try {
    return new URL(post.url ?? "").host.replace(/^www\./, "");
  } catch {
    return sourceName(post.source);
  }
}

/**
 * The post with at most so many characters of the words that a card shows.
 *
 * @param {Post} post
 * @param {number} most
 * @returns {Post}
 */
export const shortened = (post, most) => (post.warning ? { ...post, warning: cut(post.warning, most) } : { ...post, text: cut(post.text, most) });

const utf8 = new TextEncoder();
const bytes = (/** @type {string} */ text) => utf8.encode(text).length;

/**
 * A stretch of a post's words, its marks kept where they lie whole inside it.
 *
 * @param {Post} post
 * @param {number} from
 * @param {number} to
 * @returns {Post}
 */
export function stretch(post, from, to) {
  const text = post.text.slice(from, to);
  const first = bytes(post.text.slice(0, from));
  const last = first + bytes(text);
  const facets = (post.facets ?? []).filter(({ start, end }) => start >= first && end <= last);
  return { ...post, text, facets: facets.map((facet) => ({ ...facet, start: facet.start - first, end: facet.end - first })) };
}

/**
 * A post's words in pages of at most so many characters, parted where a reader would pause.
 *
 * @param {Post} post
 * @param {number} most
 * @returns {Post[]}
 */
export function pages(post, most) {
  /** @type {Post[]} */
  const found = [];
  const { text } = post;
  let from = 0;
  while (from < text.length && found.length < 60) {
    const rest = text.slice(from);
    const taken = cut(rest, most).length || Math.min(rest.length, most);
    found.push(stretch(post, from, from + taken));
    from += taken;
    while (/\s/.test(text.charAt(from))) from += 1;
  }
  return found;
}
