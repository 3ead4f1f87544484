//! buzzwall: a live social media wall for events.
//!
//! ```text
//! feed ─▶ intake ─▶ wall ──────────────────────────▶ hub ─▶ browsers: wall, console, report
//!                   │ 1 verdict (moderation)     ▲
//!                   │ 2 append (journal)         └─ commands of moderators
//!                   └ 3 fold (state, stats)
//! ```
//!
//! # Where what is
//!
//! | module | what it is |
//! |---|---|
//! | [`post`] | the vocabulary: posts, authors, ids, facets, media |
//! | [`text`] | HTML to text and facets, hashtags, folding |
//! | [`feed`] | sources of posts and the loop that supervises them |
//! | [`moderation`] | rules: a post, the rules and its history to a verdict |
//! | [`stats`] | tallies: exact, reversible, by event time |
//! | [`intake`] | bounds, clock sanity and the wall's query, before the wall sees anything |
//! | [`config`] | `buzzwall.toml`, the command line, and walls that are made while the service runs |
//! | [`journal`] | the append-only log of everything: the only truth |
//! | [`hub`] | rings of frames from which clients pull |
//! | [`wall`] | the fold of the journal, and its only writer |
//! | [`judge`], [`media`] | whose answer on a post takes time: a program that is asked, pictures that are looked at; [`media`] also brings screens their pictures |
//! | [`report`] | the figures and their forms |
//! | [`people`] | who may sign in |
//! | [`http`] | pages, API, streams |
//! | [`app`] | the composition root; [`cli`] the commands; [`control`] how commands reach the service |
//!
//! A module uses only those to its left in
//! `post ← text ← feed, stats, moderation ← intake, config ← journal, hub ← wall ← judge, media, report, import, added ← http ← control ← app ← cli`.
//!
//! # What must never break
//!
//! 1. The journal comes first: nobody sees what is not stored. The one exception is a hide, a blank, a pause and their ends, which act
//!    on the screens at once even when the disk refuses them, and are stored first when there is room.
//! 2. A feed's cursor is stored in the transaction of the posts that it covers.
//! 3. [`wall::WallState::apply`] is deterministic. Time and chance are passed in; what only time brings is an event.
//! 4. A post that is not shown never reaches the public stream, and a public frame never says why a post was moderated.
//! 5. Counts are folded from posts, never incremented in passing: what is added for a post can be subtracted exactly.
//! 6. Every queue has a bound, and every refusal is counted with a reason.
//! 7. Our own damaged data stops us loudly; a feed's never does.
//! 8. One post counts once, however many feeds bring it; a copy's word about its original is a hint and never an order.
//! 9. "Nothing is missing" is said only of what a source was asked for: everything else is unknown, with its times.
//!
//! # Words
//!
//! *Feed*: a source of posts as configured. *Standing*: shown, held, hidden or deleted. *Verdict*: what the rules say.
//! *Decision*: what a person says; it stands above the verdict. *Journal*: the log; its *records* are numbered by *seq*,
//! its *epoch* says which journal they belong to. *Frame*: one message to clients. *Cursor*: where a feed goes on.
//! *Screen*: a registered display that confirms what it has drawn. *Coverage*: when a feed was read live, filled in later, or
//! not. *Copy*: a bridge's post of a post; the *original* counts in its place. *Sighting*: our hashtag in a source's own list
//! of trends.

pub mod added;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod data;
pub mod duration;
pub mod feed;
pub mod http;
pub mod hub;
pub mod import;
pub mod intake;
pub mod invalid;
pub mod journal;
pub mod judge;
pub mod media;
pub mod moderation;
pub mod people;
pub mod post;
pub mod report;
pub mod secret;
pub mod stats;
pub mod text;
pub mod wall;
pub(crate) mod words;
