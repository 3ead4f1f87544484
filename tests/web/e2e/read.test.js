import assert from "node:assert/strict";
import { before, test } from "node:test";

import { axe, smallTargets } from "./axe.js";
import { open } from "./browser.js";
import { post, posts } from "./posts.js";
import { HALL, Service } from "./service.js";

/** @typedef {import("./browser.js").Page} Page */

/** @type {Service} */
let service;
let cookie = "";
before(async () => {
  service = await Service.start({
    config: ["hall", "long", "welsh", "quiet", "arabic", "empty"].map((id) => HALL.replace('"hall"', JSON.stringify(id))).join("\n") + HALL.replace('"hall"', '"varied"') + '\n[walls.moderation]\nsensitive = "show"\n' + HALL.replace('"hall"', '"soon"').replace('"Everyone an Expert"', '"Everyone an Expert"\nfrom = 2099-05-06T09:30:00Z'),
  });
  cookie = await service.person("ada", "admin");
});

/** @param {string} wall @param {Parameters<typeof open>[1]} [how] */
const read = (wall, how = {}, query = "") => open(`${service.base}/w/${wall}/read${query}`, { width: 390, height: 844, ...how });
/** @param {{id: string}} one */
const at = ({ id }) => `#posts li[data-id=${JSON.stringify(id)}]`;
/** @param {string} wall @param {any[]} which @param {string} action */
const decide = (wall, which, action) => service.api(`/walls/${wall}/decisions`, { cookie, body: { posts: which.map(({ id }) => id), action } });
/** @param {Page} page @param {number} count */
const articles = (page, count) => page.waitForFunction((n) => document.querySelectorAll("#posts article").length === n, count);
/** @param {Page} page @param {string} selector @param {string} words */
const says = (page, selector, words) => page.waitForFunction(([where, what]) => document.querySelector(where ?? "")?.textContent === what, [selector, words]);
/** What a screen reader hears of a part of the page. @param {Page} page @param {string} selector */
const heard = (page, selector) =>
  page.$eval(selector, (node) => {
    const copy = /** @type {Element} */ (node.cloneNode(true));
    for (const hidden of copy.querySelectorAll("[aria-hidden]")) hidden.remove();
    return copy.textContent?.replace(/\s+/g, " ").trim();
  });

const varied = [
  post("A plain thought with https://example.org/a/long/address/that/nobody/reads/aloud in it", { who: "plain" }),
  post("Behind a warning", { who: "warned", warning: "Food, and a spider" }),
  post("𝓢𝓽𝔂𝓵𝓮𝓭 words 🎉🎉🎉🎉🎉🎉", { who: "styled", author: { id: "mastodon:s", handle: "@styled@example.org", name: "𝐒𝐭𝐲𝐥𝐞𝐝 🌈🌈🌈🌈" } }),
  post("A picture", { who: "pic", media: [{ kind: "image", url: "https://pictures.invalid/1.png", alt: "A hall full of people", width: 1600, height: 900 }, { kind: "image", url: "https://pictures.invalid/2.png" }] }),
  post("A film", { who: "film", sensitive: true, media: [{ kind: "video", url: "https://pictures.invalid/1.mp4", preview: "https://pictures.invalid/1.jpg", alt: "Somebody dances" }] }),
  post("A poll", { who: "poll", poll: { options: [{ text: "Yes", votes: 3 }, { text: "No", votes: 1 }] } }),
  post("Un mot en français", { who: "claire", language: "fr", card: { url: "https://example.org/page", title: "A page", description: "" } }),
  post("مرحبا بالجميع", { who: "samir", language: "ar" }),
  post(`${"x".repeat(900)}`, { who: "word" }),
];

test("axe finds nothing, light or dark, on a phone, at a desk and zoomed in four times; nothing scrolls sideways", async () => {
  await service.bring(varied, "varied");
  for (const dark of [false, true])
    for (const how of [{ width: 390, height: 844 }, { width: 1280, height: 800 }, { width: 1280, height: 800, scale: 4 }, { width: 320, height: 640 }]) {
      const page = await read("varied", { ...how, dark });
      await articles(page, varied.length);
      for (const summary of await page.$$("summary")) await summary.click();
      const name = JSON.stringify({ ...how, dark });
      assert.deepEqual(await axe(page), [], name);
      assert.deepEqual(await smallTargets(page), [], name);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, name);
      await page.isSound();
      await page.end();
    }
});

test("a post is heard as it is meant: languages, descriptions, warnings, rows of emoji, letters in other clothes", async () => {
  const page = await read("varied");
  await articles(page, varied.length);
  const [, warned, styled, pic, film, poll, french, arabic] = varied;
  assert.equal(await page.getAttribute(`${at(french)} .said`, "lang"), "fr");
  assert.equal(await page.getAttribute(`${at(arabic)} .said`, "lang"), "ar");
  assert.equal(await page.isVisible(`${at(warned)} .said`), false);
  assert.equal(await page.innerText(`${at(warned)} summary`), "Content warning: Food, and a spider");
  await page.focus(`${at(warned)} summary`);
  await page.keyboard.press("Enter");
  assert.equal(await page.isVisible(`${at(warned)} .said`), true);
  assert.equal(await heard(page, `${at(styled)} .said`), "Styled words 🎉 and 5 more emoji #Expert");
  assert.equal(await heard(page, `${at(styled)} h3`), "Styled 🌈 and 3 more emoji");
  const seen = await page.$$eval(`${at(styled)} .said [aria-hidden]`, (all) => all.map((one) => one.textContent));
  assert.deepEqual(seen, ["𝓢𝓽𝔂𝓵𝓮𝓭", "🎉🎉🎉🎉🎉🎉"], "the eye sees what was written");
  await page.locator(at(pic)).scrollIntoViewIfNeeded();
  await page.waitForFunction((selector) => document.querySelectorAll(`${selector} .lost`).length === 2, at(pic));
  assert.deepEqual(await page.$$eval(`${at(pic)} .lost`, (all) => all.map((one) => one.textContent)), ["The picture could not be loaded: A hall full of people", "The picture could not be loaded: Picture without a description"]);
  assert.equal(await page.getAttribute(`${at(film)} img`, "alt"), "Video: Somebody dances");
  assert.equal(await page.isVisible(`${at(film)} img`), false, "sensitive: only when the reader asks");
  assert.match(await page.innerText(`${at(poll)} .poll`), /Yes\s+3 votes\s+No\s+1 vote$/);
  await page.end();
});

test("by keyboard alone: to the posts, larger text, new posts, older posts", async () => {
  const first = posts(45);
  await service.bring(first, "long");
  const page = await read("long", { width: 1280, height: 800 });
  await articles(page, 20);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "posts");
  const size = () => page.$eval(".said", (said) => Number.parseFloat(getComputedStyle(said).fontSize));
  const normal = await size();
  await page.focus("#larger");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  assert.ok((await size()) > normal * 1.4);
  const news = post("Something new", { minutesAgo: 0 });
  await service.bring([news], "long");
  await says(page, "#new", "1 new post");
  assert.equal(await page.locator(at(news)).count(), 0, "nothing enters above what is read");
  await page.focus("#new");
  await page.keyboard.press("Enter");
  await articles(page, 21);
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), await page.innerText(`${at(news)} h3`));
  for (const count of [41, 46]) {
    const seen = await page.$$eval("#posts li", (all) => all.map((one) => /** @type {HTMLElement} */ (one).dataset.id));
    await page.focus("#more");
    await page.keyboard.press("Enter");
    await articles(page, count);
    const here = await page.evaluate(() => /** @type {HTMLElement | null | undefined} */ (document.activeElement?.closest("li"))?.dataset.id);
    assert.equal(here, await page.$$eval("#posts li", (all, known) => all.map((one) => /** @type {HTMLElement} */ (one).dataset.id).find((id) => !known.includes(id)), seen));
  }
  assert.deepEqual(await page.$$eval("#posts li", (all) => all.map((one) => /** @type {HTMLElement} */ (one).dataset.id)), [news, ...first.reverse()].map(({ id }) => id));
  assert.equal(await page.isVisible("#more"), false);
  assert.equal(await page.innerText("#end"), "These are all posts.");
  await page.reload();
  await articles(page, 20);
  assert.ok((await size()) > normal * 1.4, "the size is kept");
  await page.isSound();
  await page.end();
});

test("a hidden post is gone at once, an older one too, and whoever was at it goes on at the next", async () => {
  const page = await read("long");
  await articles(page, 20);
  await page.click("#more");
  await articles(page, 40);
  const ids = await page.$$eval("#posts li", (all) => all.map((one) => /** @type {HTMLElement} */ (one).dataset.id ?? ""));
  const [oldest, above] = [{ id: ids[38] ?? "" }, { id: ids[3] ?? "" }];
  await page.focus(`${at(oldest)} a`);
  await decide("long", [oldest, above], "hide");
  await articles(page, 38);
  assert.equal(await page.locator(`${at(oldest)}, ${at(above)}`).count(), 0);
  assert.equal(await page.evaluate(() => /** @type {HTMLElement | null | undefined} */ (document.activeElement?.closest("li"))?.dataset.id), ids[39]);
  await service.api("/walls/long/stage", { cookie, body: { action: "blank" } });
  await says(page, "#calm .big", "A short break");
  assert.equal(await page.locator("#posts li").count(), 0);
  await service.api("/walls/long/stage", { cookie, body: { action: "unblank" } });
  await articles(page, 38);
  await service.api("/walls/long/stage", { cookie, body: { action: "announcement", text: "Lunch is ready" } });
  await says(page, "#announcement .words", "Lunch is ready");
  await service.api("/walls/long/stage", { cookie, body: { action: "announcement" } });
  await page.waitForSelector("#announcement", { state: "hidden" });
  await page.isSound();
  await page.end();
});

test("what was hidden while the connection was gone is not there when it comes back", async () => {
  const page = await read("long");
  await articles(page, 20);
  await page.click("#more");
  await articles(page, 40);
  const ids = await page.$$eval("#posts li", (all) => all.map((one) => /** @type {HTMLElement} */ (one).dataset.id ?? ""));
  await page.context().setOffline(true);
  await service.kill();
  const gone = { id: ids[30] ?? "" };
  await service.up();
  await decide("long", [gone], "hide");
  await page.context().setOffline(false);
  await page.waitForFunction((selector) => !document.querySelector(selector), at(gone));
  await articles(page, 39);
  await page.isSound();
  await page.end();
});

test("new posts are told of at most every half minute, by their number; paused, not at all", async () => {
  await service.bring(posts(3), "hall");
  const page = await read("hall");
  await articles(page, 3);
  await page.evaluate(() => {
    const told = /** @type {string[]} */ ([]);
    Object.assign(window, { told });
    new MutationObserver(() => told.push(document.querySelector("#told")?.textContent ?? "")).observe(/** @type {Element} */ (document.querySelector("#told")), { childList: true, characterData: true, subtree: true });
  });
  const told = () => page.evaluate(() => /** @type {any} */ (window).told);
  await page.clock.install();
  await service.bring(posts(1), "hall");
  await says(page, "#told", "1 new post");
  await service.bring(posts(6), "hall");
  await says(page, "#new", "7 new posts");
  assert.deepEqual(await told(), ["1 new post"]);
  await page.clock.fastForward(30_000);
  await says(page, "#told", "7 new posts");
  assert.deepEqual(await told(), ["1 new post", "7 new posts"]);
  await page.click("#pause");
  await says(page, "#notice", "Paused: nothing new until you go on.");
  assert.equal(await page.isVisible("#new"), false);
  await page.clock.fastForward(60_000);
  const late = post("Written in the pause", { minutesAgo: 0 });
  await service.bring([late], "hall");
  const hidden = await page.getAttribute("#posts li:last-child", "data-id");
  await decide("hall", [{ id: hidden ?? "" }], "hide");
  await articles(page, 2);
  assert.equal((await told()).filter(Boolean).length, 2, "a hide is not paused, news are");
  await page.click("#pause");
  await says(page, "#new", "8 new posts");
  await page.click("#new");
  await articles(page, 10);
  await page.isSound();
  await page.end();
});

test("in Arabic the page is mirrored, and what is Latin stays as it is", async () => {
  await service.bring(varied.slice(0, 3), "arabic");
  const page = await read("arabic", {}, "?lang=ar");
  await articles(page, 3);
  assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]), ["ar", "rtl"]);
  const sides = await page.evaluate(() => {
    const box = (/** @type {string} */ selector) => /** @type {Element} */ (document.querySelector(selector)).getBoundingClientRect();
    return [box(".face").left > box("h3").left, box("#smaller").left > box("#pause").left, box(".tag").left > 30, getComputedStyle(/** @type {Element} */ (document.querySelector(".said"))).direction];
  });
  assert.deepEqual(sides, [true, true, true, "ltr"]);
  assert.equal(await page.innerText("#header .counts"), "3 منشورات · 3 أشخاص");
  assert.deepEqual(await axe(page), []);
  await page.isSound();
  await page.end();
});

test("Welsh counts in six ways, and the language can be chosen for good", async () => {
  await service.bring(posts(1), "welsh");
  const page = await read("welsh", { locale: "cy" });
  await articles(page, 1);
  for (const words of ["1 postiad newydd", "2 bostiad newydd", "3 phostiad newydd", "4 postiad newydd", "5 postiad newydd", "6 phostiad newydd"]) {
    await service.bring([post(`Rhywbeth am ${words}`, { minutesAgo: 0 })], "welsh");
    await says(page, "#new", words);
  }
  await page.selectOption("#language", "fr");
  await says(page, "#new", "6 nouveaux messages");
  assert.equal(await page.getAttribute("html", "lang"), "fr");
  await page.reload();
  await says(page, "#pause", "Pause");
  assert.equal(await page.getAttribute("html", "lang"), "fr");
  await page.isSound();
  await page.end();
});

test("a wall that is not there, that has not begun, or on which nobody has written says so calmly", async () => {
  const nowhere = await open(`${service.base}/w/nothing/read`);
  assert.equal(await nowhere.innerText("h1"), "Nothing here");
  await nowhere.end();
  const soon = await read("soon", { locale: "de-DE" });
  await says(soon, "#calm .big", "Noch keine Beiträge");
  assert.match(await soon.innerText("#calm .small"), /^Es beginnt am 6\. Mai 2099, 10:30\. Beiträge mit diesem Hashtag/, "in the wall's own zone");
  await soon.end();
  const empty = await read("empty");
  await says(empty, "#calm .big", "No posts yet");
  assert.deepEqual(await axe(empty), []);
  await service.bring(posts(1), "empty");
  await articles(empty, 1);
  assert.equal(await empty.isVisible("#calm"), false);
  await empty.isSound();
  await empty.end();
});
