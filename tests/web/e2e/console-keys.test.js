import assert from "node:assert/strict";
import { before, test } from "node:test";

import { cards, desk, item, phone, says, selected, settled } from "./console.js";
import { post, posts } from "./posts.js";
import { HALL, Service } from "./service.js";

/** @type {Service} */
let service;
let mia = "";
before(async () => {
  // A word of the list that hurts to read is masked; the list is the test's own.
  service = await Service.start({ config: `${HALL}\n[walls.moderation]\nmode = "held"\nblock_words = ["grot"]\n` });
  mia = await service.person("mia", "admin");
});

test("a keyboard alone reaches every action", async () => {
  await service.bring(posts(8, { url: "https://example.org/original" }));
  const page = await desk(service, mia);
  await cards(page, 8);
  const log = (/** @type {string} */ words) => says(page, "#log li:first-child", words);
  const press = async (/** @type {string[]} */ ...keys) => {
    // A list that has just moved takes no key for a moment.
    await settled(page);
    for (const key of keys) await page.keyboard.press(key);
  };
  const first = await selected(page);
  await press("ArrowDown", "j", "k", "ArrowUp");
  assert.equal(await selected(page), first);
  await press("l");
  await log("mia highlighted");
  await press("n");
  await page.waitForSelector("#note[open]");
  await page.keyboard.type("Remember this one");
  await press("Tab", "Enter");
  await page.waitForSelector("#note", { state: "hidden" });
  await log("mia wrote a note");
  await press("s");
  await log("mia showed");
  await press("h");
  await log("mia hid");
  await press("e");
  await log("mia put aside");
  await press("2");
  await cards(page, 1);
  await press("e");
  await log("mia took back");
  await cards(page, 0);
  await press("3");
  await cards(page, 1);
  await press("p");
  await log("mia pinned");
  await press("5");
  await cards(page, 1);
  await press("p");
  await log("mia unpinned");
  await press("6");
  await cards(page, 1);
  await press("7");
  await cards(page, 8);
  await press("r");
  await says(page, "#order", "Oldest first");
  await selected(page);
  await press("T");
  await log("mia trusts");
  await press("B");
  await log("mia blocked");
  await press("B");
  await log("back to the rules");
  await press("u");
  await says(page, "#log li.undone", "back to the rules");
  await press("o");
  await page.waitForSelector("#author[open] dd");
  await press("Escape");
  await press("f");
  await page.waitForSelector("#filters[open]");
  await press("Escape");
  await press("x", "J");
  await says(page, "#chosen-count", "2 chosen");
  await press("Escape");
  await page.waitForSelector("#chosen", { state: "hidden" });
  await press("A");
  await page.waitForSelector('#choose-all[aria-pressed="true"]');
  await press("l");
  await says(page, "#bulk-title", "Highlight 8 posts");
  await page.waitForSelector("#bulk-go:enabled");
  await press("Escape", "Escape");
  await press("w");
  await says(page, "#hold", "Hold all");
  await press("w");
  await says(page, "#hold", "Open again");
  await press(" ");
  await says(page, "#stage-note", "paused");
  await press(" ");
  await page.waitForSelector("#resume[open]");
  await press("Tab", "Enter");
  await page.waitForSelector("#stage-note", { state: "hidden" });
  await press("b");
  await says(page, "#blank", "Press again");
  await press("b");
  await says(page, "#stage-note", "blank");
  await press("b");
  await press("b");
  await page.waitForSelector("#stage-note", { state: "hidden" });
  await press("R");
  await page.waitForSelector('[data-view="rules"]:not([hidden])');
  await press("R", "D");
  await page.waitForSelector('[data-view="audit"]:not([hidden])');
  await press("D");
  await page.waitForSelector('[data-view="posts"]:not([hidden])');
  const opened = page.context().waitForEvent("page");
  await press("v");
  assert.match((await opened).url(), /example\.org|chrome-error|about:blank/);
  await press("?");
  await page.waitForSelector("#help[open]");
  const listed = await page.$$eval("#keys kbd", (all) => all.map((one) => one.textContent));
  for (const key of "hspleBTnovxjkJKAmubw.rfi/RD?".split("")) assert.ok(listed.includes(key), key);
  await press("Escape");
  await page.isSound();
  await page.end();
});

test("everything else is reached by Tab, and what has the focus is always in sight", async () => {
  const page = await desk(service, mia, "#posts?queue=all");
  await page.waitForSelector(".item.selected");
  const wanted = new Set(["search", "open-filters", "order", "pause", "blank", "hold", "mode", "screen-name", "link-url", "announcement", "count-now", "sign-out", "to-report"]);
  for (let i = 0; i < 120 && wanted.size > 0; i += 1) {
    await page.keyboard.press("Tab");
    const [id, seen] = await page.evaluate(() => {
      const one = /** @type {HTMLElement} */ (document.activeElement);
      const box = one.getBoundingClientRect();
      const at = document.elementFromPoint(box.left + Math.min(box.width, innerWidth) / 2, Math.min(innerHeight - 2, Math.max(1, box.top + Math.min(box.height, 60) / 2)));
      return [one.id, one === document.body || one.contains(at) || (at?.contains(one) ?? false)];
    });
    assert.ok(seen, `${id} has the focus and cannot be seen`);
    wanted.delete(id);
  }
  assert.deepEqual([...wanted], []);
  await page.end();
});

test("a decision by key waits for nobody's mistake: a post that went from under it is not followed by another", async () => {
  const [one, two, three] = posts(3);
  await service.bring([one, two, three]);
  const page = await desk(service, mia);
  await page.click(item(one));
  await page.waitForSelector(`${item(one)}.selected`);
  await service.api("/walls/hall/decisions", { cookie: mia, body: { posts: [one.id], action: "show" } });
  await page.waitForSelector(`${item(two)}.selected`);
  await page.keyboard.press("h");
  const { total } = await service.api("/walls/hall/posts?view=staff&queue=hidden", { cookie: mia });
  await page.evaluate(() => new Promise((done) => setTimeout(done, 400)));
  await page.keyboard.press("l");
  await says(page, `${item(two)} .why`, "Highlighted");
  assert.equal((await service.api("/walls/hall/posts?view=staff&queue=hidden", { cookie: mia })).total, total);
  await page.end();
});

test("words that hurt are read only by who asks for them, in every field", async () => {
  const page = await phone(service, mia, "#posts?queue=hidden");
  await page.waitForSelector("#list");
  const hurting = post("What utter grot you are #Expert", { who: "eve", author: { id: "mastodon:https://example.org/users/grot", handle: "@grot@example.org", name: "Old grot" }, warning: "grot", media: [{ kind: "image", url: "https://pictures.invalid/1.png", alt: "A grot" }], poll: { options: [{ text: "grot" }, { text: "tea" }] } });
  // As the server says it of the words of a list's third severity.
  await page.route("**/posts?*", async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    for (const one of body.posts) for (const reason of one.reasons) reason.masked = true;
    await route.fulfill({ response: answer, json: body });
  });
  await service.bring([hurting]);
  await page.reload();
  await page.waitForSelector(item(hurting));
  assert.doesNotMatch((await page.innerText(item(hurting))).replaceAll("@grot@example.org", ""), /grot/);
  assert.doesNotMatch(await page.$$eval(`${item(hurting)} img`, (all) => all.map((one) => one.getAttribute("alt")).join()), /grot/);
  await says(page, `${item(hurting)} .text .masked`, "g•••");
  await page.tap(`${item(hurting)} .text .masked`);
  await says(page, `${item(hurting)} .text mark`, "grot");
  await page.isSound();
  await page.end();
});
