// What the wall's modules pass to each other, as types. Only the checker reads this file; it is not loaded by the page.

import type { Post, Session, Stage } from "../shared/protocol.d.ts";
import type { State } from "../shared/state.d.ts";
import type { Room } from "./room.js";

export type SceneName =
  | "grid" | "spotlight" | "columns" | "photos" | "ticker" | "stats" | "cloud"
  | "agenda" | "invite" | "announcement" | "countdown" | "sponsors" | "title";

/** One way of filling the screen. */
export interface Scene {
  root: HTMLElement;
  /** Without the line at the top. */
  bare?: boolean;
  /** The state has changed; what was removed is off the screen when this returns. */
  follow(state: State): void;
  /** Another screen size, other fonts, other settings. */
  resize(): void;
  /** Five times a second while it is on the screen; `now` of a steady clock. */
  tick(now: number): void;
  /** Fetches what the first picture needs; the scene comes on when this is done, or late. */
  prepare?(): Promise<unknown>;
  /** Is about to be on the screen: draws everything from the state. */
  enter(): void;
  leave(): void;
  /** The posts on the screen now. */
  ids(): Iterable<string>;
  /** Else the programme passes it over. */
  hasSomething(state: State): boolean;
}

export type Make = (room: Room) => Scene;

/** When an entry of the programme plays. */
export type When =
  | "pinned" | "highlighted" | "quiet" | "busy" | "session" | "break"
  | { session: string }
  | { fewer: { posts: number; seconds: number } };

export interface Entry {
  scene: SceneName;
  seconds: number;
  when: When | null;
  /** While its condition holds, only entries like it play. */
  only: boolean;
  /** Null: all. */
  screens: readonly string[] | null;
}

/** How a wall looks, with nothing left open. */
export interface Display {
  scene: SceneName;
  programme: Entry[];
  screen_height_m: number | null;
  last_row_m: number | null;
  warned: "warning" | "show";
  motion: boolean;
  columns: "hashtag" | "source" | "session";
  sponsors: { name: string; picture: string | null }[];
  countdown: { to: string; label: string } | null;
  tokens: Record<string, string> | null;
  logo: string | null;
  background: string | null;
  style: string | null;
}

/** What conditions are about. */
export interface Facts {
  posts: readonly Post[];
  sessions: readonly Session[];
  /** The server's time. */
  now: number;
}

/** Who wishes for which scene. */
export interface Asked {
  display: Display;
  stage: Omit<Stage, "scene"> & { scene: SceneName | null };
  /** This screen's name. */
  screen: string | null;
  /** What the address asks for. */
  address: SceneName | null;
  /** Laid over another picture, without a ground of its own. */
  overlay: boolean;
  /** Blanked here, by a key. */
  blanked: boolean;
  /** Chosen here, by a key, at a place of the programme. */
  key: { scene: SceneName; place: string } | null;
}

export interface Pick {
  scene: SceneName;
  why: "blank" | "announcement" | "key" | "screen" | "address" | "stage" | "programme" | "wall" | "empty";
  /** Changes when the programme or the console wants something else. */
  place: string;
}

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
  /** The still of something that moves. */
  moving: boolean;
  /** Where it is drawn from, once it is there. */
  source?: string;
}

export interface Picture {
  /** Where it is drawn from: its address, or a copy on this machine. */
  source: string;
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
  /** Content behind a warning is shown below it. */
  open: boolean;
  /** How wide a post's pictures are drawn at most, in pixels of the page: one width for all scenes, so that each is fetched once. */
  width: number;
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
  highlighted?: boolean;
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
