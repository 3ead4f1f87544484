import assert from "node:assert/strict";
import { test } from "node:test";

import { DEADLINE, open } from "./browser.js";
import { post, posts } from "./posts.js";
import { SIZES, isOn, motley, sceneFaults, settings } from "./scenes.js";
import { Service } from "./service.js";

const hall = await Service.start();
await hall.bring(motley(hall.base));
const cookie = await hall.person("ada", "admin");
const SCENES = ["grid", "spotlight", "columns", "photos", "ticker", "stats", "cloud", "agenda", "invite", "countdown", "sponsors", "title"];
/** Scenes that show posts. */
const OF_POSTS = ["grid", "spotlight", "columns", "photos", "ticker"];

const ids = (/** @type {import("./browser.js").Page} */ page) => page.evaluate(() => /** @type {any} */ (window).wall.ids());

for (const scene of SCENES) {
  test(`${scene}: nothing scrolls, nothing is cut, nothing is too small, at every size`, async () => {
    for (const [width, height] of SIZES) {
      const page = await open(`${hall.base}/w/hall?scene=${scene}`, { width, height, script: settings });
      await isOn(page, scene);
      await page.evaluate(() => document.fonts.ready);
      assert.deepEqual(await sceneFaults(page), [], `${width}x${height}`);
      if (OF_POSTS.includes(scene)) {
        const shown = await ids(page);
        assert.ok(shown.length > 0, "it says which posts it shows");
        const drawn = await page.evaluate(() => [...document.querySelectorAll("#stage [data-id]")].map((node) => /** @type {HTMLElement} */ (node).dataset.id));
        assert.deepEqual(new Set(shown), new Set(drawn));
      }
      await page.isSound();
      await page.end();
    }
  });
}

test("announcement: whole at every size, before every other scene", async () => {
  await hall.api("/walls/hall/stage", { cookie, body: { action: "announcement", text: "Lunch is served in the old lifeboat hall. Please leave the red chairs free for those who need them, and be back at half past one." } });
  for (const [width, height] of SIZES) {
    const page = await open(`${hall.base}/w/hall?scene=stats`, { width, height, script: settings });
    await isOn(page, "announcement");
    assert.deepEqual(await sceneFaults(page), [], `${width}x${height}`);
    await page.isSound();
    await page.end();
  }
  await hall.api("/walls/hall/stage", { cookie, body: { action: "announcement", text: "" } });
});

test("every post of the motley lot fits the spotlight and the ticker, one after the other", async () => {
  const { posts: all } = await hall.api("/walls/hall/posts?limit=100");
  for (const scene of ["spotlight", "ticker"]) {
    for (const [width, height] of /** @type {const} */ ([[1920, 1080], [1080, 1920], [3840, 600]])) {
      const page = await open(`${hall.base}/w/hall?scene=${scene}`, { width, height, script: settings });
      await isOn(page, scene);
      const seen = new Set();
      // Time is made to pass: what stands is due at once.
      await page.evaluate(() => {
        const now = performance.now.bind(performance);
        let ahead = 0;
        performance.now = () => now() + ahead;
        Object.assign(window, { later: () => (ahead += 70_000) });
      });
      for (let i = 0; i < 2 * all.length && seen.size < all.length - 2; i += 1) {
        const before = JSON.stringify(await ids(page));
        assert.deepEqual(await sceneFaults(page), [], `${scene} ${width}x${height} ${before}`);
        seen.add(before);
        await page.evaluate(() => /** @type {any} */ (window).later());
        await page.waitForFunction((old) => JSON.stringify(/** @type {any} */ (window).wall.ids()) !== old || document.querySelector(".by .part"), before);
      }
      assert.ok(seen.size > 12, `${seen.size} different posts`);
      await page.isSound();
      await page.end();
    }
  }
});

test("a post that is taken down is off every scene with the message that says so", async () => {
  for (const scene of ["grid", "spotlight", "columns", "photos", "ticker", "cloud"]) {
    // One like a hidden one would have to wait.
    const service = await Service.start();
    const staff = await service.person("mia", "moderator");
    const lot = ["Zebrafinch zebrafinch", "Harbour bread", "Morning choir songs lichen table", "Repair kettle bench"].map((text, i) =>
      post(`${scene} ${text} #Expert`, { hashtags: ["Expert", i % 2 ? "Odd" : "Even"], minutesAgo: i, author: { id: `mastodon:${scene}${i}`, handle: `@${scene}${i}@example.org`, name: `Person ${i}` }, media: [{ kind: "image", url: `${service.base}/assets/demo/hill.svg`, alt: "A hill", width: 1200, height: 800 }] }),
    );
    await service.bring(lot);
    const page = await open(`${service.base}/w/hall?scene=${scene}`, { script: settings });
    await isOn(page, scene);
    if (scene !== "cloud") await page.waitForFunction(() => /** @type {any} */ (window).wall.ids().length > 0);
    const [standing = lot[0].id] = await ids(page);
    await service.api("/walls/hall/decisions", { cookie: staff, body: { posts: [standing], action: "hide" } });
    const gone = await page.waitForFunction((id) => /** @type {any} */ (window).removals.find((/** @type {any} */ one) => one.id === id), standing);
    const { stands, words } = await gone.jsonValue();
    assert.equal(stands, false, scene);
    if (standing === lot[0].id) assert.doesNotMatch(words, /zebrafinch/i, scene);
    assert.equal((await ids(page)).includes(standing), false);
    if (scene !== "cloud") assert.ok((await ids(page)).length > 0, `${scene}: others have its place`);
    assert.deepEqual(await sceneFaults(page), [], scene);
    await page.isSound();
    await page.end();
    await service.stop();
  }
});

/** Notes every frame in which no scene can be seen. @param {import("./browser.js").Page} page */
const watchBlank = (page) =>
  page.evaluate(() => {
    const blank = /** @type {string[]} */ ([]);
    Object.assign(window, { blank });
    const look = () => {
      const seen = [...(document.querySelector("#stage")?.children ?? [])].some((root) => root.textContent?.trim());
      if (!seen) blank.push(document.body.dataset.scene ?? "");
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });

test("the programme changes scenes by itself, the technician's arrows go before it, and no frame is blank", async () => {
  const page = await open(`${hall.base}/w/hall`, {
    script: () => {
      const property = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage"));
      Object.defineProperty(WebSocket.prototype, "onmessage", {
        ...property,
        set(/** @type {any} */ listener) {
          property.set?.call(this, listener && ((/** @type {MessageEvent} */ { data }) => {
            const frames = data.split("\n").filter(Boolean).map((/** @type {string} */ line) => JSON.parse(line));
            for (const { type, wall } of frames) if (type === "snapshot") wall.display.programme = ["stats", "grid", "invite", "cloud"].map((scene) => ({ scene, seconds: 6 }));
            listener({ data: frames.map((/** @type {object} */ frame) => JSON.stringify(frame)).join("\n") });
          }));
        },
      });
    },
  });
  await page.waitForFunction(() => ["stats", "grid", "invite", "cloud"].includes(/** @type {any} */ (window).wall?.scene()));
  await watchBlank(page);
  const scene = () => page.evaluate(() => /** @type {any} */ (window).wall.scene());
  const first = await scene();
  await page.waitForFunction((old) => /** @type {any} */ (window).wall.scene() !== old, first);
  const second = await scene();
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction((old) => /** @type {any} */ (window).wall.scene() === old, first);
  // Until the programme's next entry.
  await page.waitForFunction(([one, two]) => ![one, two].includes(/** @type {any} */ (window).wall.scene()), [first, second]);
  assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).blank), []);
  await page.isSound();
  await page.end();
});

test("the arrows go through all scenes that have something, and no frame is blank", async () => {
  const page = await open(`${hall.base}/w/hall`, { script: settings });
  await isOn(page, "grid");
  await watchBlank(page);
  const seen = new Set();
  for (let i = 0; i < 13; i += 1) {
    const before = await page.evaluate(() => /** @type {any} */ (window).wall.scene());
    seen.add(before);
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction((old) => /** @type {any} */ (window).wall.scene() !== old, before);
  }
  assert.deepEqual([...seen].sort(), [...SCENES].sort());
  assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).blank), []);
  await page.isSound();
  await page.end();
});

test("space freezes the wall: nothing new comes, what is taken down goes all the same", async () => {
  const service = await Service.start();
  const staff = await service.person("mia", "moderator");
  const first = posts(1);
  await service.bring(first);
  const page = await open(`${service.base}/w/hall`);
  await page.waitForSelector("#board .card");
  await page.keyboard.press(" ");
  await page.waitForSelector("#frozen:not([hidden])");
  const late = post("While it was frozen #Expert", { minutesAgo: 0 });
  await service.bring([late]);
  await page.waitForFunction(() => document.querySelector("#header .posts")?.textContent === "2");
  // Longer than a new post ever waits.
  await page.evaluate(() => new Promise((done) => setTimeout(done, 2500)));
  assert.deepEqual(await ids(page), [first[0].id]);
  await service.api("/walls/hall/decisions", { cookie: staff, body: { posts: [first[0].id], action: "hide" } });
  await page.waitForFunction((id) => !/** @type {any} */ (window).wall.ids().includes(id), first[0].id);
  await page.keyboard.press(" ");
  await page.waitForFunction((id) => /** @type {any} */ (window).wall.ids().includes(id), late.id, { timeout: 2 * DEADLINE });
  await page.isSound();
  await page.end();
  await service.stop();
});

test("a strip over another picture has no ground, blanks and announces by itself", async () => {
  const page = await open(`${hall.base}/w/hall?scene=ticker&background=none`, { script: settings });
  await isOn(page, "ticker");
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgba(0, 0, 0, 0)");
  assert.equal(await page.isVisible("#header"), false);
  await page.waitForSelector(".bar");
  await hall.api("/walls/hall/stage", { cookie, body: { action: "announcement", text: "Lunch is served" } });
  await page.waitForFunction(() => document.querySelector(".bar .say")?.textContent === "Lunch is served");
  await hall.api("/walls/hall/stage", { cookie, body: { action: "blank" } });
  await page.waitForFunction(() => document.querySelector(".bar") === null);
  await hall.api("/walls/hall/stage", { cookie, body: { action: "unblank" } });
  await hall.api("/walls/hall/stage", { cookie, body: { action: "announcement", text: "" } });
  await page.waitForFunction(() => document.querySelector(".bar[data-id]") !== null);
  await page.isSound();
  await page.end();
});
