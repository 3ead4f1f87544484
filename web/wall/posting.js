/**
 * How people in the hall post.
 *
 * @import { Wall } from "../shared/protocol.d.ts"
 */
import { sourceName } from "../shared/format.js";
import { locale, t } from "./catalogue/index.js";

/** Sources that people in a hall cannot post to. */
const NOT_FOR_POSTING = new Set(["demo", "replay", "archive", "exec", "ingest", "rss"]);

/** The networks on which somebody can post, by name. @param {Wall} wall */
export const networks = (wall) => [...new Set((wall.sources ?? []).filter((source) => !NOT_FOR_POSTING.has(source) && source !== "audience").map(sourceName))];

/** @param {Wall} wall @returns {string} */
export function howToPost(wall) {
  if (wall.how_to_post) return wall.how_to_post;
  const list = new Intl.ListFormat(locale, { type: "disjunction" }).format(networks(wall));
  return list ? t("post.on", { networks: list }) : t("post.here");
}
