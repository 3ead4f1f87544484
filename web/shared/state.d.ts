// What the shared modules keep and take, as types. Only the checker reads this file; it is not loaded by any page.

import type { Counts, Decision, Facet, Feed, Judge, Person, Post, RuleCount, Screen, Settings, Stage, Storage, Tallies, Trends, Wall } from "./protocol.d.ts";

export interface Entry {
  post: Post;
  /** Position of the frame that brought this version. */
  seq: number;
  /** Came as a frame of its own, not with the first snapshot. */
  live: boolean;
}

export interface State {
  /** Which journal; null until the first snapshot. */
  epoch: string | null;
  /** Everything up to here is applied. */
  seq: number;
  /** Posts kept; beyond it the oldest go, unless pinned. */
  limit: number;
  wall: Wall | null;
  posts: ReadonlyMap<string, Entry>;
  /** By id, the position of the newest removal. */
  removed: ReadonlyMap<string, number>;
  tallies: Tallies | null;
  trends: Trends | null;
  stage: Stage;
  feeds: Feed[];
  screens: Screen[];
  /** Oldest first. */
  decisions: Decision[];
  storage: Storage;
  /** Staff only. */
  settings: Settings | null;
  counts: Counts | null;
  people: Person[];
  /** Posts wait for somebody, and nobody who may decide is here. */
  unattended: boolean;
  rules: RuleCount[];
  judge: Judge | null;
}

export type Draft = Omit<State, "posts" | "removed"> & { posts: Map<string, Entry>; removed: Map<string, number> };

/** A stretch of a post's text. */
export interface Segment {
  text: string;
  facet: Facet | null;
  /** Lies in one of the marked ranges. */
  marked: boolean;
  /** Lies in one of those that are not to be shown as they are. */
  masked: boolean;
}

/** What a connection needs. */
export interface Options {
  /** Where to connect, with the cursor of the moment. */
  address: () => string;
  /** Called with every message of the stream; throws if it cannot be applied. */
  message: (text: string) => void;
  /** Called when the stream is there, and when it is gone. */
  state: (online: boolean) => void;
  /** Sent first, if it gives anything. */
  hello?: () => object | null;
  /** Called with the close code of a lost stream. */
  closed?: (code: number) => void;
  random?: () => number;
  Socket?: typeof WebSocket;
}
