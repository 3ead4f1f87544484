import assert from "node:assert/strict";
import { before, test } from "node:test";

import { axe, smallTargets } from "./axe.js";
import { open } from "./browser.js";
import { desk, says } from "./console.js";
import { HALL, Service } from "./service.js";

/** @type {Service} */
let service;
let mia = "";
let key = "";
const AGENDA = `
[[walls.sessions]]
title = "Opening keynote"
from = 2026-11-06T09:30:00
to = 2026-11-06T10:15:00
`;
before(async () => {
  service = await Service.start({ config: `${HALL}${AGENDA}` });
  mia = await service.person("mia", "admin");
  ({ key } = await service.api("/walls/hall/screens", { cookie: mia }));
});

const VIEW = '[data-view="display"]';
const display = async () => (await service.api("/walls/hall")).display;
const foyer = () => open(`${service.base}/w/hall?screen=foyer&key=${key}`, { width: 1280, height: 720 });

/** Presses Tab until the focus is on what is asked for. @param {import("./browser.js").Page} page @param {string} selector */
async function tabTo(page, selector) {
  for (let i = 0; i < 120; i += 1) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`${selector} is not reached by Tab`);
}

test("a programme is made, put in order and saved by the keyboard alone", async () => {
  const page = await desk(service, mia, "#display");
  await page.waitForSelector(`${VIEW} .programme`, { state: "attached" });
  await tabTo(page, '#views [href="#display"]');
  await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector(".panel.wide"))?.scrollIntoView());
  for (const scene of ["s", "i"]) {
    await tabTo(page, `${VIEW} .panel.wide > .row button:first-child`);
    await page.keyboard.press("Enter");
    // The new entry's scene has the focus; a letter chooses.
    await page.keyboard.type(scene === "s" ? "Figures" : "How to post", { delay: 5 });
  }
  await tabTo(page, `${VIEW} .programme li:nth-child(2) [data-acts="up"]`);
  await page.keyboard.press("Enter");
  await says(page, "#spoken", "How to post is entry 1 now.");
  assert.equal(await page.evaluate(() => /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.acts), "down", "the focus stays with the entry");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await tabTo(page, `${VIEW} .programme li:nth-child(2) label:nth-child(3) select`);
  await page.keyboard.type("during one", { delay: 5 });
  await tabTo(page, `${VIEW} .programme li:nth-child(2) input[type="checkbox"]`);
  await page.keyboard.press("Space");
  await page.keyboard.press("Tab");
  await page.keyboard.type("foyer, hall");
  await tabTo(page, `${VIEW} .panel.wide > .row .main`);
  await page.keyboard.press("Enter");
  await says(page, "#spoken", "The programme is saved.");
  assert.deepEqual((await display()).programme, [
    { scene: "invite", seconds: 60, when: null, only: false, screens: null },
    { scene: "stats", seconds: 60, when: { session: "Opening keynote" }, only: true, screens: ["foyer", "hall"] },
  ]);

  // What makes no sense is said where it stands, and nothing is lost.
  await page.fill(`${VIEW} .programme li:first-child input.duration`, "soon");
  await page.click(`${VIEW} .panel.wide > .row .main`);
  await says(page, `${VIEW} .trouble`, "is not a length of time");
  assert.equal(await page.inputValue(`${VIEW} .programme li:first-child input.duration`), "soon");
  await page.click(`${VIEW} .panel.wide > .row button:nth-child(3)`);
  assert.equal(await page.inputValue(`${VIEW} .programme li:first-child input.duration`), "1m");
  await page.click(`${VIEW} .panel.wide > .row button:nth-child(4)`);
  await page.waitForFunction((view) => document.querySelectorAll(`${view} .programme li`).length === 0, VIEW);
  assert.deepEqual((await display()).programme, []);
  await page.isSound();
  await page.end();
});

test("a screen is listed, called, given a scene and let go", async () => {
  const page = await desk(service, mia, "#display");
  const wall = await foyer();
  await says(page, `${VIEW} .screens-list`, "foyer");
  await says(page, `${VIEW} .screens-list .state`, "1280 × 720");
  await says(page, `${VIEW} .screens-list .facts`, "answers in");
  await page.click(`${VIEW} [data-acts="identify"]`);
  await says(page, "#spoken", "foyer shows its name.");
  await page.selectOption(`${VIEW} [data-acts="scene"]`, "stats");
  await says(page, "#spoken", "foyer plays Figures.");
  const staff = await service.api("/walls/hall/screens", { cookie: mia });
  assert.equal(staff.screens[0].name, "foyer");
  await wall.end();
  await says(page, `${VIEW} .screens-list .state`, "Offline");
  assert.ok(await page.isDisabled(`${VIEW} [data-acts="reload"]`));
  await page.click(`${VIEW} .screens-list [data-acts="dismiss"]`);
  await says(page, `${VIEW} .screens-list`, "No screen is registered");

  await page.fill(`${VIEW} .new-screen input`, "main hall");
  await page.click(`${VIEW} .new-screen button`);
  await says(page, `${VIEW} .new-screen .link`, `/w/hall?screen=main+hall&key=${key}`);
  await page.waitForFunction((view) => /** @type {HTMLImageElement} */ (document.querySelector(`${view} .code`)).naturalWidth > 0, VIEW);
  await page.isSound();
  await page.end();
});

test("a brand is drawn before it holds, and the room says what its type needs", async () => {
  const page = await desk(service, mia, "#display");
  await page.waitForSelector(`${VIEW} .preview .card`);
  const accent = () => page.evaluate((view) => getComputedStyle(/** @type {Element} */ (document.querySelector(`${view} .preview .mark`))).color, VIEW);
  const old = await accent();
  await page.check(`${VIEW} .panel .check input:not(.programme *)`);
  await page.fill(`${VIEW} .panel .parts input.duration >> nth=0`, "#c8102e");
  await says(page, `${VIEW} .panel`, "Screens");
  await page.waitForFunction((view) => document.querySelector(view)?.textContent?.includes("Your colour #c8102e became"), VIEW);
  assert.notEqual(await accent(), old);
  assert.equal((await display()).theme, "midnight", "nothing holds yet");
  await page.getByRole("button", { name: "Use this look" }).click();
  await says(page, "#spoken", "The look is saved.");
  assert.equal((await display()).theme, "brand");
  await page.getByRole("button", { name: "Back to the file’s" }).last().click();
  await page.waitForFunction((view) => !document.querySelector(view)?.textContent?.includes("Your colour"), VIEW);
  assert.equal((await display()).theme, "midnight");

  await page.getByLabel("Height of the picture").fill("2m");
  await page.getByLabel("Distance of the last row").fill("16m");
  await says(page, `${VIEW} .legibility`, "8 picture heights away");
  await says(page, `${VIEW} .legibility`, "43 pixels high on a picture of 1080, which is 4 %");
  await page.getByRole("button", { name: "Save the room" }).click();
  await says(page, "#spoken", "The room is saved.");
  assert.equal((await display()).last_row_m, 16);
  await page.isSound();
  await page.end();
});

test("axe finds nothing on a phone or at a desk, light or dark, and whoever may not change it sees it all the same", async () => {
  const wall = await foyer();
  await service.api("/walls/hall/settings", { cookie: mia, method: "PATCH", body: { display: { programme: [{ scene: "grid", for: "5m" }, { scene: "ticker", for: "1m", when: { fewer: { posts: 3, seconds: 300 } } }] } } });
  const rae = await service.person("rae", "rapporteur");
  const shots = process.env.BUZZWALL_SHOTS;
  for (const [width, height] of [[390, 844], [1440, 900]]) {
    for (const dark of [false, true]) {
      const page = await open(`${service.base}/console/hall#display`, { width: width ?? 0, height: height ?? 0, cookie: dark ? rae : mia, dark, touch: width === 390 });
      await says(page, `${VIEW} .screens-list`, "foyer");
      await page.waitForSelector(`${VIEW} .preview .card`);
      await page.waitForSelector(`${VIEW} .programme li:nth-child(2)`);
      if (!dark) {
        await page.fill(`${VIEW} .new-screen input`, "stage");
        await page.click(`${VIEW} .new-screen button`);
        await page.waitForSelector(`${VIEW} .code:not([hidden])`);
      }
      if (shots) {
        await page.screenshot({ path: `${shots}/screens-${width}-${dark ? "dark" : "light"}.png` });
        await page.evaluate((view) => document.querySelector(view)?.scrollBy(0, 900), VIEW);
        await page.screenshot({ path: `${shots}/screens-${width}-${dark ? "dark" : "light"}-2.png` });
      }
      assert.deepEqual(await axe(page), [], `${width} ${dark}`);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, "it scrolls sideways");
      if (width === 390) assert.deepEqual(await smallTargets(page), []);
      if (dark) assert.equal(await page.locator(`${VIEW} .panel .main`).count(), 0, "nothing to save for a rapporteur");
      await page.isSound();
      await page.end();
    }
  }
  await wall.end();
});
