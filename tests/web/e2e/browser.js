/** One browser for a file of tests; pages that remember what went wrong on them. */
import assert from "node:assert/strict";
import { after, before } from "node:test";

import { chromium } from "playwright-core";

/** Nothing here takes longer, on a slow machine either. */
export const DEADLINE = 15_000;

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Nothing but the service itself can be reached.
    args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
  });
});
after(() => browser.close());

/** What a browser says by itself about the network; a wall without one is not broken. */
const NETWORK = /Failed to load resource|ERR_|WebSocket connection to/;

/**
 * A page in a context of its own.
 *
 * @param {string} url
 * @param {{width?: number, height?: number, cookie?: string | null, script?: () => void, dark?: boolean, touch?: boolean, scale?: number, locale?: string}} [options] `scale`: as zooming in does
 */
export async function open(url, { width = 1920, height = 1080, cookie = null, script, dark = false, touch = false, scale = 1, locale = "en-GB" } = {}) {
  const context = await browser.newContext({ viewport: { width: Math.round(width / scale), height: Math.round(height / scale) }, deviceScaleFactor: scale, colorScheme: dark ? "dark" : "light", hasTouch: touch, isMobile: touch, locale });
  context.setDefaultTimeout(DEADLINE);
  if (cookie) await context.addCookies([{ name: "buzzwall", value: cookie, url: new URL(url).origin }]);
  await context.addInitScript(() => {
    const list = /** @type {string[]} */ ([]);
    Object.assign(window, { violations: list });
    document.addEventListener("securitypolicyviolation", (event) => list.push(`${event.violatedDirective}: ${event.blockedURI}`));
  });
  if (script) await context.addInitScript(script);
  const page = await context.newPage();
  /** @type {string[]} */
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !NETWORK.test(message.text())) faults.push(message.text());
  });
  page.on("dialog", (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return Object.assign(page, {
    /** Fails if anything went wrong on the page so far. */
    async isSound() {
      const violations = await page.evaluate(() => /** @type {any} */ (window).violations);
      assert.deepEqual([...faults, ...violations], [], page.url());
    },
    end: () => context.close(),
  });
}

/** @typedef {Awaited<ReturnType<typeof open>>} Page */

/** @param {string} id */
export const cardOf = (id) => `#board .card[data-id=${JSON.stringify(id)}]`;

/**
 * What is wrong with how a wall is laid out, in words; nothing, if all is well. Waits for cards to stand still.
 *
 * @param {Page} page
 * @returns {Promise<string[]>}
 */
export async function layoutFaults(page) {
  await page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== "running"));
  return page.evaluate(() => {
    const faults = [];
    const root = document.documentElement;
    if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) faults.push("the page scrolls");
    const cards = [...document.querySelectorAll("#board .card")];
    const boxes = cards.map((card) => card.getBoundingClientRect());
    cards.forEach((card, i) => {
      const box = /** @type {DOMRect} */ (boxes[i]);
      const name = `“${(card.textContent ?? "").slice(0, 40)}”`;
      if (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1) faults.push(`${name} reaches over the screen`);
      for (const part of card.querySelectorAll("*")) {
        const one = part.getBoundingClientRect();
        if (one.width > 0 && (one.bottom > box.bottom + 1 || one.right > box.right + 1 || one.left < box.left - 1)) faults.push(`${name}: ${part.className || part.tagName} reaches over its card`);
      }
      boxes.forEach((other, j) => {
        if (j > i && box.left < other.right - 1 && other.left < box.right - 1 && box.top < other.bottom - 1 && other.top < box.bottom - 1) faults.push(`${name} lies under another card`);
      });
      for (const word of card.querySelectorAll(".say, .name, .via, figcaption")) {
        if (Number.parseFloat(getComputedStyle(word).fontSize) < Math.min(innerHeight / 100, innerWidth / 88) * 2.99) faults.push(`${name}: type under 3 % of the height`);
      }
    });
    return faults;
  });
}
