/** A console in a test: opened by somebody, looked at, and cleared between tests. */
import { open } from "./browser.js";

/** @typedef {import("./browser.js").Page} Page */
/** @typedef {import("./service.js").Service} Service */

/** @param {Service} service @param {string} cookie @param {string} [place] @param {Parameters<typeof open>[1]} [how] */
export const desk = (service, cookie, place = "", how = {}) => open(`${service.base}/console/hall${place}`, { width: 1440, height: 900, cookie, ...how });

/** @param {Service} service @param {string} cookie @param {string} [place] @param {Parameters<typeof open>[1]} [how] */
export const phone = (service, cookie, place = "", how = {}) => open(`${service.base}/console/hall${place}`, { width: 390, height: 844, touch: true, cookie, ...how });

/** @param {{id: string}} post */
export const item = ({ id }) => `.item[data-id=${JSON.stringify(id)}]`;

/** Waits until a part of the page says something. @param {Page} page @param {string} selector @param {string} words */
export const says = (page, selector, words) => page.waitForFunction(([where, what]) => document.querySelector(where ?? "")?.textContent?.includes(what ?? ""), [selector, words]);

/** Waits for so many cards. @param {Page} page @param {number} count */
export const cards = (page, count) => page.waitForFunction((n) => document.querySelectorAll(".item").length === n, count);

/** The id of the selected post, once the list is read and drawn. @param {Page} page */
export async function selected(page) {
  await page.waitForSelector('#posts[aria-busy="false"] .item.selected');
  return page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(document.querySelector(".item.selected")?.getAttribute("data-id"))))));
}

/**
 * Puts everything back, and leaves no post shown or held, so that tests do not see each other's.
 *
 * @param {Service} service
 * @param {string} cookie
 */
export async function sweep(service, cookie) {
  await service.api("/walls/hall/settings", { cookie, method: "PATCH", body: { moderation: { mode: null } } });
  for (const action of ["resume", "unblank", "announcement"]) await service.api("/walls/hall/stage", { cookie, body: { action } });
  for (const queue of ["waiting", "stashed", "shown"]) {
    const { posts } = await service.api(`/walls/hall/posts?view=staff&queue=${queue}&limit=500`, { cookie });
    const ids = posts.map((/** @type {any} */ one) => one.id);
    if (ids.length > 0) await service.api("/walls/hall/decisions", { cookie, body: { posts: ids, action: "hide" } });
  }
}

/** Waits until presses count again after the list has moved. @param {Page} page */
export const settled = (page) => page.evaluate(() => new Promise((done) => setTimeout(done, 450)));
