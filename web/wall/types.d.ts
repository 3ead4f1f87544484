// What the wall's modules pass to each other, as types. Only the checker reads this file; it is not loaded by the page.

import type { Post } from "../shared/protocol.d.ts";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Geometry {
  /** Pixels. */
  unit: number;
  /** Pixels between cards. */
  gap: number;
  /** Wide and low: the header stands at the left. */
  strip: boolean;
  columns: Box[];
}

/** A card in a column, as far as the layout cares. */
export interface Placed {
  id: string;
  /** Least height, measured. */
  height: number;
  /** It may not be displaced before this time. */
  until: number;
  entered: number;
}

/** Where a card can enter. */
export interface Place {
  /** -1: the whole width, for what is too long for a column. */
  column: number;
  /** Index into the heights offered. */
  size: number;
  /** The cards that make room. */
  leave: string[];
}

/** How a card is set. */
export interface Setting {
  /** Of the text, in units. */
  size: number;
  /** In the display face. */
  display: boolean;
  /** Least height of the pictures, in pixels. */
  picture: number;
  /** How much they may grow. */
  stretch: number;
  /** Pictures stand beside the words. */
  beside: boolean;
  /** Of the whole card, measured. */
  height: number;
}

/** A post built and measured: for every column, and where it fits into none of them, for the whole width. */
export interface Draft {
  key: string;
  node: HTMLElement;
  settings: Setting[][];
  wide: { node: HTMLElement; setting: Setting } | null;
}

/** A card on the screen. */
export interface Card {
  id: string;
  post: Post;
  node: HTMLElement;
  setting: Setting;
  until: number;
  entered: number;
  /** First time on this screen, having come in live. */
  fresh: boolean;
  at: { x: number; y: number };
}

/** A picture that a card may carry. */
export interface Shot {
  url: string;
  alt: string;
  /** Width over height, where it is known. */
  aspect: number | null;
  /** What else it is than a picture. */
  badge: string | null;
}

export interface Picture {
  state: "loading" | "ready" | "failed";
  aspect: number;
  since: number;
  image: HTMLImageElement;
}

/** What a card is built from beside its post. */
export interface Context {
  ownTags: ReadonlySet<string>;
  zone: string | null;
  /** Epoch milliseconds. */
  now: number;
  /** A post that is shown too. */
  find: (id: string) => Post | null;
}

/** What the scheduler needs to know of a post. */
export interface Candidate {
  id: string;
  author: string;
  created: number;
  /** When it came in live; null once shown here, and for what was there before. */
  arrived: number | null;
  /** Rises with arrival. */
  order: number;
  /** How often screens have shown it. */
  shown: number;
  /** When it last left this screen; -Infinity if it was never on it. */
  left: number;
  pinned: boolean;
}

export interface Schedule {
  /** When a new post last entered. */
  lastNew: number;
  /** When any card last entered. */
  lastChange: number;
  /** The card that entered last. */
  last: string | null;
  /** Whether that was a pinned post coming back. */
  lastPin: boolean;
  /** The first in line, while it does not fit. */
  blocked: { id: string; since: number } | null;
}

export interface Turn {
  id: string;
  kind: "new" | "pin" | "rotation";
}
