/**
 * Who else is here and what they look at: told to the server whenever the selection changes, and shown on the cards.
 *
 * @import { Person } from "../shared/protocol.d.ts"
 */
import { has, t } from "../shared/catalogue/index.js";
import { el, need } from "../shared/dom.js";
import { graphemes, initial } from "../shared/format.js";
import { connection, live, onDraw } from "./live.js";
import { here, hooks, onSelect, selectedPost } from "./posts.js";

/** A sign of life before the server forgets what one looks at. */
const SIGN_MS = 30_000;

/** Two letters that stand for somebody. @param {string} name */
export function initials(name) {
  const parts = name.split(/[\s._-]+/).filter(Boolean);
  if (parts.length > 1) return initial(parts[0] ?? "") + initial(parts.at(-1) ?? "");
  const second = graphemes ? [...graphemes.segment(name)][1]?.segment : name[1];
  return initial(name) + (second ?? "");
}

/**
 * Who else looks at a post; whoever holds it comes first.
 *
 * @param {readonly Person[]} people
 * @param {string} me
 * @param {string} id
 */
export const othersAt = (people, me, id) =>
  people
    .filter(({ name, post }) => post === id && name !== me)
    .sort((a, b) => Number(b.holds) - Number(a.holds))
    .map(({ name }) => name);

let told = "";
/** Tells the server where one looks. @param {boolean} again whether it may have forgotten */
function tell(again) {
  if (!live.online || document.hidden) return;
  const place = here();
  const post = place.view === "posts" ? (selectedPost()?.id ?? null) : null;
  const now = JSON.stringify({ type: "at", post, queue: place.queue });
  if (now === told && !again) return;
  told = now;
  connection.send(JSON.parse(now));
}

let shown = "";
function draw() {
  if (!live.online) told = "";
  else tell(false);
  const people = live.state.people;
  const words = JSON.stringify(people.map(({ name, role }) => [name, role]));
  if (words === shown) return;
  shown = words;
  need("#people").replaceChildren(
    ...people.map(({ name, role }) => {
      const key = `role.${role}`;
      const full = name === live.me.name ? t("person.self", { name }) : t("person.here", { name, role: has(key) ? t(key) : role });
      const mark = el("abbr", "", initials(name));
      mark.title = full;
      mark.setAttribute("aria-hidden", "true");
      return el("li", name === live.me.name ? "me" : "", mark, el("span", "unseen", full));
    }),
  );
}

hooks.lookers = (id) => othersAt(live.state.people, live.me.name, id);
onSelect.push(() => tell(false));
onDraw(draw);
setInterval(() => tell(true), SIGN_MS);
document.addEventListener("visibilitychange", () => tell(true));
