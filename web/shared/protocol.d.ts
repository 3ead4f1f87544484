// What the server says, as types. Only the checker reads this file; it is not loaded by any page.

export type Standing = "shown" | "held" | "hidden" | "deleted";

export type AuthorStanding = "normal" | "blocked" | "trusted";

export interface Facet {
  /** First byte in UTF-8, inclusive. */
  start: number;
  /** Last byte in UTF-8, exclusive. */
  end: number;
  kind: "hashtag" | "mention" | "link" | "emoji";
  target: string;
}

export interface Author {
  id: string;
  handle: string;
  name: string;
  avatar?: string | null;
  url?: string | null;
  followers?: number | null;
  bot?: boolean;
  created_at?: string | null;
}

export interface Media {
  kind: "image" | "gif" | "video" | "audio" | "unknown";
  url?: string | null;
  preview?: string | null;
  alt?: string | null;
  width?: number | null;
  height?: number | null;
}

export interface Poll {
  options: { text: string; votes?: number | null }[];
  ends_at?: string | null;
  multiple?: boolean;
}

export interface LinkCard {
  url: string;
  title: string;
  description: string;
  image?: string | null;
}

/** Why a rule objected; staff only. */
export interface Reason {
  rule: string;
  /** Bytes in UTF-8 of `field`, [first, past the last]. */
  span?: [number, number] | null;
  field?: string | null;
  outcome: string;
  /** The blocklist whose entry it is. */
  list?: string | null;
  /** The place hurts to read: it is shown only when somebody asks for it. */
  masked?: boolean;
  /** An answer is still awaited. */
  waiting?: boolean;
  /** What an outside judge called it, and how sure it is, from 0 to 1. */
  label?: string | null;
  score?: number | null;
  /** In words for people: `7 hashtags`, `bit.ly`. */
  detail?: string | null;
}

/** Where an author's posts stand. */
export interface SoFar {
  posts: number;
  shown: number;
  held: number;
  hidden: number;
}

export interface Post {
  id: string;
  source: string;
  feed?: string | null;
  url?: string | null;
  kind?: "original" | "reply" | "quote" | "repost";
  of?: string | null;
  author: Author;
  text: string;
  facets?: Facet[] | null;
  hashtags?: string[] | null;
  warning?: string | null;
  sensitive?: boolean;
  language?: string | null;
  media?: Media[] | null;
  emojis?: { shortcode: string; url: string }[] | null;
  poll?: Poll | null;
  card?: LinkCard | null;
  counts?: { likes: number; reposts: number; replies: number } | null;
  created_at: string;
  edited_at?: string | null;
  received_at?: string | null;
  standing?: Standing;
  pinned?: boolean;
  highlighted?: boolean;
  /** Came by backfill or import: written before its feed began to read. */
  history?: boolean;
  /** Posts that say the same again and were kept off for it. */
  copies?: number;
  /** Stands in the addresses of its pictures; see media.js. */
  pictures?: string;
  /** In snapshots: how often screens have shown it. */
  times_shown?: number;
  reasons?: Reason[] | null;
  decided_by?: string | null;
  decided_at?: string | null;
  stashed?: boolean;
  author_standing?: AuthorStanding | null;
  author_so_far?: SoFar | null;
  /** The post that says the same and came first. */
  copy_of?: string | null;
  /** Staff only: number of arrival, by which queues are ordered. */
  num?: number;
  /** Put up by hand, by its address. */
  added?: boolean;
}

export interface Session {
  title: string;
  from: string;
  to: string;
}

/** When an entry of the programme plays. */
export type When =
  | "pinned"
  | "highlighted"
  | "quiet"
  | "busy"
  | "session"
  | "break"
  | { session: string }
  | { fewer: { posts: number; seconds: number } };

/** An entry of the programme. */
export interface Entry {
  scene: string;
  seconds: number;
  when: When | null;
  /** While its condition holds, nothing else plays. */
  only: boolean;
  /** Null for all. */
  screens: string[] | null;
}

/** How a wall looks and what it plays. */
export interface Display {
  theme: string;
  /** CSS properties and their values, where `/themes.css` does not have the theme. */
  tokens: Record<string, string> | null;
  logo: string | null;
  background: string | null;
  style: string | null;
  source_trends: boolean;
  scene: string;
  programme: Entry[];
  screen_height_m: number | null;
  last_row_m: number | null;
  warned: "warning" | "show";
  motion: boolean;
  columns: "hashtag" | "source" | "session";
  sponsors: { name: string; picture: string | null }[];
  countdown: { to: string; label: string } | null;
}

export interface Wall {
  id: string;
  title: string;
  /** As configured, without their mark. */
  hashtags: string[];
  timezone?: string | null;
  from?: string | null;
  to?: string | null;
  invented?: boolean;
  sessions?: Session[] | null;
  display?: Partial<Display> | null;
  how_to_post?: string | null;
  sources?: string[] | null;
}

export interface Peak {
  at: string;
  posts: number;
}

/** The figures of the report and of the live counts; all counts are integers. */
export interface Tallies {
  posts: number;
  originals: number;
  replies: number;
  quotes: number;
  reposts: number;
  total: number;
  shown: number;
  held: number;
  hidden: number;
  deleted: number;
  participants: number;
  repost_only_participants: number;
  first_at: string | null;
  last_at: string | null;
  peak_minute: Peak | null;
  peak_five_minutes: Peak | null;
  peak_hour: Peak | null;
}

export interface Stage {
  paused: boolean;
  blanked: boolean;
  announcement: { text: string } | null;
  scene: string | null;
  /** Scenes of single screens, by their names. */
  screens?: Record<string, string>;
}

export interface Feed {
  name: string;
  kind: string;
  state: "starting" | "reading" | "rate_limited" | "failing" | "unauthorised" | "done" | "stopped" | "off";
  last_success?: string | null;
  next_try?: string | null;
  rate?: { limit?: number | null; remaining?: number | null; resets_at?: string | null } | null;
  last_error?: string | null;
  failures?: number;
  /** How it is read. */
  via?: "polling" | "stream";
  last_post?: string | null;
  /** How long after they were written posts come, in milliseconds. */
  lag_ms?: number | null;
  /** What is not as it should be although it is read. */
  note?: string | null;
  taken?: number;
  repeated?: number;
  refused?: Record<string, number> | null;
}

export interface Screen {
  name: string;
  scene?: string | null;
  /** Everything up to this position is drawn. */
  seq: number;
  connected: boolean;
  last_seen?: string | null;
  width?: number | null;
  height?: number | null;
  /** How long a word to it and back took last. */
  latency_ms?: number | null;
  /** Of its page. */
  version?: string | null;
}

/** One line of the audit trail. */
export interface Decision {
  seq: number;
  at: string;
  by: string;
  action: string;
  posts: string[];
  text?: string | null;
  /** Why, in the person's words. */
  reason?: string | null;
  /** Whom or what it was about: a handle, or the beginning of a post. */
  about?: string | null;
  /** Position of the decision that took this one back. */
  undone_by?: number | null;
  can_undo?: boolean;
}

/** Staff only: by section and key, the value that holds and where it comes from. */
export type Settings = Record<string, Record<string, { value: unknown; from: string; file?: unknown }>>;

/** Of how many posts a rule is among the reasons. */
export interface RuleCount {
  rule: string;
  held: number;
  hidden: number;
  shown_anyway: number;
}

/** What changed rules would do to everything so far. */
export interface Tried {
  posts: number;
  shown: number;
  held: number;
  hidden: number;
  approved: number;
  rules: { rule: string; held: number; hidden: number }[];
  list: { id: string; from: Standing; to: Standing; approved: boolean; post: Post; reasons: Reason[] }[];
}

/** How many posts each queue has. */
export interface Counts {
  waiting: number;
  stashed: number;
  shown: number;
  hidden: number;
  pinned: number;
  highlighted: number;
  all: number;
  oldest_waiting_at: string | null;
}

/** Somebody at a console. */
export interface Person {
  name: string;
  role: string;
  /** What they look at. */
  post: string | null;
  /** Whether it waits and they came to it first. */
  holds: boolean;
  since: string;
}

/** Somebody else decided first. */
export interface Conflict {
  post: string;
  by: string;
  action: string;
  seq: number;
  at: string;
}

export interface Storage {
  ok: boolean;
  message: string | null;
}

/** The outside judge: `open` is not asked for a while, since it failed too often. */
export interface Judge {
  state: "off" | "ok" | "failing" | "open";
  /** Posts it was asked about; those about which it gave no answer; those whose answer is awaited. */
  asked: number;
  failed: number;
  waiting: number;
  last_error?: string | null;
}

export type Frame =
  | {
      type: "snapshot";
      epoch: string;
      seq: number;
      wall: Wall;
      posts: Post[];
      tallies: Tallies;
      trends?: Trends;
      stage: Stage;
      feeds?: Feed[];
      screens?: Screen[];
      decisions?: Decision[];
      storage?: Storage;
      settings?: Settings;
      counts?: Counts;
      people?: Person[];
      unattended?: boolean;
      rules?: RuleCount[];
      judge?: Judge;
    }
  | { type: "post"; seq: number; post: Post }
  | { type: "remove"; id: string; seq?: number; ahead?: number }
  | { type: "tallies"; seq: number; tallies: Tallies }
  | { type: "trends"; seq: number; trends: Trends }
  | { type: "stage"; seq: number; stage: Stage }
  | { type: "feeds"; seq?: number; feeds: Feed[] }
  | { type: "screens"; seq?: number; screens: Screen[] }
  | { type: "screen"; seq?: number; screen: string; action: "identify" | "reload" }
  | { type: "decision"; seq?: number; decision: Decision }
  | { type: "counts"; seq?: number; counts: Counts }
  | { type: "people"; seq?: number; people: Person[]; unattended?: boolean }
  | { type: "rules"; seq?: number; rules: RuleCount[] }
  | { type: "storage"; seq?: number; storage: Storage }
  | { type: "judge"; seq?: number; judge: Judge };

/** What one feed covers within the report's time. */
export interface Coverage {
  feed: string;
  kind: string;
  taken: number;
  read: { from: string; to: string | null; ended: string | null }[];
  filled_in: { from: string; to: string }[];
  unknown: { from: string; to: string }[];
  /** From end to end, without a gap. */
  strip: { from: string; to: string; state: "live" | "filled_in" | "unknown"; why?: string }[];
  statement: string;
}

/** What trends. */
export interface Trends {
  terms: unknown[];
  /** Our hashtags in the sources' own lists, best rank first. */
  at_source: { place: string; hashtag: string; rank: number; of: number; since: string; best_rank: number }[];
}

export interface Report {
  wall: Wall;
  range: { from: string | null; to: string | null };
  figures: Tallies;
  per_minute: Peak[];
  per_hour: Peak[];
  posts_per_participant: { mean: number; median: number; most_active_tenth_share: number };
  top: {
    /** Null where the person does not want to be named. */
    participants: { author: string | null; handle: string | null; name: string | null; posts: number }[];
    hashtags: { hashtag: string; posts: number }[];
    languages: { language: string; posts: number }[];
    sources: { source: string; posts: number }[];
    media: { kind: string; count: number }[];
  };
  trends?: unknown[];
  trending_at_source: {
    place: string;
    hashtag: string;
    from: string;
    to: string | null;
    best_rank: number;
    best_at: string;
    of: number;
    ranks: { at: string; rank: number }[];
  }[];
  source_counts: {
    place: string;
    hashtag: string;
    day: string;
    source_posts: number;
    source_people: number | null;
    our_posts: number;
    our_reposts: number;
    explained: string;
  }[];
  coverage: Coverage[];
  refused: { feed: string; reason: string; count: number }[];
  definitions?: Record<string, string>;
}
