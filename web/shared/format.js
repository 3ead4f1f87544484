/** Numbers, times and words as people read them; locale data comes from `Intl`. */

let locale = "en-GB";
let plain = new Intl.NumberFormat(locale);
let plurals = new Intl.PluralRules(locale);

/** The few words in here, and those of other shared parts. */
export const words = {
  now: "now",
  /** How old a post is. @param {number} n */
  minutes: (n) => `${n} min`,
  somebody: "Somebody",
  rss: "Web feed",
  audience: "in this room",
  unreachable: "the server cannot be reached",
  /** @param {number} status of HTTP */
  answered: (status) => `the server answered ${status}`,
};

/**
 * Writes in another language from now on; pages that do not ask for it write British English.
 *
 * @param {string} tag BCP 47
 * @param {Partial<typeof words>} own
 */
export function writeAs(tag, own) {
  locale = tag;
  plain = new Intl.NumberFormat(tag);
  plurals = new Intl.PluralRules(tag);
  formats.clear();
  Object.assign(words, own);
}

/** @type {(value: number) => string} */
export const number = (value) => plain.format(value);

/** @type {(value: number, one: string, other: string) => string} */
export const plural = (value, one, other) => (plurals.select(value) === "one" ? one : other);

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {string | null | undefined} zone @param {Intl.DateTimeFormatOptions} options */
function format(zone, options) {
  const key = JSON.stringify([zone, options]);
  let known = formats.get(key);
  if (known === undefined) {
    try {
      known = new Intl.DateTimeFormat(locale, { ...options, ...(zone ? { timeZone: zone } : {}) });
    } catch {
      // A zone that this browser does not know: its own is better than nothing.
      known = new Intl.DateTimeFormat(locale, options);
    }
    formats.set(key, known);
  }
  return known;
}

/** @type {(at: number, zone?: string | null) => string} `11:42` */
export const clock = (at, zone) => format(zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);

/** @type {(at: number, zone?: string | null) => string} `6 Nov 2019` */
export const day = (at, zone) => format(zone, { day: "numeric", month: "short", year: "numeric" }).format(at);

/** @type {(at: number, zone?: string | null) => string} `6 Nov 2019, 11:42` */
export const dayClock = (at, zone) => `${day(at, zone)}, ${clock(at, zone)}`;

/**
 * When a post was written, as one glances at it: its age within the hour, the clock within the day, else the date.
 *
 * @param {number} at epoch milliseconds
 * @param {number} now
 * @param {string | null} [zone]
 */
export function when(at, now, zone) {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < -5) return dayClock(at, zone);
  if (minutes < 1) return words.now;
  if (minutes < 60) return words.minutes(minutes);
  if (day(at, zone) === day(now, zone)) return clock(at, zone);
  const year = format(zone, { year: "numeric" });
  return year.format(at) === year.format(now) ? format(zone, { day: "numeric", month: "short" }).format(at) : day(at, zone);
}

/** @type {(source: string) => string} a source's name as people know it: most by their own, with a capital */
export const sourceName = (source) => source === "rss" || source === "audience" ? words[source] : source.charAt(0).toUpperCase() + source.slice(1);

/** A link short enough to be read aloud: its host, and the path where there is room. @param {string} address */
export function shortLink(address) {
  try {
    const url = new URL(address);
    const host = url.host.replace(/^www\./, "");
    const path = decodeURI(url.pathname).replace(/\/$/, "");
    const whole = host + path;
    return whole.length <= 32 && !url.search ? whole : `${host}/…`;
  } catch {
    return address;
  }
}

/**
 * A picture's description as a caption: whole if it is short, else its first sentences, else nothing (the whole is
 * always the picture's `alt`). A caption is never broken off inside a sentence.
 *
 * @param {string | null | undefined} alt
 */
export function caption(alt, longest = 140) {
  const text = (alt ?? "").replace(/\s+/g, " ").trim();
  if (text.length <= longest) return text;
  let taken = "";
  for (const sentence of text.match(/[^.!?。]+[.!?。]+(?:\s|$)/g) ?? []) {
    if ((taken + sentence).trim().length > longest) break;
    taken += sentence;
  }
  return taken.trim();
}

/** Cuts text into words; null where a browser cannot. */
export const segmenter = "Segmenter" in Intl ? new Intl.Segmenter(undefined, { granularity: "word" }) : null;

/** How many words there are to read, in any script. @param {string} text */
export function wordCount(text) {
  if (segmenter === null) return text.split(/\s+/).filter(Boolean).length;
  let count = 0;
  for (const { isWordLike } of segmenter.segment(text)) if (isWordLike) count += 1;
  return count;
}

/** Cuts text into characters as people see them. */
export const graphemes = "Segmenter" in Intl ? new Intl.Segmenter() : null;

/** Most marks on one letter: no script needs more, and a tower of them covers the lines above. */
const MARKS = /(\p{M}{4})\p{M}+/gu;

/** Text without towers of marks. @param {string} text */
export const levelled = (text) => text.replace(MARKS, "$1");

/** A name of at most so many characters as people see them. @param {string} name */
export function shortName(name, most = 60) {
  const level = levelled(name);
  if (level.length <= most || graphemes === null) return level.slice(0, most * 4);
  const kept = [];
  for (const { segment } of graphemes.segment(level)) {
    if (kept.length === most) return `${kept.join("").trimEnd()}…`;
    kept.push(segment);
  }
  return level;
}

/** The letter that stands for somebody without a picture. @param {string} name */
export function initial(name) {
  const bare = levelled(name).replace(/:[\w-]+:/g, "").replace(/^[\s@#"'“(]+/, "");
  const first = graphemes ? graphemes.segment(bare)[Symbol.iterator]().next().value?.segment : [...bare][0];
  return (first ?? "·").toLocaleUpperCase(locale);
}
