import assert from "node:assert/strict";
import { before, test } from "node:test";

import { cards, desk, item, phone, says, settled, sweep } from "./console.js";
import { post, posts } from "./posts.js";
import { HALL, Service } from "./service.js";

/** @type {Service} */
let service;
let mia = "";
before(async () => {
  service = await Service.start({ config: `${HALL}\n[walls.moderation]\nmode = "held"\n` });
  mia = await service.person("mia", "moderator");
});

const count = (/** @type {string} */ queue) => service.api(`/walls/hall/posts?view=staff&queue=${queue}&limit=1`, { cookie: mia }).then(({ total }) => total);

test("several posts are chosen by keyboard, and nothing happens before the preview is confirmed", async () => {
  await service.bring([...posts(3), post("Another thought #Expert", { who: "same" }), post("And one more #Expert", { who: "same" })]);
  const page = await desk(service, mia);
  await cards(page, 5);
  for (const key of ["x", "J", "J", "J", "J"]) await page.keyboard.press(key);
  await says(page, "#chosen-count", "5 chosen");
  await page.keyboard.press("x");
  await says(page, "#chosen-count", "4 chosen");
  await page.keyboard.press("h");
  await says(page, "#bulk-title", "Hide 4 posts by 4 people?");
  await page.keyboard.press("Escape");
  await page.waitForSelector("#bulk", { state: "hidden" });
  assert.equal(await count("hidden"), 0);
  await page.keyboard.press("h");
  await page.waitForSelector("#bulk-go:enabled");
  await page.keyboard.press("Enter");
  await says(page, "#last", "mia hid 4 posts");
  await cards(page, 1);
  await page.waitForSelector("#chosen", { state: "hidden" });
  await page.keyboard.press("u");
  await cards(page, 5);
  assert.equal(await count("waiting"), 5);
  await page.isSound();
  await page.end();
});

test("all of a queue with its filters, more than the server takes at once", async () => {
  await sweep(service, mia);
  const other = post("I stay #Expert", { who: "stays", source: "bluesky", id: "bluesky:stays" });
  await service.bring([...Array.from({ length: 1203 }, (_, i) => post(`Flood ${i} #Expert`, { who: `bot${i % 40}` })), other]);
  const page = await desk(service, mia, "#posts?source=mastodon");
  await says(page, '[data-tab="waiting"] .count', "1,204");
  await page.waitForSelector(".item");
  await page.keyboard.press("A");
  await page.waitForSelector('#choose-all[aria-pressed="true"]');
  await page.click('[data-bulk="hide"]');
  await says(page, "#bulk-title", "Hide 1,203 posts by 40 people?");
  await page.click("#bulk-go");
  await page.waitForSelector("#bulk", { state: "hidden" });
  await cards(page, 0);
  await page.click('[data-chip="source"]');
  await page.waitForSelector(item(other));
  assert.equal(await count("waiting"), 1);
  await page.isSound();
  await page.end();
});

test("on a phone a card is held to choose it, others are touched, and leaving is one press", async () => {
  await sweep(service, mia);
  const [one, two] = posts(2);
  await service.bring([one, two]);
  const page = await phone(service, mia);
  await cards(page, 2);
  const box = await page.locator(`${item(one)} .text`).boundingBox();
  assert.ok(box);
  const cdp = await page.context().newCDPSession(page);
  const touch = (/** @type {string} */ type, /** @type {{x: number, y: number}[]} */ touchPoints) => cdp.send("Input.dispatchTouchEvent", /** @type {any} */ ({ type, touchPoints }));
  await touch("touchStart", [{ x: box.x + 20, y: box.y + 5 }]);
  await says(page, "#chosen-count", "1 chosen");
  await touch("touchEnd", []);
  await page.waitForFunction(() => document.querySelectorAll(".item.chosen").length === 1);
  await settled(page);
  await page.tap(`${item(two)} .text`);
  await says(page, "#chosen-count", "2 chosen");
  await page.tap("#choose-none");
  await page.waitForSelector("#chosen", { state: "hidden" });
  await page.isSound();
  await page.end();
});

test("a card drawn far enough is decided, less does nothing, and what letting go would do is written under it", async () => {
  await sweep(service, mia);
  const [one, two, three] = posts(3);
  await service.bring([one, two, three]);
  const page = await phone(service, mia);
  await cards(page, 3);
  const cdp = await page.context().newCDPSession(page);
  const touch = (/** @type {string} */ type, /** @type {{x: number, y: number}[]} */ touchPoints) => cdp.send("Input.dispatchTouchEvent", /** @type {any} */ ({ type, touchPoints }));
  /** @param {{id: string}} of @param {number} dx @param {() => Promise<void>} [meanwhile] */
  const draw = async (of, dx, meanwhile) => {
    const box = await page.locator(`${item(of)} .text`).boundingBox();
    assert.ok(box);
    const [x, y] = [box.x + box.width / 2, box.y + 5];
    await touch("touchStart", [{ x, y }]);
    for (let i = 1; i <= 8; i += 1) await touch("touchMove", [{ x: x + (dx * i) / 8, y: y + 1 }]);
    await meanwhile?.();
    await touch("touchEnd", []);
  };
  await page.waitForSelector("#swipe-note", { state: "visible" });
  await draw(one, -60, async () => {
    assert.equal(await page.innerText(`${item(one)} .hint`), "Hide");
  });
  assert.equal(await page.isVisible("#swipe-note"), false);
  await settled(page);
  await draw(one, 170, async () => {
    assert.equal(await page.innerText(`${item(one)} .hint`), "Let go: show");
  });
  await page.waitForSelector(item(one), { state: "detached" });
  await says(page, "#last", "mia showed a post");
  await settled(page);
  await draw(two, -170);
  await says(page, "#last", "mia hid a post");
  assert.deepEqual([await count("shown"), await count("waiting")], [1, 1]);
  await page.isSound();
  await page.end();
});
