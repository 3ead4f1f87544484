/**
 * The line at the top of most scenes: the hashtag and what was counted; and the page's colours.
 *
 * @import { Room } from "./room.js"
 */
import { el, need, picture } from "../shared/dom.js";
import { ownPicture } from "../shared/media.js";
import { number } from "../shared/format.js";
import { t } from "./catalogue/index.js";
import { fit, holds } from "./fit.js";

let trends = false;

/** Sets the theme: the address's before the wall's. @param {Room} room @param {string | null} asked */
export function paint({ state: { wall }, display, overlay }, asked) {
  const root = document.documentElement;
  const theme = asked ?? wall?.display?.theme ?? "";
  root.dataset.theme = /^[a-z0-9-]+$/.test(theme) ? theme : "midnight";
  root.classList.toggle("overlay", overlay);
  // A brand's own colours; only what a theme consists of.
  const tokens = asked === null ? Object.entries(display.tokens ?? {}).filter(([name]) => /^--[a-z0-9-]+$/.test(name)) : [];
  const wanted = JSON.stringify(tokens);
  if (root.dataset.tokens !== wanted) {
    for (const name of (root.dataset.tokenNames ?? "").split(" ").filter(Boolean)) root.style.removeProperty(name);
    for (const [name, value] of tokens) root.style.setProperty(name, String(value));
    root.dataset.tokens = wanted;
    root.dataset.tokenNames = tokens.map(([name]) => name).join(" ");
  }
  const ground = overlay ? null : ownPicture(display.background);
  root.classList.toggle("pictured", ground !== null);
  root.style.setProperty("--picture", ground === null ? "none" : `url(${JSON.stringify(ground)})`);
  dress(display.style);
}

/** The wall's own style sheet, after all others. @param {string | null} address */
function dress(address) {
  const old = document.querySelector("link[data-own]");
  const url = address === null ? null : ownPicture(address);
  if ((old?.getAttribute("href") ?? null) === url) return;
  old?.remove();
  if (url === null) return;
  const link = el("link");
  link.rel = "stylesheet";
  link.href = url;
  link.dataset.own = "";
  document.body.append(link);
}

/** Hashtag and counts. @param {Room} room */
export function head(room) {
  const { wall, tallies, trends: now } = room.state;
  if (wall) {
    document.title = wall.title || wall.id;
    const note = need(".note");
    note.hidden = wall.invented !== true;
    note.textContent = t("demo");
    const tag = need("#header .tag");
    const text = wall.hashtags.length > 0 ? wall.hashtags.slice(0, 3).map((one) => `#${one}`).join(" ") : wall.title;
    const logo = ownPicture(room.display.logo);
    const wanted = JSON.stringify([text, logo]);
    if (tag.dataset.text !== wanted) {
      tag.dataset.text = wanted;
      const mark = logo === null ? null : picture(logo, { className: "logo" });
      mark?.addEventListener("load", fitHead, { once: true });
      mark?.addEventListener("error", () => mark.remove(), { once: true });
      tag.replaceChildren(...(mark ? [mark] : []), ...text.split(/(#)/).map((part) => (part === "#" ? el("b", "", part) : part)));
      fitHead();
    }
  }
  if (now?.at_source?.length || trends) {
    trends = true;
    void import("./trending.js").then((it) => it.trending(now, wall?.display?.source_trends !== false)).catch((error) => console.warn(error));
  }
  if (tallies) {
    need(".posts-word").textContent = t("posts", { n: tallies.posts });
    need(".people-word").textContent = t("people", { n: tallies.participants });
    count(room, need(".posts"), tallies.posts);
    count(room, need(".people"), tallies.participants);
  }
}

/** @param {Room} room @param {HTMLElement} node @param {number} value */
function count(room, node, value) {
  const text = number(value);
  if (node.textContent === text) return;
  const before = node.textContent ?? "";
  node.textContent = text;
  if (before.length !== text.length) fitHead();
  if (before !== "" && !room.calm) node.animate([{ transform: "translateY(-.14em)" }, {}], { duration: 200, easing: "ease-out" });
}

/** Makes the hashtag as large as the line allows; where even the smallest is too long, the people go. */
export function fitHead() {
  const header = need("#header");
  for (const tight of [false, true]) {
    header.classList.toggle("tight", tight);
    if (fit(header, "--tag", [6.6, 5.8, 5, 4.4, 3.8, 3.2], () => holds(header)) !== null) return;
  }
}
