import assert from "node:assert/strict";
import { test } from "node:test";

import { pictureSrc } from "../../../web/shared/media.js";

/** @param {object} more @returns {any} */
const post = (more) => ({ id: "a", text: "", pictures: "7-00ff", author: { avatar: "https://a.example/1.png" }, ...more });

test("pictures come from this service, in the next width that it has", () => {
  for (const [wide, w] of [[1, 96], [96, 96], [97, 320], [700, 1280], [1920, 1920], [4000, 1920]])
    assert.equal(pictureSrc("hall", post({}), "avatar", wide ?? 0), `/media/hall/7-00ff/avatar?w=${w}`);
});

test("what this service serves itself is used as it is, and nothing else is", () => {
  const avatar = (/** @type {string | null} */ address) => pictureSrc("hall", post({ author: { avatar: address } }), "avatar", 96);
  assert.equal(avatar("/assets/demo/avatars/ada.svg"), "/assets/demo/avatars/ada.svg");
  for (const address of ["/api/v1/me", "/assets/../api/v1/me", "//evil.example/x.png", "javascript:alert(1)", "data:image/png;base64,AAAA", "ftp://a/b", "", null])
    assert.equal(avatar(address), null, String(address));
  assert.equal(pictureSrc("hall", post({ pictures: undefined }), "avatar", 96), null);
});

test("of what moves the still is drawn, and of what has none nothing", () => {
  const media = [
    { kind: "image", url: "https://a/full" },
    { kind: "video", url: "https://a/film" },
    { kind: "video", url: "https://a/film", preview: "https://a/still" },
    { kind: "gif", url: "https://a/loop" },
    { kind: "audio", url: "https://a/sound" },
  ];
  const has = (/** @type {number} */ i) => pictureSrc("hall", post({ media }), `${i}`, 640) !== null;
  assert.deepEqual([0, 1, 2, 3, 4, 5].map(has), [true, false, true, true, false, false]);
  assert.equal(pictureSrc("hall", post({ emojis: [{ shortcode: "x", url: "https://a/x" }] }), "emoji-0", 30), "/media/hall/7-00ff/emoji-0?w=96");
  assert.equal(pictureSrc("hall", post({ card: { image: "https://a/x" } }), "card", 30), "/media/hall/7-00ff/card?w=96");
});
