//! The wall as the rest of the program sees it: reads go to the shared state, writes to the wall's task.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::extract::ws::Utf8Bytes;
use dashmap::DashMap;
use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use serde_json::{Value, json};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot, watch};

use super::arrivals::{Bringer, Outcome};
use super::assessing::Assessing;
use super::command::{Act, Command, Declined, Done, NotDone, Offer, Storage};
use super::frames::{Audience, encode, snapshot};
use super::gone::Gone;
use super::presence::Presence;
use super::screens::Screens;
use super::state::WallState;
use super::task::ReadList;
use crate::clock::SharedClock;
use crate::feed::supervisor::{FeedState, Health, NotStored, Sink};
use crate::feed::{FeedName, Item, Page, Wanted};
use crate::hub::{Hub, Subscription};
use crate::intake::{Context, Prepared, prepare};
use crate::journal::{Seq, Who};
use crate::moderation::{FeedRules, ModerationSettings, Rules};
use crate::post::Key;
use crate::text::Query;

/// Everything that reads or asks of one wall.
pub struct Wall {
    /// Its id, as it stands in addresses.
    pub id: String,
    /// Screens that show it.
    pub screens: Screens,
    pub(super) state: RwLock<WallState>,
    pub(super) public: Arc<Hub>,
    pub(super) staff: Arc<Hub>,
    pub(super) briefs: HashMap<FeedName, Brief>,
    pub(super) health: DashMap<FeedName, Health>,
    pub(super) health_changed: Notify,
    pub(super) screens_changed: Notify,
    pub(super) storage: watch::Sender<Storage>,
    pub(super) clock: SharedClock,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) offers: mpsc::Sender<Offer>,
    pub(super) read_list: ReadList,
    /// Turns at trying settings.
    pub(super) trials: Arc<Semaphore>,
    pub(super) presence: Mutex<Presence>,
    pub(super) people_changed: Notify,
    pub(super) assessing: Assessing,
    pub(super) gone: Gone,
}

/// How old a post may be when it comes and still be news; what is older comes into the rotation without a show.
const NEWS: Duration = Duration::from_mins(5);

/// What was said to one feed alone.
#[derive(Debug, Clone, Default)]
pub struct Brief {
    /// What it reads instead of the wall's hashtags.
    pub wanted: Option<Wanted>,
    /// What is ruled for its posts.
    pub rules: FeedRules,
}

/// A snapshot and where the stream goes on after it.
pub struct Start {
    /// The frame.
    pub text: Utf8Bytes,
    /// The last record in it.
    pub seq: Seq,
    /// What comes after it.
    pub rest: Subscription,
}

impl Wall {
    /// The state as it is now. Held only for as long as reading takes; never across an await.
    pub fn read(&self) -> RwLockReadGuard<'_, WallState> {
        self.state.read()
    }

    fn hub(&self, audience: Audience) -> &Arc<Hub> {
        match audience {
            Audience::Public => &self.public,
            Audience::Staff => &self.staff,
        }
    }

    /// The whole picture, of `newest` posts at most where that is given, and what comes after it.
    pub fn start(&self, audience: Audience, newest: Option<u32>) -> Start {
        let hub = self.hub(audience);
        // The wall's task changes state and ring under the write lock, so both stand still here.
        let state = self.read();
        let make = || {
            let mut text = snapshot(&state, audience, newest);
            text.truncate(text.len() - 1);
            if audience == Audience::Staff {
                text.push_str(&self.staff_extras(&state));
            }
            // By which screens keep in step whose own clocks are wrong.
            text.push_str(r#","now":"#);
            text.push_str(&encode(&self.clock.now()));
            text.push('}');
            (state.tip, text.into())
        };
        // One of fewer posts is asked for by hand, after a pause, and not kept for others.
        let (position, seq, text) = if newest.is_some() {
            let end = hub.end();
            let (seq, text) = make();
            (end, seq, text)
        } else {
            hub.snapshot(make)
        };
        Start {
            text,
            seq,
            rest: Subscription::new(hub.clone(), position),
        }
    }

    /// What staff see beside posts.
    fn staff_extras(&self, state: &WallState) -> String {
        format!(
            r#","people":{},"unattended":{},"judge":{},"feeds":{},"screens":{},"storage":{}"#,
            encode(&self.people(state)),
            self.is_unattended(state),
            encode(&self.judge_health(state)),
            encode(&self.feeds(state)),
            encode(&self.screens.list()),
            encode(&*self.storage.borrow())
        )
    }

    /// Goes on from a record that a client has seen, itself included; `None` if it needs a snapshot.
    pub fn resume(&self, audience: Audience, epoch: &str, since: Seq) -> Option<Subscription> {
        let state = self.read();
        if state.epoch.as_str() != epoch {
            return None;
        }
        let hub = self.hub(audience);
        let position = hub.position(since, state.tip).ok()?;
        Some(Subscription::new(hub.clone(), position))
    }

    /// The health of each feed, with what the fold knows of its work.
    pub fn feeds(&self, state: &WallState) -> Vec<Value> {
        let mut names: std::collections::BTreeSet<FeedName> = state.feeds.keys().cloned().collect();
        names.extend(self.health.iter().map(|entry| entry.key().clone()));
        names
            .into_iter()
            .map(|name| {
                let health = self.health.get(&name).map(|entry| entry.value().clone());
                let off = health.is_none();
                let health = health.unwrap_or_default();
                let record = state.feeds.get(&name).cloned().unwrap_or_default();
                let refused: serde_json::Map<String, Value> = record
                    .refused
                    .iter()
                    .map(|(reason, count)| (reason.as_str().to_owned(), json!(count)))
                    .collect();
                json!({
                    "name": name,
                    "kind": name.kind(),
                    "via": health.via,
                    "last_post": health.last_post,
                    "lag_ms": health.lag_ms,
                    "note": health.note,
                    "state": if off { json!("off") } else { json!(health.state) },
                    "last_success": health.last_success,
                    "next_try": health.next_try,
                    "rate": health.rate,
                    "last_error": health.last_error,
                    "failures": health.failures,
                    "taken": record.taken,
                    "refused": refused,
                })
            })
            .collect()
    }

    /// What each configured feed is doing.
    pub fn feed_states(&self) -> Vec<(FeedName, FeedState)> {
        self.health
            .iter()
            .map(|entry| (entry.key().clone(), entry.value().state))
            .collect()
    }

    /// Whether the journal can be written.
    pub fn storage(&self) -> Storage {
        self.storage.borrow().clone()
    }

    /// Rules made of settings and of the lists that they name.
    ///
    /// # Errors
    /// A list cannot be read; the words say which and what to do.
    pub(super) fn make_rules(&self, moderation: &ModerationSettings) -> Result<Rules, String> {
        let mut words = Vec::new();
        for name in &moderation.blocklists {
            words.extend((self.read_list)(name)?);
        }
        Ok(Rules::new(moderation, &words))
    }

    /// Asks the wall's task for something and waits until it is done.
    pub async fn act(&self, by: Who, act: Act) -> Result<Done, NotDone> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(Command::Act { by, act, reply })
            .await
            .map_err(|_| NotDone::Closing)?;
        answer.await.map_err(|_| NotDone::Closing)?
    }

    /// Tells how long posts were on a screen. Not told while the task has more to do than it can; it is a sum, and the
    /// screens go on telling.
    pub fn seen(&self, posts: Vec<(String, u64)>) {
        if self.commands.try_send(Command::Seen(posts)).is_err() {
            tracing::debug!(wall = %self.id, "time on screens was not taken: the wall is busy");
        }
    }

    /// Tells staff that a screen came, went or confirmed.
    pub fn screens_changed(&self) {
        self.screens_changed.notify_one();
    }

    /// Makes items ready for this wall; `feed` is who brings them.
    pub fn prepare(&self, feed: Option<&FeedName>, mut items: Vec<Item>) -> Vec<Prepared> {
        for item in &mut items {
            if let (Item::Post(post), Some(feed)) = (item, feed) {
                post.feed = Some(feed.0.clone());
            }
        }
        let (query, epoch) = {
            let state = self.read();
            (state.settings.query.clone(), state.epoch.clone())
        };
        let is_known = |key: Key| self.read().find_key(key).is_some();
        let now = self.clock.now();
        let context = Context {
            query: &query,
            own: feed.and_then(|feed| self.briefs.get(feed)?.wanted.as_ref()),
            // An archive or an invented day tells what was, as if it happened now.
            news_since: feed
                .filter(|feed| !["replay", "demo"].contains(&feed.kind()))
                .and_then(|_| now.checked_sub(NEWS).ok()),
            salt: epoch.as_str(),
            from: feed.map_or("import", |feed| &feed.0),
            is_known: &is_known,
            now,
        };
        items
            .into_iter()
            .map(|item| prepare(item, context))
            .collect()
    }

    /// Makes a post ready that a person brings: it need not carry what the wall asks for.
    pub fn prepare_added(&self, item: Item) -> Prepared {
        let epoch = self.read().epoch.clone();
        let context = Context {
            query: &Query::default(),
            own: None,
            news_since: None,
            salt: epoch.as_str(),
            from: "added",
            is_known: &|_| false,
            now: self.clock.now(),
        };
        prepare(item, context)
    }

    /// What is ruled for a feed alone.
    pub fn rules_of(&self, feed: &FeedName) -> FeedRules {
        let brief = self.briefs.get(feed);
        brief.map(|brief| brief.rules.clone()).unwrap_or_default()
    }

    /// Hands prepared items to the wall's task and waits until they are stored.
    pub async fn offer(&self, items: Vec<Prepared>, bringer: Bringer) -> Result<Outcome, Declined> {
        let closing = |items| Declined {
            items,
            reason: "buzzwall is shutting down".to_owned(),
            closing: true,
        };
        let (reply, answer) = oneshot::channel();
        if let Err(mpsc::error::SendError(offer)) = self
            .offers
            .send(Offer {
                items,
                bringer,
                reply,
            })
            .await
        {
            return Err(closing(offer.items));
        }
        // The task answers every offer before it ends; an answer that is lost means that it is gone.
        answer.await.unwrap_or_else(|_| Err(closing(Vec::new())))
    }
}

impl Wall {
    /// Hands a feed's page over and waits until it is stored.
    pub async fn deliver(&self, feed: &FeedName, page: Page) -> Result<Outcome, NotStored> {
        let mut page = page;
        let items = std::mem::take(&mut page.items);
        let bringer = Bringer {
            feed: Some(feed.clone()),
            history: page.history,
            cursor: page.cursor.clone(),
            complete_since: page.complete_since,
            rules: self.rules_of(feed),
            // What somebody's own program says of other feeds' posts is not known to be so.
            only_its_own: ["exec", "ingest"].contains(&feed.kind()),
        };
        match self.offer(self.prepare(Some(feed), items), bringer).await {
            Ok(outcome) => {
                for (reason, detail) in &outcome.refused {
                    tracing::debug!(wall = %self.id, %feed, reason = reason.as_str(), detail, "not taken");
                }
                Ok(outcome)
            }
            Err(declined) => Err(NotStored {
                page: Page {
                    items: declined
                        .items
                        .into_iter()
                        .map(Prepared::into_item)
                        .collect(),
                    ..page
                },
                reason: declined.reason,
                closing: declined.closing,
            }),
        }
    }

    /// Notes that posts came under a feed's name otherwise than by its own loop: now, and so long after they were written.
    pub fn came_beside(&self, feed: &FeedName, lag_ms: Option<u64>) {
        if let Some(mut health) = self.health.get_mut(feed) {
            health.last_post = Some(self.clock.now());
            health.lag_ms = lag_ms.or(health.lag_ms);
        }
        self.health_changed.notify_one();
    }
}

#[async_trait]
impl Sink for Wall {
    async fn offer(&self, feed: &FeedName, page: Page) -> Result<(), NotStored> {
        self.deliver(feed, page).await.map(drop)
    }

    fn health(&self, feed: &FeedName, mut health: Health) {
        // The loop knows nothing of what came beside it.
        if let Some(known) = self.health.get(feed)
            && known.last_post > health.last_post
        {
            health.last_post = known.last_post;
            health.lag_ms = known.lag_ms;
        }
        self.health.insert(feed.clone(), health);
        self.health_changed.notify_one();
    }
}
