/**
 * How to post: the hashtag in huge letters, and a code for the telephone. With the room's own form the code leads to it,
 * else to the posts.
 *
 * @import { Make } from "../types.d.ts"
 */
import { el } from "../../shared/dom.js";
import { encode } from "../../vendor/uqr-0.1.3/uqr.js";
import { locale, t } from "../catalogue/index.js";
import { fit, holds, steps } from "../fit.js";
import { networks } from "../posting.js";

const SVG = "http://www.w3.org/2000/svg";

/** A code as one path, black on white whatever the theme. @param {string} text */
export function code(text) {
  const { data, size } = encode(text, { ecc: "M", border: 0 });
  let path = "";
  data.forEach((row, y) => row.forEach((dark, x) => (path += dark ? `M${x} ${y}h1v1h-1z` : "")));
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", text);
  const marks = document.createElementNS(SVG, "path");
  marks.setAttribute("d", path);
  svg.append(marks);
  return svg;
}

/** @type {Make} */
export function make(room) {
  const tag = el("p", "tag-name");
  const over = el("p", "with", t("invite.post"));
  const on = el("p", "on");
  const square = el("div", "code");
  const scan = el("p", "scan");
  const address = el("p", "address");
  const words = el("div", "invitation", over, tag, on);
  const root = el("section", "scene invite", words, el("div", "phone", square, scan, address));
  let drawn = "";

  function draw() {
    const { wall } = room.state;
    if (!wall) return;
    const own = wall.hashtags[0];
    const form = (wall.sources ?? []).includes("audience");
    const places = networks(wall);
    const url = new URL(`/w/${encodeURIComponent(room.wallId)}/${form ? "post" : "read"}`, location.href).href;
    const key = JSON.stringify([own, wall.title, wall.how_to_post, form, places, url]);
    if (key === drawn) return;
    drawn = key;
    over.hidden = !own;
    tag.replaceChildren(...(own ? [el("b", "", "#"), own] : [wall.title]));
    const list = new Intl.ListFormat(locale, { type: "disjunction" }).format(places);
    on.textContent = wall.how_to_post ?? (list ? t("invite.on", { networks: list }) : "");
    on.hidden = on.textContent === "";
    square.replaceChildren(code(url));
    scan.textContent = t(form ? "invite.post" : "invite.read");
    if (form) scan.textContent = t("invite.scan");
    address.textContent = url.replace(/^https?:\/\/(www\.)?/, "");
    size();
  }

  const size = () => {
    fit(words, "--invite", steps(26, 4), () => holds(words) && tag.scrollWidth <= tag.clientWidth);
    fit(address, "--address", [3.4, 3.2, 3], () => holds(address));
  };
  return {
    root,
    follow: draw,
    resize: size,
    tick: () => {},
    enter() {
      draw();
      size();
    },
    leave: () => {},
    ids: () => [],
    hasSomething: ({ wall }) => wall !== null,
  };
}
