import assert from "node:assert/strict";
import test from "node:test";

import { Connection, OPEN_MS, QUIET_MS, backoff, comesBackSoon } from "../../../web/shared/connection.js";

/** A socket that the test opens, closes and speaks through. */
class FakeSocket {
  /** @type {FakeSocket[]} */
  static made = [];
  readyState = 0;
  /** @type {string[]} */
  sent = [];
  closed = false;
  /** @type {any} */ onopen = null;
  /** @type {any} */ onmessage = null;
  /** @type {any} */ onclose = null;
  /** @param {string} address */
  constructor(address) {
    this.address = address;
    FakeSocket.made.push(this);
  }
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  /** @param {string} data */
  say(data) {
    this.onmessage?.({ data });
  }
  /** @param {number} code */
  fail(code) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
  /** @param {string} data */
  send(data) {
    this.sent.push(data);
  }
  close() {
    this.closed = true;
    this.readyState = 3;
  }
}

/** @param {import("node:test").TestContext} t */
function setUp(t) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  FakeSocket.made = [];
  /** @type {string[]} */
  const heard = [];
  /** @type {boolean[]} */
  const states = [];
  let position = 0;
  const connection = new Connection({
    address: () => `ws://x?since=e:${position}`,
    message: (text) => {
      heard.push(text);
      position += 1;
    },
    state: (online) => states.push(online),
    hello: () => ({ type: "hello" }),
    random: () => 0.99,
    Socket: /** @type {any} */ (FakeSocket),
  });
  const made = (/** @type {number} */ i) => /** @type {FakeSocket} */ (FakeSocket.made[i]);
  return { connection, heard, states, made, count: () => FakeSocket.made.length };
}

test("the first try is within a second, later ones spread out up to a bound", () => {
  assert.ok(backoff(0, 0.999) < 1000);
  assert.ok(backoff(30, 0.999) <= 15_050);
  assert.ok(backoff(4, 0) < 100, "full jitter reaches down to nothing");
});

test("comes back by itself from where it stopped", (t) => {
  const { connection, heard, states, made, count } = setUp(t);
  connection.connect();
  made(0).open();
  made(0).say("one");
  made(0).fail(1006);
  assert.deepEqual(states, [true, false]);
  t.mock.timers.tick(1000);
  assert.equal(count(), 2);
  assert.equal(made(1).address, "ws://x?since=e:1");
  made(1).open();
  assert.deepEqual(made(1).sent, ['{"type":"hello"}']);
  made(1).say("two");
  assert.deepEqual(heard, ["one", "two"]);
});

test("a server that accepts and hangs up is not hammered", (t) => {
  const { connection, made, count } = setUp(t);
  connection.connect();
  for (let i = 0; i < 6; i += 1) {
    made(i).open();
    made(i).fail(1006);
    t.mock.timers.tick(backoff(i, 0.99));
    assert.equal(count(), i + 2);
  }
  made(6).fail(1006);
  t.mock.timers.tick(10_000);
  assert.equal(count(), 7);
});

test("a server that speaks again is trusted again", (t) => {
  const { connection, made, count } = setUp(t);
  connection.connect();
  for (let i = 0; i < 6; i += 1) {
    made(i).fail(1006);
    t.mock.timers.tick(20_000);
  }
  made(6).open();
  made(6).say("here I am");
  made(6).fail(1006);
  t.mock.timers.tick(1000);
  assert.equal(count(), 8);
});

test("a message that cannot be applied is fetched again from the cursor", (t) => {
  const { connection, states, made, count } = setUp(t);
  t.mock.method(console, "error", () => undefined);
  t.mock.method(connection.options, "message", () => {
    throw new SyntaxError("broken");
  });
  connection.connect();
  made(0).open();
  made(0).say("{");
  assert.equal(made(0).closed, true);
  assert.deepEqual(states, [true, false]);
  t.mock.timers.tick(1000);
  assert.equal(count(), 2);
  assert.equal(made(1).address, "ws://x?since=e:0");
});

test("a silent stream is replaced without a gap, and the old one is heard until then", (t) => {
  const { connection, heard, states, made, count } = setUp(t);
  connection.connect();
  made(0).open();
  made(0).say("one");
  t.mock.timers.tick(QUIET_MS);
  assert.equal(count(), 2);
  made(0).say("still here");
  assert.equal(made(0).closed, false);
  made(1).open();
  assert.equal(made(0).closed, true);
  assert.deepEqual(heard, ["one", "still here"]);
  assert.deepEqual(states, [true, true]);
});

test("a socket that never opens is given up", (t) => {
  const { connection, states, made, count } = setUp(t);
  connection.connect();
  t.mock.timers.tick(OPEN_MS);
  assert.deepEqual(states, [false]);
  assert.equal(made(0).closed, true);
  t.mock.timers.tick(1000);
  assert.equal(count(), 2);
});

test("where the server says that it will not help, it is asked slowly", (t) => {
  const { connection, made, count } = setUp(t);
  assert.ok(comesBackSoon(1006) && comesBackSoon(4001) && !comesBackSoon(4404));
  connection.connect();
  made(0).fail(4404);
  t.mock.timers.tick(40_000);
  assert.equal(count(), 1);
  t.mock.timers.tick(60_000);
  assert.equal(count(), 2);
});

test("stopped is stopped", (t) => {
  const { connection, made, count } = setUp(t);
  connection.connect();
  made(0).open();
  connection.stop();
  t.mock.timers.tick(10 * QUIET_MS);
  assert.equal(count(), 1);
});
