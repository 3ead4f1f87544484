/** What must never happen in public: a blank wall, an error text, a burst, a hidden post that comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { cardOf, DEADLINE, open } from "./browser.js";
import { post, posts } from "./posts.js";
import { Cable, HALL, Service } from "./service.js";

/** @typedef {import("./browser.js").Page} Page */

/** The state has been written, and everything that the page loads is kept. @param {Page} page */
async function isKept(page) {
  await page.waitForFunction(() => /** @type {any} */ (window).wall.kept().state);
  await page.waitForFunction(() => /** @type {any} */ (window).wall.kept().page, undefined, { timeout: 3 * DEADLINE });
}

/** Notes every moment at which the screen shows no card and no plate. @returns {void} */
const watchForBlank = () => {
  Object.assign(window, { blanks: [] });
  const look = () => {
    const scene = document.querySelector("#stage > *");
    const shows = document.querySelectorAll(".card, .huge").length > 0;
    if (document.readyState === "complete" && (/** @type {any} */ (window).begun ||= shows) && !(scene && shows)) /** @type {any} */ (window).blanks.push(performance.now());
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
};

test("a wall that is loaded anew without network and without server shows what it had, and what was hidden meanwhile never comes back", async () => {
  const service = await Service.start({ config: HALL });
  const [first, second, third] = posts(3);
  await service.bring([first, second, third]);
  const page = await open(`${service.base}/w/hall`, { script: watchForBlank });
  for (const one of [first, second, third]) await page.waitForSelector(cardOf(one.id));
  await isKept(page);

  // The server is gone, and the browser is started again.
  await service.kill();
  await page.waitForSelector("#offline:not([hidden])");
  await page.reload();
  for (const one of [first, second, third]) await page.waitForSelector(cardOf(one.id));
  assert.equal(await page.isVisible("#offline"), true);
  assert.doesNotMatch(await page.innerText("body"), /error|offline|failed|refused|cannot/i);

  // It comes back with a post less and a post more; the wall of before that is loaded then never draws the hidden one.
  await service.up();
  const cookie = await service.person("mia", "moderator");
  await service.api("/walls/hall/decisions", { cookie, body: { posts: [second.id], action: "hide" } });
  const late = post("Written while the wall was away #Expert", { minutesAgo: 0 });
  await service.bring([late]);
  await page.addInitScript((id) => {
    Object.assign(window, { ghosts: 0 });
    new MutationObserver(() => {
      /** @type {any} */ (window).ghosts += document.querySelectorAll(`.card[data-id=${JSON.stringify(id)}]`).length;
    }).observe(document, { childList: true, subtree: true });
  }, second.id);
  await page.reload();
  await page.waitForSelector(cardOf(first.id));
  await page.waitForSelector(cardOf(late.id), { timeout: 3 * DEADLINE });
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).ghosts), 0, "the hidden post was drawn");
  assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).blanks), [], "blank frames");
  await page.isSound();
  await page.end();
  await service.stop();
});

test("hours without network: the wall goes on rotating, and comes back without a burst", async () => {
  const service = await Service.start({ config: HALL });
  await service.bring(posts(24));
  const cable = await Cable.lay(service.port);
  const page = await open(`${cable.base}/w/hall`, { script: watchForBlank });
  await page.waitForSelector(".card");
  await page.clock.install();
  await page.waitForFunction(() => /** @type {any} */ (window).wall.kept().state);
  cable.sever();
  await page.clock.runFor(2000);
  await page.waitForSelector("#offline:not([hidden])");
  const seen = new Set();
  for (let minute = 0; minute < 6 * 60; minute += 1) {
    await page.clock.runFor(60_000);
    const ids = await page.$$eval(".card", (cards) => cards.map((card) => card.getAttribute("data-id")));
    assert.ok(ids.length > 0, `no card after ${minute} minutes`);
    for (const id of ids) seen.add(id);
  }
  assert.equal(seen.size, 24, "all are shown in turn");
  await service.bring(posts(30, { minutesAgo: 0 }));
  cable.mend();
  const before = await page.$$eval(".card", (cards) => cards.length);
  let come = 0;
  for (let second = 0; second < 30; second += 1) {
    const had = new Set(await page.$$eval(".card", (cards) => cards.map((card) => card.getAttribute("data-id"))));
    await page.clock.runFor(1000);
    const has = await page.$$eval(".card", (cards) => cards.map((card) => card.getAttribute("data-id")));
    come += has.filter((id) => !had.has(id)).length;
  }
  assert.ok(come <= 8, `${come} cards came in half a minute`);
  assert.ok(before > 0);
  assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).blanks), []);
  await page.isSound();
  await page.end();
  cable.stop();
  await service.stop();
});

test("a new version is taken between two scenes, when the server has answered", async () => {
  const service = await Service.start({ config: `${HALL}[[walls.display.programme]]\nscene = "grid"\nfor = "20s"\n[[walls.display.programme]]\nscene = "title"\nfor = "5s"\n` });
  await service.bring(posts(3));
  const page = await open(`${service.base}/w/hall`);
  await page.waitForSelector(".card");
  await page.evaluate(() => {
    /** @type {any} */ (window).wall.renewal.hooks.own = "0123456789abcdef";
  });
  await page.route("**/w/hall", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replaceAll('"/assets/', '"/assets/fedcba9876543210/').replaceAll("/assets/fedcba9876543210/", route.request().isNavigationRequest() ? "/assets/" : "/assets/fedcba9876543210/") });
  });
  const loaded = page.waitForEvent("load", { timeout: 5 * DEADLINE });
  await service.kill();
  await page.waitForSelector("#offline:not([hidden])");
  await service.up();
  await loaded;
  await page.waitForSelector(".card");
  await page.isSound();
  await page.end();
  await service.stop();
});

test("i tells the technician how the screen stands", async () => {
  const service = await Service.start({ config: HALL });
  await service.bring(posts(3));
  const page = await open(`${service.base}/w/hall?scene=nonsense`);
  await page.waitForSelector(".card");
  await page.keyboard.press("i");
  await page.waitForFunction(() => document.querySelector("#info")?.textContent?.includes("nonsense"));
  const told = await page.innerText("#info");
  for (const words of ["connected", "1920", "grid"]) assert.ok(told.includes(words), told);
  await service.kill();
  await page.waitForFunction(() => /no connection since/.test(document.querySelector("#info")?.textContent ?? ""));
  await page.keyboard.press("i");
  await page.waitForSelector("#info", { state: "hidden" });
  await page.isSound();
  await page.end();
  await service.stop();
});
