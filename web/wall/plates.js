/**
 * What stands alone on the screen: the title card (no post yet, or blanked) and announcements.
 *
 * @import { Wall } from "../shared/protocol.d.ts"
 */
import { el, need } from "../shared/dom.js";
import { sourceName } from "../shared/format.js";

/** Sources that people in a hall cannot post to. */
const NOT_FOR_POSTING = new Set(["demo", "replay", "archive", "exec", "ingest", "rss"]);

/** @param {Wall} wall @returns {string} */
export function howToPost(wall) {
  if (wall.how_to_post) return wall.how_to_post;
  const names = (wall.sources ?? []).filter((source) => !NOT_FOR_POSTING.has(source)).map(sourceName);
  const list = new Intl.ListFormat("en", { type: "disjunction" }).format([...new Set(names)]);
  return list ? `Post with this hashtag on ${list}, and it appears here.` : "Posts with this hashtag appear here.";
}

/** @type {string} what the plate shows, so that it is set only when that changes */
let standing = "";

/** @param {string} [id] the wall's id, all that is known before the first snapshot */
export function titlePlate(/** @type {Wall | null} */ wall, id = "") {
  const tag = wall?.hashtags[0];
  show("title", wall?.title ?? "", tag ? `#${tag}` : (wall?.title ?? id), wall ? howToPost(wall) : "");
}

/** @param {string} text */
export const announcementPlate = (text) => show("announcement", "Announcement", text, "");

export function noPlate() {
  standing = "";
  need("#plate").hidden = true;
  delete document.body.dataset.plate;
}

/** Sets the plate again at another screen size. */
export function fitPlate() {
  const plate = need("#plate");
  if (plate.hidden) return;
  const huge = need(".huge", plate);
  const title = plate.dataset.kind === "title";
  // A hashtag stays on one line down to a readable size, an announcement takes the lines it needs.
  for (const size of title ? [30, 26, 23, 20, 17, 15, 13, 11, 9.5, 8, 7, 6, 5] : [13, 11, 9.5, 8.4, 7.4, 6.4, 5.6, 5, 4.4, 3.8, 3.2]) {
    plate.style.setProperty("--huge", String(size));
    huge.classList.toggle("breaks", !title || size <= 6);
    if (plate.scrollHeight <= plate.clientHeight && huge.scrollWidth <= huge.clientWidth) return;
  }
}

/** @param {"title" | "announcement"} kind @param {string} over @param {string} huge @param {string} under */
function show(kind, over, huge, under) {
  const wanted = JSON.stringify([kind, over, huge, under]);
  const plate = need("#plate");
  if (wanted === standing && !plate.hidden) return;
  standing = wanted;
  plate.hidden = false;
  plate.dataset.kind = kind;
  document.body.dataset.plate = kind;
  for (const [name, text] of Object.entries({ over, huge, under })) {
    const line = need(`.${name}`, plate);
    line.hidden = text === "" || (name === "over" && text === huge);
    line.dir = "auto";
    if (name === "huge" && text.startsWith("#")) line.replaceChildren(el("b", "", "#"), text.slice(1));
    else line.textContent = text;
  }
  fitPlate();
}
