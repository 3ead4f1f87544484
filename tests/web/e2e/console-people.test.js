import assert from "node:assert/strict";
import { before, test } from "node:test";

import { cards, desk, item, says, selected } from "./console.js";
import { post, posts } from "./posts.js";
import { HALL, Service } from "./service.js";

/** @type {Service} */
let service;
let [mia, noor, rui, olga] = ["", "", "", ""];
before(async () => {
  service = await Service.start({ config: `${HALL}\n[walls.moderation]\nmode = "held"\n` });
  mia = await service.person("mia", "moderator");
  noor = await service.person("noor", "moderator");
  rui = await service.person("rui", "rapporteur");
  olga = await service.person("olga", "organiser");
});

test("moderators see who is here and who looks at what, and are handed different posts", async () => {
  const [one, two, three] = posts(3);
  await service.bring([one, two, three]);
  const mine = await desk(service, mia);
  await mine.waitForSelector(`${item(one)}.selected`);
  const theirs = await desk(service, noor);
  await mine.waitForFunction(() => document.querySelectorAll("#people li").length === 2);
  assert.deepEqual(await mine.$$eval("#people abbr", (all) => all.map((mark) => mark.textContent)), ["Mi", "No"]);
  await says(theirs, `${item(one)} .looking`, "mia is looking at this");
  // What mia holds is not handed to noor.
  await theirs.waitForSelector(`${item(two)}.selected`);
  await says(mine, `${item(two)} .looking`, "noor is looking at this");
  // The next one is held by noor: mia is handed the one behind it.
  await mine.keyboard.press("s");
  await mine.waitForSelector(`${item(three)}.selected`);
  assert.equal(await selected(theirs), two.id);
  for (const page of [mine, theirs]) {
    await page.isSound();
    await page.end();
  }
});

test("the first decision on a waiting post wins, and the other is told who was faster", async () => {
  const contested = post("May I come in? #Expert", { who: "contested" });
  await service.bring([contested]);
  const mine = await desk(service, mia);
  await mine.click(item(contested));
  await mine.waitForSelector(`${item(contested)}.selected`);
  // Noor's decision comes to the server while mia's is on its way.
  await mine.route("**/decisions", async (route) => {
    await service.api("/walls/hall/decisions", { cookie: noor, body: { posts: [contested.id], action: "hide" } });
    await route.continue();
  });
  await mine.keyboard.press("s");
  await says(mine, "#last .refused", "noor hid this");
  assert.match(await mine.innerText("#last"), /The post by Contested: noor hid this \d+ s ago/);
  const { posts: now } = await service.api("/walls/hall/posts?view=staff&queue=hidden", { cookie: mia });
  assert.ok(now.some((/** @type {any} */ one) => one.id === contested.id), "it stays hidden");
  await mine.unroute("**/decisions");
  await mine.click('[data-tab="hidden"]');
  await says(mine, `${item(contested)} .clash`, "noor hid this");
  await mine.isSound();
  await mine.end();
});

test("trusting and blocking say how many posts changed, and an author can be read about", async () => {
  const theirs = [1, 2, 3].map((i) => post(`Idea ${i} #Expert`, { who: "walt" }));
  await service.bring(theirs);
  const page = await desk(service, mia);
  await page.click(item(theirs[0]));
  await says(page, "#detail .so-far", "3 posts so far: 3 waiting");
  await page.keyboard.press("T");
  await says(page, "#last", "mia trusts @walt@example.org · 3 posts changed");
  await page.click('[data-tab="shown"]');
  await says(page, `${item(theirs[0])} .why`, "Trusted author");
  await page.click(item(theirs[0]));
  await page.keyboard.press("o");
  await says(page, "#author-facts", "Trusted: shown without waiting");
  await says(page, "#author-decided", "mia trusts @walt@example.org");
  await page.click('#author [data-deed="theirs"]');
  await page.waitForSelector('[data-chip="author"]');
  await cards(page, 3);
  assert.match(page.url(), /author=/);
  await page.keyboard.press("B");
  await says(page, "#last", "mia blocked @walt@example.org · 3 posts changed");
  await page.click('[data-chip="author"]');
  await page.waitForSelector('[data-chip="author"]', { state: "detached" });
  await page.isSound();
  await page.end();
});

test("a rapporteur highlights and notes, an organiser reads", async () => {
  const said = post("Grafting is a conversation with a tree #Expert", { who: "gwen" });
  await service.bring([said]);
  const page = await desk(service, rui);
  await page.click(item(said));
  await page.keyboard.press("l");
  await says(page, `${item(said)} .why`, "Highlighted");
  await page.keyboard.press("n");
  await page.fill("#note-text", "Quote this in the report");
  await page.click('#note [type="submit"]');
  await page.waitForSelector("#note", { state: "hidden" });
  await says(page, "#log", "rui wrote a note on a post");
  assert.equal(await page.locator("#pause, #mode, [data-action='hide'], #add-link").count(), 0);
  await page.isSound();
  await page.end();
  const reads = await desk(service, olga);
  await reads.click('[data-tab="highlighted"]');
  await says(reads, `${item(said)} .why`, "Highlighted");
  assert.deepEqual(await reads.$$eval("main :is([data-action], [data-acts]), [data-bulk]", (all) => all.map((one) => one.textContent)), []);
  await reads.keyboard.press("x");
  assert.equal(await reads.isVisible("#chosen"), false);
  await reads.end();
});
