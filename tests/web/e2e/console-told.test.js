import assert from "node:assert/strict";
import { before, test } from "node:test";

import { cards, desk, item, phone, says, selected, settled, sweep } from "./console.js";
import { post, posts } from "./posts.js";
import { HALL, Service } from "./service.js";

/** @type {Service} */
let service;
let mia = "";
before(async () => {
  service = await Service.start({ config: `${HALL}\n[walls.moderation]\nblock_words = ["grot"]\n` });
  mia = await service.person("mia", "moderator");
});

/** @param {string} queue */
const count = (queue) => service.api(`/walls/hall/posts?view=staff&queue=${queue}&limit=1`, { cookie: mia }).then(({ total }) => total);
/** @param {object} moderation */
const set = (moderation) => service.api("/walls/hall/settings", { cookie: mia, method: "PATCH", body: { moderation } });

test("counting anew says first what it takes away, and how to take it back", async () => {
  await sweep(service, mia);
  await service.bring([...posts(3), post("Careful with this one #Expert", { sensitive: true })]);
  const page = await desk(service, mia);
  await says(page, '[data-tab="shown"] .count', "3");
  const { total } = await service.api("/walls/hall/tallies");
  await page.click("#count-now");
  await says(page, "#count-concerns", `${total} posts have counted so far and would count no more.`);
  await says(page, "#count-concerns", "3 of them are shown. They leave the wall");
  await says(page, "#count-concerns", "1 of them waits. It leaves the queue.");
  await says(page, "#count-concerns", "“Count all posts again” takes it back.");
  await page.keyboard.press("Escape");
  await page.waitForSelector("#count", { state: "hidden" });
  assert.deepEqual([await count("shown"), await count("waiting")], [3, 1], "nothing is done yet");
  await page.click("#count-now");
  await page.click("#count-go");
  await says(page, '[data-tab="shown"] .count', "0");
  await says(page, "#counts-from", "Posts count from");
  assert.deepEqual([await count("shown"), await count("waiting")], [0, 0]);
  assert.equal(await page.innerText("#count-back"), "Count all posts again");
  await page.click("#count-back");
  await says(page, '[data-tab="shown"] .count', "3");
  assert.deepEqual([await count("shown"), await count("waiting")], [3, 1]);
  await page.isSound();
  await page.end();
});

test("undo says in words what it undid, and the line is empty again after a while", async () => {
  await sweep(service, mia);
  const [one] = posts(1);
  await service.bring([one]);
  const page = await desk(service, mia, "#posts?queue=shown");
  await page.clock.install();
  await page.reload();
  await selected(page);
  assert.equal(await page.innerText("#last"), "", "what was decided before is in the history");
  await page.keyboard.press("h");
  await says(page, "#last .deed", `mia hid a post by ${one.author.name}`);
  await page.keyboard.press("u");
  await says(page, "#last .told", `Undone: mia hid a post by ${one.author.name}`);
  await says(page, "#spoken", `Undone: mia hid a post by ${one.author.name}`);
  await page.clock.fastForward(11_000);
  await page.waitForFunction(() => document.querySelector("#last")?.textContent === "");
  await page.end();
});

test("a press that came too late says so and does nothing", async () => {
  await sweep(service, mia);
  const [one, two, three] = posts(3, { sensitive: true });
  await service.bring([one, two, three]);
  const page = await phone(service, mia);
  await cards(page, 3);
  await page.click(item(one));
  await settled(page);
  // The press comes with the move, before anybody could have seen it.
  await page.evaluate((id) => {
    const look = new MutationObserver(() => {
      if (document.querySelector(`.item[data-id=${JSON.stringify(id)}]`)) return;
      look.disconnect();
      /** @type {HTMLElement} */ (document.querySelector('.item [data-action="hide"]')).click();
    });
    look.observe(/** @type {Node} */ (document.querySelector("#posts")), { childList: true });
  }, one.id);
  await service.api("/walls/hall/decisions", { cookie: mia, body: { posts: [one.id], action: "show" } });
  await says(page, "#last .told", "The list had just moved; press again.");
  assert.equal(await count("waiting"), 2);
  await settled(page);
  await page.tap(`${item(two)} [data-action="hide"]`);
  await says(page, "#last .deed", "mia hid a post");
  await page.isSound();
  await page.end();
});

test("what waits since before the wall was opened is named and led to, all chosen, and nothing else is", async () => {
  await sweep(service, mia);
  await set({ mode: "held" });
  const [one, two] = posts(2);
  const objected = post("Look away #Expert", { sensitive: true });
  await service.bring([one, two, objected]);
  const page = await desk(service, mia);
  await says(page, `${item(one)} .why`, "Held for approval (mode held)");
  assert.equal(await page.isVisible("#left"), false);
  await page.selectOption("#mode", "open");
  await says(page, "#left", "2 posts still wait from before. Show them…");
  await page.click("#left");
  await says(page, "#chosen-count", "2 chosen");
  assert.match(page.url(), /rule=mode/);
  await page.waitForFunction(() => document.activeElement?.getAttribute("data-bulk") === "show");
  await page.keyboard.press("Enter");
  await says(page, "#bulk-title", "Show 2 posts by 2 people?");
  await page.click("#bulk-go");
  await says(page, "#last", "mia showed 2 posts");
  await page.waitForSelector("#left", { state: "hidden" });
  assert.deepEqual([await count("shown"), await count("waiting")], [2, 1]);
  await page.keyboard.press("u");
  await says(page, "#left", "2 posts still wait from before.");
  await page.isSound();
  await page.end();
});

test("a delay says how long it is", async () => {
  await sweep(service, mia);
  await set({ mode: "delayed", delay: "15m" });
  const [one] = posts(1);
  await service.bring([one]);
  const page = await desk(service, mia);
  await says(page, `${item(one)} .why`, "In its delay of 15 min, then shown");
  await says(page, "#log li", "mia set new posts to be shown after 15 min");
  assert.equal(await page.$eval("#mode", (one_) => /** @type {HTMLSelectElement} */ (one_).selectedOptions[0]?.textContent), "after 15 min");
  await set({ delay: null });
  await page.end();
});

test("after a decision about several posts the cursor stands on the next card, and a search hands over to the list", async () => {
  await sweep(service, mia);
  const all = posts(5);
  await service.bring([...all, post("Where is the xylophone? #Expert")]);
  const page = await desk(service, mia, "#posts?queue=shown&order=oldest");
  await cards(page, 6);
  for (const key of ["j", "x", "J"]) await page.keyboard.press(key);
  await says(page, "#chosen-count", "2 chosen");
  assert.equal(await page.getAttribute('[data-bulk="hide"]', "class"), "main", "on the wall the first thing is to take off");
  assert.equal(await page.locator('#chosen-deeds .main').count(), 1);
  await page.keyboard.press("h");
  await page.waitForSelector("#bulk-go:enabled");
  await page.keyboard.press("Enter");
  await cards(page, 4);
  const focused = (/** @type {string} */ id) => page.waitForFunction((one) => document.activeElement?.matches(`.item.selected[data-id=${JSON.stringify(one)}]`), id);
  await focused(all[3].id);
  await settled(page);
  await page.keyboard.press("j");
  await focused(all[4].id);
  await page.keyboard.press("/");
  await page.keyboard.type("xylophone");
  await page.keyboard.press("Enter");
  await cards(page, 1);
  await page.waitForFunction(() => document.activeElement?.matches(".item.selected"));
  await page.keyboard.press(" ");
  await says(page, "#stage-note", "The wall is paused");
  await page.isSound();
  await page.end();
});

test("cards of every standing say theirs, and what was searched for is marked", async () => {
  await sweep(service, mia);
  const shown = post("Crème de la crème, see https://example.org/creme #Expert", { who: "ada" });
  const start = Buffer.byteLength(shown.text.slice(0, shown.text.indexOf("https")));
  shown.facets.push({ start, end: start + 25, kind: "link", target: "https://example.org/creme" });
  const held = post("A creme that some would rather not see #Expert", { who: "cremer", sensitive: true });
  const hidden = post("That creme is grot #Expert", { who: "bert" });
  await service.bring([shown, held, hidden]);
  const page = await desk(service, mia, "#posts?queue=shown");
  await page.waitForSelector(item(shown));
  assert.equal(await page.locator(`${item(shown)} .standing`).count(), 0, "where all are shown, none says it");
  await page.click('[data-tab="all"]');
  await says(page, `${item(held)} .standing`, "Waiting");
  await says(page, `${item(hidden)} .standing`, "Hidden");
  await says(page, `${item(shown)} .standing`, "Shown");
  await page.fill("#search", "CREME");
  await cards(page, 3);
  await page.waitForSelector(`${item(shown)} mark`);
  assert.deepEqual(await page.locator(`${item(shown)} .text mark`).allInnerTexts(), ["Crème", "crème", "example.org/creme"]);
  assert.deepEqual(await page.locator(`${item(held)} .name mark`).allInnerTexts(), ["Creme"]);
  assert.deepEqual(await page.locator(`${item(hidden)} .text mark`).allInnerTexts(), ["creme", "grot"], "beside what a rule has found");
  await page.isSound();
  await page.end();
});

test("on a phone the row of queues shows that it goes on, and the queue of now is in sight", async () => {
  const page = await phone(service, mia);
  await page.waitForSelector(".tabs.more-behind:not(.more-before)");
  await page.goto(`${service.base}/console/hall#posts?queue=all`);
  await page.reload();
  await page.waitForSelector(".tabs.more-before:not(.more-behind)");
  const box = await page.locator('[data-tab="all"]').boundingBox();
  assert.ok(box && box.x >= 0 && box.x + box.width <= 390, JSON.stringify(box));
  await page.end();
});

test("whoever lets the wall go on is told how much came meanwhile", async () => {
  await sweep(service, mia);
  await service.bring(posts(2));
  const page = await desk(service, mia);
  await page.click("#pause");
  await says(page, "#stage-note", "The wall is paused");
  await page.click("#pause");
  await says(page, "#resume-came", "No post came during the pause.");
  await page.keyboard.press("Escape");
  await service.bring([...posts(3), post("Careful #Expert", { sensitive: true })]);
  await page.click("#pause");
  await says(page, "#resume-came", "4 posts came during the pause. 3 of them can be shown.");
  await page.click('#resume [data-newest="5"]');
  await page.isSound();
  await page.end();
});

test("changes of settings stand in words in the history and in the audit", async () => {
  await set({ block_words: ["foo", "grot"], links: "hold" });
  await set({ block_words: ["foo", "bar"] });
  const page = await desk(service, mia, "#audit");
  await says(page, ".audit li:first-child .deed", "mia changed: Blocked words: + “bar”, − “grot”");
  await says(page, ".audit li:nth-child(2) .deed", "mia changed: Blocked words: + “foo”; Posts with links: show → hold for a person");
  await says(page, "#log li:first-child .deed", "mia changed: Blocked words: + “bar”, − “grot”");
  await set({ block_words: null, links: null });
  await says(page, ".audit li:first-child .deed", "Blocked words: back to the file's value");
  await page.isSound();
  await page.end();
});
