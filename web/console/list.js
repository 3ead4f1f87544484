/**
 * The list on the page: of all posts in memory only those near the screen are drawn, and the one that is looked at
 * keeps its place while others come and go.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 */
import { anchor, drawn } from "./measure.js";

/** Pixels between two cards, as in the style sheet. */
const GAP = 12;
/** Guess for cards that were not drawn yet, until the first is measured. */
const GUESS = 240;

/**
 * @typedef {object} Hooks
 * @property {(post: Post) => HTMLElement} node the card of a post; the same one as long as it looks the same
 * @property {() => void} moved called when something slid under the finger
 * @property {(end: "head" | "tail") => void} near called when an end of what is known comes near
 * @property {(index: number) => void} looking the index that one looks at
 */

export class List {
  /**
   * @param {HTMLElement} box what scrolls
   * @param {HTMLElement} feed what holds the cards
   * @param {Hooks} hooks
   */
  constructor(box, feed, hooks) {
    this.box = box;
    this.feed = feed;
    this.hooks = hooks;
    /** @type {readonly Post[]} */
    this.posts = [];
    /** @type {Map<string, number>} measured heights by id */
    this.heights = new Map();
    this.guess = GUESS;
    /** @type {{id: string, y: number} | null} what keeps its place, and where it stands below the upper edge */
    this.held = null;
    /** @type {HTMLElement[]} */
    this.nodes = [];
    box.addEventListener("scroll", () => this.scrolled(), { passive: true });
    // Pictures that load and parts that unfold change what lies below them; cards in sight stay.
    this.watch = new ResizeObserver(() => {
      if (this.nodes.some((node) => node.isConnected && this.heights.get(node.dataset.id ?? "") !== node.offsetHeight + GAP)) this.draw();
    });
    this.asked = false;
  }

  /** Room above the first card: notes that scroll with the list. */
  get lead() {
    return this.feed.offsetTop;
  }

  /** @param {Post} post */
  height(post) {
    return this.heights.get(post.id) ?? this.guess;
  }

  /** @param {string} id pixels from the list's beginning */
  offset(id) {
    let sum = 0;
    for (const post of this.posts) {
      if (post.id === id) return sum;
      sum += this.height(post);
    }
    return null;
  }

  scrolled() {
    this.hold();
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
    });
  }

  /** Remembers the first card in sight: it keeps its place. */
  hold() {
    const top = this.box.getBoundingClientRect().top;
    const first = this.nodes.find((node) => node.getBoundingClientRect().bottom > top + 8);
    this.held = first?.dataset.id && this.box.scrollTop > 8 ? { id: first.dataset.id, y: first.getBoundingClientRect().top - top } : null;
  }

  /** Lets the next drawing keep a card's place, or give it to the one that follows it. @param {string} id */
  keep(id) {
    const node = this.nodes.find((one) => one.dataset.id === id);
    if (node && this.isInSight(node)) this.held = { id, y: node.getBoundingClientRect().top - this.box.getBoundingClientRect().top };
  }

  /** @param {HTMLElement} node */
  isInSight(node) {
    const [box, one] = [this.box.getBoundingClientRect(), node.getBoundingClientRect()];
    return one.bottom > box.top && one.top < box.bottom;
  }

  /** Another list: nothing of the old one keeps its place. */
  reset() {
    this.posts = [];
    this.heights.clear();
    this.held = null;
    this.box.scrollTop = 0;
  }

  /** @param {readonly Post[]} posts */
  show(posts) {
    const before = this.posts;
    if (this.held) {
      const now = new Map(posts.map(({ id }, i) => [id, i]));
      const kept = anchor(before.map(({ id }) => id), now, this.held.id);
      this.held = kept === null ? null : { id: kept, y: this.held.y };
    }
    this.posts = [...posts];
    this.draw();
  }

  draw() {
    const height = this.box.clientHeight;
    if (height === 0) return;
    const before = this.places();
    // Cards that are drawn for the first time are measured, and the measure may show that more are needed.
    for (let round = 0; round < 3; round += 1) {
      const top = this.held ? (this.offset(this.held.id) ?? 0) - this.held.y : this.box.scrollTop - this.lead;
      const { first, last, above, below } = drawn(this.posts.map((post) => this.height(post)), Math.max(0, top), height, height);
      this.place(this.posts.slice(first, last).map((post) => this.hooks.node(post)));
      this.feed.style.paddingTop = `${above}px`;
      this.feed.style.paddingBottom = `${below}px`;
      if (!this.measure()) break;
    }
    this.settle();
    const now = this.places();
    if ([...before].some(([id, y]) => Math.abs((now.get(id) ?? Infinity) - y) > 4)) this.hooks.moved();
    this.ends(height);
  }

  /** Where the cards in sight stand. @returns {Map<string, number>} */
  places() {
    return new Map(this.nodes.filter((node) => node.isConnected && this.isInSight(node)).map((node) => [node.dataset.id ?? "", node.getBoundingClientRect().top]));
  }

  /** @returns {boolean} whether a card is not as high as it was taken for */
  measure() {
    let changed = false;
    let [sum, count] = [0, 0];
    for (const node of this.nodes) {
      const real = node.offsetHeight + GAP;
      if (this.heights.get(node.dataset.id ?? "") !== real) {
        changed = true;
        this.heights.set(node.dataset.id ?? "", real);
      }
      sum += real;
      count += 1;
    }
    if (count > 2) this.guess = Math.round(sum / count);
    if (this.heights.size > 4000) this.forget();
    return changed;
  }

  forget() {
    const known = new Set(this.posts.map(({ id }) => id));
    for (const id of this.heights.keys()) if (!known.has(id)) this.heights.delete(id);
  }

  /** Puts the card that keeps its place back where it stood. */
  settle() {
    if (!this.held) return;
    const { id, y } = this.held;
    const node = this.nodes.find((one) => one.dataset.id === id);
    if (!node) return;
    const off = node.getBoundingClientRect().top - this.box.getBoundingClientRect().top - y;
    if (Math.abs(off) > 0.5) this.box.scrollTop += off;
  }

  /** Puts cards in order, touching only what has changed: a focused or pressed one stays where it is. @param {HTMLElement[]} nodes */
  place(nodes) {
    const keep = new Set(nodes);
    const focused = document.activeElement?.closest(".item");
    const within = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.action : undefined;
    const id = focused instanceof HTMLElement && this.feed.contains(focused) ? focused.dataset.id : undefined;
    for (const child of [...this.feed.children]) {
      if (keep.has(/** @type {HTMLElement} */ (child))) continue;
      this.watch.unobserve(child);
      child.remove();
    }
    nodes.forEach((child, i) => {
      if (this.feed.children[i] === child) return;
      this.feed.insertBefore(child, this.feed.children[i] ?? null);
      this.watch.observe(child);
    });
    this.nodes = nodes;
    // A card that was drawn anew, or lies out of reach now, takes the focus with it.
    if (id === undefined || focused?.isConnected) return;
    const heir = nodes.find((node) => node.dataset.id === id);
    const button = within && heir?.querySelector(`[data-action="${within}"]`);
    (button instanceof HTMLElement ? button : (heir ?? this.box)).focus({ preventScroll: true });
  }

  /** Tells which end of what is known comes near, and where one looks. @param {number} height */
  ends(height) {
    const top = this.box.scrollTop - this.lead;
    const all = this.posts.reduce((sum, post) => sum + this.height(post), 0);
    let [index, sum] = [0, 0];
    while (index < this.posts.length - 1 && sum + this.height(/** @type {Post} */ (this.posts[index])) < top) {
      sum += this.height(/** @type {Post} */ (this.posts[index]));
      index += 1;
    }
    this.hooks.looking(index);
    if (top + height > all - 3 * height) this.hooks.near("tail");
    if (top < 3 * height) this.hooks.near("head");
  }

  /** Brings a card into sight, drawing it if need be. @param {string} id @param {boolean} focus */
  reveal(id, focus) {
    const offset = this.offset(id);
    if (offset === null) return;
    const node = () => this.nodes.find((one) => one.dataset.id === id);
    const known = node();
    if (!known || !this.isInSight(known)) {
      this.held = null;
      this.box.scrollTop = offset + this.lead - 60;
      this.draw();
    }
    const now = node();
    if (!now) return;
    now.scrollIntoView({ block: "nearest" });
    if (focus) now.focus({ preventScroll: true });
    this.hold();
  }
}
