import assert from "node:assert/strict";
import { before, test } from "node:test";

import { axe } from "./axe.js";
import { open } from "./browser.js";
import { post } from "./posts.js";
import { HALL, Service } from "./service.js";

/** @type {Service} */
let service;
let admin = "";
before(async () => {
  service = await Service.start({
    config: `${HALL}from = 2026-05-06T08:00:00Z\nto = 2026-05-06T18:00:00Z\n\n[[walls.sessions]]\ntitle = "Opening"\nfrom = 2026-05-06T09:00:00Z\nto = 2026-05-06T10:00:00Z\n\n[[walls]]\nid = "attic"\nhashtags = ["Attic"]\n`,
  });
  const day = Array.from({ length: 60 }, (_, i) =>
    post(`Thought ${i} about everything #Expert`, {
      who: `guest${i % 7}`,
      at: `2026-05-06T${String(9 + Math.floor(i / 12)).padStart(2, "0")}:${String((i * 5) % 60).padStart(2, "0")}:00Z`,
      language: i % 3 === 0 ? "cy" : "en",
      ...(i % 10 === 0 ? { kind: "reply", of: "mastodon:x" } : {}),
      ...(i % 15 === 1 ? { kind: "repost", of: "mastodon:y" } : {}),
      ...(i % 20 === 2 ? { media: [{ kind: "image", url: "https://pictures.invalid/1.png", alt: "A hall" }] } : {}),
    }),
  );
  await service.bring(day);
});

test("a one-time link signs in once, and leaves no trace in the address", async () => {
  const { link } = service;
  const page = await open(link.replace("/sign-in#", "/sign-in?next=/console/hall#"));
  await page.waitForSelector("#by-link button", { state: "visible" });
  assert.doesNotMatch(page.url(), /#/);
  await page.click("#by-link button");
  await page.waitForURL("**/console/hall");
  await page.waitForSelector("#feeds li", { state: "attached" });
  await page.click("#sign-out");
  await page.waitForURL("**/sign-in");
  await page.goto(link);
  await page.reload();
  await page.goto(`${service.base}/console/hall`);
  await page.waitForURL("**/sign-in?next=*");
  await page.isSound();
  await page.end();
  const again = await open(link);
  await again.click("#by-link button");
  await again.waitForSelector("#trouble:not([hidden])");
  await again.end();
});

test("name and password sign in and lead back to where one wanted to go; wrong ones say so", async () => {
  admin = await service.person("ada", "admin");
  const page = await open(`${service.base}/report/hall`);
  await page.waitForURL("**/sign-in?next=*");
  await page.fill("#name", "ada");
  await page.fill("#password", "not this one at all");
  await page.click("#by-name button");
  await page.waitForSelector("#trouble:not([hidden])");
  await page.fill("#password", "a long enough password of ada");
  await page.click("#by-name button");
  await page.waitForURL("**/report/hall");
  await page.waitForSelector("#big dd");
  await page.end();
});

test("nobody is offered what would be refused", async () => {
  const [organiser, rapporteur] = [await service.person("olga", "organiser"), await service.person("rui", "rapporteur")];
  const reads = await open(`${service.base}/console/hall`, { width: 1440, height: 900, cookie: organiser });
  await reads.click('[data-tab="shown"]');
  await reads.waitForSelector(".item");
  assert.equal(await reads.locator("[data-action], #pause, #blank, #mode, #announce, #new-screen").count(), 0);
  for (const key of ["h", "p", "u", "b", "b", " "]) await reads.keyboard.press(key);
  await reads.isSound();
  assert.equal(await reads.innerText("#last"), "");
  assert.deepEqual((await service.api("/walls/hall/audit", { cookie: admin })).entries, []);
  await reads.click("#to-report");
  await reads.waitForSelector("#big dd");
  await reads.end();
  const notes = await open(`${service.base}/console/hall`, { width: 1440, height: 900, cookie: rapporteur });
  await notes.click('[data-tab="shown"]');
  await notes.waitForSelector(".item");
  assert.deepEqual(await notes.$$eval("#detail [data-action]", (all) => all.map((one) => one.getAttribute("data-action"))), ["highlight", "note"]);
  assert.equal(await notes.isVisible("#to-report"), false);
  await notes.click('#detail [data-action="highlight"]');
  await notes.waitForSelector('#detail [data-action="unhighlight"]');
  await notes.waitForFunction(() => document.querySelector("#detail .why")?.textContent?.includes("Highlighted"));
  await notes.isSound();
  await notes.end();
});

test("the report's figures are those of the API and of the command, also of a part of the day", async () => {
  const page = await open(`${service.base}/report/hall`, { width: 1280, height: 900, cookie: admin });
  const figures = async () =>
    Object.fromEntries(await page.$$eval("#big div, #small div", (all) => all.map((one) => [one.querySelector("dt")?.firstChild?.textContent ?? "", Number(one.querySelector("dd")?.textContent?.replaceAll(",", ""))])));
  const words = (/** @type {any} */ f) => ({ posts: f.posts, participants: f.participants, reposts: f.reposts, originals: f.originals, replies: f.replies, quotes: f.quotes, "posts and reposts": f.total, "who only reposted": f.repost_only_participants, shown: f.shown, held: f.held, hidden: f.hidden, "deleted at the source": f.deleted });
  await page.waitForSelector("#big dd");
  const told = JSON.parse(await service.run(["report", "--wall", "hall", "--format", "json"]));
  const asked = await service.api("/walls/hall/report?format=json", { cookie: admin });
  assert.deepEqual(told.figures, asked.figures);
  assert.equal(told.figures.total, 60);
  assert.deepEqual(await figures(), words(asked.figures));
  assert.match(await page.innerText("#peaks"), /Times are Europe\/London\./);
  assert.match(await page.innerText("#tops"), /Guest0 @guest0@example\.org/);
  assert.match(await page.innerText("#tops"), /Welsh/);
  assert.match(await page.innerText("#spread"), /Posts per participant: 8 on average, median 8/);
  await page.fill("#from", "2026-05-06T11:00");
  await page.fill("#to", "2026-05-06T12:00");
  await page.click('#filter button[type="submit"]');
  await page.waitForFunction(() => document.querySelector("#big dd")?.textContent === "11");
  const part = JSON.parse(await service.run(["report", "--wall", "hall", "--format", "json", "--from", "2026-05-06T10:00:00Z", "--to", "2026-05-06T11:00:00Z"]));
  assert.deepEqual(await figures(), words(part.figures));
  await page.click("#everything");
  await page.waitForFunction((posts) => document.querySelector("#big dd")?.textContent === String(posts), asked.figures.posts);
  await page.isSound();
  await page.end();
});

test("printed, nothing of the report is cut off at the paper's edge", async () => {
  const page = await open(`${service.base}/report/hall`, { width: 1280, height: 900, cookie: admin });
  await page.waitForSelector("#big dd");
  // The width of A4 less its margins, at 96 dots an inch.
  await page.setViewportSize({ width: 672, height: 980 });
  await page.emulateMedia({ media: "print" });
  const over = await page.evaluate(() => [...document.querySelectorAll("main *")].filter((one) => one.getClientRects().length > 0 && one.getBoundingClientRect().right > innerWidth + 1).map((one) => `${one.tagName} ${one.className}`));
  assert.deepEqual(over, []);
  assert.equal(await page.isVisible("#filter"), false);
  const pdf = await page.pdf({ format: "A4" });
  const sheets = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  assert.ok(sheets >= 1 && sheets <= 4, `${sheets} sheets`);
  await page.end();
});

test("the walls are listed, and an address that leads nowhere says so", async () => {
  const page = await open(`${service.base}/`);
  await page.waitForFunction(() => document.querySelectorAll("#walls li").length === 2);
  assert.deepEqual(await page.$$eval("#walls h2 a", (all) => all.map((one) => [one.textContent, one.getAttribute("href")])), [["#Attic", "/w/attic"], ["#Expert", "/w/hall"]]);
  for (const path of ["/nothing", "/w/nothing", "/console/nothing"]) {
    const answer = await page.goto(service.base + path);
    assert.equal(answer?.status(), 404);
    assert.equal(await page.innerText("h1"), "Nothing here");
  }
  await page.isSound();
  await page.end();
});

test("axe finds nothing on any page, light or dark", async () => {
  const addresses = ["/", "/w/hall", "/w/attic", "/console/hall", "/report/hall", "/sign-in", "/nothing"];
  for (const path of addresses)
    for (const dark of [false, true])
      for (const width of [390, 1440]) {
        const page = await open(service.base + path, { width, height: 900, cookie: path === "/sign-in" ? null : admin, dark });
        await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]') && document.readyState === "complete");
        const ready = path.startsWith("/console") ? "#feeds li" : path.startsWith("/report") ? "#big dd" : path === "/w/hall" ? "#board .card" : "h1, .huge";
        await page.waitForSelector(ready, { state: "attached" });
        if (path.startsWith("/console")) {
          await page.click('[data-tab="shown"]');
          await page.waitForSelector(".item");
        }
        await page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== "running"));
        assert.deepEqual(await axe(page), [], `${path} ${dark ? "dark" : "light"} ${width}`);
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, `${path} at ${width} scrolls sideways`);
        await page.isSound();
        await page.end();
      }
});
