/** The real program in a folder of its own: started, fed, killed and started again. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

const BINARY = process.env.BUZZWALL_BIN ?? fileURLToPath(new URL("../../../target/debug/buzzwall", import.meta.url));
const START_MS = 20_000;

/** A wall that reads nothing by itself: tests hand it their posts. */
export const HALL = `
[[walls]]
id = "hall"
title = "Everyone an Expert"
hashtags = ["Expert"]
timezone = "Europe/London"
`;

/** @type {Set<{stop: () => unknown}>} what runs, so that a test which fails leaves nothing behind */
const running = new Set();
after(() => Promise.all([...running].map((one) => one.stop())));

export class Service {
  /** @param {string} folder @param {string | null} config */
  constructor(folder, config) {
    this.folder = folder;
    this.config = config;
    this.port = 0;
    this.greeting = "";
    this.imports = 0;
    /** @type {import("node:child_process").ChildProcess | null} */
    this.child = null;
    this.errors = "";
  }

  /** @param {{config?: string | null}} [options] `config`: the file's text; null for the program's defaults */
  static async start({ config = HALL } = {}) {
    const folder = await mkdtemp(join(tmpdir(), "buzzwall-e2e-"));
    if (config !== null) await writeFile(join(folder, "buzzwall.toml"), config);
    const service = new Service(folder, config);
    running.add(service);
    await service.up();
    return service;
  }

  get base() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The link by which the first admin signs in, once. */
  get link() {
    return /http\S+\/sign-in#\S+/.exec(this.greeting)?.[0] ?? "";
  }

  /** @param {string[]} args */
  spawn(args) {
    return spawn(BINARY, [...args, "--data", join(this.folder, "data"), ...(this.config === null ? [] : ["--config", join(this.folder, "buzzwall.toml")])], { cwd: this.folder });
  }

  /** Starts it, on the port that it had before if it had one. */
  async up() {
    const child = this.spawn(["serve", "--listen", `127.0.0.1:${this.port}`]);
    this.child = child;
    child.stderr.on("data", (data) => (this.errors += data));
    this.greeting = "";
    const late = setTimeout(() => child.kill("SIGKILL"), START_MS);
    await new Promise((done) => {
      child.once("exit", done);
      child.stdout.on("data", (data) => {
        this.greeting += data;
        if (/\/report\/\w+/.test(this.greeting)) done(null);
      });
    });
    clearTimeout(late);
    this.port = Number(/http:\/\/127\.0\.0\.1:(\d+)\/w\//.exec(this.greeting)?.[1] ?? 0);
    if (this.port === 0) throw new Error(`the service did not start: ${this.errors}`);
    for (let alive = false; !alive; ) alive = await fetch(`${this.base}/healthz`).then((answer) => answer.ok).catch(() => false);
  }

  /** As a power cut would. */
  async kill() {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGKILL");
    await once(this.child, "exit");
  }

  async stop() {
    running.delete(this);
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /**
   * A command beside the running service.
   *
   * @param {string[]} args
   * @param {string} [input]
   * @returns {Promise<string>} what it prints
   */
  async run(args, input = "") {
    const child = this.spawn(args);
    let [out, errors] = ["", ""];
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (errors += data));
    child.stdin.end(input);
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`${args.join(" ")}: exit ${code}: ${errors}`);
    return out;
  }

  /** @param {object[]} posts @param {string} [wall] */
  async bring(posts, wall = "hall") {
    const file = join(this.folder, `posts-${(this.imports += 1)}.jsonl`);
    await writeFile(file, posts.map((post) => JSON.stringify(post)).join("\n"));
    return this.run(["import", "--wall", wall, file]);
  }

  /**
   * A session of somebody new.
   *
   * @param {string} name
   * @param {string} role
   * @returns {Promise<string>} the cookie's value
   */
  async person(name, role) {
    const password = `a long enough password of ${name}`;
    await this.run(["person", "add", name, "--role", role, "--password-stdin"], `${password}\n`);
    const answer = await fetch(`${this.base}/api/v1/sign-in`, { method: "POST", body: JSON.stringify({ name, password }) });
    const cookie = /buzzwall=([^;]+)/.exec(answer.headers.get("set-cookie") ?? "")?.[1];
    if (!cookie) throw new Error(`${name} could not sign in: ${answer.status}`);
    return cookie;
  }

  /**
   * @param {string} path below `/api/v1`
   * @param {{cookie?: string, body?: unknown, method?: string}} [options]
   * @returns {Promise<any>}
   */
  async api(path, { cookie, body, method = "POST" } = {}) {
    const answer = await fetch(`${this.base}/api/v1${path}`, {
      ...(body === undefined ? {} : { method, body: JSON.stringify(body) }),
      headers: cookie ? { cookie: `buzzwall=${cookie}` } : {},
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

/** The way from one screen to the service: it can be cut like a network cable, and mended. */
export class Cable {
  /** @param {number} to port of the service */
  constructor(to) {
    this.cut = false;
    /** @type {Set<import("node:net").Socket>} */
    this.open = new Set();
    this.server = createServer((near) => {
      if (this.cut) {
        near.destroy();
        return;
      }
      const far = connect(to, "127.0.0.1");
      near.pipe(far).pipe(near);
      for (const [one, other] of [[near, far], [far, near]]) {
        this.open.add(/** @type {import("node:net").Socket} */ (one));
        one?.on("error", () => other?.destroy());
        one?.on("close", () => this.open.delete(/** @type {import("node:net").Socket} */ (one)));
      }
    });
  }

  /** @param {number} to */
  static async lay(to) {
    const cable = new Cable(to);
    running.add(cable);
    cable.server.listen(0, "127.0.0.1");
    await once(cable.server, "listening");
    return cable;
  }

  get base() {
    return `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (this.server.address()).port}`;
  }

  sever() {
    this.cut = true;
    for (const socket of this.open) socket.destroy();
  }

  mend() {
    this.cut = false;
  }

  stop() {
    running.delete(this);
    this.sever();
    this.server.close();
  }
}
