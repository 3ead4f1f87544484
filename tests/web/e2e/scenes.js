/** What tests of scenes share: posts of every kind, settings that a server would send, and what can be wrong with a scene. */
import { post } from "./posts.js";

/** The sizes for which every scene is made. */
export const SIZES = /** @type {const} */ ([[1920, 1080], [3840, 2160], [1080, 1920], [1024, 768], [3840, 600]]);

/**
 * For a page's beginning: gives the wall settings that a newer server sends. Runs in the page, so it stands for itself; what
 * `window.patch` holds is laid over the wall, and over the stage by `window.stage`.
 */
export function settings() {
  const property = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage"));
  const removals = /** @type {{id: string, words: string, stands: boolean}[]} */ ([]);
  Object.assign(window, { removals });
  const sponsors = ["Brinewick Lifeboat Trust", "Harbour Bakery", "The Repair Table", "North Coast Buses", "Amgueddfa’r Môr"].map((name) => ({ name }));
  Object.defineProperty(WebSocket.prototype, "onmessage", {
    ...property,
    set(/** @type {((event: {data: string}) => void) | null} */ listener) {
      const wrapped = listener && ((/** @type {MessageEvent} */ { data }) => {
        // The pictures of this program's own, as the invented conference names them: the service fetches none from this machine.
        const frames = String(data).replaceAll(`${location.origin}/assets/`, "/assets/").split("\n").filter(Boolean).map((line) => JSON.parse(line));
        for (const frame of frames) {
          if (frame.type !== "snapshot") continue;
          const { wall } = frame;
          const at = (/** @type {number} */ minutes) => new Date(Date.now() + minutes * 60_000).toISOString();
          wall.sessions = ["Doors, tea and badges", "Donaudampfschifffahrtsgesellschaftskapitänsgeschichten und andere lange Wörter, vorgetragen von Irmgard", "Cake", "Closing: what will you do on Monday?"].map((title, i) => ({ title, from: at(i * 30 - 10), to: at(i * 30 + 20) }));
          wall.display = { ...wall.display, sponsors, countdown: { to: at(73), label: "The young rapporteurs report" }, .../** @type {any} */ (window).patch };
          Object.assign(frame, /** @type {any} */ (window).frame);
        }
        listener({ data: frames.map((frame) => JSON.stringify(frame)).join("\n") });
        // What stands there now, before anything can be painted.
        const removed = frames.filter(({ type }) => type === "remove").map(({ id }) => id);
        const words = document.querySelector("#stage")?.textContent ?? "";
        for (const id of removed) removals.push({ id, words, stands: [...document.querySelectorAll("#stage [data-id]")].some((node) => /** @type {HTMLElement} */ (node).dataset.id === id) });
      });
      property.set?.call(this, wrapped);
    },
  });
}

/**
 * Posts of every kind, as people in many scripts write them.
 *
 * @param {string} base of the service, whose own pictures they carry
 */
export function motley(base) {
  const picture = (/** @type {string} */ name, alt = "A hill by the sea at sunset, with two adults and a child") => ({ kind: "image", url: `${base}/assets/demo/${name}.svg`, alt, width: 1200, height: 800 });
  const marks = "\u0301".repeat(5000);
  const shortcodes = Array.from({ length: 500 }, () => ":party:");
  const emoji = (/** @type {string} */ text) => [...text.matchAll(/:party:/g)].map(({ index }) => ({ start: index, end: index + 7, kind: "emoji", target: "party" }));
  const festive = `${shortcodes.join("")}`;
  return [
    post("Lichen! #Expert", { who: "one" }),
    post("Everybody in this hall knows something about lichen that nobody else does, and says so when asked in the morning. #Expert", { who: "two", hashtags: ["Expert", "Lichen"] }),
    post(`${"Whoever sat in the first row yesterday knows what was promised about the harbour, and says so. ".repeat(9)}#Expert`, { who: "long", hashtags: ["Expert", "Harbour"] }),
    post("يملك المعرفة من يسأل عنها، وفي هذه القاعة كثيرون (and some English) #Expert", { who: "arabic", language: "ar", author: { id: "mastodon:l", handle: "@layla@hiwar.example", name: "ليلى حداد" } }),
    post("専門家は誰ですか。この町では、みんなが誰かの先生です。図書館で毎週火曜日に集まっています。#Expert", { who: "kanji", language: "ja" }),
    post(`${"👩‍👩‍👧‍👦🏳️‍🌈".repeat(30)} #Expert`, { who: "emoji" }),
    post(`${"Lichen".repeat(60)} #Expert`, { who: "word" }),
    post("A name of marks #Expert", { who: "marks", author: { id: "mastodon:m", handle: "@marks@example.org", name: `Zoe${marks}`, avatar: null } }),
    post("A long name and a long handle #Expert", { who: "name", author: { id: "mastodon:n", handle: `@${"somebody".repeat(9)}@a-server-with-a-long-name.example.org`, name: "Wolfeschlegelsteinhausenbergerdorff ".repeat(4) } }),
    post(festive, { who: "party", facets: emoji(festive), hashtags: ["Expert"], emojis: [{ shortcode: "party", url: `${base}/assets/demo/badge.svg` }] }),
    post("One picture #Expert", { who: "pic1", media: [picture("hill")], hashtags: ["Expert", "Harbour"] }),
    post("Two pictures, one of them not described #Expert", { who: "pic2", media: [picture("cat"), picture("bus", "")], hashtags: ["Expert", "Lichen"] }),
    post("Six pictures from a whole day by the sea #Expert", { who: "pic6", media: ["hill", "bus", "cake", "cat", "hall", "rain"].map((name) => picture(name)) }),
    post("", { who: "silent", media: [picture("stage", "The harbour choir")], text: "", facets: [], hashtags: ["Expert"] }),
    post("A film #Expert", { who: "film", media: [{ ...picture("group"), kind: "video", preview: `${base}/assets/demo/group.svg` }] }),
    post("Behind a warning #Expert", { who: "warned", warning: "Food, and plenty of it", media: [picture("cake")] }),
    post("What should every town hall have? #Expert", { who: "poll", poll: { options: [{ text: "A bench that is warm", votes: 31 }, { text: "A table where things get repaired", votes: 28 }, { text: "Bread", votes: 97 }], ends_at: "2020-01-01T00:00:00Z" } }),
    post("Read this #Expert https://example.org/a/path", { who: "link", card: { url: "https://example.org/a/path", title: "How to start a repair table in your own village", description: "", image: null } }),
    post("Lichen and harbour and bread and morning songs and repair tables and the choir #Expert", { who: "terms", hashtags: ["Expert", "Lichen"] }),
    post("Harbour choir, bread, songs in the morning, lichen on every repair table #Expert", { who: "terms2", hashtags: ["Expert", "Lichen"] }),
    post("A second one, about bread and songs #Expert", { who: "terms2" }),
    post("A second one, about morning bread #Expert", { who: "terms" }),
  ];
}

/**
 * What is wrong with how a scene is laid out, in words. Waits for everything to stand still.
 *
 * @param {import("./browser.js").Page} page
 * @returns {Promise<string[]>}
 */
export async function sceneFaults(page) {
  await page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== "running"));
  return page.evaluate(() => {
    const faults = new Set();
    const root = document.documentElement;
    if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) faults.add("the page scrolls");
    const { strip, unit } = { strip: innerWidth / innerHeight >= 2.9, unit: Math.min(innerHeight / 100, innerWidth / 88) };
    const least = (strip ? innerHeight / 56 : unit) * 2.99;
    if (document.querySelectorAll("*").length >= 1500) faults.add(`${document.querySelectorAll("*").length} nodes`);
    for (const node of document.querySelectorAll("#picture *")) {
      const own = [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && (child.textContent ?? "").trim() !== "");
      if (!own || !node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      const name = `“${(node.textContent ?? "").trim().slice(0, 30)}” (${node.className || node.tagName})`;
      if (Number.parseFloat(getComputedStyle(node).fontSize) < least) faults.add(`${name}: ${getComputedStyle(node).fontSize} is too small`);
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) {
        if (box.width === 0) continue;
        if (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1) faults.add(`${name} reaches over the screen`);
        for (let above = node.parentElement; above && above.id !== "picture"; above = above.parentElement) {
          if (getComputedStyle(above).overflowX === "visible") continue;
          const frame = above.getBoundingClientRect();
          // A line's box is higher than its letters.
          const spare = box.height * 0.2;
          if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - spare || box.bottom > frame.bottom + spare) faults.add(`${name} is cut off by ${above.className || above.tagName}`);
        }
      }
    }
    return [...faults];
  });
}

/** @param {import("./browser.js").Page} page @param {string} scene */
export const isOn = (page, scene) => page.waitForFunction((name) => /** @type {any} */ (window).wall?.scene() === name, scene);
