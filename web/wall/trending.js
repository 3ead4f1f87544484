/**
 * Says on the wall where the hashtag trends just now. Loaded when it first does, which is on most days never.
 *
 * @import { Trends } from "../shared/protocol.d.ts"
 */
import { t } from "./catalogue/index.js";

/** @type {HTMLElement | null} */
let place = null;

/**
 * The words for what stands in the sources' lists now; the best rank is named.
 *
 * @param {Trends["at_source"]} now best first
 */
export function trendingWords(now) {
  const [best] = now;
  if (!best) return "";
  const n = new Set(now.map((one) => one.place)).size - 1;
  const values = { place: best.place, rank: best.rank };
  return n > 0 ? t("trending.more", { ...values, n }) : t("trending", values);
}

/** @param {Trends | null} trends @param {boolean} wanted */
export function trending(trends, wanted) {
  const text = wanted ? trendingWords(trends?.at_source ?? []) : "";
  if (place === null && text !== "") {
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = new URL("trending.css", import.meta.url).href;
    document.head.append(style);
    place = document.createElement("p");
    place.className = "trending";
    document.querySelector("#header")?.append(place);
  }
  if (place === null || place.textContent === text) return;
  place.textContent = text;
  place.hidden = text === "";
}
