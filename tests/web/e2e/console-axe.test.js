import assert from "node:assert/strict";
import { before, test } from "node:test";

import { axe, smallTargets } from "./axe.js";
import { open } from "./browser.js";
import { item, says } from "./console.js";
import { post, posts } from "./posts.js";
import { HALL, Service } from "./service.js";

/** @type {Service} */
let service;
let mia = "";
const odd = post("What grot, said the baker #Expert", { who: "baker", sensitive: true, warning: "Rude", media: [{ kind: "image", url: "https://pictures.invalid/1.png", alt: "Bread" }], poll: { options: [{ text: "Rye" }, { text: "Wheat" }] } });
before(async () => {
  service = await Service.start({ config: `${HALL}\n[[walls.feeds]]\nkind = "mastodon"\nserver = "http://127.0.0.1:9"\n\n[walls.moderation]\nmode = "held"\nblock_words = ["grot"]\n` });
  mia = await service.person("mia", "admin");
  await service.bring([...posts(12), odd]);
});

/** @typedef {import("./browser.js").Page} Page */

/** @type {Record<string, (page: Page, isPhone: boolean) => Promise<unknown>>} each begins where the one before has ended */
const SIGHTS = {
  waiting: (page) => page.waitForSelector(".item.selected"),
  filters: async (page) => {
    await page.click("#open-filters");
    await page.waitForSelector("#filters[open]");
  },
  chips: async (page) => {
    await page.selectOption("#filter-media", "none");
    await page.click('#filters [type="submit"]');
    await page.waitForSelector("[data-chip]");
  },
  chosen: async (page, isPhone) => {
    if (isPhone) await page.click(".item summary");
    await page.click(`${isPhone ? ".item" : "#detail"} [data-deed="choose"]`);
    await page.waitForSelector("#chosen:not([hidden])");
  },
  bulk: async (page) => {
    await page.click('[data-bulk="hide"]');
    await page.waitForSelector("#bulk-go:enabled");
  },
  author: async (page, isPhone) => {
    await page.click("#bulk [data-close]");
    await page.click("#choose-none");
    await page.waitForSelector("#chosen", { state: "hidden" });
    await page.waitForSelector("body:not(.choosing)");
    if (isPhone && !(await page.isVisible('.item [data-deed="about"]'))) await page.click(".item summary");
    await page.click(`${isPhone ? ".item" : "#detail"} [data-deed="about"]`);
    await page.waitForSelector("#author-facts dd");
  },
  note: async (page, isPhone) => {
    await page.keyboard.press("Escape");
    await page.click(`${isPhone ? ".item" : "#detail"} [data-action="note"]`);
    await page.waitForSelector("#note[open]");
  },
  hidden: async (page) => {
    await page.keyboard.press("Escape");
    await page.click("[data-chip]");
    await page.click('[data-tab="hidden"]');
    await page.waitForSelector(`${item(odd)} mark`);
    // What the list's edge cuts in half is whole once it is scrolled to.
    if (await page.isVisible(`${item(odd)} .verdict`)) await page.locator(`${item(odd)} .verdict`).scrollIntoViewIfNeeded();
  },
  resume: async (page) => {
    await page.click("#pause");
    await says(page, "#stage-note", "paused");
    await page.click("#pause");
    await page.waitForSelector("#resume[open]");
  },
  side: async (page, isPhone) => {
    await page.click('#resume [data-newest="5"]');
    await page.waitForSelector("#stage-note", { state: "hidden" });
    if (isPhone) await page.click("#open-side");
    await page.waitForSelector("#feeds li", { state: "visible" });
  },
  help: async (page, isPhone) => {
    if (isPhone) await page.click("#close-side");
    else await page.click("#open-help");
  },
  rules: async (page) => {
    await page.keyboard.press("Escape");
    await page.click('#views [href="#rules"]');
    await page.waitForSelector('[data-view="rules"] form');
  },
  audit: async (page) => {
    await page.click('#views [href="#audit"]');
    await page.waitForSelector('[data-view="audit"] li');
  },
  empty: async (page) => {
    await page.click('#views [href="#posts"]');
    await page.click('[data-tab="pinned"]');
    await says(page, "#nothing", "Nothing is pinned");
  },
};

for (const [width, height] of [[390, 844], [1440, 900], [1920, 1080]]) {
  for (const dark of [false, true]) {
    test(`axe finds nothing in any view or dialog at ${width} × ${height}, ${dark ? "dark" : "light"}`, async () => {
      const isPhone = width === 390;
      const page = await open(`${service.base}/console/hall`, { width: width ?? 0, height: height ?? 0, cookie: mia, dark, touch: isPhone });
      const shots = process.env.BUZZWALL_SHOTS;
      for (const [name, go] of Object.entries(SIGHTS)) {
        await go(page, isPhone);
        if (shots) await page.screenshot({ path: `${shots}/${name}-${width}-${dark ? "dark" : "light"}.png` });
        assert.deepEqual(await axe(page), [], name);
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, `${name} scrolls sideways`);
        if (isPhone) assert.deepEqual(await smallTargets(page), [], name);
      }
      await page.isSound();
      await page.end();
    });
  }
}

test("zoomed to 200 %, with forced colours and without motion, everything is still there", async () => {
  const page = await open(`${service.base}/console/hall`, { width: 1280, height: 1024, cookie: mia, scale: 2 });
  await page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
  await page.waitForSelector(".item.selected");
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
  for (const id of ["#pause", "#blank", "#hold", "#mode", "#search", "#order", "#open-side"]) {
    await page.locator(id).scrollIntoViewIfNeeded();
    assert.ok(await page.isVisible(id), id);
  }
  const list = await page.locator("#list").boundingBox();
  assert.ok(list && list.height > 180, `the list is ${list?.height} high`);
  assert.deepEqual((await axe(page)).filter((one) => !one.startsWith("color-contrast")), []);
  await page.isSound();
  await page.end();
});
