/**
 * How large letters really are on a screen of 1920x1080, in every scene and for last rows 4, 6 and 8 picture heights away, and the
 * contrast of every theme: `node tests/bench/wall/legibility.mjs`. Prints tables for docs/display.md.
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
const binary = process.env.BUZZWALL_BIN ?? join(root, "target/debug/buzzwall");
const SCENES = ["grid", "spotlight", "columns", "photos", "ticker", "stats", "cloud", "agenda", "invite", "countdown", "title"];
const X_HEIGHT = 0.496;
/** What a post says, or what a scene is for. */
const MAIN = ".say, .huge, .words span, .term, .big, .session, .digits, h2, .count";

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const rows = new Map(SCENES.map((scene) => [scene, []]));
let css = "";
for (const heights of [null, 4, 6, 8]) {
  const folder = await mkdtemp(join(tmpdir(), "buzzwall-legibility-"));
  const now = Date.now();
  const session = (title, from, to) => `[[walls.sessions]]\ntitle = "${title}"\nfrom = ${new Date(now + from * 60_000).toISOString()}\nto = ${new Date(now + to * 60_000).toISOString()}\n`;
  const room = heights === null ? "" : `screen_height = "2m"\nlast_row = "${heights * 2}m"\n`;
  await writeFile(
    join(folder, "buzzwall.toml"),
    `[[walls]]\nid = "hall"\ntitle = "Everyone"\nhashtags = ["Expert"]\n[[walls.feeds]]\nkind = "ingest"\ntoken = "measure-this-wall-with-care"\n[walls.display]\n${room}${session("Opening keynote", -10, 20)}${session("Panel on what we know", 30, 60)}`,
  );
  const child = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--data", join(folder, "data"), "--config", join(folder, "buzzwall.toml")], { cwd: folder });
  child.stderr.on("data", (some) => process.stderr.write(some));
  let told = "";
  const base = await new Promise((done) =>
    child.stdout.on("data", (some) => {
      told += some;
      const found = /(http:\/\/[\d.:]+)\/w\/hall/.exec(told);
      if (found) done(found[1]);
    }),
  );
  const texts = ["What a good first question", "We counted the chairs twice and every one of them is taken by somebody who knows something", "Listening", "The panel says what the hall has known for years, and the hall nods at it politely and writes it down for those who could not come today"];
  const posts = Array.from({ length: 24 }, (_, i) => {
    const text = `${texts[i % 4]} ${["today", "again", "indeed", "here", "now", "twice"][i % 6]} #Expert`;
    return { id: `ingest:${i}`, text, facets: [{ start: text.length - 7, end: text.length, kind: "hashtag", target: "Expert" }], hashtags: ["Expert"], author: { id: `ingest:p${i}`, handle: `@p${i}`, name: `Person ${i}` }, created_at: new Date(now - i * 60_000).toISOString(), media: i % 3 === 0 ? [{ kind: "image", url: "/assets/demo/hall.svg", alt: "the hall", width: 1200, height: 800 }] : [] };
  });
  await fetch(`${base}/api/v1/walls/hall/posts`, { method: "POST", headers: { authorization: "Bearer measure-this-wall-with-care", "content-type": "application/x-ndjson" }, body: posts.map((post) => JSON.stringify(post)).join("\n") });
  css = await (await fetch(`${base}/themes.css`)).text();
  for (const scene of SCENES) {
    const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
    await page.goto(`${base}/w/hall?scene=${scene}`);
    await page.waitForFunction((name) => window.wall?.scene() === name, scene, { timeout: 8000 }).catch(() => null);
    const sizes = await page.evaluate((main) => {
      const read = [];
      for (const node of document.querySelectorAll("#picture *")) {
        const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim() !== "");
        const soft = node.closest(".note, .own") !== null;
        if (own && node.checkVisibility() && !soft) read.push([parseFloat(getComputedStyle(node).fontSize), node.matches(main) || node.closest(".say") !== null]);
      }
      return read;
    }, MAIN);
    const largest = Math.max(...sizes.map(([size]) => size));
    const said = sizes.filter(([, is]) => is).map(([size]) => size);
    rows.get(scene)?.push([Math.min(...(said.length > 0 ? said : [largest])), Math.min(...sizes.map(([size]) => size))]);
    await page.close();
  }
  child.kill();
  await once(child, "exit");
}
const x = (size) => (size * X_HEIGHT).toFixed(0);
console.log("| scene | room not told | 4 heights (22 px) | 6 heights (32 px) | 8 heights (43 px) |\n|---|---|---|---|---|");
for (const [scene, found] of rows) console.log(`| \`${scene}\` | ${found.map(([said, least]) => `${x(said)} / ${x(least)}`).join(" | ")} |`);

const luminance = (hex) => {
  const full = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, "$&$&") : hex;
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(full.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};
console.log("\n| theme | ink on card | soft on card | accent on card | ink on ground | soft on ground | accent on ground | on accent |\n|---|---|---|---|---|---|---|---|");
for (const [, name, body] of css.matchAll(/\[data-theme="([\w-]+)"\]\s*\{([^}]*)\}/g)) {
  const token = (key) => new RegExp(`--${key}:\\s*(#[0-9a-fA-F]+)`).exec(body)?.[1] ?? "#000";
  const pairs = [["ink", "card"], ["soft", "card"], ["accent", "card"], ["ink", "ground"], ["soft", "ground"], ["accent", "ground"], ["on-accent", "accent"]];
  console.log(`| \`${name}\` | ${pairs.map(([text, ground]) => contrast(token(text), token(ground)).toFixed(1)).join(" | ")} |`);
}
await browser.close();
