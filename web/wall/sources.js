/** The marks of sources that people know, from one strip of pictures: `logos.svg`. */
import { el } from "../shared/dom.js";
import { sourceName } from "../shared/format.js";

/** In the strip's order. */
const MARKS = ["mastodon", "bluesky", "rss", "nostr", "x", "misskey", "audience"];

/** A source by its mark, if it has one, and its name. @param {string} source */
export function sourceMark(source) {
  const name = el("span", "source", sourceName(source));
  const at = MARKS.indexOf(source);
  if (at < 0) return name;
  const mark = el("span", "logo-mark");
  mark.style.setProperty("--at", String(at));
  mark.ariaHidden = "true";
  name.prepend(mark);
  return name;
}
