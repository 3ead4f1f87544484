/** Phrases with places for names and numbers, and the forms that a language has for numbers. Pure. */

/**
 * A phrase with `{names}`; where it depends on a number `{n}`, one for each form of the language: English has two, Welsh and
 * Arabic have six (`Intl.PluralRules` says which). A form that is left out is the other.
 *
 * @typedef {string | Partial<Record<Intl.LDMLPluralRule, string>> & {other: string}} Phrase
 */

/** @typedef {Record<string, string | number | readonly string[]>} Values numbers and lists are written as the language does */

/** @type {Map<string, {plural: Intl.PluralRules, number: Intl.NumberFormat, list: Intl.ListFormat}>} */
const known = new Map();

/** @param {string} locale */
function rules(locale) {
  let found = known.get(locale);
  if (found === undefined) {
    found = { plural: new Intl.PluralRules(locale), number: new Intl.NumberFormat(locale), list: new Intl.ListFormat(locale) };
    known.set(locale, found);
  }
  return found;
}

/**
 * @param {string} locale BCP 47
 * @param {Phrase} phrase
 * @param {Values} [values] `n` chooses the form; a place without a value stays as it is
 */
export function write(locale, phrase, values = {}) {
  const { plural, number, list } = rules(locale);
  const form = typeof phrase === "string" ? phrase : (phrase[plural.select(Number(values["n"]))] ?? phrase.other);
  return form.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    if (typeof value === "number") return number.format(value);
    return typeof value === "string" ? value : list.format(value);
  });
}
