/**
 * The wall's service worker: keeps the page, what it loads and the pictures it has drawn, so that a screen that is loaded anew
 * without a network shows its wall. Browsers run it for pages that come by https or from this machine alone.
 */

// The checker knows pages, not workers.
const worker = /** @type {any} */ (self);

const PAGES = "pages";
const ASSETS = "assets";
const PICTURES = "pictures";
/** Most pictures kept; the first that came go. */
const MOST_PICTURES = 400;
/** How long the network may take where something is kept. */
const PATIENCE_MS = 4000;

/** Named by their content: what is kept never ages. */
const FIXED = /^\/assets\/([0-9a-f]{16}|vendor)\//;
const CHANGES = /^\/(assets\/|themes\.css$|w\/[^/]+\/(logo|background|style\.css|sponsors\/\d+)$)/;
const PICTURE = /^\/media\//;
const PAGE = /^\/w\/[a-z0-9-]+$/;

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (PAGE.test(pathname)) event.respondWith(fresh(PAGES, origin + pathname, request));
  } else if (FIXED.test(pathname)) event.respondWith(kept(ASSETS, request));
  else if (CHANGES.test(pathname)) event.respondWith(fresh(ASSETS, request.url, request));
  else if (PICTURE.test(pathname)) event.respondWith(kept(PICTURES, request));
});

worker.addEventListener("message", (/** @type {any} */ event) => {
  const { type, urls, token } = event.data ?? {};
  if (type === "keep") event.waitUntil(keep(urls).then((whole) => event.source?.postMessage({ type: "kept", whole })));
  if (type === "forget") event.waitUntil(forget(token));
});

/** What is kept, else from the network. @param {string} name @param {Request} request */
async function kept(name, request) {
  const cache = await caches.open(name);
  const found = await cache.match(request.url);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) await put(cache, name, request.url, answer.clone());
  return answer;
}

/** From the network, else what is kept. @param {string} name @param {string} key @param {Request} request */
async function fresh(name, key, request) {
  const cache = await caches.open(name);
  const found = await cache.match(key);
  try {
    const asked = fetch(request);
    const answer = await (found ? Promise.race([asked, late()]) : asked);
    if (answer.status >= 500 && found) return found;
    if (answer.ok) await put(cache, name, key, answer.clone());
    return answer;
  } catch (error) {
    if (found) return found;
    throw error;
  }
}

/** @returns {Promise<never>} */
const late = () =>
  new Promise((_, fail) => {
    setTimeout(() => fail(new Error("no answer in time")), PATIENCE_MS);
  });

/** A full disk keeps nothing from being shown. @param {Cache} cache @param {string} name @param {string} key @param {Response} answer */
async function put(cache, name, key, answer) {
  try {
    await cache.put(key, answer);
    if (name !== PICTURES) return;
    const keys = await cache.keys();
    for (const oldest of keys.slice(0, Math.max(0, keys.length - MOST_PICTURES))) await cache.delete(oldest);
  } catch (error) {
    console.warn("not kept", key, error);
  }
}

/**
 * Keeps what a page has loaded before this worker was there, and lets go of what other versions have loaded.
 *
 * @param {string[]} urls
 * @returns {Promise<boolean>} whether all of it is kept
 */
async function keep(urls) {
  const versions = new Set();
  let whole = true;
  for (const address of urls) {
    const { origin, pathname } = new URL(address, location.href);
    if (origin !== location.origin) continue;
    const version = FIXED.exec(pathname)?.[1];
    if (version) versions.add(version);
    const name = PAGE.test(pathname) ? PAGES : FIXED.test(pathname) || CHANGES.test(pathname) ? ASSETS : PICTURE.test(pathname) ? PICTURES : null;
    if (name === null) continue;
    const key = name === PAGES ? origin + pathname : address;
    const cache = await caches.open(name);
    if (await cache.match(key)) continue;
    const answer = await fetch(key).catch(() => null);
    if (answer?.ok) await put(cache, name, key, answer);
    else whole = false;
  }
  if (!whole || !versions.has("vendor") || versions.size < 2) return whole;
  const cache = await caches.open(ASSETS);
  for (const request of await cache.keys()) {
    const version = FIXED.exec(new URL(request.url).pathname)?.[1];
    if (version && !versions.has(version)) await cache.delete(request);
  }
  return true;
}

/** Lets go of a post's pictures. @param {string} token */
async function forget(token) {
  const cache = await caches.open(PICTURES);
  for (const request of await cache.keys()) if (new URL(request.url).pathname.split("/")[3] === token) await cache.delete(request);
}
