import assert from "node:assert/strict";
import { before, test } from "node:test";

import { cards, desk, item, phone, says, selected } from "./console.js";
import { open } from "./browser.js";
import { post, posts } from "./posts.js";
import { Cable, HALL, Service } from "./service.js";

/** @type {Service} */
let service;
let mia = "";
before(async () => {
  service = await Service.start({ config: `${HALL}\n[[walls.feeds]]\nkind = "mastodon"\nserver = "http://127.0.0.1:9"\n\n[walls.moderation]\nmode = "held"\nblock_words = ["grot"]\n` });
  mia = await service.person("mia", "moderator");
  await service.bring([...posts(40), post("An apple a day #Expert", { who: "apple", language: "en" })]);
});

test("a lost connection is said at once, nothing is decided or kept for later, and it comes back", async () => {
  const cable = await Cable.lay(service.port);
  const page = await open(`${cable.base}/console/hall`, { width: 1440, height: 900, cookie: mia });
  await page.waitForSelector(".item.selected");
  const first = await selected(page);
  cable.sever();
  await says(page, "#lost", "Not connected since");
  assert.equal(await page.getAttribute('#detail [data-action="hide"]', "aria-disabled"), "true");
  assert.equal(await page.getAttribute("#pause", "title"), "Not connected");
  await page.click('#detail [data-action="hide"]', { force: true });
  await says(page, "#last .refused", "Not connected; nothing was done");
  for (const key of ["h", "s", " ", "b", "b", "w", "u"]) await page.keyboard.press(key);
  await says(page, "#last .refused", "not connected; nothing was done");
  await says(page, '[data-tab="waiting"] .count', "41");
  cable.mend();
  await page.waitForSelector("#lost", { state: "hidden" });
  assert.equal(await page.getAttribute('#detail [data-action="hide"]', "aria-disabled"), null);
  assert.equal(await selected(page), first);
  assert.deepEqual((await service.api("/walls/hall/audit", { cookie: mia })).entries, []);
  await page.isSound();
  await page.end();
  cable.stop();
});

test("a session that expired comes back to the same place after signing in", async () => {
  const password = "a long enough password of nia";
  const nia = await service.person("nia", "moderator");
  const page = await desk(service, nia, "#posts?order=newest&source=mastodon");
  await page.waitForSelector(".item.selected");
  for (let i = 0; i < 3; i += 1) await page.keyboard.press("j");
  const [place, id] = [page.url(), await selected(page)];
  assert.match(place, /#posts\?order=newest&source=mastodon&at=\d+$/);
  await service.run(["person", "password", "nia", "--password-stdin"], `${password}\n`);
  await page.keyboard.press("h");
  await page.waitForURL("**/sign-in?next=*");
  await page.fill("#name", "nia");
  await page.fill("#password", password);
  await page.click("#by-name button");
  await page.waitForSelector(".item.selected");
  assert.equal(page.url(), place);
  assert.equal(await selected(page), id);
  await page.reload();
  await page.waitForSelector(".item.selected");
  assert.equal(await selected(page), id);
  await page.isSound();
  await page.end();
});

test("the address says the place: queue, order and filters, back and forth", async () => {
  const page = await desk(service, mia);
  await cards(page, 20).catch(() => page.waitForSelector(".item"));
  await page.click("#open-filters");
  await page.fill("#filter-language", "en");
  await page.selectOption("#filter-media", "none");
  await page.click('#filters [type="submit"]');
  await cards(page, 1);
  await says(page, "#chips", "1 match");
  await page.click("#order");
  await says(page, "#order", "Newest first");
  assert.match(page.url(), /#posts\?order=newest&language=en&media=none/);
  await page.goBack();
  await says(page, "#order", "Oldest first");
  await page.click('[data-chip="language"]');
  await page.waitForSelector('[data-chip="language"]', { state: "detached" });
  await page.waitForFunction(() => document.querySelectorAll(".item").length > 5);
  await page.click('#views [href="#audit"]');
  assert.match(page.url(), /#audit/);
  await page.goBack();
  await page.waitForSelector(".item");
  await page.goto(`${service.base}/console/hall#rules`);
  await page.waitForSelector('[data-view="rules"]:not([hidden]) form');
  await page.isSound();
  await page.end();
});

test("nothing jumps under a finger: what is new waits, and what one reads stays where it is", async () => {
  const page = await phone(service, mia, "#posts?order=newest");
  await page.waitForSelector(".item.selected");
  await page.evaluate(() => void (/** @type {HTMLElement} */ (document.querySelector("#list")).scrollTop = 700));
  const top = () =>
    page.evaluate(() => {
      const list = /** @type {HTMLElement} */ (document.querySelector("#list")).getBoundingClientRect();
      const card = [...document.querySelectorAll(".item")].find((one) => one.getBoundingClientRect().bottom > list.top + 60);
      return [card?.getAttribute("data-id"), Math.round(card?.getBoundingClientRect().top ?? 0)];
    });
  await page.waitForFunction(() => document.querySelectorAll(".item").length > 4);
  const before_ = await top();
  // Heights are fractions; a card that is measured anew may round to the next pixel.
  const isStill = async () => {
    const [id, at] = await top();
    assert.equal(id, before_[0]);
    assert.ok(Math.abs(Number(at) - Number(before_[1])) <= 1, `${at} instead of ${before_[1]}`);
  };
  const fresh = post("Hot off the press #Expert", { who: "fresh" });
  await service.bring([fresh]);
  await says(page, "#fresh", "Show 1 new");
  await isStill();
  // Somebody else decides about a post above: the others stay.
  const { posts: newest } = await service.api("/walls/hall/posts?view=staff&queue=waiting&limit=2", { cookie: mia });
  await service.api("/walls/hall/decisions", { cookie: mia, body: { posts: [newest[1].id], action: "hide" } });
  await says(page, "#last", "mia hid a post");
  await isStill();
  await page.tap("#fresh");
  await page.waitForSelector(`${item(fresh)}.selected`);
  await page.isSound();
  await page.end();
});

test("on a phone a failing feed is seen without opening anything, and leads to its panel", async () => {
  const page = await phone(service, mia);
  await says(page, "#feeds-note", "failing: ");
  const box = await page.locator("#feeds-note").boundingBox();
  assert.ok(box && box.y + box.height < 300);
  await page.tap("#feeds-note");
  await page.waitForSelector("#feeds li.ill", { state: "visible" });
  await page.tap("#close-side");
  await page.waitForSelector(".item", { state: "visible" });
  await page.isSound();
  await page.end();
});

test("a feed has its own mode, a paused wall goes on as is chosen, and everything is held in one step and back", async () => {
  const page = await desk(service, mia);
  await page.waitForSelector("#feeds select");
  await page.selectOption("#feeds li:first-child select", "open");
  await page.waitForFunction(() => document.querySelector("#log li .deed")?.textContent?.includes("Single feeds"));
  await page.selectOption("#feeds li:first-child select", "");
  await page.selectOption("#mode", "20s");
  await says(page, "#log li:first-child", "after 20 s");
  await page.click("#hold");
  await says(page, "#hold", "Open again");
  await page.click("#hold");
  await says(page, "#hold", "Hold all");
  assert.equal(await page.inputValue("#mode"), "20s");
  await page.click("#pause");
  await says(page, "#stage-note", "The wall is paused");
  for (const newest of ["0", "20", "5"]) {
    await page.click("#pause");
    await page.click(`#resume [data-newest="${newest}"]`);
    await page.waitForSelector("#stage-note", { state: "hidden" });
    await page.click("#pause");
    await says(page, "#stage-note", "The wall is paused");
  }
  await page.click("#pause");
  await page.click('#resume [data-newest="5"]');
  await page.click("#count-now");
  await page.click("#count-go");
  await says(page, "#counts-from", "Posts count from");
  await page.click("#count-back");
  await says(page, "#counts-from", "All posts count");
  await page.fill("#link-url", "https://example.invalid/nothing");
  await page.click('#add-link [type="submit"]');
  await says(page, "#link-said", "Not added: ");
  await page.isSound();
  await page.end();
});
