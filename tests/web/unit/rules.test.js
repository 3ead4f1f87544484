import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { en } from "../../../web/shared/catalogue/en.js";
import { bodyOf, differs, entriesOf, originOf, rowOfError, settingOf, valueOf } from "../../../web/console/rules/model.js";
import { doneWords, triedWords } from "../../../web/console/rules/outcome.js";
import { ROWS } from "../../../web/console/rules/table.js";

/** @type {any} */
const settings = {
  moderation: {
    links: { value: "show", from: "default" },
    block_words: { value: ["grot"], from: "console", file: [] },
    actions: { value: { blocklists: "hold" }, from: "file" },
  },
};
/** @param {string} key */
const row = (key) => /** @type {import("../../../web/console/rules/table.js").Row} */ (ROWS.find((one) => one.key === key));

test("every setting of the server stands in the form, with a name and an explanation", () => {
  const source = readFileSync(new URL("../../../src/moderation/settings.rs", import.meta.url), "utf8");
  const table = /pub struct ModerationSettings \{([^]*?)\n\}/.exec(source)?.[1] ?? "";
  const keys = [...table.matchAll(/^ {4}pub (\w+):/gm)].map((found) => found[1] ?? "").filter((key) => key !== "actions");
  assert.ok(keys.length > 30, String(keys.length));
  const asked = new Set(ROWS.map(({ key }) => key));
  assert.deepEqual(keys.filter((key) => !asked.has(key)), []);
  for (const key of keys) assert.ok(`rule.${key}` in en && `rule.${key}.help` in en, key);
});

test("a row shows its value and where that comes from", () => {
  assert.equal(valueOf(settings, row("links")), "show");
  assert.equal(valueOf(settings, row("actions.blocklists")), "hold");
  assert.equal(valueOf(settings, row("actions.block_words")), null);
  assert.equal(originOf(settings, row("block_words")), "console");
  assert.equal(originOf(settings, row("actions.blocklists")), "file");
  assert.equal(originOf(settings, row("max_links")), "default");
});

test("changes become a request; a part of a table leaves the others as they are", () => {
  const changes = new Map(/** @type {[string, unknown][]} */ ([
    ["links", "hold"],
    ["block_words", undefined],
    ["actions.block_words", "hold"],
    ["actions.blocklists", null],
  ]));
  assert.deepEqual(bodyOf(settings, changes), { moderation: { links: "hold", block_words: null, actions: { block_words: "hold" } } });
  assert.equal(settingOf("actions.block_words"), "actions");
});

test("what was set back by hand is no change; entries are lines", () => {
  assert.equal(differs(["a"], ["a"]), false);
  assert.equal(differs(undefined, null), false);
  assert.equal(differs({ most: 3 }, { most: 4 }), true);
  assert.deepEqual(entriesOf("  one \n\n two words\n"), ["one", "two words"]);
});

test("an error of the server finds its field", () => {
  assert.equal(rowOfError('moderation.block_words[2]: a * alone would stand for every word', ROWS)?.key, "block_words");
  assert.equal(rowOfError("moderation.max_links.most: 0 would let nobody pass", ROWS)?.key, "max_links");
  assert.equal(rowOfError("the disk is full", ROWS), null);
});

test("what trying comes to, in sentences", () => {
  const tried = /** @type {any} */ ({ posts: 1200, shown: 0, held: 12, hidden: 3, approved: 1, rules: [], list: [] });
  assert.deepEqual(triedWords(tried), ["Of 1,200 posts, 15 would stand elsewhere.", "12 would be held.", "3 would be hidden.", "1 that one of you showed stays, against the rules."]);
  assert.deepEqual(triedWords({ ...tried, held: 0, hidden: 0, approved: 0 }), ["It would change nothing: all 1,200 posts stay where they are."]);
  assert.equal(doneWords({ held: 12, hidden: 0, shown_anyway: 2 }), "held 12, 2 shown anyway");
});
