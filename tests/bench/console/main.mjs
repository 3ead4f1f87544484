/**
 * A console over a hundred thousand waiting posts: how long until the first cards stand, tasks over 50 ms while it
 * scrolls and decides, and the memory that the page takes.
 *
 *     cd tests/web && npm ci && cd ../.. && node tests/bench/console/main.mjs [POSTS]
 *
 * `BUZZWALL_BIN` and `CHROMIUM` name other programs than the debug build and Debian's browser.
 */
import { createRequire } from "node:module";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { HALL, Service } from "../../web/e2e/service.js";

const { chromium } = createRequire(new URL("../../web/package.json", import.meta.url))("playwright-core");
const POSTS = Number(process.argv[2] ?? 100_000);

const WORDS = "what everybody knows about apples trees tea bread stars rivers songs and how to mend a kettle before the keynote begins in room three".split(" ");
const LINE = (/** @type {number} */ i) => {
  const text = `${Array.from({ length: 4 + (i % 40) }, (_, k) => WORDS[(i * 7 + k * 13) % WORDS.length]).join(" ")} #Expert`;
  const at = Buffer.byteLength(text);
  return JSON.stringify({
    id: `mastodon:https://example.org/statuses/${i}`,
    source: "mastodon",
    url: `https://example.org/@guest${i % 5000}/${i}`,
    author: { id: `mastodon:https://example.org/users/guest${i % 5000}`, handle: `@guest${i % 5000}@example.org`, name: `Guest ${i % 5000}` },
    text,
    facets: [{ start: at - 7, end: at, kind: "hashtag", target: "Expert" }],
    hashtags: ["Expert"],
    language: "en",
    created_at: new Date(Date.UTC(2026, 4, 6, 9) + i * 200).toISOString(),
  });
};

const service = await Service.start({ config: `${HALL}\n[walls.moderation]\nmode = "held"\n` });
const cookie = await service.person("mia", "moderator");
const file = join(service.folder, "many.jsonl");
await writeFile(file, Array.from({ length: POSTS }, (_, i) => LINE(i)).join("\n"));
console.log((await service.run(["import", "--wall", "hall", file])).trim().split("\n").at(-1));

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--enable-precise-memory-info", "--js-flags=--expose-gc"] });

/** @param {string} name @param {{width: number, height: number}} viewport @param {boolean} touch */
async function measure(name, viewport, touch) {
  const context = await browser.newContext({ viewport, hasTouch: touch, isMobile: touch });
  await context.addCookies([{ name: "buzzwall", value: cookie, url: service.base }]);
  await context.addInitScript(() => {
    const long = /** @type {number[]} */ ([]);
    const marks = /** @type {{cards?: number}} */ ({});
    Object.assign(window, { long, marks });
    new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask", buffered: true });
    const watch = new MutationObserver(() => {
      if (!document.querySelector(".item")) return;
      watch.disconnect();
      requestAnimationFrame(() => setTimeout(() => (marks.cards = performance.now())));
    });
    watch.observe(document, { childList: true, subtree: true });
  });
  const page = await context.newPage();
  const opens = [];
  for (let i = 0; i < 5; i += 1) {
    await page.goto(`${service.base}/console/hall`);
    await page.waitForFunction(() => /** @type {any} */ (window).marks.cards);
    opens.push(await page.evaluate(() => /** @type {any} */ (window).marks.cards));
  }
  const opening = await page.evaluate(() => /** @type {any} */ (window).long.splice(0));
  // As a thumb flings it: thirty screens down, and up again, reading on meanwhile.
  const scrolled = await page.evaluate(async () => {
    const list = /** @type {HTMLElement} */ (document.querySelector("#list"));
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    for (const [steps, by] of [[600, 220], [300, -330]]) {
      for (let i = 0; i < (steps ?? 0); i += 1) {
        list.scrollTop += by ?? 0;
        await frame();
      }
    }
    return document.querySelectorAll(".item").length;
  });
  const scrolling = await page.evaluate(() => /** @type {any} */ (window).long.splice(0));
  for (let i = 0; i < 40; i += 1) {
    await page.keyboard.press(i % 2 === 0 ? "s" : "h");
    await page.waitForTimeout(100);
  }
  const deciding = await page.evaluate(() => /** @type {any} */ (window).long.splice(0));
  const heap = await page.evaluate(() => {
    /** @type {any} */ (window).gc?.();
    return /** @type {any} */ (performance).memory.usedJSHeapSize / 1e6;
  });
  const cdp = await context.newCDPSession(page);
  await cdp.send("Performance.enable");
  const { metrics } = await cdp.send("Performance.getMetrics");
  const nodes = metrics.find((/** @type {any} */ one) => one.name === "Nodes")?.value;
  const longest = (/** @type {number[]} */ list) => `${list.length} over 50 ms${list.length > 0 ? `, the longest ${Math.round(Math.max(...list))} ms` : ""}`;
  console.log(`${name}: first cards after ${Math.round([...opens].sort((a, b) => a - b)[2])} ms (median of five, ${opens.map(Math.round).join(", ")}); tasks while opening ${longest(opening)}, scrolling ${longest(scrolling)}, deciding ${longest(deciding)}; ${scrolled} cards drawn, ${nodes} nodes, ${heap.toFixed(1)} MB of JS heap`);
  await context.close();
}

await measure("desk 1440 × 900", { width: 1440, height: 900 }, false);
await measure("phone 390 × 844", { width: 390, height: 844 }, true);
await browser.close();
await service.stop();
process.exit(0);
