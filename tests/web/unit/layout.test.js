import assert from "node:assert/strict";
import test from "node:test";

import { deal, geometry, place, typeSizes } from "../../../web/wall/layout.js";

const SCREENS = [[1280, 720], [1920, 1080], [3840, 2160], [1024, 768], [1080, 1920], [2560, 1080], [1920, 320], [3840, 540]];

for (const [width = 0, height = 0] of SCREENS) {
  test(`${width}x${height}: everything lies on the screen and nothing overlaps`, () => {
    const { columns, strip, unit } = geometry(width, height);
    // The header as in wall.css: at the left of a strip, else above the columns.
    const header = { right: (4 + 50) * unit, bottom: (3.2 + 8) * unit };
    for (const box of columns) {
      assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width + 0.01 && box.y + box.height <= height + 0.01);
    }
    for (let i = 1; i < columns.length; i += 1) {
      const [left, right] = [columns[i - 1], columns[i]];
      assert.ok(left && right && left.x + left.width < right.x);
    }
    for (const column of columns) assert.ok(column.width >= 60 * unit, "a line holds enough words");
    for (const column of columns) assert.ok(strip ? column.x >= header.right : column.y >= header.bottom);
  });
}

test("wide screens have two unequal columns, narrow ones stack, strips run sideways", () => {
  const wide = geometry(1920, 1080);
  assert.equal(wide.columns.length, 2);
  assert.ok((wide.columns[0]?.width ?? 0) > (wide.columns[1]?.width ?? 0));
  assert.equal(geometry(1080, 1920).columns.length, 1);
  assert.ok(geometry(3840, 540).columns.length >= 3);
  assert.equal(geometry(1920, 1080, 1).columns.length, 1);
});

const column = (/** @type {any[]} */ cards) => ({ height: 100, gap: 4, cards });
const card = (/** @type {string} */ id, height = 40, until = 0, entered = 0) => ({ id, height, until, entered });

test("a card takes free room before it displaces anybody", () => {
  const columns = [column([card("a"), card("b")]), column([card("c")])];
  assert.deepEqual(place(columns, [[40], [40]], 10), { column: 1, size: 0, leave: [] });
});

test("only cards whose time is up give way, the longest seen first", () => {
  const columns = [column([card("a", 48, 99, 1), card("b", 48, 5, 2)]), column([card("c", 48, 5, 3), card("d", 48, 5, 1)])];
  assert.deepEqual(place(columns, [[48], [48]], 10), { column: 1, size: 0, leave: ["d"] });
  assert.equal(place([column([card("a", 90, 99)])], [[40]], 10), null);
});

test("smaller type is tried where it saves a displacement, and a card that fits nowhere is not placed", () => {
  assert.deepEqual(place([column([card("a", 50, 0)])], [[60, 45]], 10), { column: 0, size: 1, leave: [] });
  assert.equal(place([column([])], [[120]], 10), null);
});

test("what is placed always fits", () => {
  let seed = 7;
  const random = (/** @type {number} */ n) => (seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) % n;
  for (let round = 0; round < 500; round += 1) {
    const columns = Array.from({ length: 1 + random(3) }, () => {
      const cards = [];
      let used = 0;
      for (let i = 0; i < 4; i += 1) {
        const height = 15 + random(40);
        if (used + height > 100) break;
        used += height + 4;
        cards.push(card(`${i}`, height, random(20), random(20)));
      }
      return column(cards);
    });
    const found = place(columns, columns.map(() => [20 + random(80), 20 + random(40)].sort((a, b) => b - a)), 10);
    if (!found) continue;
    const target = columns[found.column];
    const kept = target?.cards.filter(({ id }) => !found.leave.includes(id)) ?? [];
    assert.ok(target?.cards.filter(({ id }) => found.leave.includes(id)).every(({ until }) => until <= 10));
    assert.ok(kept.length + found.leave.length === target?.cards.length);
  }
});

test("a column's height is dealt out whole, pictures first", () => {
  const cards = [{ height: 30, stretch: 0 }, { height: 40, stretch: 10 }];
  const boxes = deal(cards, 104, 4);
  assert.deepEqual(boxes.map(({ height }) => height), [40, 60]);
  assert.deepEqual(boxes.map(({ y }) => y), [0, 44]);
  assert.deepEqual(deal(cards, 200, 4, 10).map(({ height }) => height), [40, 60], "no card is blown up");
  assert.deepEqual(deal(cards, 80, 4).map(({ height }) => height), [30, 46]);
});

test("short posts are set large, long ones smaller, none under three hundredths of the screen", () => {
  const first = (/** @type {number} */ length) => typeSizes(length)[0]?.size ?? 0;
  assert.ok(first(10) > first(35) && first(35) > first(100) && first(100) > first(300));
  assert.ok(typeSizes(5000).every(({ size }) => size >= 3));
  assert.ok(typeSizes(40)[0]?.display && !typeSizes(400)[0]?.display);
});

test("where the last row is far, type is larger and never below what it needs, and columns are fewer", () => {
  assert.ok(typeSizes(900, 0, { text: 8.1, least: 8.1 }).every(({ size }) => size >= 8.1));
  assert.equal(typeSizes(100, 0, { text: 8.1, least: 8.1 })[0]?.size, 8.1);
  assert.ok(geometry(1920, 1080, Infinity, 9).columns.length < geometry(1920, 1080).columns.length);
});
