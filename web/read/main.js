/** `/w/{wall}/read`: the posts for phones and screen readers. */
import { ALL, NAMES } from "../shared/catalogue/languages.js";
import { el, need } from "../shared/dom.js";
import { say, speech } from "./catalogue/index.js";
import { headline, nameOf, params, speak, wallId, wear } from "./chrome.js";
import { Reader } from "./reader.js";

/** Sizes of the text, in parts of a hundred of the browser's own. */
const SIZES = [90, 100, 120, 145, 175, 210];

/** What this page remembers of its reader; nothing where the browser keeps nothing. */
const memory = {
  /** @param {string} name */
  get(name) {
    try {
      return localStorage.getItem(`buzzwall.read.${name}`);
    } catch {
      return null;
    }
  },
  /** @param {string} name @param {string} value */
  set(name, value) {
    try {
      localStorage.setItem(`buzzwall.read.${name}`, value);
    } catch {
      // It holds for this visit then.
    }
  },
};

let size = SIZES.includes(Number(memory.get("size"))) ? Number(memory.get("size")) : 100;
const [smaller, larger] = [need("#smaller"), need("#larger")];

/** @param {number} step */
function resize(step) {
  size = SIZES[Math.min(SIZES.length - 1, Math.max(0, SIZES.indexOf(size) + step))] ?? 100;
  document.documentElement.style.fontSize = `${size}%`;
  // Not `disabled`, which would take the focus away from whoever pressed it.
  smaller.setAttribute("aria-disabled", String(size === SIZES[0]));
  larger.setAttribute("aria-disabled", String(size === SIZES.at(-1)));
  if (step !== 0) memory.set("size", String(size));
}

const reader = new Reader(wallId);
const pause = need("#pause");
const language = /** @type {HTMLSelectElement} */ (need("#language"));
const code = need("#snippet code");

/** The one line that shows these posts on another site. @param {string} name */
function snippet(name) {
  const quoted = say("embed.title", { tag: name }).replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  return `<iframe src="${new URL(`/w/${encodeURIComponent(wallId)}/embed`, location.href)}" title="${quoted}" width="100%" height="640" loading="lazy"></iframe>`;
}

reader.dress = (wall) => {
  headline(reader.state);
  wear(wall);
  code.textContent = snippet(nameOf(wall));
};

function labels() {
  pause.textContent = say(reader.paused ? "go_on" : "pause");
  pause.setAttribute("aria-pressed", String(reader.paused));
}

/** @param {readonly (string | null)[]} wanted */
async function read(wanted) {
  await speak(wanted);
  language.value = speech.language;
  labels();
  reader.anew();
}

smaller.addEventListener("click", () => resize(-1));
larger.addEventListener("click", () => resize(1));
pause.addEventListener("click", () => {
  reader.pause(!reader.paused);
  labels();
});
language.append(
  ...ALL.map((one) => {
    const option = el("option", "", NAMES[one]);
    option.value = option.lang = one;
    return option;
  }),
);
language.addEventListener("change", () => {
  memory.set("language", language.value);
  void read([language.value, ...navigator.languages]);
});
const copy = need("#copy");
copy.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(code.textContent ?? "");
    copy.textContent = say("copied");
  } catch {
    // No clipboard on plain http from another machine: marked, it is copied by hand.
    getSelection()?.selectAllChildren(code);
  }
});
/** @type {HTMLAnchorElement} */ (need("#to-wall")).href = `/w/${encodeURIComponent(wallId)}`;

resize(0);
await read([params.get("lang"), memory.get("language"), ...navigator.languages]);
reader.begin();
