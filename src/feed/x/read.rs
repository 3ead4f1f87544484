//! The feed: one request at a time, none that the budget does not cover.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rand::RngExt;
use rand::rngs::StdRng;

use super::Settings;
use super::budget::{Exhausted, Limits, Paid, Prices, RESULTS, midnight};
use super::client::{Client, Failure, transient};
use super::convert::{self, made_at};
use super::query;
use super::state::{Round, State};
use crate::clock::SharedClock;
use crate::feed::{Cursor, Feed, FeedContext, FeedError, Item, Next, Page, Watched, network};
use crate::post::PostId;

/// How far back can be searched, with a little to spare.
const REACH: Duration = Duration::from_mins(7 * 24 * 60 - 10);
/// Posts can be found this long after they were written, and a while more.
const UNSEEN: Duration = Duration::from_mins(1);
/// How often X is asked for its counts, and for how many hashtags.
const COUNTED: Duration = Duration::from_hours(1);
const MAX_COUNTED: usize = 5;
/// How often posts are looked up again, and how many at once.
const RECHECKED: Duration = Duration::from_mins(10);
const BATCH: usize = 100;

/// What is asked for with each post.
const POST_FIELDS: &str = "attachments,author_id,created_at,edit_history_tweet_ids,entities,lang,note_tweet,\
                           possibly_sensitive,public_metrics,referenced_tweets,withheld";
const USER_FIELDS: &str =
    "created_at,description,name,profile_image_url,protected,public_metrics,username";
const MEDIA_FIELDS: &str = "alt_text,height,preview_image_url,type,url,variants,width";

/// The feed.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Reader {
    client: Client,
    query: String,
    /// Hashtags of which X is asked for its counts.
    counted: Vec<String>,
    limits: Limits,
    prices: Prices,
    interval: Duration,
    backfill: u32,
    reposts: bool,
    recheck: bool,
    from: Option<Timestamp>,
    clock: SharedClock,
    rng: StdRng,
    watched: Watched,
    /// What is known, and the cursor that it goes with.
    known: Option<(Option<Cursor>, State)>,
    paid: Paid,
    /// Whether a round was read to its end since the start and the last failure.
    caught_up: bool,
    /// Whether the API ever answered; from then on an odd answer is a passing trouble.
    answered: bool,
    /// Whether X said that the id to go on from is too old.
    too_old: bool,
    /// Whether it was said that today's budget is spent.
    told: bool,
    search_at: Timestamp,
    count_at: Timestamp,
    /// Which hashtag is counted next.
    counting: usize,
    recheck_at: Timestamp,
    /// Which of the posts on the wall is looked up next.
    rechecking: usize,
}

impl Reader {
    pub(super) fn new(
        client: Client,
        settings: &Settings,
        query: String,
        prices: Prices,
        context: FeedContext,
    ) -> Self {
        let tags = &context.wanted.tags;
        let tags = tags.any.iter().chain(&tags.all).take(MAX_COUNTED);
        let counted = tags.filter(|_| settings.counts);
        let now = context.clock.now();
        Self {
            client,
            query,
            counted: counted.map(|tag| tag.as_str().to_owned()).collect(),
            limits: settings.budget,
            prices,
            interval: settings.interval.0,
            backfill: settings.backfill,
            reposts: settings.reposts,
            recheck: settings.recheck,
            from: context.from,
            clock: context.clock,
            rng: context.rng,
            watched: context.watched,
            known: None,
            paid: Paid::default(),
            caught_up: false,
            answered: false,
            too_old: false,
            told: false,
            search_at: now,
            count_at: now,
            counting: 0,
            recheck_at: later(now, RECHECKED),
            rechecking: 0,
        }
    }

    /// Goes on from `cursor`, from where it is if that is its own last.
    fn resumed(&mut self, cursor: Option<&Cursor>) -> Result<State, FeedError> {
        if let Some((at, state)) = &self.known
            && at.as_ref() == cursor
        {
            return Ok(state.clone());
        }
        let state = State::read(cursor)?;
        self.answered |= state.read_at.is_some();
        if let Some(counted_at) = state.counted_at {
            self.count_at = self.count_at.max(later(counted_at, COUNTED));
        }
        Ok(state)
    }

    async fn work(&mut self, state: &mut State, now: Timestamp) -> Result<Page, FeedError> {
        if state.round.is_some() || self.search_at <= now {
            return self.search(state, now).await;
        }
        if !self.counted.is_empty() && self.count_at <= now {
            return self.count(state, now).await;
        }
        if self.recheck && self.recheck_at <= now {
            return self.look_up(state, now).await;
        }
        Ok(Page::default())
    }

    /// Where to begin a round.
    fn begin(&mut self, state: &State, now: Timestamp) -> Round {
        let oldest = earlier(now, REACH);
        let mut round = Round {
            began: now,
            since: None,
            start: None,
            newest: None,
            token: None,
            left: None,
            history: false,
        };
        let since = state.since.clone().filter(|_| !self.too_old);
        match (since, state.read_at) {
            (Some(id), _) if made_at(&id).is_none_or(|made_at| made_at > oldest) => {
                round.since = Some(id);
            }
            (_, Some(_)) if state.since.is_some() => round.start = Some(oldest),
            (_, Some(read_at)) => round.start = Some(earlier(read_at, UNSEEN).max(oldest)),
            (_, None) => {
                round.history = true;
                round.start = Some(match self.from {
                    _ if self.backfill == 0 => earlier(now, UNSEEN),
                    Some(from) => from.clamp(oldest, earlier(now, UNSEEN)),
                    None => {
                        round.left = Some(self.backfill);
                        oldest
                    }
                });
            }
        }
        round
    }

    /// Reads a page of the search.
    async fn search(&mut self, state: &mut State, now: Timestamp) -> Result<Page, FeedError> {
        let most = match state.spent.allows(&self.limits, self.prices) {
            Ok(most) => most,
            Err(exhausted) => return self.exhausted(exhausted, now),
        };
        self.told = false;
        let mut round = match state.round.take() {
            Some(round) => round,
            None => self.begin(state, now),
        };
        let results = most.min(round.left.unwrap_or(most).max(*RESULTS.start()));
        let body = match self
            .client
            .get(&["search", "recent"], &self.parameters(&round, results))
            .await
        {
            Ok(answer) => answer,
            Err(Failure::TooOld) if round.since.is_some() => {
                self.too_old = true;
                return Err(transient(
                    "X does not go back as far as this feed was read; goes on with the last 7 days"
                        .to_owned(),
                ));
            }
            Err(Failure::LostPlace) if round.token.is_some() => {
                // What was read of the round comes again, which is not charged again on the same day.
                self.forget_round();
                return Err(transient(
                    "X lost the place in a long answer; it is read again from its beginning"
                        .to_owned(),
                ));
            }
            Err(failure) => return Err(self.failed(failure)),
        };
        let mut answer = convert::answer(&body.body).map_err(|error| {
            tracing::debug!(%error, "no answer of the API");
            transient(format!(
                "the server does not answer as the API of X does: {}",
                network::no_answer_of_an_api(&body.body)
            ))
        })?;
        self.answered = true;
        let now = self.clock.now();
        state.spent.roll(now);
        let before = state.spent;
        state
            .spent
            .pay_for(&answer.goods, &mut self.paid, self.prices, now);
        let oldest = oldest(&answer.items);
        answer.items.reverse();
        let mut page = Page {
            items: answer.items,
            rate: body.rate,
            history: round.history,
            ..Page::default()
        };
        if round.token.is_none() {
            round.newest = answer.meta.newest_id;
        }
        let came = u32::try_from(page.items.len()).unwrap_or(u32::MAX);
        round.left = round.left.map(|left| left.saturating_sub(came));
        round.token = answer.meta.next_token.filter(|_| round.left != Some(0));
        let mut worth_it = !page.items.is_empty() || before != state.spent;
        if round.token.is_some() {
            worth_it = true;
            state.round = Some(round);
        } else {
            if !self.caught_up {
                worth_it = true;
                page.complete_since = match (round.left, round.start) {
                    (Some(0), _) => oldest,
                    (_, Some(start)) => Some(start),
                    _ => state
                        .read_at
                        .or_else(|| round.since.as_deref().and_then(made_at)),
                };
            }
            self.caught_up = true;
            self.too_old = false;
            state.since = round.newest.or(state.since.take());
            state.read_at = Some(round.began);
            self.search_at = later(now, self.jittered());
        }
        page.cursor = worth_it.then(|| state.write());
        Ok(page)
    }

    fn parameters(&self, round: &Round, results: u32) -> Vec<(&'static str, String)> {
        let mut expansions = "author_id,attachments.media_keys".to_owned();
        if self.reposts {
            expansions.push_str(",referenced_tweets.id");
        }
        let mut query = vec![
            ("query", self.query.clone()),
            ("max_results", results.to_string()),
            ("tweet.fields", POST_FIELDS.to_owned()),
            ("expansions", expansions),
            ("user.fields", USER_FIELDS.to_owned()),
            ("media.fields", MEDIA_FIELDS.to_owned()),
        ];
        if let Some(since) = &round.since {
            query.push(("since_id", since.clone()));
        }
        if let Some(start) = round.start {
            // Whole seconds are all that is taken.
            let start = Timestamp::from_second(start.as_second()).unwrap_or(start);
            query.push(("start_time", start.to_string()));
        }
        if let Some(token) = &round.token {
            query.push(("next_token", token.clone()));
        }
        query
    }

    /// Asks how often X counted a hashtag by day.
    async fn count(&mut self, state: &mut State, now: Timestamp) -> Result<Page, FeedError> {
        if !state.spent.affords_count(&self.limits, self.prices) {
            self.count_at = later(now, COUNTED);
            return Ok(Page::default());
        }
        let tag = self.counted[self.counting].clone();
        let parameters = [
            ("query", query::count(&tag)),
            ("granularity", "day".to_owned()),
        ];
        // Charged by the request, whatever becomes of its answer.
        state.spent.pay_count(self.prices);
        let answer = self.client.get(&["counts", "recent"], &parameters).await;
        let now = self.clock.now();
        self.counting = (self.counting + 1) % self.counted.len();
        if self.counting == 0 {
            self.count_at = later(now, COUNTED);
            state.counted_at = Some(now);
        }
        let answer = match answer {
            Ok(answer) => answer,
            Err(Failure::Feed(error @ FeedError::RateLimited { .. })) => return Err(error),
            Err(failure) => {
                tracing::debug!(?failure, tag, "could not ask for counts");
                self.counting = 0;
                self.count_at = later(now, COUNTED);
                return Ok(Page::default());
            }
        };
        let counts = convert::counts(&answer.body, &tag).unwrap_or_else(|error| {
            tracing::debug!(%error, tag, "counts are not as they should be");
            Vec::new()
        });
        Ok(Page {
            items: counts.into_iter().map(Item::Counted).collect(),
            cursor: Some(state.write()),
            ..Page::default()
        })
    }

    /// Looks posts on the wall up again to see which are gone.
    async fn look_up(&mut self, state: &mut State, now: Timestamp) -> Result<Page, FeedError> {
        self.recheck_at = later(now, RECHECKED);
        let watched = (self.watched)();
        let head = format!("{}:", convert::SOURCE);
        let watched: Vec<&str> = watched
            .iter()
            .filter_map(|id| id.as_str().strip_prefix(&head))
            .collect();
        if self.rechecking >= watched.len() {
            self.rechecking = 0;
        }
        let mut ids: Vec<&str> = watched[self.rechecking..]
            .iter()
            .copied()
            .take(BATCH)
            .collect();
        let (mut cost, mut covered) = (0, 0);
        for id in &ids {
            cost += u32::from(!self.paid.has_post(id, now));
            if !state.spent.affords_posts(cost, &self.limits, self.prices) {
                break;
            }
            covered += 1;
        }
        ids.truncate(covered);
        if ids.is_empty() {
            return Ok(Page::default());
        }
        let parameters = [("ids", ids.join(","))];
        let answer = match self.client.get(&[], &parameters).await {
            Ok(answer) => answer,
            Err(Failure::Feed(error @ FeedError::RateLimited { .. })) => return Err(error),
            Err(failure) => {
                tracing::debug!(?failure, "could not look posts up again");
                return Ok(Page::default());
            }
        };
        let Ok(found) = convert::answer(&answer.body) else {
            return Ok(Page::default());
        };
        self.rechecking += ids.len();
        let now = self.clock.now();
        state.spent.roll(now);
        state
            .spent
            .pay_for(&found.goods, &mut self.paid, self.prices, now);
        let missing = found.missing.iter().filter(|id| ids.contains(&id.as_str()));
        let deleted = missing.map(|id| Item::Deleted(PostId::new(format!("{head}{id}"))));
        Ok(Page {
            items: deleted.collect(),
            cursor: Some(state.write()),
            ..Page::default()
        })
    }

    /// The budget is spent: for today, which is said once before it is waited for, or wholly.
    fn exhausted(&mut self, exhausted: Exhausted, now: Timestamp) -> Result<Page, FeedError> {
        self.caught_up = false;
        match exhausted {
            Exhausted::Wholly(words) => Err(FeedError::Misconfigured(format!(
                "the budget for X is used up: {words}"
            ))),
            Exhausted::Today(_) if self.told => Err(FeedError::RateLimited {
                until: midnight(now),
            }),
            Exhausted::Today(words) => {
                self.told = true;
                Ok(Page {
                    note: Some(format!("today's budget for X is used up: {words}")),
                    ..Page::default()
                })
            }
        }
    }

    fn failed(&self, failure: Failure) -> FeedError {
        let words = match failure {
            Failure::Feed(error) => return error,
            Failure::Wrong(words) => words,
            Failure::TooOld | Failure::LostPlace => {
                "X does not take the search as it is asked for".to_owned()
            }
        };
        if self.answered {
            transient(words)
        } else {
            FeedError::Misconfigured(words)
        }
    }

    /// Begins the round again from where it began.
    fn forget_round(&mut self) {
        if let Some((_, state)) = &mut self.known {
            state.round = None;
        }
    }

    /// The interval, a little longer or shorter, so that walls do not ask in step. Whole milliseconds, as clocks count.
    fn jittered(&mut self) -> Duration {
        let interval = self.interval.mul_f64(self.rng.random_range(0.95..1.05));
        Duration::from_millis(u64::try_from(interval.as_millis()).unwrap_or(u64::MAX))
    }

    /// When there is something to do again.
    fn next(&self, state: &State, now: Timestamp) -> Next {
        let mut at = self.search_at;
        if !self.counted.is_empty() {
            at = at.min(self.count_at);
        }
        if self.recheck {
            at = at.min(self.recheck_at);
        }
        if state.round.is_some() || at <= now {
            return Next::Now;
        }
        Next::After(Duration::try_from(at.duration_since(now)).unwrap_or_default())
    }
}

#[async_trait]
impl Feed for Reader {
    async fn fetch(&mut self, cursor: Option<&Cursor>) -> Result<Page, FeedError> {
        let mut state = self.resumed(cursor)?;
        let now = self.clock.now();
        state.spent.roll(now);
        if self
            .known
            .as_ref()
            .is_none_or(|(at, _)| at.as_ref() != cursor)
        {
            self.known = Some((cursor.cloned(), state.clone()));
        }
        match self.work(&mut state, now).await {
            Ok(page) => {
                let next = self.next(&state, self.clock.now());
                let at = page.cursor.clone().or_else(|| cursor.cloned());
                self.known = Some((at, state));
                Ok(Page { next, ..page })
            }
            Err(error) => {
                self.caught_up = false;
                Err(error)
            }
        }
    }
}

/// When the oldest of these was written.
fn oldest(items: &[Item]) -> Option<Timestamp> {
    let written = items.iter().filter_map(|item| match item {
        Item::Post(post) => Some(post.created_at),
        _ => None,
    });
    written.min()
}

fn later(moment: Timestamp, by: Duration) -> Timestamp {
    moment.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn earlier(moment: Timestamp, by: Duration) -> Timestamp {
    moment.saturating_sub(by).unwrap_or(Timestamp::MIN)
}
