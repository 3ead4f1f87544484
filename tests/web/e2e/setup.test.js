import assert from "node:assert/strict";
import { test } from "node:test";

import { axe, smallTargets } from "./axe.js";
import { open } from "./browser.js";
import { mastodon } from "./mastodon.js";
import { HALL, Service } from "./service.js";

/** @typedef {import("./browser.js").Page} Page */

const TAG = "MadeConf";
const GOAL_MS = 120_000;

/** Takes the sources away that reach out of this machine, and names one here. @param {Page} page @param {string} server */
async function onlyHere(page, server) {
  await page.click('fieldset[data-kind="bluesky"] .plain');
  await page.fill('fieldset[data-kind="mastodon"] [data-key="server"] input', server);
}

/** @param {Page} page @param {string} selector @param {RegExp} words */
const says = (page, selector, words) =>
  page
    .waitForFunction(([place = "", source = ""]) => new RegExp(source).test(document.querySelector(place)?.textContent ?? ""), [selector, words.source])
    .catch(async () => assert.match((await page.textContent(selector)) ?? "", words));

test("from the printed link to a wall with real posts, by the keyboard, in less than two minutes", async (t) => {
  const server = await mastodon(TAG, ["The newest of all", "An older one", "The oldest"]);
  const begun = performance.now();
  const service = await Service.start({ config: null });
  assert.match(service.greeting, /\/setup/);
  const started = performance.now();
  const page = await open(service.link);
  await page.click("#by-link button");
  await page.waitForURL(`${service.base}/`);
  await page.click("#own a");
  await page.waitForSelector("#form:not([hidden])");
  await page.focus("#title");
  await page.keyboard.type("Made Conf");
  await page.keyboard.press("Tab");
  await page.keyboard.type(`#${TAG}`);
  await onlyHere(page, server);
  await page.click("#try-all");
  await says(page, "#tried", /^3 posts in the last day/);
  await says(page, "fieldset .result", /298 requests are left|29\d requests are left/);
  await page.focus("#title");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#made:not([hidden])");
  await says(page, "h1", /^Made Conf is running$/);
  assert.equal(await page.evaluate(() => document.activeElement?.id), "heading");
  assert.equal(await page.isVisible("#only-here"), true, "phones cannot reach it");
  await page.waitForFunction(() => [...document.querySelectorAll("#ways img")].every((one) => /** @type {HTMLImageElement} */ (one).naturalWidth > 0));
  const wall = await page.getAttribute('[data-way="wall"]', "href");
  const screen = await open(wall ?? "");
  await screen.waitForFunction(() => document.body.textContent?.includes("The newest of all"));
  const done = performance.now();
  t.diagnostic(`from the program's start to its link ${Math.round(started - begun)} ms, from there to the first post on the wall ${Math.round(done - started)} ms`);
  assert.ok(done - begun < GOAL_MS);
  const toml = await page.evaluate((address) => fetch(address).then((answer) => answer.text()), (await page.getAttribute("#toml", "href")) ?? "");
  assert.match(toml, /\[\[walls\]\]\nid = "madeconf"\ntitle = "Made Conf"\nhashtags = \["MadeConf"\]/);
  // It counts as a screen.
  await page.goto(`${service.base}/console/madeconf`);
  await page.waitForSelector("#screens li b");
  await screen.isSound();
  await page.isSound();
  await screen.end();
  await page.end();
});

test("what is wrong is said beside its field, and nothing that was typed is lost", async () => {
  const service = await Service.start({ config: null });
  const cookie = await service.person("ada", "admin");
  const page = await open(`${service.base}/setup`, { cookie });
  await page.waitForSelector("#form:not([hidden])");
  await page.click("#start");
  await says(page, "#hashtags-wrong", /Write a hashtag first/);
  assert.equal(await page.evaluate(() => document.activeElement?.id), "hashtags");
  assert.equal(await page.getAttribute("#hashtags", "aria-invalid"), "true");
  await page.fill("#title", "My wall");
  await page.fill("#hashtags", "Fine");
  await page.fill("#timezone", "Europe/Lodnon");
  await page.check('[value="delayed"]');
  await page.fill("#delay", "0.5");
  await page.click("#more summary");
  await page.fill("#id", "Not Good");
  const host = 'fieldset[data-kind="mastodon"] [data-key="server"] input';
  await page.fill(host, "");
  await page.click("#start");
  await says(page, "#trouble", /one field needs another look/);
  await says(page, 'fieldset[data-kind="mastodon"] [data-key="server"] .wrong', /Write something here/);
  await page.fill(host, "not a server");
  await page.click("#start");
  await says(page, "#trouble", /4 fields need another look/);
  await says(page, 'fieldset[data-kind="mastodon"] .field[data-key=""] .wrong', /./);
  await says(page, "#timezone-wrong", /did you mean/);
  await says(page, "#id-wrong", /is not an id/);
  await says(page, '[data-key="moderation.delay"] .wrong', /./);
  await page.fill(host, "mastodon.example");
  await page.fill("#timezone", "Europe/London");
  await page.fill("#delay", "30");
  await page.fill("#id", "demo");
  await page.click("#start");
  await says(page, "#id-wrong", /^There is a wall "demo" here already/);
  assert.equal(await page.inputValue("#title"), "My wall");
  await page.fill('fieldset[data-kind="mastodon"] [data-key="token"] input', "hush");
  // The session ends: signing in leads back, and all but the secret is still there.
  await page.context().clearCookies();
  await page.fill("#id", "");
  await page.click("#start");
  await page.waitForURL(/\/sign-in\?next=%2Fsetup/);
  await page.fill("#name", "ada");
  await page.fill("#password", "a long enough password of ada");
  await page.click("#by-name button");
  await page.waitForSelector("#form:not([hidden])");
  assert.deepEqual([await page.inputValue("#title"), await page.inputValue("#hashtags"), await page.inputValue("#delay"), await page.inputValue(host)], ["My wall", "Fine", "30", "mastodon.example"]);
  assert.equal(await page.isChecked('[value="delayed"]'), true);
  assert.doesNotMatch(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage })), /hush/);
  await page.isSound();
  await page.end();
});

test("a moderator is told who may; whoever is not signed in is sent to sign in", async () => {
  const service = await Service.start({ config: HALL });
  const page = await open(`${service.base}/setup`, { cookie: await service.person("mo", "moderator") });
  await says(page, "#refused", /Only admins/);
  assert.equal(await page.isVisible("#form"), false);
  await page.end();
  const other = await open(`${service.base}/setup`);
  await other.waitForURL(/\/sign-in\?next=%2Fsetup/);
  await other.goto(service.base);
  await other.waitForSelector("#walls li");
  assert.equal(await other.isVisible("#own"), false, "there is a wall of one's own already");
  await other.end();
});

test("it keeps nobody out: axe, in both schemes, on a phone and a desk, in both languages", async () => {
  const server = await mastodon(TAG, ["One"]);
  const service = await Service.start({ config: null });
  const cookie = await service.person("ada", "admin");
  for (const [width, dark, locale, n] of /** @type {const} */ ([[390, false, "de-DE", 1], [390, true, "en-GB", 2], [1280, false, "en-GB", 3], [1280, true, "de-DE", 4]])) {
    const page = await open(`${service.base}/setup`, { cookie, width, height: 844, dark, locale, touch: width < 500 });
    const isFit = async (/** @type {string} */ what) => {
      assert.deepEqual(await axe(page), [], `${what}, ${width}, ${dark ? "dark" : "light"}`);
      assert.deepEqual(await smallTargets(page), [], what);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${what} is wider than ${width}`);
    };
    await page.waitForSelector("#form:not([hidden])");
    await isFit("the form");
    for (const kind of ["misskey", "nostr", "rss", "x", "ingest"]) await page.click(`[data-add="${kind}"]`);
    await page.check('[value="delayed"]');
    await page.click("#more summary");
    await page.fill("#id", "Ö");
    await page.fill("#hashtags", TAG);
    await page.click("#start");
    await page.waitForSelector("#trouble:not([hidden])");
    await isFit("the form with faults");
    for (const kind of ["misskey", "nostr", "rss", "x", "ingest"]) await page.click(`fieldset[data-kind="${kind}"] .plain`);
    await onlyHere(page, server);
    await page.click('fieldset[data-kind="mastodon"] [data-try]');
    await says(page, "fieldset .result", locale === "de-DE" ? /^1 Beitrag am letzten Tag/ : /^1 post in the last day/);
    await page.fill("#id", `made-${n}`);
    await page.click("#start");
    await page.waitForSelector("#made:not([hidden])");
    await isFit("the links");
    assert.equal(await page.getAttribute("html", "lang"), locale.slice(0, 2));
    await page.isSound();
    await page.end();
  }
});
