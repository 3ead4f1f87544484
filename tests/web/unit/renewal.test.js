import assert from "node:assert/strict";
import { test } from "node:test";

import { Renewal, versionOf } from "../../../web/wall/renewal.js";

const page = (/** @type {string} */ version) => `<script type="module" src="/assets/${version}/wall/main.js"></script>`;
const OLD = "0123456789abcdef";
const NEW = "fedcba9876543210";

/** A screen that runs the old version; `server` is what the server has. */
function screen() {
  const it = { server: /** @type {string | Error} */ (OLD), reloads: 0, clock: 0, done: /** @type {string | null} */ (null), renewal: /** @type {Renewal} */ (/** @type {unknown} */ (null)) };
  it.renewal = new Renewal({
    own: OLD,
    read: () => (it.server instanceof Error ? Promise.reject(it.server) : Promise.resolve(page(it.server))),
    reload: () => {
      it.reloads += 1;
    },
    renewed: (version) => (it.done = version ?? it.done),
    now: () => it.clock,
  });
  return it;
}

test("a page's version stands in the addresses of what it loads", () => {
  assert.equal(versionOf(page(OLD)), OLD);
  assert.equal(versionOf(page("wall").replace("/wall/wall", "/wall")), null);
});

test("a new version is loaded between two scenes, once", async () => {
  const it = screen();
  await it.renewal.look();
  await it.renewal.renew(true);
  assert.equal(it.reloads, 0, "the same version");
  it.server = NEW;
  await it.renewal.look();
  await it.renewal.renew(false);
  assert.equal(it.reloads, 0, "in the middle of a scene");
  await it.renewal.renew(true);
  assert.equal(it.reloads, 1);
  await it.renewal.look();
  await it.renewal.renew(true);
  assert.equal(it.reloads, 1, "a version that came to nothing is not tried again");
});

test("a wall of one scene does not wait for ever, and nothing is loaded from a server that does not answer", async () => {
  const it = screen();
  it.server = NEW;
  await it.renewal.look();
  it.server = new Error("gone");
  it.clock = 400_000;
  await it.renewal.renew(false);
  await it.renewal.renew(true);
  assert.equal(it.reloads, 0);
  it.server = NEW;
  await it.renewal.look();
  it.clock = 800_000;
  await it.renewal.renew(false);
  assert.equal(it.reloads, 1);
});
