import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { createHash } from "node:crypto";
import test from "node:test";
import { gzipSync } from "node:zlib";

import { howToPost } from "../../../web/wall/posting.js";

const WEB = new URL("../../../web/", import.meta.url);

/** @type {any} */
const wall = { id: "w", title: "W", hashtags: ["w"] };

test("an empty wall says how to post, in the organiser's words if there are any", () => {
  assert.equal(howToPost({ ...wall, how_to_post: "Ask at the desk" }), "Ask at the desk");
  assert.equal(howToPost({ ...wall, sources: ["mastodon", "bluesky"] }), "Post with this hashtag on Mastodon or Bluesky, and it appears here.");
  assert.equal(howToPost({ ...wall, sources: ["replay"] }), "Posts with this hashtag appear here.");
});

/** @param {string} name */
const page = (name) => readFileSync(new URL(name, WEB), "utf8");
const files = readdirSync(WEB, { recursive: true, encoding: "utf8" }).filter((name) => !name.startsWith("vendor"));

test("the wall's own script and style stay under 120 KB, compressed, with all its scenes; what the first paint needs under 70 KB", (t) => {
  const html = page("wall/index.html");
  const own = [...new Set([...html.matchAll(/\/assets\/([^"]+\.(?:js|css))/g)].map((match) => match[1] ?? ""))];
  const imported = own.filter((name) => name.endsWith(".js")).flatMap((name) => [...page(name).matchAll(/^(?:import|\}) .*from "([^"]+)";/gm)].map((match) => new URL(match[1] ?? "", new URL(name, WEB)).href.slice(WEB.href.length)));
  for (const name of imported) assert.ok(own.includes(name), `${name} is imported but not preloaded`);
  // A screen speaks English and at most one other language.
  const unspoken = /^wall\/catalogue\/(de|fr|es|cy)\.js$/;
  const all = new Set([...own, ...files.filter((name) => /^wall\/.*\.(js|css)$/.test(name) && !unspoken.test(name)), "vendor/uqr-0.1.3/uqr.js"]);
  const compressed = (/** @type {Iterable<string>} */ names) => [...names].reduce((sum, name) => sum + gzipSync(page(name)).length, 0);
  t.diagnostic(`${compressed(own)} bytes before the first paint, ${compressed(all)} with everything, compressed`);
  assert.ok(compressed(own) < 70_000 && compressed(all) < 120_000);
});

test("pages keep to the content security policy: nothing inline, nothing from elsewhere", () => {
  for (const name of files.filter((one) => one.endsWith(".html"))) {
    const html = page(name);
    assert.doesNotMatch(html, /\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)/i, name);
    for (const [, address = ""] of html.matchAll(/(?:src|href)="([^"#]*)"/g)) assert.match(address, /^\/(assets\/|themes\.css$|setup$|$)/, `${name}: ${address}`);
    for (const [, asset = ""] of html.matchAll(/"\/assets\/([^"]+)"/g)) assert.ok(page(asset).length > 0, `${name}: ${asset}`);
  }
  for (const name of files.filter((one) => /\.(js|css)$/.test(one))) {
    assert.doesNotMatch(page(name), /["'(]\/assets\//, `${name}: scripts and styles name files by relative addresses`);
  }
});

test("vendored files are the ones in the list", () => {
  const rows = [...page("vendor/README.md").matchAll(/\| `([0-9a-f]{64})` \| `([^`]+)` \|/g)];
  const there = readdirSync(new URL("vendor/", WEB), { recursive: true }).map(String).filter((name) => /(?<!\.d)\.(woff2|m?js)$/.test(name));
  const listed = new Set(rows.map(([, , name]) => name));
  assert.deepEqual(there.filter((name) => !listed.has(name)), []);
  for (const [, sum = "", name = ""] of rows) assert.equal(createHash("sha256").update(readFileSync(new URL(`vendor/${name}`, WEB))).digest("hex"), sum, name);
});

/** Relative luminance, WCAG 2.2. @param {string} hex */
function luminance(hex) {
  const full = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, "$&$&") : hex;
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(full.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test("every theme's text keeps a contrast of seven to one", () => {
  const folder = new URL("../config/themes/", WEB);
  const shipped = readdirSync(folder).map((file) => {
    const values = readFileSync(new URL(file, folder), "utf8").matchAll(/^(\w+) = "(.*)"$/gm);
    return `[data-theme="${file.replace(".toml", "")}"] {${[...values].map(([, key = "", value]) => `--${key.replace("_", "-")}: ${value};`).join("")}}`;
  });
  const css = shipped.join("") + page("shared/page.css");
  const themes = [...css.matchAll(/\[data-theme="(\w+)"\] \{([^}]*--ground:[^}]*)\}/g)];
  assert.equal(themes.length, 6);
  for (const [, name, body = ""] of themes) {
    const token = (/** @type {string} */ key) => luminance(new RegExp(`--${key}: (#[0-9a-f]+)`).exec(body)?.[1] ?? "#888");
    const ratio = (/** @type {string} */ a, /** @type {string} */ b) => (Math.max(token(a), token(b)) + 0.05) / (Math.min(token(a), token(b)) + 0.05);
    for (const [text = "", ground = ""] of [["ink", "card"], ["ink", "ground"], ["soft", "card"], ["soft", "ground"], ["soft", "ground-2"], ["accent", "card"], ["accent", "ground"], ["on-accent", "accent"]]) {
      assert.ok(ratio(text, ground) >= 7, `${name}: ${text} on ${ground} is ${ratio(text, ground).toFixed(2)}`);
    }
  }
});
