/**
 * A wall's posts as a list that follows the wall: what `/w/{wall}/read` and `/w/{wall}/embed` have in common.
 *
 * @import { Post, Wall } from "../shared/protocol.d.ts"
 * @import { Context } from "./article.js"
 */
import { ApiError, call, ofWall } from "../shared/api.js";
import { Connection, streamAddress } from "../shared/connection.js";
import { el, need } from "../shared/dom.js";
import { foldTag } from "../shared/facets.js";
import { dayClock, sourceName } from "../shared/format.js";
import { apply, cursor, empty, parse } from "../shared/store.js";
import { Announcer } from "./announcer.js";
import { article, setAge } from "./article.js";
import { say, speech } from "./catalogue/index.js";
import { Reading } from "./reading.js";

/** Sources that the audience cannot post to. */
const NOT_FOR_POSTING = new Set(["demo", "replay", "archive", "exec", "ingest", "rss"]);
/** A connection that comes back by itself is no news. */
const OFFLINE_MS = 4000;
const AGE_MS = 15_000;

export class Reader {
  /**
   * @param {string} wall its id
   * @param {object} [options]
   * @param {number} [options.page] posts shown at first
   * @param {number} [options.most] posts shown at most
   * @param {boolean} [options.follows] lets new posts in by itself, where nobody is reading just now
   */
  constructor(wall, { page = 20, most, follows = false } = {}) {
    this.wall = wall;
    this.follows = follows;
    this.reading = new Reading({ page, ...(most === undefined ? {} : { most }) });
    this.state = empty();
    this.paused = false;
    this.missing = false;
    this.offline = false;
    this.loading = false;
    /** @type {ReadonlySet<string>} */
    this.ownTags = new Set();
    /** @type {Map<string, {node: HTMLElement, drawn: string}>} */
    this.articles = new Map();
    /** Called when something about the wall itself has changed. @type {(wall: Wall) => void} */
    this.dress = () => {};
    this.list = need("#posts");
    this.told = need("#told");
    this.fresh = /** @type {HTMLButtonElement} */ (need("#new"));
    this.further = /** @type {HTMLButtonElement} */ (need("#more"));
    this.announcer = new Announcer((count) => (this.told.textContent = count > 0 ? say("new", { n: count }) : ""));
    this.connection = new Connection({
      address: () => streamAddress(wall, { cursor: cursor(this.state) }),
      message: (text) => this.receive(text),
      state: (online) => this.connected(online),
      closed: () => void this.look(),
    });
    this.fresh.addEventListener("click", () => this.take());
    this.further.addEventListener("click", () => void this.load());
    addEventListener("online", () => this.connection.connect());
    setInterval(() => this.age(), AGE_MS);
  }

  begin() {
    this.draw();
    this.connection.connect();
  }

  /** @param {string} text of a message of the stream */
  receive(text) {
    const frames = parse(text);
    this.state = apply(this.state, frames);
    this.reading.follow(this.state);
    if (frames.some(({ type }) => type === "snapshot") && this.reading.isInDoubt()) void this.check();
    if (this.follows && !this.paused && !isRead()) this.reading.take();
    this.draw();
  }

  /** @param {boolean} online */
  connected(online) {
    clearTimeout(this.mark);
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.mark = setTimeout(
      () => {
        this.offline = !online;
        this.draw();
      },
      online ? 0 : OFFLINE_MS,
    );
  }

  /** Whether there is such a wall, where the stream says nothing. */
  async look() {
    try {
      await call(`/walls/${encodeURIComponent(this.wall)}`);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) return;
      this.missing = true;
      document.body.classList.add("missing");
      this.connection.stop();
      this.draw();
    }
  }

  /** After a gap in the stream: which of the posts that are shown are still there? */
  async check() {
    /** @type {Post[] | null} */
    let posts = null;
    try {
      posts = (await call(ofWall(this.wall, `posts?limit=${Math.min(500, this.reading.shown.size + this.reading.waiting.size)}`))).posts;
    } catch (error) {
      console.warn(error);
    }
    this.reading.check(posts);
    this.draw();
  }

  /** Lets in what waits, and goes there. */
  take() {
    const first = this.reading.take();
    this.draw();
    this.go(first);
  }

  /** Fetches older ones, and goes to the first of them. */
  async load() {
    if (this.loading) return;
    this.loading = true;
    this.trouble("");
    this.draw();
    try {
      const { limit, before } = /** @type {{limit: number, before?: string}} */ (this.reading.wanted());
      const { posts, next } = await call(ofWall(this.wall, `posts?limit=${limit}${before === undefined ? "" : `&before=${encodeURIComponent(before)}`}`));
      const first = this.reading.older(posts, next);
      this.loading = false;
      this.draw();
      if (first !== null) this.go(first);
    } catch (error) {
      console.warn(error);
      this.loading = false;
      this.trouble(say("failed"));
      this.draw();
    }
  }

  /** @param {boolean} paused */
  pause(paused) {
    this.paused = paused;
    this.draw();
  }

  /** Draws everything anew, in the language of the moment. */
  anew() {
    this.articles.clear();
    this.list.replaceChildren();
    this.draw();
  }

  /** @param {string | null} id of a post, whose heading gets the focus */
  go(id) {
    const name = id === null ? null : this.articles.get(id)?.node.querySelector("h3");
    if (!name) return;
    name.tabIndex = -1;
    name.focus();
  }

  /** @returns {Context} */
  context() {
    return {
      wall: this.wall,
      ownTags: this.ownTags,
      zone: this.state.wall?.timezone ?? null,
      now: Date.now(),
      find: (id) => this.state.posts.get(id)?.post ?? this.reading.shown.get(id)?.post ?? null,
    };
  }

  /** Brings the page in line with what is known. Removals are drawn in this very turn. */
  draw() {
    const { wall, stage } = this.state;
    if (wall) {
      this.ownTags = new Set(wall.hashtags.map(foldTag));
      this.dress(wall);
    }
    const away = this.missing || stage.blanked;
    const posts = away ? [] : this.reading.list();
    this.place(posts);
    const count = away || this.paused ? 0 : this.reading.waiting.size;
    this.announcer.waiting(count);
    this.fresh.hidden = count === 0;
    this.fresh.textContent = say("new", { n: count });
    this.further.hidden = !this.reading.more || posts.length === 0 || posts.length >= this.reading.most;
    this.further.setAttribute("aria-disabled", String(this.loading));
    this.further.textContent = say(this.loading ? "loading" : "more");
    need("#end").hidden = this.reading.more || posts.length === 0;
    need("main").setAttribute("aria-busy", String(wall === null && !this.missing));
    this.notice();
  }

  /** @param {Post[]} posts */
  place(posts) {
    const wanted = new Set(posts.map(({ id }) => id));
    const held = this.list.contains(document.activeElement) ? /** @type {HTMLElement | null} */ (document.activeElement?.closest("[data-id]")) : null;
    let lost = held !== null && !wanted.has(held.dataset.id ?? "") ? held : null;
    const after = lost && (neighbour(lost, wanted) ?? neighbour(lost, wanted, "previousElementSibling"));
    for (const [id, { node }] of this.articles) {
      if (wanted.has(id)) continue;
      node.remove();
      this.articles.delete(id);
    }
    /** @type {Element | null} */
    let here = this.list.firstElementChild;
    for (const post of posts) {
      const known = this.articles.get(post.id);
      const drawn = JSON.stringify({ ...post, counts: 0, times_shown: 0 });
      let node = known?.node;
      if (!known || known.drawn !== drawn) {
        const made = this.attempt(post);
        this.articles.set(post.id, { node: made, drawn });
        if (node) {
          if (node.contains(document.activeElement)) lost = made;
          if (here === node) here = made;
          node.replaceWith(made);
        }
        node = made;
      }
      if (node === here) here = here.nextElementSibling;
      else this.list.insertBefore(/** @type {HTMLElement} */ (node), here);
    }
    // The post that somebody was at is gone: they go on at the next, not at the top of the page.
    if (lost) this.go((lost.isConnected ? lost : after)?.dataset.id ?? null);
  }

  /** One post that cannot be drawn takes no other with it. @param {Post} post */
  attempt(post) {
    try {
      return article(post, this.context());
    } catch (error) {
      console.error("a post could not be drawn", post.id, error);
      return el("li");
    }
  }

  /** What is to be said about the list as a whole, calmly. */
  notice() {
    const { wall, stage } = this.state;
    const announced = stage.announcement?.text ?? "";
    const plate = need("#announcement");
    plate.hidden = announced === "" || this.missing;
    const words = need("#announcement .words");
    words.dir = "auto";
    if (words.textContent !== announced) words.textContent = announced;

    /** @type {[string, string]} */
    let [big, small] = ["", ""];
    if (this.missing) [big, small] = [say("missing"), say("missing.help")];
    else if (wall === null) big = this.offline ? "" : say("connecting");
    else if (stage.blanked) [big, small] = [say("break"), say("break.help")];
    else if (this.reading.shown.size === 0) [big, small] = [say("empty"), [begins(wall), howToPost(wall)].filter(Boolean).join(" ")];
    put("#calm .big", big);
    put("#calm .small", small);
    need("#calm").hidden = big === "";
    put("#notice", this.offline && !this.missing ? say("offline") : this.paused ? say("paused") : "");
  }

  /** @param {string} words what did not work; nothing, if all did */
  trouble(words) {
    put("#trouble", words);
  }

  age() {
    for (const [id, { node }] of this.articles) {
      const post = this.reading.shown.get(id)?.post;
      if (post && node.querySelector("time")) setAge(node, post, this.context());
    }
  }
}

/** Sets a text only where it changes: a live region would say it again. @param {string} selector @param {string} words */
function put(selector, words) {
  const node = need(selector);
  if (node.textContent !== words) node.textContent = words;
}

/** The nearest neighbour that stays. @param {Element} node @param {ReadonlySet<string>} wanted @param {"nextElementSibling" | "previousElementSibling"} [way] */
function neighbour(node, wanted, way = "nextElementSibling") {
  let other = /** @type {HTMLElement | null} */ (node[way]);
  while (other !== null && !wanted.has(other.dataset.id ?? "")) other = /** @type {HTMLElement | null} */ (other[way]);
  return other;
}

/** Whether somebody has gone into the list, or is at it with the pointer or the keyboard. */
const isRead = () => scrollY > 8 || document.hasFocus() || document.documentElement.matches(":hover");

/** @param {Wall} wall */
function begins(wall) {
  const from = Date.parse(wall.from ?? "");
  return from > Date.now() ? say("begins", { time: dayClock(from, wall.timezone) }) : "";
}

/** @param {Wall} wall */
function howToPost(wall) {
  if (wall.how_to_post) return wall.how_to_post;
  if (wall.hashtags.length === 0) return "";
  const places = [...new Set((wall.sources ?? []).filter((source) => !NOT_FOR_POSTING.has(source)).map(sourceName))];
  return places.length > 0 ? say("how.on", { places: speech.either(places) }) : say("how.anywhere");
}
