/** The page's views: posts, rules, audit, screens. Which one is shown stands in the address; the others are loaded when asked for. */
import { need } from "../shared/dom.js";
import { ask, onDraw, live, onFrames, speak } from "./live.js";
import { VIEWS } from "./places.js";
import { undo } from "./decide.js";
import { before, known as past } from "./past.js";
import { go, here, onView } from "./posts.js";
import { usualOrder } from "./queues.js";

/** @import { View } from "./places.js" */

/** @type {Map<View, {update: () => void}>} */
const mounted = new Map();
/** @type {Set<View>} */
const loading = new Set();

/** @param {View} view */
async function mount(view) {
  if (view === "posts" || mounted.has(view) || loading.has(view)) return;
  loading.add(view);
  const section = need(`[data-view="${view}"]`);
  if (view === "rules") {
    const { mount: rules } = await import("./rules/view.js");
    const known = () => ({ settings: live.state.settings, rules: live.state.rules, feeds: live.state.feeds, online: live.online });
    mounted.set(view, rules(section, { wall: live.wall, role: live.me.role, known, open: (post) => go({ view: "posts", queue: "all", order: usualOrder("all"), at: post.num ?? null }) }));
  } else if (view === "display") {
    const { mount: display } = await import("./screens/view.js");
    const known = () => {
      const { settings, seq, stage, wall } = live.state;
      return { settings, screens: live.state.screens, seq, stage, sessions: wall?.sessions ?? [], title: wall?.title ?? "" };
    };
    mounted.set(view, display(section, { wall: live.wall, role: live.me.role, known, ask, speak }));
  } else {
    const { mount: audit } = await import("./audit.js");
    mounted.set(view, audit(section, { wall: live.wall, decides: live.decides, zone: () => live.state.wall?.timezone ?? null, before, known: past, undo }));
  }
  mounted.get(view)?.update();
}

/** @param {View} view */
function show(view) {
  for (const name of VIEWS) need(`[data-view="${name}"]`).hidden = name !== view;
  document.body.dataset.shows = view;
  for (const link of document.querySelectorAll("#views a")) {
    if (link.getAttribute("href") === `#${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (mounted.has(view)) mounted.get(view)?.update();
  else void mount(view);
}

export function wireViews() {
  for (const link of document.querySelectorAll("#views a")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      document.body.classList.remove("side-open");
      go({ view: /** @type {View} */ (link.getAttribute("href")?.slice(1)) });
    });
  }
  onView.push(show);
  show(here().view);
  onFrames((frames) => {
    const view = here().view;
    if (view === "audit" && frames.some(({ type }) => type === "decision" || type === "snapshot")) mounted.get(view)?.update();
  });
  onDraw(() => {
    const { view } = here();
    if (view === "rules" || view === "display") mounted.get(view)?.update();
  });
}
