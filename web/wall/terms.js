/**
 * What posts are about: words and hashtags counted by the people who used them. Pure.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 */
import { foldTag } from "../shared/facets.js";
import { segmenter } from "../shared/format.js";

/** Words that say nothing about what is spoken of; short ones are left out anyhow. */
const STOP = new Set(
  `the and for you your yours that this with from have has had are was were been being will would could should can not but they them their there here what when where which who whom why how our ours out off over under about into than then too very just also all any some more most much many one two three she her hers his him its it's i'm i've don't doesn't didn't isn't aren't wasn't can't won't that's there's what's you're we're they're let's did does doing get got getting because these those such only own same other another each every both few somebody nobody everybody anybody someone anyone everyone something nothing anything everything asked ask thing things people's maybe quite almost without including again once after before between through during while until against upon still even ever never always often like really make made makes know think going want need see say said says come came goes went take took back down now today
  der die das den dem des ein eine einer einem einen eines und oder aber nicht ist sind war waren wird werden wurde mit von für auf aus bei nach vor über unter durch gegen ohne zum zur ich du sie wir ihr mich dich uns euch sein seine ihre mein dein unser euer auch noch nur schon sehr mehr wie was wer wann warum wenn weil dass als dann doch hier dort heute alle alles man hat haben hatte kann können muss müssen soll sollen will wollen
  les des une est sont été être avec pour dans sur par pas que qui quoi dont mais ou où donc car ces cette ses son leur leurs nous vous ils elles elle lui moi toi mon ton notre votre tout tous toute toutes plus très bien aussi comme fait faire peut quand alors ici aujourd'hui déjà encore même
  los las una unos unas del por para con sin sobre entre pero que como cuando donde quien cual este esta estos estas ese esa eso esto hay son está están ser era fue han más muy también todo todos toda todas nos les sus mis tus yo tú él ella ellos hoy aquí
  mae yn yr ac ar am gan heb wrth dros drwy rhwng fod wedi bydd oedd roedd ond neu nid dim hefyd iawn hwn hon hyn hynny pob rhai eich eu ein fy dy ei ni chi nhw sydd gyda fel pan beth pwy`.split(/\s+/),
);
const SHORTEST = 3;

/** @param {string} word */
const tells = (word) => word.length > SHORTEST && !STOP.has(word.replace(/’/g, "'")) && !/^[\d.,:'’-]+$/.test(word) && /\p{L}/u.test(word);

/**
 * @typedef {object} Term
 * @property {string} key folded
 * @property {string} text as it is written most
 * @property {boolean} tag
 * @property {number} people who used it
 */

/**
 * The words and hashtags of a post, once each: folded, and as written.
 *
 * @param {Post} post
 * @param {ReadonlySet<string>} ownTags the event's own, which say nothing
 * @returns {Map<string, string>}
 */
export function termsOf(post, ownTags) {
  /** @type {Map<string, string>} */
  const found = new Map();
  if (post.warning) return found;
  for (const tag of post.hashtags ?? []) if (!ownTags.has(foldTag(tag))) found.set(`#${foldTag(tag)}`, `#${tag}`);
  const text = post.text.replace(/https?:\/\/\S+/g, " ").replace(/[@#＃][\p{L}\p{N}\p{M}_.@-]+/gu, " ").replace(/:[\w-]+:/g, " ");
  const parts = segmenter ? [...segmenter.segment(text)].filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment) : text.split(/[^\p{L}\p{N}\p{M}'’-]+/u);
  for (const part of parts) {
    const key = part.normalize("NFKC").toLowerCase();
    // Scripts without spaces are cut into words of one or two characters.
    const dense = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(key);
    if (dense ? key.length > 1 : tells(key)) if (!found.has(`#${key}`) && !found.has(key)) found.set(key, part);
  }
  return found;
}

/**
 * The terms of all these posts, by how many people used each.
 *
 * @param {readonly Post[]} posts
 * @param {ReadonlySet<string>} ownTags
 * @returns {Term[]} most first
 */
export function count(posts, ownTags) {
  /** @type {Map<string, {people: Set<string>, forms: Map<string, number>}>} */
  const all = new Map();
  for (const post of posts) {
    for (const [key, text] of termsOf(post, ownTags)) {
      let known = all.get(key);
      if (known === undefined) all.set(key, (known = { people: new Set(), forms: new Map() }));
      known.people.add(post.author.id);
      known.forms.set(text, (known.forms.get(text) ?? 0) + 1);
    }
  }
  return [...all]
    .map(([key, { people, forms }]) => ({ key, tag: key.startsWith("#"), people: people.size, text: form(forms) }))
    .sort((a, b) => b.people - a.people || b.text.length - a.text.length || a.key.localeCompare(b.key));
}

/** The form that is written most; of equals the one in small letters. @param {Map<string, number>} forms */
function form(forms) {
  return [...forms].sort((a, b) => b[1] - a[1] || Number(a[0] !== a[0].toLowerCase()) - Number(b[0] !== b[0].toLowerCase()))[0]?.[0] ?? "";
}

/** What rises is used by more people in this time than its share before. */
const RECENT_MS = 15 * 60_000;

/**
 * Terms that more people use now than before: by at least two, and half as often again as their share so far.
 *
 * @param {readonly Post[]} posts
 * @param {ReadonlySet<string>} ownTags
 * @param {number} now
 * @returns {Term[]}
 */
export function rising(posts, ownTags, now) {
  const recent = posts.filter(({ created_at: at }) => now - Date.parse(at) < RECENT_MS);
  const before = posts.length - recent.length;
  if (recent.length < 3 || before < 3) return [];
  const all = new Map(count(posts.filter((post) => !recent.includes(post)), ownTags).map((term) => [term.key, term.people]));
  return count(recent, ownTags).filter(({ key, people }) => people >= 2 && people / recent.length > (1.5 * (all.get(key) ?? 0)) / before);
}
