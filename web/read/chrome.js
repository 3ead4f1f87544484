/**
 * What stands around the posts: the wall's name and counts, its colour, the pages' language.
 *
 * @import { State } from "../shared/state.d.ts"
 * @import { Wall } from "../shared/protocol.d.ts"
 */
import { fill } from "../shared/catalogue/fill.js";
import { el, need } from "../shared/dom.js";
import { say, speech } from "./catalogue/index.js";

/** The wall that the address names: `/w/{wall}/read`. */
export const wallId = decodeURIComponent(location.pathname.split("/")[2] ?? "");

export const params = new URLSearchParams(location.search);

/** Speaks the first of these languages, and fills the page with it. @param {readonly (string | null)[]} wanted */
export async function speak(wanted) {
  await speech.speak(wanted);
  fill(speech.language, say);
}

/** @param {Wall} wall */
export const nameOf = (wall) => (wall.hashtags.length > 0 ? wall.hashtags.slice(0, 3).map((one) => `#${one}`).join(" ") : wall.title || wall.id);

/** Its title, hashtag, and how many wrote how much. @param {State} state */
export function headline({ wall, tallies }) {
  if (wall === null) return;
  need("#header").hidden = false;
  const name = nameOf(wall);
  document.title = wall.title || name;
  const tag = need("#header .tag");
  if (tag.dataset.text !== name) {
    tag.dataset.text = name;
    tag.replaceChildren(...name.split(/(#)/).map((part) => (part === "#" ? el("b", "mark", "#") : part)));
  }
  const title = need("#header .over");
  title.hidden = wall.title === "" || wall.title === name;
  need("bdi", title).textContent = wall.title;
  need("#header .demo").hidden = wall.invented !== true;
  const counts = need("#header .counts");
  counts.textContent = tallies && tallies.posts > 0 ? `${say("posts", { n: tallies.posts })} · ${say("people", { n: tallies.participants })}` : "";
}

/**
 * The wall's colour, for marks that carry no words: everything that is read keeps the page's own, which follows the reader's
 * machine into the dark.
 *
 * @param {Wall} wall
 */
export function wear(wall) {
  const { theme, tokens } = displayOf(wall);
  const band = need("#band");
  band.dataset.theme = theme;
  for (const name of OWN) band.style.setProperty(name, tokens[name] ?? "");
  const colours = getComputedStyle(band);
  for (const name of OWN) document.documentElement.style.setProperty(`${name}-of-wall`, colours.getPropertyValue(name));
}

const OWN = ["--accent", "--on-accent"];

/** @param {Wall} wall @returns {{theme: string, tokens: Record<string, string>}} */
export function displayOf(wall) {
  const { theme, tokens } = /** @type {{theme?: string | null, tokens?: Record<string, string> | null}} */ (wall.display ?? {});
  return { theme: theme || "midnight", tokens: tokens ?? {} };
}
