/** The wall is there: where each of its pages is, for whom. */
import { call, ofWall } from "../shared/api.js";
import { t } from "../shared/catalogue/index.js";
import { el, need, stamp } from "../shared/dom.js";
import { isOnlyHere } from "./draft.js";

/** The name of the first screen; others are named in the console. */
const SCREEN = "main";

/** @param {{id: string, wall: {title: string}, links: {wall: string, read: string, console: string, report: string}}} answer */
export async function made({ id, wall, links }) {
  const heading = need("#heading");
  heading.textContent = t("setup.made", { title: wall.title });
  document.title = heading.textContent;
  need("#made-words").textContent = t("setup.made.words");
  const only = need("#only-here");
  only.hidden = !isOnlyHere(links.wall);
  only.replaceChildren(t("setup.only_here"), el("code", "", `buzzwall --listen 0.0.0.0:${new URL(links.wall).port || "80"}`));
  /** @type {HTMLAnchorElement} */ (need("#toml")).href = `/api/v1${ofWall(id, "toml")}`;
  const ways = need("#ways");
  const code = (/** @type {string} */ to) => `/api/v1${ofWall(id, `code?to=${to}`)}`;
  const key = await call(ofWall(id, "screens")).then((answer) => answer.key, () => null);
  const screen = key === null ? links.wall : `${links.wall}?${new URLSearchParams({ screen: SCREEN, key })}`;
  ways.append(
    way("wall", screen, links.wall, key === null ? code("wall") : `/api/v1${ofWall(id, `screens/${SCREEN}/code`)}`),
    way("console", links.console, links.console, code("console")),
    way("read", links.read, links.read, code("read")),
    way("report", links.report, links.report, code("report")),
  );
  need("#made").hidden = false;
  heading.focus();
  scrollTo({ top: 0 });
}

/**
 * @param {"wall" | "console" | "read" | "report"} page
 * @param {string} address
 * @param {string} shown the address without what only the machine needs
 * @param {string} code
 */
function way(page, address, shown, code) {
  const node = stamp("way");
  need("h2", node).textContent = t(`setup.way.${page}`);
  need("p", node).textContent = t(`setup.way.${page}.help`);
  const link = /** @type {HTMLAnchorElement} */ (need("a", node));
  link.href = address;
  link.textContent = shown.replace(/^https?:\/\//, "");
  link.dataset["way"] = page;
  const picture = /** @type {HTMLImageElement} */ (need("img", node));
  picture.alt = t("setup.code", { what: t(`setup.way.${page}`) });
  picture.src = code;
  return node;
}
