/**
 * What a screen reader hears of words that were made for the eye: a row of emoji is read out one by one, each with its long
 * name, and letters in other clothes (`𝓗𝓮𝓵𝓵𝓸`) letter by letter or not at all. The eye still sees them as they were written.
 */
import { el } from "../shared/dom.js";
import { graphemes } from "../shared/format.js";

/** So many emoji in a row are heard one by one. */
const ROW = 3;

/** Mathematical, circled, squared and fullwidth letters and digits. */
const CLOTHED = "\\u{1D400}-\\u{1D7FF}\\u{24B6}-\\u{24E9}\\u{1F110}-\\u{1F149}\\u{1F150}-\\u{1F169}\\u{1F170}-\\u{1F189}\\u{FF21}-\\u{FF3A}\\u{FF41}-\\u{FF5A}ℂℊ-ℍℎ-ℓℕℙ-ℝℤℨℬℭℯ-ℱℳℴ";
const RUN = new RegExp(`[${CLOTHED}](?:[${CLOTHED}\\p{M} .,!?'’&-]*[${CLOTHED}])?`, "gu");
/** White letters on black: these alone have no plain form in Unicode's own tables. */
const BLACK = [0x1f150, 0x1f170];

/** Letters in the clothes that everybody knows. @param {string} text */
export function plain(text) {
  return [...text]
    .map((one) => {
      const point = one.codePointAt(0) ?? 0;
      const start = BLACK.find((first) => point >= first && point < first + 26);
      return start === undefined ? one.normalize("NFKC") : String.fromCodePoint(0x41 + point - start);
    })
    .join("");
}

/** @typedef {{text: string, heard?: string, first?: string, others?: number}} Part seen as `text`; heard so, or as the first emoji and so many others */

/**
 * Cuts text into what is heard as it stands and what is not. The parts joined are the text again.
 *
 * @param {string} text
 * @returns {Part[]}
 */
export function parts(text) {
  /** @type {Part[]} */
  const found = [];
  let reached = 0;
  for (const { 0: run, index } of text.matchAll(RUN)) {
    found.push(...rows(text.slice(reached, index)), { text: run, heard: plain(run) });
    reached = index + run.length;
  }
  found.push(...rows(text.slice(reached)));
  return found;
}

/** @param {string} one */
const isEmoji = (one) => /^[\p{Extended_Pictographic}\p{Regional_Indicator}]|\u20e3$/u.test(one);

/** @param {string} text @returns {Part[]} */
function rows(text) {
  if (text === "") return [];
  if (graphemes === null || !/[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3]/u.test(text)) return [{ text }];
  /** @type {Part[]} */
  const found = [];
  let before = "";
  let row = "";
  let space = "";
  /** @type {string[]} */
  let emoji = [];
  const close = () => {
    if (emoji.length > ROW) {
      if (before) found.push({ text: before });
      found.push({ text: row, first: /** @type {string} */ (emoji[0]), others: emoji.length - 1 });
      before = space;
    } else {
      before += row + space;
    }
    emoji = [];
    row = space = "";
  };
  for (const { segment } of graphemes.segment(text)) {
    if (isEmoji(segment)) {
      row += space + segment;
      space = "";
      emoji.push(segment);
    } else if (emoji.length > 0 && /^\s+$/.test(segment)) {
      space += segment;
    } else {
      close();
      before += segment;
    }
  }
  close();
  if (before) found.push({ text: before });
  return found;
}

/**
 * Makes a post's words fit for a screen reader, in place.
 *
 * @template {ParentNode & Node} N
 * @param {N} root
 * @param {(first: string, others: number) => string} row the words for a row of emoji
 * @returns {N}
 */
export function hearable(root, row) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  /** @type {Text[]} */
  const texts = [];
  while (walker.nextNode()) texts.push(/** @type {Text} */ (walker.currentNode));
  for (const text of texts) {
    const cut = parts(text.data);
    if (cut.every(({ heard, first }) => heard === undefined && first === undefined)) continue;
    text.replaceWith(
      ...cut.flatMap((part) => {
        const heard = part.first === undefined ? part.heard : row(part.first, part.others ?? 0);
        /** @type {Node[]} */
        const nodes = heard === undefined ? [document.createTextNode(part.text)] : seenAndHeard(part.text, heard);
        return nodes;
      }),
    );
  }
  for (const pictures of pictureRows(root)) {
    const [first, ...others] = pictures;
    const heard = row(first?.alt ?? "", others.length);
    for (const picture of pictures) picture.alt = "";
    first?.before(el("span", "unseen", heard));
  }
  return root;
}

/** @param {string} seen @param {string} heard */
function seenAndHeard(seen, heard) {
  const eye = el("span", "", seen);
  eye.setAttribute("aria-hidden", "true");
  return [eye, el("span", "unseen", heard)];
}

/** Rows of a source's own emoji, which are pictures. @param {ParentNode} root */
function pictureRows(root) {
  /** @type {HTMLImageElement[][]} */
  const found = [];
  /** @type {Node | null} */
  let last = null;
  for (const picture of /** @type {NodeListOf<HTMLImageElement>} */ (root.querySelectorAll("img.emoji"))) {
    let before = picture.previousSibling;
    while (before instanceof Text && before.data.trim() === "") before = before.previousSibling;
    if (before !== null && before === last) found.at(-1)?.push(picture);
    else found.push([picture]);
    last = picture;
  }
  return found.filter(({ length }) => length > ROW);
}
