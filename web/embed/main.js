/**
 * `/w/{wall}/embed`: the posts in a page of another site. `?theme=` one of the wall's themes, or `auto` for light and dark by
 * the visitor's machine; `?limit=` how many posts; `?header=0`; `?background=none`; `?lang=`. Keeps nothing in the browser.
 */
import { need } from "../shared/dom.js";
import { say } from "../read/catalogue/index.js";
import { displayOf, headline, params, speak, wallId } from "../read/chrome.js";
import { Reader } from "../read/reader.js";

/** @type {(text: string | null) => number} */
const limitOf = (text) => (/^\d+$/.test(text ?? "") ? Math.min(100, Math.max(1, Number(text))) : 20);

const limit = limitOf(params.get("limit"));
const reader = new Reader(wallId, { page: limit, most: limit, follows: true });
const root = document.documentElement;
const theme = /^[\w-]+$/.exec(params.get("theme") ?? "")?.[0] ?? null;

if (params.get("header") === "0") document.body.classList.add("headless");
if (params.get("background") === "none") {
  document.body.classList.add("bare");
  // With a scheme of its own a frame gets an opaque ground from the browser, whatever its page says.
  root.style.colorScheme = "normal";
}
if (theme !== null) root.dataset.theme = theme;

reader.dress = (wall) => {
  headline(reader.state);
  if (theme !== null) return;
  const own = displayOf(wall);
  root.dataset.theme = own.theme;
  for (const [name, value] of Object.entries(own.tokens)) if (name.startsWith("--")) root.style.setProperty(name, value);
};

const pause = need("#pause");
pause.addEventListener("click", () => {
  reader.pause(!reader.paused);
  labels();
});
function labels() {
  pause.textContent = say(reader.paused ? "go_on" : "pause");
  pause.setAttribute("aria-pressed", String(reader.paused));
}
/** @type {HTMLAnchorElement} */ (need("#to-read")).href = `/w/${encodeURIComponent(wallId)}/read${params.has("lang") ? `?lang=${encodeURIComponent(params.get("lang") ?? "")}` : ""}`;

await speak([params.get("lang"), ...navigator.languages]);
labels();
reader.begin();
