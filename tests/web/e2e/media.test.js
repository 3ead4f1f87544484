import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { deflateSync, crc32 } from "node:zlib";

import { cardOf, layoutFaults, open } from "./browser.js";
import { post } from "./posts.js";
import { HALL, Service } from "./service.js";

/** A PNG of one colour. @param {number} side @param {number[]} colour */
function png(side, colour) {
  const chunk = (/** @type {string} */ name, /** @type {Buffer} */ data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([8, 2], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.from(Array.from({ length: side }, () => colour).flat())]);
  const rows = Buffer.concat(Array.from({ length: side }, () => row));
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

/** @type {string[]} */
const asked = [];
const pictures = createServer((request, answer) => {
  const path = request.url ?? "";
  if (path.startsWith("/media/")) asked.push(path);
  if (path.startsWith("/media/") && !path.includes("broken")) answer.end(png(800, [200, 40, 40]));
  else answer.writeHead(404).end();
});
pictures.listen(0, "127.0.0.1");
await once(pictures, "listening");
after(() => pictures.close());
const foreign = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (pictures.address()).port}`;
const service = await Service.start({ config: `${HALL}\n[[walls.feeds]]\nkind = "mastodon"\nserver = "${foreign}"\n` });

const shown = post("Look at this :heart: #Expert", {
  who: "ada",
  author: { id: "mastodon:ada", handle: "@ada@example.org", name: "Ada", avatar: `${foreign}/media/ada.png` },
  media: [{ kind: "image", url: `${foreign}/media/hall.png`, alt: "A hall", width: 800, height: 800 }],
  emojis: [{ shortcode: "heart", url: `${foreign}/media/heart.png` }],
});
const at = Buffer.byteLength(shown.text.slice(0, shown.text.indexOf(":heart:")));
shown.facets.unshift({ start: at, end: at + 7, kind: "emoji", target: "heart" });
const broken = post("No picture comes here #Expert", { who: "eve", media: [{ kind: "image", url: `${foreign}/media/broken.png`, alt: "", width: 800, height: 600 }] });

/** Opens a page and notes whom it asks. @param {string} url @param {string | null} cookie */
async function watched(url, cookie = null) {
  const page = await open(url, { cookie });
  /** @type {Set<string>} */
  const origins = new Set();
  page.on("request", (request) => origins.add(new URL(request.url()).origin));
  await page.reload();
  return { page, origins };
}

test("the wall shows a foreign server's pictures and asks nobody but its own server", async () => {
  await service.bring([shown, broken]);
  const { page, origins } = await watched(`${service.base}/w/hall`);
  for (const picture of [".pic img", ".face img", "img.emoji"]) {
    await page.waitForFunction((selector) => {
      const image = document.querySelector(selector);
      return image instanceof HTMLImageElement && image.naturalWidth > 0;
    }, `${cardOf(shown.id)} ${picture}`);
  }
  const src = await page.getAttribute(`${cardOf(shown.id)} .pic img`, "src");
  assert.match(src ?? "", /^\/media\/hall\/\d+-[0-9a-f]{32}\/0\?w=\d+$/);
  // Its post stands there without it.
  await page.waitForFunction((card) => document.querySelector(card) && !document.querySelector(`${card} .pic`), cardOf(broken.id));
  assert.deepEqual(await layoutFaults(page), []);
  assert.deepEqual([...origins], [service.base]);
  assert.deepEqual(asked.filter((path) => !path.includes("broken")).sort(), ["/media/ada.png", "/media/hall.png", "/media/heart.png"]);
  await page.isSound();
  await page.end();
});

test("the console does so too, of a hidden post as well; the public gets nothing of that any more", async () => {
  const cookie = await service.person("grace", "moderator");
  const [{ pictures: token }] = (await service.api("/walls/hall/posts")).posts.filter((/** @type {any} */ one) => one.id === shown.id);
  await service.api("/walls/hall/decisions", { cookie, body: { posts: [shown.id], action: "hide" } });
  const address = `${service.base}/media/hall/${token}/0?w=320`;
  assert.equal((await fetch(address)).status, 404);
  const { page, origins } = await watched(`${service.base}/console/hall?queue=hidden`, cookie);
  assert.equal((await fetch(address, { headers: { cookie: `buzzwall=${cookie}` } })).status, 200);
  await page.waitForSelector("#queues, nav, main");
  assert.deepEqual([...origins], [service.base]);
  await page.isSound();
  await page.end();
});
