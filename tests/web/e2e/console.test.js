import assert from "node:assert/strict";
import { before, test } from "node:test";

import { DEADLINE, cardOf, open } from "./browser.js";
import { desk as openDesk, item, says, selected, sweep as sweepAll } from "./console.js";
import { post, posts } from "./posts.js";
import { Cable, HALL, Service } from "./service.js";

/** @type {Service} */
let service;
let cookie = "";
before(async () => {
  service = await Service.start({ config: `${HALL}\n[walls.moderation]\nblock_words = ["grot"]\n` });
  cookie = await service.person("mia", "moderator");
});

const desk = (who = cookie) => openDesk(service, who);
const sweep = () => sweepAll(service, cookie);

test("hide, undo and pin: on the wall at once, in words for both moderators", async () => {
  await sweep();
  const [one, two] = posts(2);
  await service.bring([one, two]);
  const other = await service.person("noor", "moderator");
  const [mine, theirs, wall] = await Promise.all([desk(), desk(other), open(`${service.base}/w/hall`)]);
  await wall.waitForSelector(cardOf(one.id));
  await mine.click('[data-tab="shown"]');
  await mine.click(item(one));
  await mine.click('#detail [data-action="hide"]');
  await wall.waitForSelector(cardOf(one.id), { state: "detached" });
  await says(theirs, "#log li", `mia hid a post by ${one.author.name}`);
  await says(mine, "#last", `mia hid a post by ${one.author.name}`);
  await mine.click("#last button");
  await wall.waitForSelector(cardOf(one.id), { timeout: 2 * DEADLINE });
  await says(theirs, "#log li.undone", "undone by mia");
  await mine.click(item(two));
  await mine.click('#detail [data-action="pin"]');
  await says(wall, `${cardOf(two.id)} .pill`, "Pinned");
  await says(theirs, "#log li", "mia pinned");
  await theirs.click('[data-tab="shown"]');
  await says(theirs, `${item(two)} .why`, "Pinned");
  for (const page of [mine, theirs, wall]) {
    await page.isSound();
    await page.end();
  }
});

test("in held mode a post waits, its author is blocked or it is approved, and both consoles show the mode", async () => {
  await sweep();
  const [mine, theirs, wall] = await Promise.all([desk(), desk(), open(`${service.base}/w/hall`)]);
  await mine.selectOption("#mode", "held");
  await theirs.waitForFunction(() => /** @type {HTMLSelectElement} */ (document.querySelector("#mode")).value === "held");
  await says(theirs, "#log li", "mia set new posts to be shown once approved");
  const [good, bad] = [post("Let me in, please #Expert", { who: "polite" }), post("Let me in! #Expert", { who: "pushy" })];
  await service.bring([good, bad]);
  await says(mine, `${item(good)} .why`, "Held for approval (mode held)");
  assert.equal(await wall.locator(cardOf(good.id)).count(), 0);
  await mine.click(item(good));
  await mine.click('#detail [data-action="show"]');
  await wall.waitForSelector(cardOf(good.id), { timeout: 2 * DEADLINE });
  await mine.waitForSelector(item(good), { state: "detached" });
  await mine.click(item(bad));
  await mine.click('#detail [data-action="block"]');
  await says(theirs, "#log li", "mia blocked @pushy@example.org");
  await theirs.click('[data-tab="hidden"]');
  await says(theirs, `${item(bad)} .why`, "Blocked author");
  await mine.keyboard.press("u");
  await says(theirs, "#log li.undone", "mia blocked @pushy@example.org");
  await mine.selectOption("#mode", "open");
  await theirs.waitForFunction(() => /** @type {HTMLSelectElement} */ (document.querySelector("#mode")).value === "open");
  for (const page of [mine, theirs, wall]) {
    await page.isSound();
    await page.end();
  }
});

test("blocking an author takes all their posts down", async () => {
  await sweep();
  const [first, second, other] = [post("One #Expert", { who: "eve" }), post("Two #Expert", { who: "eve" }), post("Three #Expert", { who: "dan" })];
  await service.bring([first, second, other]);
  const [page, wall] = await Promise.all([desk(), open(`${service.base}/w/hall`)]);
  await wall.waitForFunction(() => document.querySelectorAll("#board .card").length === 3);
  await page.click('[data-tab="shown"]');
  await page.click(item(first));
  await page.click('#detail [data-action="block"]');
  await wall.waitForFunction(() => document.querySelectorAll("#board .card").length === 1);
  assert.equal(await wall.locator(cardOf(other.id)).count(), 1);
  await page.end();
  await wall.end();
});

test("pause, blank in two steps and announcements reach the wall and are taken back", async () => {
  await sweep();
  const [first] = posts(1);
  await service.bring([first]);
  const [page, wall] = await Promise.all([desk(), open(`${service.base}/w/hall`)]);
  await wall.waitForSelector(cardOf(first.id));
  await page.click("#pause");
  await says(page, "#log li", "mia paused the wall");
  const later = post("Written during the pause #Expert", { who: "later" });
  await service.bring([later]);
  await page.click('[data-tab="shown"]');
  await page.waitForSelector(item(later));
  const { posts: open_ } = await service.api("/walls/hall/posts");
  assert.deepEqual(open_.map((/** @type {any} */ one) => one.id), [first.id], "nobody outside is told of it");
  assert.equal(await wall.locator(cardOf(later.id)).count(), 0);
  await page.click("#pause");
  await page.click('#resume [data-newest="5"]');
  await says(page, "#log li", "mia let the wall go on");
  await wall.waitForSelector(cardOf(later.id), { timeout: 2 * DEADLINE });

  await page.click("#blank");
  await says(page, "#blank", "Press again");
  assert.equal(await wall.isVisible("#plate"), false, "one press does nothing yet");
  await page.click("#blank");
  await wall.waitForSelector('body[data-plate="title"]');
  assert.equal(await wall.isVisible("#board"), false);
  await says(page, "#stage-note", "The screens are blank.");
  await page.click("#blank");
  await wall.waitForSelector("#plate", { state: "hidden" });

  await page.fill("#announcement", "Lunch is served in the foyer");
  await page.click('#announce [type="submit"]');
  await wall.waitForSelector('body[data-plate="announcement"]');
  await says(wall, "#plate .huge", "Lunch is served in the foyer");
  await says(page, "#log li", "mia announced “Lunch is served in the foyer”");
  await page.click("#announce-end");
  await wall.waitForSelector("#plate", { state: "hidden" });
  await says(page, "#log li", "mia took the announcement down");
  for (const one of [page, wall]) {
    await one.isSound();
    await one.end();
  }
});

test("a hide says from how many screens it is gone, and names the one that is offline", async () => {
  await sweep();
  const [one, two] = posts(2);
  await service.bring([one, two]);
  const page = await desk();
  const links = [];
  for (const name of ["hall", "café"]) {
    await page.fill("#screen-name", name);
    await page.click('#new-screen [type="submit"]');
    await says(page, "#screen-link", `screen=${new URLSearchParams({ n: name }).toString().slice(2)}`);
    links.push((await page.innerText("#screen-link")).replace(/^Copied: /, ""));
  }
  const cable = await Cable.lay(service.port);
  const screens = await Promise.all(links.map((link, i) => open(i === 0 ? link : link.replace(service.base, cable.base))));
  for (const screen of screens) await screen.waitForSelector(cardOf(one.id));
  await page.waitForFunction(() => document.querySelectorAll("#screens li").length === 2 && !document.querySelector("#screens li.ill"));
  await page.click('[data-tab="shown"]');
  await page.click(item(one));
  await page.click('#detail [data-action="hide"]');
  await says(page, "#last .reach", "gone from 2 of 2 screens");
  cable.sever();
  await says(page, "#screens li.ill", "café");
  await page.click(item(two));
  await page.click('#detail [data-action="hide"]');
  await says(page, "#last .reach", "gone from 1 of 2 screens · café is offline");
  cable.mend();
  await says(page, "#last .reach", "gone from 2 of 2 screens");
  cable.stop();
  await says(page, "#screens li.ill", "café");
  await page.click("#screens li.ill button");
  await page.waitForFunction(() => document.querySelectorAll("#screens li").length === 1);
  for (const one_ of [page, ...screens]) {
    await one_.isSound();
    await one_.end();
  }
});

test("everything goes by keyboard, and single keys can be switched off", async () => {
  await sweep();
  const [one, three] = posts(2);
  const two = post("Who tuned the xylophone? #Expert", { minutesAgo: 1.5 });
  await service.bring([one, two, three]);
  const page = await desk();
  await page.click('[data-tab="shown"]');
  await page.waitForSelector(item(three));
  assert.equal(await selected(page), three.id);
  await page.keyboard.press("j");
  assert.equal(await selected(page), two.id);
  await page.keyboard.press("k");
  assert.equal(await selected(page), three.id);
  await page.keyboard.press("h");
  await page.waitForSelector(item(three), { state: "detached" });
  await page.keyboard.press("u");
  await page.waitForSelector(item(three));
  await page.keyboard.press("p");
  await says(page, "#log li", "mia pinned");
  await page.keyboard.press(" ");
  await says(page, "#stage-note", "The wall is paused");
  await page.keyboard.press(" ");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#stage-note", { state: "hidden" });
  await page.keyboard.press("b");
  await page.keyboard.press("b");
  await says(page, "#stage-note", "The screens are blank");
  await page.keyboard.press("b");
  await page.keyboard.press("b");
  await page.waitForSelector("#stage-note", { state: "hidden" });
  await page.keyboard.press("/");
  await page.keyboard.type("xylophone");
  await page.waitForFunction(() => document.querySelectorAll(".item").length === 1);
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelectorAll(".item").length === 3);
  await page.keyboard.press("?");
  await page.uncheck("#shortcuts");
  await page.keyboard.press("Escape");
  await page.waitForSelector("#help", { state: "hidden" });
  await page.keyboard.press("h");
  // What is pressed next comes after it, if it did anything.
  await page.click(item(two));
  await page.click('#detail [data-action="highlight"]');
  await says(page, "#log li", "mia highlighted");
  const { shown } = await service.api("/walls/hall/tallies");
  assert.equal(shown, 3);
  await page.isSound();
  await page.end();
});

test("on a phone the reason stands first, the decisions lie under the thumbs, and nothing scrolls sideways", async () => {
  await sweep();
  const held = [
    post(`${"w".repeat(400)} #Expert`, { who: "wide", sensitive: true }),
    post("A picture of my lunch #Expert", { who: "lunch", sensitive: true, warning: "Food", media: [{ kind: "image", url: "https://pictures.invalid/1.png", alt: "Soup" }] }),
  ];
  await service.bring([...held, post("What grot, said the baker #Expert", { who: "baker" })]);
  const page = await open(`${service.base}/console/hall`, { width: 390, height: 844, cookie });
  await says(page, ".item .why", "Marked as sensitive by its author");
  const sizes = await page.evaluate(() => [document.documentElement.scrollWidth - innerWidth, /** @type {HTMLElement} */ (document.querySelector("#list")).scrollWidth - /** @type {HTMLElement} */ (document.querySelector("#list")).clientWidth]);
  assert.deepEqual(sizes, [0, 0]);
  for (const action of ["hide", "show"]) {
    const box = await page.locator(`.item .verdict [data-action="${action}"]`).first().boundingBox();
    assert.ok(box && box.height >= 64 && box.width >= 150, `${action}: ${JSON.stringify(box)}`);
  }
  await page.click('[data-tab="hidden"]');
  await says(page, "#posts", "Blocked word");
  assert.equal(await page.innerText(".item .text mark"), "grot");
  await page.click("#open-side");
  await page.waitForSelector("#screens", { state: "visible" });
  await page.click("#close-side");
  await page.isSound();
  await page.end();
});
