/**
 * The cards on the screen: measures them, places them, moves them. A card is there whole or not at all.
 *
 * @import { Post } from "../shared/protocol.d.ts"
 * @import { Box, Card, Context, Draft, Geometry, Place, Setting } from "./types.d.ts"
 * @import { Type } from "./legible.js"
 * @import { Pictures } from "./pictures.js"
 */
import { build, readingWords, setAge, shots, textLength } from "./card.js";
import { shortened } from "./cut.js";
import { deal, geometry, place, typeSizes } from "./layout.js";
import { dwell } from "./scheduler.js";

const EASE = "cubic-bezier(.2, .7, .2, 1)";
/** Padding of a card in units, as in wall.css. */
const PAD = 4;
/** The same of the only card there is. */
const SOLO_PAD = 7;
/** Least height in which a card finds room, in units. */
const CARD = 24;
/** How much a card may grow beyond its words before it looks empty, in units. */
const LOOSE = 14;
/** Drafts kept measured, so that a post which waits for room is not measured four times a second. */
const DRAFTS = 40;
/** The longest that one post may have the screen to itself while others wait. */
const WIDE_DWELL = 30_000;
/** No screen holds more characters in a size that can be read from afar. */
const MOST = 4000;
/** Fewest characters to which a post is cut; one that does not fit even then is not for this screen. */
const FEWEST = 40;

export class Board {
  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} bench where cards are measured, out of sight
   * @param {Pictures} pictures
   * @param {() => Context} context
   * @param {() => Type} type
   */
  constructor(root, bench, pictures, context, type) {
    this.root = root;
    this.bench = bench;
    this.pictures = pictures;
    this.context = context;
    this.type = type;
    /** @type {Geometry} */
    this.geometry = this.divide();
    /** @type {Card[][]} */
    this.columns = this.geometry.columns.map(() => []);
    /** @type {Card | null} the card that has the screen to itself, for being too long for a column */
    this.wide = null;
    /** @type {Map<string, HTMLElement>} cards that fade out */
    this.leaving = new Map();
    /** @type {Map<string, Draft>} */
    this.drafts = new Map();
    /** Few posts, each with a column of its own, are set larger. */
    this.alone = false;
    this.solo = false;
    this.posts = 0;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    root.addEventListener("error", (event) => this.pictureFailed(event), true);
  }

  /** The screen in columns. @param {number} [most] */
  divide(most) {
    return geometry(innerWidth, innerHeight, most, this.type().text);
  }

  /** @returns {Card[]} */
  cards() {
    return this.wide ? [this.wide] : this.columns.flat();
  }

  ids() {
    return new Set(this.cards().map(({ id }) => id));
  }

  /** Whether part of the screen stands empty. */
  room() {
    return this.wide === null && this.columns.some((_, i) => this.slack(i) > CARD * this.geometry.unit);
  }

  /** What is left of a column beside its cards and the gap to a further one. @param {number} index */
  slack(index) {
    const cards = this.columns[index] ?? [];
    const used = cards.reduce((sum, { setting }) => sum + setting.height + this.geometry.gap, 0);
    return (this.geometry.columns[index]?.height ?? 0) - used;
  }

  /**
   * Sets a card larger where the column has room that no further card could use.
   *
   * @param {number} index
   * @param {Card} card
   */
  enlarge(index, card) {
    const box = this.geometry.columns[index];
    const room = this.slack(index) + this.geometry.gap - card.setting.stretch;
    if (!box || room < 8 * this.geometry.unit) return;
    const larger = this.measure(card.post, card.node, index, 2);
    const { size: before, picture: least, height: most } = card.setting;
    const setting = larger.find(({ size, picture, height }) => size > before && picture >= least && height <= most + room);
    if (setting) card.setting = setting;
    set(card.node, card.setting, box.width);
  }

  /** Ends an opening: what stands alone in a column may be larger. */
  settle() {
    this.columns.forEach((cards, i) => {
      for (const card of [...cards].sort((a, b) => a.setting.height - b.setting.height)) this.enlarge(i, card);
      for (const { node } of cards) this.root.append(node);
      this.arrange(i, null);
    });
  }

  /**
   * Where a post could enter now.
   *
   * @param {Post} post
   * @param {number} now
   * @returns {Place | null}
   */
  fits(post, now) {
    const draft = this.draft(post);
    if (this.wide && this.wide.until > now) return null;
    if (draft.wide) {
      const cards = this.cards();
      return cards.some(({ until }) => until > now) ? null : { column: -1, size: 0, leave: cards.map(({ id }) => id) };
    }
    const { gap, columns } = this.geometry;
    const state = columns.map(({ height }, i) => ({
      height,
      gap,
      cards: (this.columns[i] ?? []).map(({ id, setting, until, entered }) => ({ id, height: setting.height, until, entered })),
    }));
    const heights = draft.settings.map((settings) => settings.map(({ height }) => height));
    const found = place(state, heights, now);
    return found && this.wide ? { ...found, leave: [this.wide.id] } : found;
  }

  /**
   * Lets a post enter.
   *
   * @param {Post} post
   * @param {Place} where
   * @param {number} now
   * @param {{fresh?: boolean, opening?: boolean}} [how] `opening`: the first cards of a screen stand at once, below
   *   each other, and may give way at any time
   * @returns {string[]} the cards that left
   */
  enter(post, where, now, { fresh = false, opening = false } = {}) {
    const draft = this.draft(post);
    const wide = where.column < 0 ? draft.wide : null;
    const setting = wide ? wide.setting : draft.settings[where.column]?.[where.size];
    if (!setting) return [];
    for (const id of where.leave) this.leave(id);
    this.drafts.delete(post.id);
    const hold = Math.min(wide ? WIDE_DWELL : Infinity, dwell(readingWords(post)));
    const node = wide ? wide.node : fresh ? this.compose(post, true) : draft.node;
    /** @type {Card} */
    const card = { id: post.id, post, node, setting, until: opening ? now : now + hold, entered: now, fresh, at: { x: 0, y: 0 } };
    // Only now: what left has made other columns.
    const column = this.columns[where.column];
    if (!column) {
      this.wide = card;
      this.stand(card, !opening);
      return where.leave;
    }
    set(node, setting, this.geometry.columns[where.column]?.width ?? 0);
    if (opening) column.push(card);
    else column.unshift(card);
    if (!opening && this.slack(where.column) < CARD * this.geometry.unit) this.enlarge(where.column, card);
    this.root.append(node);
    this.arrange(where.column, opening ? null : card);
    return where.leave;
  }

  /** Takes cards down at once: a plain cut, in the middle of whatever moves. @param {Iterable<string>} ids */
  remove(ids) {
    const gone = new Set(ids);
    for (const id of gone) {
      this.leaving.get(id)?.remove();
      this.leaving.delete(id);
      this.drafts.delete(id);
    }
    if (this.wide && gone.has(this.wide.id)) {
      this.wide.node.remove();
      this.wide = null;
    }
    this.columns.forEach((cards, i) => {
      const kept = cards.filter(({ id }) => !gone.has(id));
      if (kept.length === cards.length) return;
      for (const card of cards) if (gone.has(card.id)) card.node.remove();
      this.columns[i] = kept;
      for (const { node } of kept) for (const animation of node.getAnimations()) animation.finish();
      this.arrange(i, null);
    });
  }

  /** Sets a card anew whose post has changed, or whose picture did not come. @param {Post} post */
  update(post) {
    this.drafts.delete(post.id);
    if (this.wide?.id === post.id) {
      const { wide } = this.draft(post);
      this.drafts.delete(post.id);
      this.wide.node.remove();
      // What has become short enough for a column comes back into one by itself.
      this.wide = wide && { ...this.wide, post, ...wide };
      if (this.wide) this.stand(this.wide, false);
      return;
    }
    this.columns.forEach((cards, i) => {
      const card = cards.find(({ id }) => id === post.id);
      const box = this.geometry.columns[i];
      if (!card || !box) return;
      const others = cards.reduce((sum, other) => (other === card ? sum : sum + other.setting.height + this.geometry.gap), 0);
      const node = this.compose(post, card.fresh);
      const setting = this.measure(post, node, i).find(({ height }) => height + others <= box.height);
      if (!setting) {
        this.remove([post.id]);
        return;
      }
      card.node.replaceWith(node);
      Object.assign(card, { post, node, setting });
      set(node, setting, box.width);
      this.arrange(i, null);
    });
  }

  /**
   * Sets everything anew: another screen size, other fonts, more or fewer posts than columns.
   *
   * @param {number} posts how many there are
   */
  reset(posts) {
    this.geometry = this.divide(Math.max(1, posts));
    this.alone = posts <= this.geometry.columns.length;
    this.solo = posts === 1 && !this.geometry.strip;
    this.root.classList.toggle("solo", this.solo);
    this.bench.classList.toggle("solo", this.solo);
    this.posts = posts;
    this.drafts.clear();
    for (const node of this.leaving.values()) node.remove();
    this.leaving.clear();
    const cards = this.cards();
    for (const { node } of cards) node.remove();
    this.columns = this.geometry.columns.map(() => []);
    this.wide = null;
    for (const card of cards) {
      const where = this.fits(card.post, -Infinity);
      if (where === null) continue;
      this.enter(card.post, where, card.entered, { opening: true });
      const anew = this.wide ?? this.columns[where.column]?.at(-1);
      if (anew) anew.until = card.until;
    }
  }

  /** Whether another number of posts asks for another layout. @param {number} posts */
  outgrown(posts) {
    const most = this.divide().columns.length;
    return Math.min(this.posts, most + 1) !== Math.min(posts, most + 1);
  }

  /** Brings the ages up to date. */
  age() {
    const context = this.context();
    for (const { node, post } of this.cards()) setAge(node, post, context);
  }

  /** @param {string} id */
  leave(id) {
    const card = this.cards().find((one) => one.id === id);
    if (!card) return;
    if (card === this.wide) this.wide = null;
    this.columns = this.columns.map((cards) => cards.filter((one) => one !== card));
    if (this.calm.matches) {
      card.node.remove();
      return;
    }
    this.leaving.set(id, card.node);
    const end = () => {
      card.node.remove();
      if (this.leaving.get(id) === card.node) this.leaving.delete(id);
    };
    card.node.animate([{ opacity: 1 }, { opacity: 0 }], { duration: 180, fill: "forwards" }).onfinish = end;
  }

  /** The one column that a card which has the screen to itself stands in. */
  whole() {
    return this.divide(1).columns[0] ?? { x: 0, y: 0, width: innerWidth, height: innerHeight };
  }

  /** Puts the card that has the screen to itself in its place. @param {Card} card @param {boolean} entering */
  stand({ node, setting }, entering) {
    const box = this.whole();
    set(node, setting, box.width);
    seat(node, setting, box);
    this.root.append(node);
    if (entering && !this.calm.matches) this.rise(node, box);
  }

  /** Lets a card fade in and rise. @param {HTMLElement} node @param {{x: number, y: number}} to */
  rise(node, { x, y }) {
    const from = `translate(${x}px, ${y + 2 * this.geometry.unit}px)`;
    node.animate([{ opacity: 0, transform: from }, {}], { duration: 300, delay: 120, easing: EASE, fill: "backwards" });
  }

  /**
   * Puts a column's cards in their places.
   *
   * @param {number} index
   * @param {Card | null} entering the card that enters; without one everything stands at once
   */
  arrange(index, entering) {
    const box = this.geometry.columns[index];
    const cards = this.columns[index];
    if (!box || !cards) return;
    const { gap, unit } = this.geometry;
    const sizes = cards.map(({ setting: { height, stretch } }) => ({ height, stretch }));
    // A column that has no room for a further card is filled to its foot.
    const full = this.slack(index) < CARD * unit;
    deal(sizes, box.height, gap, this.alone || full ? Infinity : LOOSE * unit).forEach(({ y, height }, i) => {
      const card = cards[i];
      if (!card) return;
      const { node, setting, at } = card;
      const to = { x: box.x, y: box.y + y };
      seat(node, setting, { ...to, height });
      card.at = to;
      if (entering === null || this.calm.matches) return;
      if (card === entering) {
        this.rise(node, to);
      } else if (at.y !== to.y) {
        node.animate([{ transform: `translate(${at.x}px, ${at.y}px)` }, {}], { duration: 400, easing: EASE });
      }
    });
  }

  /** A post built and measured for every column. @param {Post} post @returns {Draft} */
  draft(post) {
    const now = this.context().now;
    const at = shots(post, this.context()).map(({ url }) => this.pictures.look(url, now).state);
    const key = `${post.edited_at ?? ""} ${post.pinned} ${post.highlighted} ${post.text.length} ${at.join()}`;
    const known = this.drafts.get(post.id);
    if (known?.key === key) return known;
    const hopeless = textLength(post) > MOST;
    const node = hopeless ? document.createElement("article") : this.compose(post, false);
    const settings = this.geometry.columns.map((_, i) => (hopeless ? [] : this.measure(post, node, i)));
    const wide = settings.some((found) => found.length > 0) ? null : this.widen(post, hopeless ? null : node);
    const draft = { key, node, settings, wide };
    this.drafts.set(post.id, draft);
    for (const oldest of this.drafts.keys()) {
      if (this.drafts.size <= DRAFTS) break;
      this.drafts.delete(oldest);
    }
    return draft;
  }

  /**
   * A post across the whole width: smaller, and only if that is not enough, its beginning.
   *
   * @param {Post} post
   * @param {HTMLElement | null} node null where the whole is too long for any screen
   * @returns {Draft["wide"]}
   */
  widen(post, node) {
    const box = this.whole();
    node?.classList.add("wide");
    const whole = node && this.measure(post, node, box)[0];
    if (node && whole) return { node, setting: whole };
    let found = null;
    let [fewest, most] = [FEWEST, Math.min(MOST, textLength(post))];
    while (most - fewest > 12) {
      const middle = (fewest + most) >> 1;
      const less = build(shortened(post, middle), this.atHand(post), { fresh: false, cut: true }, this.context());
      less.classList.add("wide");
      const setting = this.measure(post, less, box, 0, true).at(-1);
      if (setting) {
        found = { node: less, setting };
        fewest = middle;
      } else most = middle;
    }
    return found;
  }

  /** @param {Post} post @param {boolean} fresh */
  compose(post, fresh) {
    return build(post, this.atHand(post), { fresh }, this.context());
  }

  /** The pictures that are there, or on their way with their shape known. @param {Post} post */
  atHand(post) {
    return this.pictures.atHand(shots(post, this.context()), this.context().now);
  }

  /**
   * The settings in which a card fits into an empty column, preferred first.
   *
   * @param {Post} post
   * @param {HTMLElement} node
   * @param {number | {width: number, height: number}} where a column, or a place of its own
   * @param {number} [larger] steps of type above the preferred one to begin with
   * @param {boolean} [smallest] only in the smallest size
   * @returns {Setting[]}
   */
  measure(post, node, where, larger = 0, smallest = false) {
    const box = typeof where === "number" ? this.geometry.columns[where] : where;
    if (!box) return [];
    const pictures = this.pictureSettings(node, box.width);
    const { text, least, wide } = this.type();
    const sizes = typeSizes(textLength(post), this.alone ? 3 : larger, { text, least: typeof where === "number" ? least : wide }).slice(smallest ? -1 : 0);
    const tries = sizes.flatMap((type, i) => (i === 0 ? pictures : pictures.slice(-1)).map((picture) => ({ ...type, ...picture })));
    this.bench.append(node);
    const whole = this.settings(node, tries, box, pictures.length, true);
    // A word longer than any line has to be broken somewhere; any other asks for smaller type.
    const found = whole.length > 0 ? whole : this.settings(node, tries, box, pictures.length, false);
    node.remove();
    return found;
  }

  /**
   * @param {HTMLElement} node on the bench
   * @param {Omit<Setting, "height">[]} tries
   * @param {{width: number, height: number}} box
   * @param {number} enough one more than this is not needed
   * @param {boolean} wholeWords only settings in which no word is broken
   */
  settings(node, tries, box, enough, wholeWords) {
    /** @type {Setting[]} */
    const found = [];
    for (const attempt of tries) {
      const setting = { ...attempt, height: 0 };
      set(node, setting, box.width);
      node.classList.toggle("whole", wholeWords);
      setting.height = Math.ceil(node.getBoundingClientRect().height);
      const say = node.querySelector(".say");
      const broken = say !== null && say.scrollWidth > say.clientWidth + 1;
      const wide = node.scrollWidth > node.clientWidth + 1;
      if (!wide && !broken && setting.height <= box.height) found.push(setting);
      if (found.length > enough) break;
    }
    node.classList.remove("whole");
    return found;
  }

  /**
   * @param {HTMLElement} node
   * @param {number} width of the column
   * @returns {{picture: number, stretch: number, beside: boolean}[]}
   */
  pictureSettings(node, width) {
    const pics = /** @type {HTMLElement | null} */ (node.querySelector(".pics"));
    if (pics === null) return [{ picture: 0, stretch: 0, beside: false }];
    const aspect = Number(pics.style.getPropertyValue("--aspect"));
    const { unit } = this.geometry;
    const inner = width - 2 * (this.solo ? SOLO_PAD : PAD) * unit - unit;
    const words = node.querySelector(".said")?.childElementCount ?? 0;
    const beside = words > 0 && (inner > 96 * unit || aspect < 0.9);
    if (beside) {
      const most = (inner * 0.46) / aspect;
      return [60, 44, 30].map((height) => ({ picture: Math.min(most, height * unit), stretch: 0, beside }));
    }
    const most = Math.min(inner / aspect, 66 * unit);
    return [36, 24].map((height) => {
      const picture = Math.min(most, height * unit);
      return { picture, stretch: most - picture, beside };
    });
  }

  /** @param {Event} event */
  pictureFailed(event) {
    const image = event.target;
    if (!(image instanceof HTMLImageElement) || !image.dataset.url) return;
    this.pictures.failed(image.dataset.url, this.context().now);
    const card = this.cards().find(({ node }) => node.contains(image));
    if (card) this.update(card.post);
    else image.closest(".pic")?.remove();
  }
}

/** @param {HTMLElement} node @param {Setting} setting @param {number} width */
function set(node, { size, display, picture, beside }, width) {
  node.style.width = `${width}px`;
  node.style.height = "";
  node.style.setProperty("--size", String(size));
  node.style.setProperty("--pic", `${picture}px`);
  node.classList.toggle("display", display);
  node.classList.toggle("beside", beside);
}

/**
 * Puts a card where it stands; its pictures take what it is higher than it must be.
 *
 * @param {HTMLElement} node
 * @param {Setting} setting
 * @param {Omit<Box, "width">} box
 */
function seat(node, { picture, stretch, height: least }, { x, y, height }) {
  node.style.setProperty("--pic", `${picture + Math.max(0, Math.min(stretch, height - least))}px`);
  node.style.height = `${height}px`;
  node.style.transform = `translate(${x}px, ${y}px)`;
}
