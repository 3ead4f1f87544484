import assert from "node:assert/strict";
import { test } from "node:test";

import { DEADLINE, cardOf, layoutFaults, open } from "./browser.js";
import { post, posts } from "./posts.js";
import { Cable, HALL, Service } from "./service.js";

const demo = await Service.start({ config: null });
const hall = await Service.start();

/** When the first post was painted, in milliseconds after navigation began. */
const watchFirstPost = () => {
  new MutationObserver((_, observer) => {
    if (!document.querySelector("#board .card")) return;
    observer.disconnect();
    // The second frame after: by then the first has been painted.
    requestAnimationFrame(() => requestAnimationFrame(() => Object.assign(window, { firstPost: performance.now() })));
  }).observe(document, { childList: true, subtree: true });
};

test("the first minute: a post within a second, nothing scrolls, nothing reaches over its card", async (t) => {
  for (const [width, height] of /** @type {const} */ ([[1280, 720], [1920, 1080], [3840, 2160], [1080, 1920], [1024, 768]])) {
    const page = await open(`${demo.base}/w/demo`, { width, height, script: watchFirstPost });
    await page.waitForFunction(() => /** @type {any} */ (window).firstPost > 0);
    const first = Math.round(await page.evaluate(() => /** @type {any} */ (window).firstPost));
    t.diagnostic(`first post painted at ${width}x${height} after ${first} ms`);
    assert.ok(first < 3000, `${first} ms`);
    assert.deepEqual(await layoutFaults(page), []);
    assert.match(await page.innerText("#header"), /Demo: these posts are invented/);
    // A post that comes in while somebody looks.
    const { length } = await page.$$("#board .card");
    assert.ok(length > 0);
    await page.waitForSelector("#board .card .pill:not([hidden])");
    assert.deepEqual(await layoutFaults(page), []);
    await page.isSound();
    await page.end();
  }
});

test("a wall without posts says how to post, in huge letters", async () => {
  const page = await open(`${hall.base}/w/hall`);
  await page.waitForFunction(() => document.querySelector("#plate .huge")?.textContent === "#Expert");
  assert.equal(await page.innerText("#plate .over"), "Everyone an Expert");
  assert.match(await page.innerText("#plate .under"), /Posts with this hashtag appear here/);
  const size = await page.evaluate(() => Number.parseFloat(getComputedStyle(document.querySelector("#plate .huge") ?? document.body).fontSize));
  assert.ok(size > 200, `${size} px`);
  assert.deepEqual(await layoutFaults(page), []);
  await page.isSound();
  await page.end();
});

test("posts filled in later are material of the rotation, not a queue of news", async () => {
  const page = await open(`${hall.base}/w/hall`, {
    script: () => {
      const pills = /** @type {(string | null)[]} */ ([]);
      Object.assign(window, { pills });
      new MutationObserver((changes) => {
        for (const { addedNodes } of changes)
          for (const node of addedNodes) if (node instanceof HTMLElement && node.matches("#board .card")) pills.push(node.querySelector(".pill")?.textContent ?? null);
      }).observe(document, { childList: true, subtree: true });
    },
  });
  await page.waitForSelector("#plate:not([hidden])");
  const first = posts(3);
  await hall.bring(first);
  await page.waitForSelector("#board .card");
  await hall.bring(posts(30));
  // The next two that enter.
  await page.waitForFunction((ids) => [...document.querySelectorAll("#board .card")].filter((card) => !ids.includes(/** @type {HTMLElement} */ (card).dataset.id ?? "")).length >= 2, first.map(({ id }) => id), { timeout: 3 * DEADLINE });
  const pills = await page.evaluate(() => /** @type {any} */ (window).pills);
  assert.ok(pills.length >= 4 && pills.every((/** @type {string} */ one) => one === ""), `none of them is new: ${pills}`);
  await page.end();
});

test("hostile posts neither execute nor break the layout", async () => {
  const service = await Service.start();
  const zalgo = [..."He comes when everybody knows"].map((letter) => letter + "\u0316\u0317\u0318\u0330\u0303\u0311\u0346\u034a".repeat(6)).join("");
  const hostile = [
    post("<img src=x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)> #Expert", { who: "html", author: { id: "mastodon:h", handle: "<b>@h</b>", name: "<script>alert(4)</script>", avatar: "javascript:alert(5)" } }),
    post("\u202e\u202d\u2066 desrever lla si siht \u202e and (this) [too] #Expert", { who: "rtl", author: { id: "mastodon:r", handle: "@rtl@example.org", name: "\u202egro.elpmaxe" } }),
    post(`${"x".repeat(5000)} #Expert`, { who: "word" }),
    post(`${"👩‍👩‍👧‍👦🏳️‍🌈".repeat(100)} #Expert`, { who: "emoji" }),
    post(`${zalgo} #Expert`, { who: "zalgo" }),
    post("A picture that does not come #Expert", { who: "pic", media: [{ kind: "image", url: "https://pictures.invalid/1.png", alt: "A hall", width: 1600, height: 900 }] }),
    post("A picture that is a script #Expert", { who: "js", media: [{ kind: "image", url: "javascript:alert(6)", alt: "" }], card: { url: "javascript:alert(7)", title: "<i>click</i>", description: "", image: "data:text/html,<script>alert(8)</script>" } }),
    post(`A poll #Expert`, { who: "poll", poll: { options: [{ text: "y".repeat(300), votes: 3 }, { text: "<script>alert(9)</script>", votes: 0 }] } }),
  ];
  for (const one of hostile) {
    await service.bring([one]);
    const page = await open(`${service.base}/w/hall`, { width: 1280, height: 720 });
    await page.waitForSelector(cardOf(one.id));
    assert.deepEqual(await layoutFaults(page), []);
    assert.equal(await page.locator("#board script, #board svg, #board iframe, #board [onerror], #board [onload]").count(), 0);
    await page.isSound();
    await page.end();
    const cookie = await service.person(`m${one.author.id.replace(/\W/g, "").slice(-20)}`, "admin");
    await service.api("/walls/hall/decisions", { cookie, body: { posts: [one.id], action: "hide" } });
  }
  await service.stop();
});

test("a long post is shown whole across the screen; a longer one goes on at its source, cut after a sentence", async () => {
  const service = await Service.start();
  const sentence = "Everybody in this hall knows something that nobody else does, and says so. ";
  const long = post(`${sentence.repeat(14)}#Expert`, { who: "long" });
  await service.bring([long]);
  for (const [width, height] of /** @type {const} */ ([[1920, 1080], [1080, 1920], [1024, 768]])) {
    const page = await open(`${service.base}/w/hall`, { width, height });
    await page.waitForSelector(cardOf(long.id));
    assert.deepEqual(await layoutFaults(page), []);
    assert.equal(await page.locator(".continued").count(), 0, `whole at ${width}x${height}`);
    await page.end();
  }
  const other = "Whoever sat in the first row yesterday knows what was promised, and says so. ";
  const longer = post(`${other.repeat(60)}#Expert`, { who: "longer", minutesAgo: 0 });
  const cookie = await service.person("ada", "admin");
  await service.api("/walls/hall/decisions", { cookie, body: { posts: [long.id], action: "hide" } });
  await service.bring([longer]);
  const page = await open(`${service.base}/w/hall`);
  await page.waitForSelector(cardOf(longer.id));
  assert.deepEqual(await layoutFaults(page), []);
  assert.equal(await page.innerText(".continued"), "… continued at example.org");
  assert.match(await page.innerText(`${cardOf(longer.id)} .say`), /and says so\.$/);
  await page.end();
  // Among others it waits until they have been read, then it has the screen to itself.
  await service.bring(posts(3));
  const full = await open(`${service.base}/w/hall`);
  await full.waitForFunction(() => document.querySelectorAll("#board .card:not(.wide)").length === 3);
  await full.waitForFunction(() => document.querySelector("#board .card.wide") && document.querySelectorAll("#board .card").length === 1, undefined, { timeout: 3 * DEADLINE });
  assert.deepEqual(await layoutFaults(full), []);
  await full.isSound();
  await full.end();
  await service.stop();
});

test("f goes full screen, b blanks this screen and brings it back", async () => {
  const page = await open(`${demo.base}/w/demo`);
  await page.waitForSelector("#board .card");
  await page.keyboard.press("b");
  await page.waitForSelector('body[data-plate="title"]');
  assert.equal(await page.isVisible("#board .card"), false);
  await page.keyboard.press("b");
  await page.waitForSelector("#board .card", { state: "visible" });
  await page.keyboard.press("f");
  await page.waitForFunction(() => document.fullscreenElement !== null);
  await page.keyboard.press("f");
  await page.waitForFunction(() => document.fullscreenElement === null);
  await page.isSound();
  await page.end();
});

test("a killed service leaves the wall standing, and the wall goes on when it is back", async () => {
  const service = await Service.start();
  await service.bring(posts(4));
  const page = await open(`${service.base}/w/hall`);
  await page.waitForSelector("#board .card");
  const before = await page.locator("#board .card").count();
  await service.kill();
  await page.waitForSelector("#offline:not([hidden])");
  assert.equal(await page.locator("#board .card").count(), before);
  assert.equal(await page.isVisible("#plate"), false);
  assert.doesNotMatch(await page.innerText("body"), /error|connect|offline|retry/i);
  await service.up();
  const late = post("Written while the wall was away #Expert", { minutesAgo: 0 });
  await service.bring([late]);
  await page.waitForSelector("#offline", { state: "hidden" });
  await page.waitForSelector(cardOf(late.id), { timeout: 3 * DEADLINE });
  await page.isSound();
  await page.end();
  await service.stop();
});

test("a hidden post is gone from all walls at once, and from one that was away before anything else is drawn", async (t) => {
  const service = await Service.start({ config: HALL });
  const [first, second, third] = posts(3);
  await service.bring([first, second, third]);
  const cable = await Cable.lay(service.port);
  const watch = () => {
    const log = /** @type {{at: number, gone: string[], come: string[]}[]} */ ([]);
    /** What stands on the wall after each message of the stream, before anything can be painted. */
    const after = /** @type {(string | undefined)[][]} */ ([]);
    Object.assign(window, { log, after });
    const property = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage"));
    Object.defineProperty(WebSocket.prototype, "onmessage", {
      ...property,
      set(/** @type {((event: MessageEvent) => void) | null} */ listener) {
        property.set?.call(this, listener && ((/** @type {MessageEvent} */ event) => {
          listener(event);
          after.push([...document.querySelectorAll(".card")].map((card) => /** @type {HTMLElement} */ (card).dataset.id));
        }));
      },
    });
    const ids = (/** @type {NodeList} */ nodes) => [...nodes].flatMap((node) => (node instanceof HTMLElement && node.classList.contains("card") ? [node.dataset.id ?? ""] : []));
    addEventListener("DOMContentLoaded", () => {
      new MutationObserver((changes) => {
        for (const { addedNodes, removedNodes } of changes) log.push({ at: Date.now(), gone: ids(removedNodes), come: ids(addedNodes) });
      }).observe(/** @type {HTMLElement} */ (document.querySelector("#board")), { childList: true });
    });
  };
  const walls = await Promise.all([service.base, service.base, cable.base].map((base) => open(`${base}/w/hall`, { script: watch })));
  const away = /** @type {import("./browser.js").Page} */ (walls[2]);
  for (const wall of walls) await wall.waitForFunction(() => document.querySelectorAll("#board .card").length === 3);
  const cookie = await service.person("mia", "moderator");
  const consoles = await Promise.all([1, 2].map(() => open(`${service.base}/console/hall`, { width: 1440, height: 900, cookie })));
  const desk = /** @type {import("./browser.js").Page} */ (consoles[0]);
  await desk.click('[data-tab="shown"]');
  await desk.click(`.item[data-id="${second.id}"]`);
  cable.sever();
  await away.waitForSelector("#offline:not([hidden])");
  for (const wall of walls) await wall.evaluate(() => (/** @type {any} */ (window).log.length = 0));
  await desk.evaluate(() => document.addEventListener("click", () => Object.assign(window, { clicked: Date.now() }), true));
  await desk.click('#detail [data-action="hide"]');
  const clicked = await desk.evaluate(() => /** @type {any} */ (window).clicked);
  for (const wall of walls.slice(0, 2)) {
    const at = await wall.waitForFunction((id) => /** @type {any} */ (window).log.find((/** @type {any} */ one) => one.gone.includes(id))?.at, second.id);
    const took = Math.round((await at.jsonValue()) - clicked);
    t.diagnostic(`gone ${took} ms after the click`);
    assert.ok(took < 1000, `${took} ms`);
    assert.equal(await wall.locator(cardOf(second.id)).count(), 0);
  }
  // While it is away it keeps what it has, and something new happens elsewhere.
  assert.equal(await away.locator(cardOf(second.id)).count(), 1);
  const late = post("While one wall was away #Expert", { minutesAgo: 0 });
  await service.bring([late]);
  await away.evaluate(() => (/** @type {any} */ (window).after.length = 0));
  cable.mend();
  await away.waitForSelector(cardOf(late.id), { timeout: 3 * DEADLINE });
  const [firstFrame] = await away.evaluate(() => /** @type {any} */ (window).after);
  assert.ok(firstFrame.includes(first.id) && !firstFrame.includes(second.id), "gone with the first message");
  const [next] = await away.evaluate(() => /** @type {any} */ (window).log.filter((/** @type {any} */ one) => one.gone.length + one.come.length > 0));
  assert.deepEqual([next.gone, next.come], [[second.id], []], "its going is the first thing that happens");
  // Both consoles know.
  for (const page of consoles) await page.waitForFunction(() => document.querySelector("#log li")?.textContent?.includes("mia hid a post"));
  for (const page of [...walls, ...consoles]) {
    await page.isSound();
    await page.end();
  }
  cable.stop();
  await service.stop();
});
