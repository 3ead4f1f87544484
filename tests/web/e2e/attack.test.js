import assert from "node:assert/strict";
import { before, test } from "node:test";

import { SLOGAN, WORD, abuse, again, campaign, eve, flood, hijack, ordinary, wave } from "./attack.js";
import { open } from "./browser.js";
import { cards, desk, item, phone, says, settled } from "./console.js";
import { drawnAfterReturn, drew, everKnown, faults, givenAway, recorded, recorder, takenFromScreen, told } from "./recorder.js";
import { Cable, HALL, Service } from "./service.js";

const TOKEN = "0123456789abcdef0123456789abcdef";
const RULES = `
[[walls.feeds]]
kind = "ingest"
name = "floor"
token = "${TOKEN}"

[walls.moderation]
blocklists = ["en"]
block_words = ["${WORD}"]
block_domains = ["spam.invalid"]
duplicates = "collapse"
max_per_author = { posts = 3, per = "1m", action = "hold" }
new_accounts = { younger_than = "7d" }
`;

/** @typedef {{id: string, mark: string, [key: string]: any}} Post */

/** @type {Service} */
let service;
let [mia, noor] = ["", ""];
before(async () => {
  service = await Service.start({ config: HALL + RULES });
  mia = await service.person("mia", "moderator");
  noor = await service.person("noor", "moderator");
});

/** Sends posts as whoever holds the token. @param {readonly Post[]} posts */
async function send(...posts) {
  const body = posts.map((one) => JSON.stringify({ ...one, mark: undefined })).join("\n");
  const answer = await fetch(`${service.base}/api/v1/walls/hall/posts`, { method: "POST", headers: { authorization: `Bearer ${TOKEN}` }, body });
  const { taken } = /** @type {any} */ (await answer.json());
  assert.equal(taken, posts.length, "all are taken");
}

/** What the server tells staff of a queue. @param {string} name @returns {Promise<{total: number, posts: any[]}>} */
const queue = (name) => service.api(`/walls/hall/posts?view=staff&queue=${name}&limit=500`, { cookie: noor });

/** Checks that each of these posts was kept off by a rule. @param {readonly Post[]} posts @param {string} rule */
async function because(posts, rule) {
  const { posts: all } = await queue("all");
  const known = new Map(all.map((one) => [one.id, one.reasons.map((/** @type {any} */ reason) => reason.rule)]));
  for (const { id } of posts) assert.ok(known.get(id)?.includes(rule), `${id}: ${rule}, not ${known.get(id)}`);
}

const ids = (/** @type {readonly {id: string}[]} */ posts) => posts.map(({ id }) => id);

/** Everything that anybody can read without signing in, in one text. */
async function outside() {
  const texts = ["", "/posts?limit=500", "/tallies", "/trends", "/report"].map((path) => fetch(`${service.base}/api/v1/walls/hall${path}`).then((answer) => answer.text()));
  return (await Promise.all(texts)).join("\n");
}

/** Listens as a page without WebSockets would. */
function listen() {
  const heard = { text: "", stop: new AbortController() };
  const read = async () => {
    const { body } = await fetch(`${service.base}/api/v1/walls/hall/events`, { signal: heard.stop.signal });
    const decoder = new TextDecoder();
    for await (const part of body ?? []) heard.text += decoder.decode(part, { stream: true });
  };
  read().catch(() => undefined);
  return heard;
}

/** The counts that a console shows, by queue. @param {import("./browser.js").Page} page */
const countsOn = (page) =>
  page.$$eval("[data-tab]", (tabs) => Object.fromEntries(tabs.map((tab) => [/** @type {HTMLElement} */ (tab).dataset.tab, Number((tab.querySelector(".count")?.textContent ?? "").replaceAll(",", ""))])));

/** Draws a card aside with a finger. @param {import("./browser.js").Page} page @param {{id: string}} post @param {number} dx */
async function swipe(page, post, dx) {
  await page.locator(item(post)).scrollIntoViewIfNeeded();
  await settled(page);
  const box = await page.locator(`${item(post)} .text`).boundingBox();
  assert.ok(box);
  const cdp = await page.context().newCDPSession(page);
  const touch = (/** @type {string} */ type, /** @type {{x: number, y: number}[]} */ touchPoints) => cdp.send("Input.dispatchTouchEvent", /** @type {any} */ ({ type, touchPoints }));
  const [x, y] = [box.x + box.width / 2, box.y + 5];
  await touch("touchStart", [{ x, y }]);
  for (let i = 1; i <= 8; i += 1) await touch("touchMove", [{ x: x + (dx * i) / 8, y: y + 1 }]);
  await touch("touchEnd", []);
  await cdp.detach();
}

/** Looks for words by touch. @param {import("./browser.js").Page} page @param {string} tab @param {string} words */
async function find(page, tab, words) {
  await page.tap(`[data-tab="${tab}"]`);
  await page.tap("#search");
  await page.fill("#search", words);
}

/** Says of every press on a page whether a hand on a mouse made it. */
function watchForMice() {
  Object.assign(window, { mice: 0 });
  for (const kind of ["pointerdown", "pointermove", "mousemove", "wheel"]) addEventListener(kind, () => (/** @type {any} */ (window).mice += 1), { capture: true });
}

test("through an attack no wall shows, at any frame, what must not be shown", async () => {
  const screenKey = (await service.api("/walls/hall/screens", { cookie: noor })).key;
  const wall = (/** @type {string} */ name, base = service.base) => open(`${base}/w/hall?screen=${name}&key=${screenKey}`, { width: 1280, height: 720, script: recorder });
  const heard = listen();
  /** @type {string[]} what anybody could read, at one moment after another */
  const read = [];

  // A quiet beginning. Eve writes like everybody else.
  const welcome = ordinary(4);
  const hers = eve();
  await send(...welcome, ...hers);
  const cable = await Cable.lay(service.port);
  const [wallA, wallB, keys, thumb] = await Promise.all([wall("A"), wall("B", cable.base), desk(service, mia, "", { script: watchForMice }), phone(service, noor)]);
  await Promise.all([wallA, wallB].map((page) => drew(page, ids(hers))));
  await keys.waitForFunction(() => document.querySelectorAll("#screens li").length === 2 && !document.querySelector("#screens li.ill"));

  // A flood, one sentence from twenty accounts, and a word in sixteen disguises and five hiding places.
  const [flooded, copies, abusive] = [flood(), campaign(), abuse()];
  const during = ordinary(6);
  await send(...flooded.slice(0, 15), ...during.slice(0, 2), ...copies, ...during.slice(2, 4), ...flooded.slice(15), ...abusive, ...during.slice(4));
  read.push(await outside());
  const kept = { flood: flooded.slice(3), copies: copies.slice(1), abuse: abusive };
  const { posts: shownThen } = await queue("shown");
  const shownIds = new Set(ids(shownThen));
  for (const [kind, posts] of Object.entries(kept)) assert.deepEqual(ids(posts).filter((id) => shownIds.has(id)), [], kind);
  for (const posts of [welcome, hers, during, copies.slice(0, 1), flooded.slice(0, 3)]) assert.deepEqual(ids(posts).filter((id) => !shownIds.has(id)), [], "nothing else is kept off");
  const card = shownThen.find(({ id }) => id === copies[0]?.id);
  assert.equal(card.copies, kept.copies.length, "one card stands for all that say the same");

  // The consoles say why.
  const [flooder] = kept.flood;
  await keys.keyboard.press("1");
  await says(keys, `.item[data-id="${flooder?.id}"] .why`, "Many posts by one author in a short time");
  await find(thumb, "hidden", "hiddencircled");
  await says(thumb, ".item .why", "Blocked word");
  assert.equal(await thumb.innerText(".item .text mark"), "ⓑⓛⓞⓡⓥⓘⓚ");

  // The hijack. Those who were bought long ago get through, until somebody sees them.
  const net = hijack();
  await send(...net.fresh.slice(0, 20), ...net.old, ...ordinary(1), ...net.fresh.slice(20));
  await Promise.all([wallA, wallB].map((page) => drew(page, ids(net.old))));
  await keys.keyboard.press("w");
  await says(thumb, "#hold", "Open again");
  const second = wave();
  const patient = ordinary(1);
  await send(...second, ...patient);
  read.push(await outside());
  await find(thumb, "waiting", SLOGAN);
  await says(thumb, ".item .why", "New account");

  // One wall loses its network, and so hears of none of the decisions.
  await told(wallB, ids([...net.old, ...hers]));
  cable.sever();
  await says(keys, "#screens li.ill", "B");
  const [swiped, ...rest] = /** @type {[Post, ...Post[]]} */ (net.old);
  await find(thumb, "shown", swiped.mark);
  await cards(thumb, 1);
  await swipe(thumb, swiped, -170);
  await says(keys, "#log li", "noor hid a post");
  await find(thumb, "shown", "@eve");
  await cards(thumb, 3);
  await thumb.tap(`${item(/** @type {Post} */ (hers[0]))} summary`);
  await thumb.tap(`${item(/** @type {Post} */ (hers[0]))} [data-action="block"]`);
  await says(keys, "#log li", "noor blocked @eve@example.org");
  await cards(thumb, 0);
  // All others of the net in one go.
  for (const key of ["3", "/"]) await keys.keyboard.press(key);
  await keys.keyboard.type(SLOGAN);
  await keys.waitForFunction((slogan) => document.querySelectorAll(".item").length > 3 && [...document.querySelectorAll(".item .text")].every((one) => one.textContent?.includes(slogan)), SLOGAN);
  for (const key of ["Tab", "x", "A", "h"]) await keys.keyboard.press(key);
  await says(keys, "#bulk-title", `Hide ${rest.length} posts by ${rest.length} people?`);
  await keys.waitForFunction(() => document.activeElement?.id === "bulk-go");
  await keys.keyboard.press("Enter");
  await says(keys, "#last .deed", `mia hid ${rest.length} posts`);
  await says(keys, "#last .reach", "gone from 1 of 2 screens · B is offline");
  const takenDown = [...net.old, ...hers];
  await wallA.waitForFunction((all) => ![...document.querySelectorAll("#board .card")].some((one) => all.includes(/** @type {HTMLElement} */ (one).dataset.id ?? "")), ids(takenDown));
  read.push(await outside());

  // A third wall is opened now; then the second comes back.
  const wallC = await wall("C");
  await says(keys, "#last .reach", "gone from 2 of 3 screens · B is offline");
  cable.mend();
  await wallB.evaluate(() => dispatchEvent(new Event("online")));
  for (const page of [keys, thumb]) await page.waitForFunction(() => [...document.querySelectorAll("#log .reach")].filter((one) => one.textContent === "gone from 3 of 3 screens").length === 3);

  // While all wait, one is let through; then all are again, and what was taken down is said again by others.
  await find(thumb, "waiting", patient[0]?.mark ?? "");
  await cards(thumb, 1);
  await swipe(thumb, /** @type {Post} */ (patient[0]), 170);
  await Promise.all([wallA, wallB, wallC].map((page) => told(page, ids(patient))));
  await keys.keyboard.press("Escape");
  await keys.keyboard.press("w");
  await says(thumb, "#hold", "Hold all");
  const echoes = again(net.old.slice(0, 4));
  const wake = ordinary(3);
  await send(...echoes, ...wake);
  await Promise.all([wallA, wallB, wallC].map((page) => told(page, ids(wake))));
  await Promise.all([wallA, wallB, wallC].map((page) => drew(page, ids(wake))));
  await because(flooded.slice(3), "max_per_author");
  await because(copies.slice(1), "duplicates");
  await because(abusive.slice(0, -1), "block_words");
  await because(abusive.slice(-1), "block_domains");
  await because(net.fresh, "new_accounts");
  await because(second, "mode");
  await because(echoes, "like_hidden");

  // Pausing keeps what comes from everybody outside; going on brings it.
  await keys.keyboard.press("1");
  await keys.waitForSelector(".item.selected");
  for (const key of ["j", " "]) await keys.keyboard.press(key);
  await says(thumb, "#stage-note", "The wall is paused");
  const late = ordinary(2);
  await send(...late);
  const paused = await outside();
  assert.deepEqual(givenAway(paused, late), [], "nobody outside is told during the pause");
  await keys.keyboard.press(" ");
  await keys.waitForSelector("#resume[open]");
  await keys.keyboard.press("Enter");
  await Promise.all([wallA, wallB, wallC].map((page) => told(page, ids(late))));
  read.push(paused, await outside());

  // What anybody got to see of all this.
  const never = [...kept.flood, ...kept.copies, ...kept.abuse, ...net.fresh, ...second, ...echoes];
  const [logA, logB, logC] = await Promise.all([recorded(wallA), recorded(wallB), recorded(wallC)]);
  assert.deepEqual(faults(logA, never), [], "wall A");
  assert.deepEqual(faults(logB, never), [], "wall B");
  assert.deepEqual(faults(logC, [...never, ...takenDown]), [], "wall C");
  assert.deepEqual(drawnAfterReturn(logB, new Set(ids(takenDown))), [], "wall B after its return");
  for (const log of [logA, logB]) {
    const [taken, { once, known }] = [takenFromScreen(log), everKnown(log)];
    assert.ok(net.old.some(({ id }) => taken.has(id)), "something had to be taken from the screen");
    assert.deepEqual(ids(takenDown).filter((id) => !once.has(id) || known.has(id)), [], "each was there and was taken down");
  }
  heard.stop.abort();
  assert.deepEqual(givenAway(heard.text, never), [], "the stream of events");
  assert.ok(heard.text.includes(`"${late[0]?.id}"`), "it was heard to the end");
  for (const text of read) assert.deepEqual(givenAway(text, never), [], "the interface");
  assert.deepEqual(givenAway(read.at(-1) ?? "", takenDown), [], "the interface at the end");

  // Both consoles and the server agree on what became of it.
  const counts = await countsNow();
  for (const page of [keys, thumb]) {
    await page.waitForFunction((want) => Object.entries(want).every(([name, n]) => document.querySelector(`[data-tab="${name}"] .count`)?.textContent?.replaceAll(",", "") === String(n)), counts);
    assert.deepEqual(await countsOn(page), counts);
  }
  assert.equal(await keys.evaluate(() => /** @type {any} */ (window).mice), 0, "no mouse was there");
  for (const page of [wallA, wallB, wallC, keys, thumb]) {
    await page.isSound();
    await page.end();
  }
  cable.stop();
});

/** What the server counts in each queue. */
async function countsNow() {
  const names = ["waiting", "stashed", "shown", "hidden", "pinned", "highlighted", "all"];
  const totals = await Promise.all(names.map((name) => queue(name).then(({ total }) => total)));
  return Object.fromEntries(names.map((name, i) => [name, totals[i]]));
}
