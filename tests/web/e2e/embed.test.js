import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { axe } from "./axe.js";
import { open } from "./browser.js";
import { post, posts } from "./posts.js";
import { HALL, Service } from "./service.js";

/** @type {Service} */
let service;
let cookie = "";
/** Another site: its page at `/?ADDRESS` has that address in a frame. */
const other = createServer((request, response) => {
  const address = decodeURIComponent(request.url?.split("?frame=")[1] ?? "");
  response.setHeader("content-type", "text/html");
  response.end(`<!doctype html><html lang="en"><title>Another site</title><body style="background: #fc6"><h1>Another site</h1><iframe src="${address}" title="Posts" width="600" height="600"></iframe>`);
});
before(async () => {
  service = await Service.start({ config: `${HALL}${HALL.replace('"hall"', '"attic"')}${HALL.replace('"hall"', '"loft"')}` });
  cookie = await service.person("ada", "admin");
  await service.bring(posts(30));
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
});
after(() => other.close());

/** A page of the other site with one of ours in it. @param {string} path */
async function framed(path) {
  const { port } = /** @type {import("node:net").AddressInfo} */ (other.address());
  const page = await open(`http://127.0.0.1:${port}/?frame=${encodeURIComponent(service.base + path)}`, { width: 800, height: 800 });
  const frame = /** @type {import("playwright-core").Frame} */ (page.frames()[1]);
  return { page, frame };
}
/** @param {string} [query] @param {Parameters<typeof open>[1]} [how] */
const embed = (query = "", how = {}, wall = "hall") => open(`${service.base}/w/${wall}/embed${query}`, { width: 390, height: 700, ...how });

test("another site's page shows it in a frame, without a cookie, anything kept, or a way to the console", async () => {
  const { page, frame } = await framed("/w/hall/embed?limit=5");
  await frame.waitForFunction(() => document.querySelectorAll("#posts article").length === 5);
  assert.deepEqual(await page.context().cookies(), []);
  assert.deepEqual(await frame.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length]), ["", 0, 0]);
  const links = await frame.$$eval("a[href]", (all) => all.map((one) => /** @type {HTMLAnchorElement} */ (one).href));
  assert.ok(links.length > 0 && links.every((link) => !/console|sign-in|report/.test(link)), links.join(" "));
  assert.deepEqual(await frame.$$eval("a[href]", (all) => all.filter((one) => one.getAttribute("target") !== "_blank").length), 0, "links leave the frame");
  await page.isSound();
  await page.end();
});

test("no other page can be framed", async () => {
  for (const path of ["/", "/w/hall", "/w/hall/read", "/console/hall", "/report/hall", "/sign-in", "/nothing"]) {
    const { page, frame } = await framed(path);
    await page.waitForLoadState("load");
    assert.match(frame.url(), /^chrome-error:/, path);
    const policy = (await fetch(service.base + path)).headers.get("content-security-policy") ?? "";
    assert.match(policy, /frame-ancestors 'self'/, path);
    await page.end();
  }
  const answer = await fetch(`${service.base}/w/hall/embed`);
  assert.match(answer.headers.get("content-security-policy") ?? "", /frame-ancestors \*; require-trusted-types-for 'script'$/);
  assert.equal(answer.headers.get("set-cookie"), null);
});

test("a wall that is not there says so in the frame", async () => {
  const { page, frame } = await framed("/w/nothing/embed");
  await frame.waitForFunction(() => document.querySelector("#calm .big")?.textContent === "There is no wall at this address");
  assert.equal(await frame.isVisible("#pause"), false);
  assert.equal((await fetch(`${service.base}/w/nothing/embed`)).status, 404);
  await page.isSound();
  await page.end();
});

test("it follows the wall by itself while nobody is at it; paused it does not, but for what is hidden", async () => {
  await service.bring(posts(2), "attic");
  const { page, frame } = await framed("/w/attic/embed");
  const has = (/** @type {{id: string}} */ { id }) => frame.waitForFunction((one) => document.querySelector(`#posts li[data-id=${JSON.stringify(one)}]`), id);
  const count = (/** @type {number} */ n) => frame.waitForFunction((wanted) => document.querySelectorAll("#posts article").length === wanted, n);
  await count(2);
  await page.mouse.move(790, 790);
  const news = post("Something new", { minutesAgo: 0 });
  await service.bring([news], "attic");
  await has(news);
  await frame.click("#pause");
  const late = post("Written in the pause", { minutesAgo: 0 });
  await service.bring([late], "attic");
  await service.api("/walls/attic/decisions", { cookie, body: { posts: [news.id], action: "hide" } });
  await count(2);
  await frame.click("#pause");
  // Somebody's pointer is over it: it asks.
  await frame.click("#new");
  await has(late);
  await page.isSound();
  await page.end();
});

test("theme, number of posts, header and background are the host's to choose", async () => {
  const plain = await embed();
  await plain.waitForFunction(() => document.querySelectorAll("#posts article").length === 20);
  assert.equal(await plain.getAttribute("html", "data-theme"), "midnight");
  assert.equal(await plain.isVisible("#more"), false);
  await plain.end();
  const dressed = await embed("?theme=press&limit=3&header=0&lang=cy");
  await dressed.waitForFunction(() => document.querySelectorAll("#posts article").length === 3);
  assert.equal(await dressed.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 247, 232)");
  assert.equal(await dressed.isVisible("#header"), false);
  assert.equal(await dressed.innerText("#pause"), "Oedi");
  await dressed.end();
  const { page, frame } = await framed("/w/hall/embed?background=none&theme=midnight");
  await frame.waitForSelector("#posts article");
  assert.deepEqual(await frame.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.documentElement).colorScheme]), ["rgba(0, 0, 0, 0)", "normal"]);
  await page.end();
  const odd = await embed("?limit=-1&theme=%22%3E%3Cb");
  await odd.waitForFunction(() => document.querySelectorAll("#posts article").length === 20);
  await odd.isSound();
  await odd.end();
});

test("axe finds nothing, in any theme, light or dark, narrow or zoomed in", async () => {
  for (const query of ["", "?theme=auto", "?theme=daylight", "?theme=press", "?theme=meadow", "?theme=signal", "?background=none", "?background=none&theme=meadow", "?lang=ar"])
    for (const how of [{ dark: false, width: 390 }, { dark: true, width: 1280 }, { dark: false, width: 1280, scale: 4 }]) {
      const page = await embed(query, how);
      await page.waitForSelector("#posts article");
      assert.deepEqual(await axe(page), [], `${query} ${JSON.stringify(how)}`);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, `${query} ${JSON.stringify(how)}`);
      await page.isSound();
      await page.end();
    }
});
