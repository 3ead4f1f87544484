/**
 * The list of walls.
 *
 * @import { Wall } from "../shared/protocol.d.ts"
 */
import { call } from "../shared/api.js";
import { el, need, stamp } from "../shared/dom.js";

/** @param {Wall} wall */
function entry(wall) {
  const node = stamp("wall");
  const tags = wall.hashtags ?? [];
  const heading = need("h2 a", node);
  if (tags[0]) heading.append(el("b", "mark", "#"), tags[0]);
  else heading.append(wall.title);
  const about = [
    tags[0] && wall.title !== tags[0] ? wall.title : "",
    tags.slice(1).map((tag) => `#${tag}`).join(" "),
    wall.invented ? "a demo: its posts are invented" : "",
  ];
  need(".about", node).textContent = about.filter(Boolean).join(" · ");
  const slug = encodeURIComponent(wall.id);
  for (const [name, page] of [["wall", `w/${slug}`], ["read", `w/${slug}/read`], ["console", `console/${slug}`], ["report", `report/${slug}`]]) {
    for (const link of node.querySelectorAll(`.to-${name}`)) /** @type {HTMLAnchorElement} */ (link).href = `/${page}`;
  }
  return node;
}

async function person() {
  const line = need("#person");
  try {
    const { name } = await call("/me");
    line.textContent = `Signed in as ${name}.`;
  } catch {
    const link = el("a", "", "Sign in");
    link.href = "/sign-in";
    line.append("Moderating or reading a report? ", link, ".");
  }
}

const list = need("#walls");
const nothing = need("#nothing");
try {
  const { walls } = await call("/walls");
  list.append(...walls.map(entry));
  nothing.hidden = walls.length > 0;
  nothing.textContent = "There is no wall yet.";
  // Whoever sees nothing but the demo wants to know how to get on.
  need("#own").hidden = !walls.every((/** @type {Wall} */ wall) => wall.invented);
} catch (error) {
  nothing.hidden = false;
  nothing.textContent = `The walls cannot be listed: ${error instanceof Error ? error.message : error}. Reload to try again.`;
}
list.removeAttribute("aria-busy");
void person();
