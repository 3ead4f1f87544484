/**
 * How the wall behaves in Chromium: `node tests/bench/wall/measure.mjs [SECONDS]` with a release build. First post painted, what
 * is loaded, then posts at 20 a second with pictures: long tasks, layout shift, nodes and heap, and the brightness of what the
 * room sees, for flashes (WCAG 2.3.1: at most three opposing changes of a tenth or more in a second).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { chromium } = createRequire(join(root, "tests/web/package.json"))("playwright-core");
const binary = process.env.BUZZWALL_BIN ?? join(root, "target/release/buzzwall");
const seconds = Number(process.argv[2] ?? 600);
const RATE = 20;

const folder = await mkdtemp(join(tmpdir(), "buzzwall-measure-"));
await writeFile(
  join(folder, "buzzwall.toml"),
  '[[walls]]\nid = "hall"\ntitle = "Hall"\nhashtags = ["Expert"]\n[[walls.feeds]]\nkind = "ingest"\ntoken = "measure-this-wall-with-care"\n[walls.moderation]\nduplicates = "show"\n',
);
const child = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--data", join(folder, "data"), "--config", join(folder, "buzzwall.toml")], { cwd: folder });
let told = "";
child.stderr.on("data", (some) => process.stderr.write(some));
const base = await new Promise((done) =>
  child.stdout.on("data", (some) => {
    told += some;
    const found = /(http:\/\/[\d.:]+)\/w\/hall/.exec(told);
    if (found) done(found[1]);
  }),
);

const PICTURES = ["hall", "group", "cake", "bus", "cat", "stage", "rain", "hill"].map((name) => `/assets/demo/${name}.svg`);
const WORDS = "the people in this hall know something that nobody else does and say so while we listen to them with open ears today".split(" ");
let number = 0;
function post() {
  number += 1;
  const text = `${number} ${Array.from({ length: 6 + (number % 24) }, (_, i) => WORDS[(number * 7 + i * 3) % WORDS.length]).join(" ")} #Expert`;
  const start = Buffer.byteLength(text) - 7;
  return {
    id: `ingest:${number}`,
    text,
    facets: [{ start, end: start + 7, kind: "hashtag", target: "Expert" }],
    hashtags: ["Expert"],
    author: { id: `ingest:person${number % 400}`, handle: `@person${number % 400}`, name: `Person ${number % 400}` },
    created_at: new Date().toISOString(),
    media: number % 3 === 0 ? [{ kind: "image", url: PICTURES[number % PICTURES.length], alt: "a drawing", width: 1200, height: 800 }] : [],
  };
}
const bring = (count) =>
  fetch(`${base}/api/v1/walls/hall/posts`, {
    method: "POST",
    headers: { authorization: "Bearer measure-this-wall-with-care", "content-type": "application/x-ndjson" },
    body: Array.from({ length: count }, () => JSON.stringify(post())).join("\n"),
  }).then(async (answer) => {
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  });

await bring(40);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--enable-precise-memory-info", "--js-flags=--expose-gc"] });
const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
await context.addInitScript(() => {
  Object.assign(window, { long: [], shift: 0 });
  new PerformanceObserver((list) => window.long.push(...list.getEntries().map(({ startTime, duration }) => [Math.round(startTime), Math.round(duration)]))).observe({ type: "longtask", buffered: true });
  new PerformanceObserver((list) => list.getEntries().forEach((one) => (window.shift += one.hadRecentInput ? 0 : one.value))).observe({ type: "layout-shift", buffered: true });
  const look = () => {
    if (window.first === undefined && document.querySelector(".card")) requestAnimationFrame(() => setTimeout(() => (window.first ??= Math.round(performance.now()))));
    else if (window.first === undefined) requestAnimationFrame(look);
  };
  look();
});

async function first() {
  const page = await context.newPage();
  await page.goto(`${base}/w/hall`);
  await page.waitForFunction(() => window.first !== undefined);
  const [at, own] = await page.evaluate(() => [window.first, performance.getEntriesByType("resource").filter(({ name }) => /\.(js|css)$/.test(new URL(name).pathname)).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)]);
  await page.close();
  return { at, own };
}
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const small = [];
for (let i = 0; i < 7; i += 1) small.push(await first());
console.log(`first post painted: ${small.map(({ at }) => at).join(", ")} ms; median ${median(small.map(({ at }) => at))} ms; ${small[0]?.own} bytes of script and style as they travel`);
for (let i = 0; i < 40; i += 1) await bring(250);
const large = [];
for (let i = 0; i < 7; i += 1) large.push((await first()).at);
console.log(`with 10,000 posts behind it: ${large.join(", ")} ms; median ${median(large)} ms`);

const page = await context.newPage();
await page.goto(`${base}/w/hall`);
await page.waitForFunction(() => window.first !== undefined);
const session = await context.newCDPSession(page);
const began = Date.now();
const heaps = [];
const nodes = [];
let [bright, flashes, worst] = [null, [], 0];
session.on("Page.screencastFrame", async ({ data, sessionId }) => {
  await session.send("Page.screencastFrameAck", { sessionId });
  const mean = await brightness(data);
  const now = Date.now();
  if (bright !== null && Math.abs(mean - bright.mean) >= 0.1) {
    const up = mean > bright.mean;
    if (bright.up !== up) flashes.push(now);
    bright = { mean, up };
  } else if (bright === null) bright = { mean, up: null };
  flashes = flashes.filter((at) => now - at < 1000);
  worst = Math.max(worst, flashes.length);
});
const eye = await browser.newPage();
/** Mean relative luminance of a picture, from 0 to 1. */
const brightness = (data) =>
  eye.evaluate(async (text) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/jpeg;base64,${text}`)).blob(), { resizeWidth: 64, resizeHeight: 36 });
    const canvas = new OffscreenCanvas(64, 36);
    const brush = canvas.getContext("2d");
    brush.drawImage(bitmap, 0, 0);
    const { data: pixels } = brush.getImageData(0, 0, 64, 36);
    const linear = (value) => (value <= 10 ? value / 3294 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    let sum = 0;
    for (let i = 0; i < pixels.length; i += 4) sum += 0.2126 * linear(pixels[i]) + 0.7152 * linear(pixels[i + 1]) + 0.0722 * linear(pixels[i + 2]);
    return sum / (pixels.length / 4);
  }, data);
await session.send("Page.startScreencast", { format: "jpeg", quality: 40, maxWidth: 480, maxHeight: 270, everyNthFrame: 2 });
await page.evaluate(() => (window.long.length = window.shift = 0));
while (Date.now() - began < seconds * 1000) {
  const second = Date.now();
  await bring(RATE);
  if (heaps.length * 5000 < second - began) {
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    heaps.push(usedSize / 1024 / 1024);
    nodes.push(await page.evaluate(() => document.querySelectorAll("*").length));
  }
  await new Promise((done) => setTimeout(done, Math.max(0, 1000 - (Date.now() - second))));
}
const [long, shift] = await page.evaluate(() => [window.long, window.shift]);
const half = heaps.slice(heaps.length >> 1);
console.log(`${seconds} s at ${RATE} posts a second: ${long.length} tasks over 50 ms${long.length > 0 ? `, the longest ${Math.max(...long.map(([, ms]) => ms))} ms` : ""}; layout shift ${shift.toFixed(4)}; at most ${Math.max(...nodes)} nodes`);
console.log(`heap after collection: ${heaps[0]?.toFixed(1)} MB at first, ${half[0]?.toFixed(1)} MB halfway, ${heaps.at(-1)?.toFixed(1)} MB at the end, at most ${Math.max(...heaps).toFixed(1)} MB`);
console.log(`flashes: at most ${worst} opposing changes of brightness of a tenth or more in a second`);
await browser.close();
child.kill();
await once(child, "exit");
