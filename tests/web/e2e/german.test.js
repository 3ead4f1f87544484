import assert from "node:assert/strict";
import { before, test } from "node:test";

import { desk, item, says } from "./console.js";
import { post } from "./posts.js";
import { open } from "./browser.js";
import { HALL, Service } from "./service.js";

/** @typedef {import("./browser.js").Page} Page */

/** Words of nearly every English sentence, and of this console's, that are no German ones. */
const ENGLISH = /(?<![\p{L}-])(the|and|of|to|is|are|be|by|for|from|with|not|nothing|this|that|post|posts|hidden|shown|waiting|held|hide|show|approval|feeds?|screens?|wall|blocked|author|rules|undo|back|sign|search|key|more|ago|now|people)(?![\p{L}-])/iu;

/** @type {Service} */
let service;
let cookie = "";
before(async () => {
  service = await Service.start({ config: `${HALL}\n[walls.moderation]\nblock_words = ["grot"]\nmax_hashtags = { most = 2, action = "hold" }\n` });
  cookie = await service.person("mia", "moderator");
});

const german = (place = "", how = {}) => desk(service, cookie, place, { locale: "de-DE", ...how });

/**
 * What stands on the page in English: the text of all that is seen, labels and placeholders; what strangers wrote is not
 * looked at.
 *
 * @param {Page} page
 */
async function english(page) {
  const said = await page.evaluate(() => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node instanceof Element ? node : node.parentElement;
      if (element === null || element.closest("bdi, .text, kbd, .name, h1, script, template")) continue;
      if (node instanceof Text) found.push(node.data);
      else if (node instanceof Element) found.push(node.getAttribute("aria-label") ?? "", node.getAttribute("placeholder") ?? "", node.getAttribute("title") ?? "");
    }
    return found;
  });
  return said.filter((words) => ENGLISH.test(words.replaceAll("English", "").replaceAll("docs/judge.md", "")));
}

test("whoever reads German finds a console in German, in every view", async () => {
  const held = post("Viele Zeichen #eins #zwei #Expert", { who: "ada", hashtags: ["eins", "zwei", "Expert"] });
  const hidden = post("Das ist grot #Expert", { who: "bert" });
  const shown = post("Ein ganz gewöhnlicher Gedanke #Expert", { who: "cleo", warning: "Essen", media: [{ kind: "image", url: "https://pictures.invalid/1.png" }] });
  await service.bring([held, hidden, shown]);
  const page = await german();
  assert.equal(await page.getAttribute("html", "lang"), "de");
  await says(page, '[data-tab="waiting"]', "Wartend");
  await says(page, '[data-tab="hidden"]', "Ausgeblendet");
  await says(page, "#pause", "Pause");
  await says(page, "#hold", "Alle warten");
  await page.click('[data-tab="hidden"]');
  await says(page, `${item(hidden)} .why`, "Gesperrtes Wort");
  await says(page, '#detail [data-action="block"]', "Person sperren");
  assert.deepEqual(await english(page), []);
  await page.click('[data-tab="shown"]');
  await page.click(item(shown));
  await page.click('#detail [data-action="hide"]');
  await says(page, "#log li", "mia hat einen Beitrag von Cleo ausgeblendet");
  await says(page, "#last", "mia hat einen Beitrag von Cleo ausgeblendet");
  assert.deepEqual(await english(page), []);
  await page.keyboard.press("?");
  await says(page, "#keys", "deine letzte Entscheidung zurücknehmen");
  assert.deepEqual(await english(page), []);
  await page.keyboard.press("Escape");
  await page.waitForSelector("#help", { state: "hidden" });
  await page.keyboard.press("f");
  await page.waitForSelector("#filters[open]");
  assert.deepEqual(await english(page), []);
  await page.keyboard.press("Escape");
  await page.waitForSelector("#filters", { state: "hidden" });
  await page.keyboard.press("R");
  await says(page, '[data-view="rules"]', "Auf alle anwenden");
  await says(page, '[data-view="rules"]', "Gesperrte Wörter");
  assert.deepEqual(await english(page), []);
  await page.keyboard.press("D");
  await says(page, '[data-view="audit"]', "mia hat einen Beitrag ausgeblendet");
  assert.deepEqual(await english(page), []);
  await page.click('#views [href="#display"]');
  await says(page, '[data-view="display"]', "Kein Bildschirm ist angemeldet");
  await page.waitForSelector('[data-view="display"] .preview .card');
  assert.deepEqual(await english(page), []);
  await page.isSound();
  await page.end();
});

test("numbers and times are written as the language does, and reasons say what was found", async () => {
  const tagged = post("Sehr viele #eins #zwei #drei #Expert", { who: "dora", hashtags: ["eins", "zwei", "drei", "Expert"] });
  const start = (/** @type {string} */ tag) => Buffer.byteLength(tagged.text.slice(0, tagged.text.indexOf(`#${tag}`)));
  for (const tag of ["eins", "zwei", "drei"]) tagged.facets.push({ start: start(tag), end: start(tag) + 5, kind: "hashtag", target: tag });
  await service.bring([tagged]);
  const page = await german();
  await says(page, `${item(tagged)} .why`, "Viele Hashtags (4 Hashtags)");
  await page.click(item(tagged));
  await page.click('#detail [data-deed="about"]');
  await says(page, "#author-facts", "Nach den Regeln");
  await page.waitForSelector("#author-deeds button");
  assert.match(await page.innerText("#author-facts"), /\d{1,2}\. \S+ \d{4}, \d\d:\d\d/);
  assert.deepEqual(await english(page), []);
  await page.end();
});

test("another language can be chosen, and is remembered", async () => {
  const page = await german();
  await says(page, '[data-tab="waiting"]', "Wartend");
  await page.selectOption("#language select", "en");
  await says(page, '[data-tab="waiting"]', "Waiting");
  await page.reload();
  await says(page, '[data-tab="waiting"]', "Waiting");
  assert.equal(await page.getAttribute("html", "lang"), "en");
  await page.selectOption("#language select", "de");
  await says(page, '[data-tab="waiting"]', "Wartend");
  await page.isSound();
  await page.end();
});

test("how one wants to be called is remembered, and the title bears no mark where that is switched off", async () => {
  await service.bring([post("Noch einer #eins #zwei #Expert", { who: "emil", sensitive: true })]);
  const page = await german();
  await page.waitForFunction(() => /^(! )?\(\d+\) /.test(document.title));
  await page.uncheck('[name="alarm-badge"]');
  await page.uncheck('[name="alarm-sound"]');
  await page.waitForFunction(() => /^Everyone/.test(document.title));
  await page.reload();
  await page.waitForSelector(".item");
  assert.equal(await page.isChecked('[name="alarm-badge"]'), false);
  assert.equal(await page.isChecked('[name="alarm-sound"]'), false);
  assert.match(await page.title(), /^Everyone/);
  await page.check('[name="alarm-badge"]');
  await page.waitForFunction(() => /^(! )?\(\d+\) /.test(document.title));
  await page.isSound();
  await page.end();
});

test("a screen that is gone calls, in a line and in the title", async () => {
  const { key } = await service.api("/walls/hall/screens", { cookie });
  const page = await german();
  const screen = await open(`${service.base}/w/hall?screen=foyer&key=${key}`);
  await page.waitForFunction(() => document.querySelector("#screens li b") !== null);
  await screen.end();
  await says(page, "#alerts", "foyer ist offline");
  await page.waitForFunction(() => document.title.startsWith("! "));
  await page.isSound();
  await page.end();
});

test("signing in is in German too", async () => {
  const page = await open(`${service.base}/sign-in`, { locale: "de-AT" });
  await says(page, "h1", "Anmelden");
  await page.fill("#name", "mia");
  await page.fill("#password", "not this one at all");
  await page.click("#by-name button");
  await says(page, "#trouble", "gehören nicht zusammen");
  assert.deepEqual(await english(page), []);
  await page.isSound();
  await page.end();
});
