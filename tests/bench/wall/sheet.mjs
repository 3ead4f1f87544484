/**
 * Pictures of every scene and theme, to be looked at: `node tests/bench/wall/sheet.mjs FOLDER [ADDRESS OF A WALL]`. Without an
 * address the demo is started. Writes one picture for each, and `sheet.png` of the demo's scenes in one theme.
 */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { chromium } = createRequire(join(root, "tests/web/package.json"))("playwright-core");

const SCENES = ["grid", "spotlight", "columns", "photos", "ticker", "stats", "cloud", "agenda", "invite", "announcement", "countdown", "sponsors", "title"];
const THEMES = ["midnight", "daylight", "press", "meadow", "signal"];
const SIZES = [[1920, 1080], [3840, 2160], [1080, 1920], [1024, 768], [3840, 600]];

const [folder = "sheet", given, only] = process.argv.slice(2);
await mkdir(folder, { recursive: true });

/** The demo, on a port of its own. */
async function demo() {
  const data = await mkdtemp(join(tmpdir(), "buzzwall-sheet-"));
  const child = spawn(process.env.BUZZWALL_BIN ?? join(root, "target/debug/buzzwall"), ["serve", "--listen", "127.0.0.1:0", "--data", data], { cwd: data });
  const wall = await new Promise((done) => {
    let told = "";
    child.stdout.on("data", (some) => {
      told += some;
      const found = /http:\S+\/w\/demo/.exec(told);
      if (found) done(found[0]);
    });
  });
  return { wall, stop: () => child.kill() };
}

const { wall, stop } = given ? { wall: given, stop: () => true } : await demo();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

/** @param {number} width @param {number} height @param {string} query @param {string} name */
async function shoot(width, height, query, name) {
  const page = await browser.newPage({ viewport: { width, height } });
  await page.goto(`${wall}?${query}`);
  // A scene that has nothing to show does not come.
  await page.waitForFunction((scene) => window.wall?.scene() === scene, new URLSearchParams(query).get("scene"), { timeout: 6000 }).catch(() => null);
  await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== "running") && [...document.images].every(({ complete }) => complete));
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  await page.close();
  return path;
}

const first = [];
for (const scene of SCENES) {
  for (const [width, height] of only === "quick" ? SIZES.slice(0, 1) : SIZES) {
    const path = await shoot(width, height, `scene=${scene}&theme=midnight`, `${scene}-${width}x${height}`);
    if (width === 1920) first.push([scene, path]);
  }
}
for (const theme of THEMES) for (const scene of ["grid", "spotlight", "stats", "invite"]) if (only !== "quick") await shoot(1920, 1080, `scene=${scene}&theme=${theme}`, `theme-${theme}-${scene}`);

const cells = await Promise.all(first.map(async ([scene, path]) => `<figure><img src="data:image/png;base64,${(await readFile(path)).toString("base64")}"><figcaption>${scene}</figcaption></figure>`));
const sheet = await browser.newPage({ viewport: { width: 1500, height: 400 } });
await sheet.setContent(`<style>body{margin:20px;display:grid;grid-template-columns:repeat(3,1fr);gap:16px;background:#fff;font:16px system-ui}figure{margin:0}img{width:100%;display:block}figcaption{margin-top:4px;color:#333}</style>${cells.join("")}`);
await writeFile(join(folder, "sheet.png"), await sheet.screenshot({ fullPage: true }));
await browser.close();
stop();
