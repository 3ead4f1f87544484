/** Who attacks a wall, and with what. Everybody is invented, and so is the word that is blocked. */

/** Means nothing in any language. */
export const WORD = "blorvik";

const DAY_MS = 86_400_000;
const ago = (/** @type {number} */ ms) => new Date(Date.now() - ms).toISOString();

/** Harmless words of which each post is made, so that no two are alike. */
const VOCABULARY =
  "amber anchor apron autumn badge barley basket beacon bicycle blanket bridge bucket button candle canvas carpet castle cedar cellar chapel cherry circle clover copper cotton curtain dinner donkey feather ferry fiddle garden ginger glacier hammer harvest hazel helmet island jacket kettle ladder lantern lemon magnet maple marble meadow mitten mustard nettle orchard oyster paddle pebble pepper pigeon pillow planet pocket quarry radio ribbon saddle sailor salmon sandal silver spoon stable sunset teapot thimble ticket timber tunnel turnip umbrella valley velvet violin walnut willow window winter yellow".split(
    " ",
  );

/** @type {number} the same posts in every run */
let seed = 20191106;
function pick() {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return VOCABULARY[Math.floor((seed / 2 ** 32) * VOCABULARY.length)] ?? "";
}

/** A sentence like no other. */
const sentence = (words = 9) => Array.from({ length: words }, pick).join(" ");

/** Each is written a little later than the one before it, so that it is known which a wall takes first. */
let clock = Date.now() - 10_000;
/** @type {Map<string, number>} */
const written = new Map();

/**
 * A post that can be told from all others by `mark`, which stands in its text and nowhere else.
 *
 * @param {string} who
 * @param {string | ((mark: string) => string)} text
 * @param {{age?: number, author?: object, [key: string]: unknown}} [more] `age`: of the account, in days
 * @returns {{id: string, mark: string, [key: string]: any}}
 */
function post(who, text, { age = 900, author = {}, ...more } = {}) {
  const nth = (written.get(who) ?? 0) + 1;
  written.set(who, nth);
  const name = `${who}-${nth}`;
  const mark = `(${who} ${nth})`;
  const said = `${typeof text === "function" ? text(mark) : `${text} ${mark}`} #Expert`;
  const start = Buffer.byteLength(said) - 7;
  return {
    id: `test:${name}`,
    mark,
    source: "test",
    url: `https://example.org/${name}`,
    author: { id: `test:by-${who}`, handle: `@${who}@example.org`, name: `Somebody called ${who}`, created_at: ago(age * DAY_MS), ...author },
    text: said,
    facets: [{ start, end: start + 7, kind: "hashtag", target: "Expert" }],
    hashtags: ["Expert"],
    created_at: new Date((clock += 10)).toISOString(),
    ...more,
  };
}

const letters = "abcdefghijklmnopqrstuvwxyz";
/** A name in letters alone, so that no rule takes a number in it for a disguise. @param {string} kind @param {number} i */
const nameOf = (kind, i) => `${kind}${letters[Math.floor(i / 26)]}${letters[i % 26]}`;

let guests = 0;
/** What everybody else writes meanwhile. @param {number} count */
export const ordinary = (count) => Array.from({ length: count }, () => post(nameOf("guest", (guests += 1)), sentence()));

/** Somebody who writes as everybody does, until they are blocked for something else. */
export const eve = () => [post("eve", sentence()), post("eve", sentence()), post("eve", sentence())];

/** Thirty posts by one author within a moment. */
export const flood = () => Array.from({ length: 30 }, () => post("flooder", sentence()));

/** Twenty accounts say one sentence: eight word for word, but for capitals and signs, twelve with one thing changed. */
export function campaign() {
  const line = "the harbour office told every sailor that tomorrow all tickets for the long ferry across the bay will cost nothing at all";
  const exact = [line, line.toUpperCase(), `${line}!`, `“${line}”`, `${line} 🎉`, `  ${line}…`, line.replaceAll(" ", "  "), `${line}?!`];
  const edited = ["ferry", "sailor", "tomorrow", "tickets", "office", "nothing", "harbour", "bay", "long", "told", "across", "every"].map((word, i) => line.replace(word, i % 2 === 0 ? "" : "lantern"));
  return [...exact, ...edited].map((text, i) => post(nameOf("copyist", i), () => text));
}

/** The word as those write it who want it past a filter, in the text and beside it. */
export function abuse() {
  const each = (/** @type {(letter: string) => string} */ turn) => [...WORD].map(turn).join("");
  const from = (/** @type {number} */ first) => each((letter) => String.fromCodePoint(first + letter.charCodeAt(0) - 97));
  const disguises = {
    plain: WORD,
    capitals: WORD.toUpperCase(),
    leet: "bl0rv1k",
    spaced: [...WORD].join(" "),
    dotted: [...WORD].join("."),
    zerowidth: [...WORD].join("\u200b"),
    softhyphen: [...WORD].join("\u00ad"),
    fullwidth: from(0xff41),
    cyrillic: "bl\u043erv\u0456k",
    greek: "bl\u03bfrv\u03b9k",
    circled: from(0x24d0),
    mathematical: from(0x1d4ea),
    accents: "bl\u00f6rv\u00eek",
    repeated: "bloooorviiiik",
    righttoleft: `\u202e${[...WORD].reverse().join("")}\u202c`,
    flags: from(0x1f1e6),
  };
  const inText = Object.entries(disguises).map(([kind, word]) => post(`hidden${kind}`, (mark) => `${pick()} ${pick()} ${word} ${pick()} ${pick()} ${mark}`));
  const beside = [
    post("inname", sentence(), { author: { name: `Professor ${WORD}` } }),
    post("inalt", sentence(), { media: [{ kind: "image", url: "https://pictures.invalid/1.png", alt: `A ${WORD} on a plate` }] }),
    post("inwarning", sentence(), { warning: `Has a ${WORD}` }),
    post("inpoll", sentence(), { poll: { options: [{ text: "Yes" }, { text: `Only ${WORD}` }] } }),
    post("incard", sentence(), { card: { url: "https://example.org/page", title: `All about ${WORD}`, description: "" } }),
    post("inlink", (mark) => `${sentence(5)} https://spam.invalid/now ${mark}`),
  ];
  return [...inText, ...beside];
}

/** The word by which the bot net is found. */
export const SLOGAN = "quomble";

/** A bot net of fifty: thirty-five accounts of today, and fifteen that were bought long ago and break no rule. */
export function hijack() {
  const bot = (/** @type {string} */ who, /** @type {number} */ age) => post(who, `${SLOGAN} ${sentence(8)}`, { age });
  return { fresh: Array.from({ length: 35 }, (_, i) => bot(nameOf("fresh", i), 0.1)), old: Array.from({ length: 15 }, (_, i) => bot(nameOf("bought", i), 2000)) };
}

/** More of the same net, while every post waits. */
export const wave = () => Array.from({ length: 5 }, (_, i) => post(nameOf("second", i), `${SLOGAN} ${sentence(8)}`, { age: 2000 }));

/** What was taken down, said again by others. @param {readonly {[key: string]: any}[]} of */
export const again = (of) => of.map(({ text }, i) => post(nameOf("echo", i), () => text.replace(" #Expert", ""), { age: 2000 }));
