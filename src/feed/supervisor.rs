//! The loop around a feed: interval, backoff, rate limits, health and shutdown, once for all feeds.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rand::RngExt;
use rand::rngs::StdRng;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{Cursor, Feed, FeedError, FeedName, Item, Next, Page, RateLimit, Via};
use crate::clock::SharedClock;

/// The least and the most that is waited after a failure.
const BACKOFF: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(5);
/// The most that is waited because a source asks for it.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// How often a feed is tried that needs another token: somebody may have given it the rights meanwhile.
const UNAUTHORISED: Duration = Duration::from_mins(5);

/// Where a feed's pages go: the wall, seen from here.
#[async_trait]
pub trait Sink: Send + Sync {
    /// Hands a page over and waits until it is stored, cursor and all.
    ///
    /// # Errors
    /// Gives the page back where it could not be stored; it is offered again later.
    async fn offer(&self, feed: &FeedName, page: Page) -> Result<(), NotStored>;

    /// Tells how the feed is.
    fn health(&self, feed: &FeedName, health: Health);
}

/// A page that was not stored.
#[derive(Debug)]
pub struct NotStored {
    /// The page, unchanged.
    pub page: Page,
    /// Why, in words.
    pub reason: String,
    /// Whether the wall is shutting down, so that there is nothing to wait for.
    pub closing: bool,
}

/// What a feed is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedState {
    /// Not asked yet.
    #[default]
    Starting,
    /// Read without trouble.
    Reading,
    /// Waits for the source's limit to be lifted.
    RateLimited,
    /// Could not be read; tried again.
    Failing,
    /// Needs a token, or another one.
    Unauthorised,
    /// At its end.
    Done,
    /// Will not be tried again: misconfigured or gone.
    Stopped,
}

/// How a feed is, for the console and for `check`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Health {
    /// What it is doing.
    pub state: FeedState,
    /// How it is read.
    pub via: Via,
    /// When it last answered.
    pub last_success: Option<Timestamp>,
    /// When it will be asked again, where that is known.
    pub next_try: Option<Timestamp>,
    /// What the source said of its limits.
    pub rate: Option<RateLimit>,
    /// What went wrong last, in words; absent once it works again.
    pub last_error: Option<String>,
    /// Failures since it last answered.
    pub failures: u32,
    /// When it last brought a post.
    pub last_post: Option<Timestamp>,
    /// How long after they were written the last posts came that were not history, in milliseconds: the median of a page.
    pub lag_ms: Option<u64>,
    /// What is not as it should be although it can be read, and what to do.
    pub note: Option<String>,
}

/// Reads a feed until it is done, stopped or told to shut down: fetch, offer until stored, wait as the feed or its
/// failure asks. A feed that panics ends this with its panic, its health saying so.
pub async fn run(
    name: FeedName,
    mut feed: Box<dyn Feed>,
    mut cursor: Option<Cursor>,
    sink: Arc<dyn Sink>,
    clock: SharedClock,
    rng: StdRng,
    shutdown: CancellationToken,
) {
    let mut watch = Watch {
        name,
        sink,
        clock,
        rng,
        shutdown,
        health: Health::default(),
    };
    watch.sink.health(&watch.name, watch.health.clone());
    loop {
        let shutdown = watch.shutdown.clone();
        let answer = tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            answer = feed.fetch(cursor.as_ref()) => answer,
        };
        let flow = match answer {
            Ok(page) => {
                let (next, moved) = (page.next, page.cursor.clone());
                watch.answered(&page);
                // A page without anything in it is nothing to store.
                let empty =
                    page.items.is_empty() && moved.is_none() && page.complete_since.is_none();
                if !empty && watch.store(page).await.is_break() {
                    return;
                }
                cursor = moved.or(cursor);
                watch.until(next).await
            }
            Err(error) => watch.after(error).await,
        };
        if flow.is_break() {
            return;
        }
    }
}

/// A feed's loop but for the feed.
struct Watch {
    name: FeedName,
    sink: Arc<dyn Sink>,
    clock: SharedClock,
    rng: StdRng,
    shutdown: CancellationToken,
    health: Health,
}

impl Watch {
    fn answered(&mut self, page: &Page) {
        if self.health.failures > 0 {
            tracing::info!(feed = %self.name, failures = self.health.failures, "feed answers again");
        }
        let now = self.clock.now();
        let brought = page.items.iter().any(|item| matches!(item, Item::Post(_)));
        let health = Health {
            state: FeedState::Reading,
            via: page.via,
            last_success: Some(now),
            next_try: None,
            rate: page.rate.or(self.health.rate),
            last_error: None,
            failures: 0,
            last_post: brought.then_some(now).or(self.health.last_post),
            lag_ms: lag(page, now).or(self.health.lag_ms),
            note: page.note.clone(),
        };
        self.report(health);
    }

    /// Offers a page until it is stored. Breaks where the wall is closing.
    async fn store(&mut self, mut page: Page) -> ControlFlow<()> {
        let mut refusals = 0;
        loop {
            let shutdown = self.shutdown.clone();
            let offered = tokio::select! {
                biased;
                offered = self.sink.offer(&self.name, page) => offered,
                // A page that is dropped here is fetched again at the next start: its cursor is stored with it.
                () = shutdown.cancelled() => return ControlFlow::Break(()),
            };
            let Err(refused) = offered else {
                return ControlFlow::Continue(());
            };
            if refused.closing {
                return ControlFlow::Break(());
            }
            page = refused.page;
            refusals += 1;
            let wait = self.backoff(refusals);
            tracing::warn!(feed = %self.name, reason = refused.reason, ?wait, "page was not stored");
            let health = Health {
                state: FeedState::Failing,
                last_error: Some(format!("not stored: {}", refused.reason)),
                failures: refusals,
                ..self.health.clone()
            };
            self.wait(wait, health).await?;
        }
    }

    /// Waits as the feed asked.
    async fn until(&mut self, next: Next) -> ControlFlow<()> {
        match next {
            Next::Now => {
                // A feed that never waits must not keep the others from running.
                tokio::task::yield_now().await;
                ControlFlow::Continue(())
            }
            Next::After(wait) => {
                let health = Health {
                    state: FeedState::Reading,
                    last_error: None,
                    failures: 0,
                    ..self.health.clone()
                };
                self.wait(wait, health).await
            }
            Next::Done => {
                tracing::info!(feed = %self.name, "feed is at its end");
                self.end(FeedState::Done, None)
            }
        }
    }

    /// Waits as a failure asks.
    async fn after(&mut self, error: FeedError) -> ControlFlow<()> {
        let failures = self.health.failures.saturating_add(1);
        let (state, wait) = match &error {
            FeedError::Transient { retry_after, .. } => {
                let wait = match retry_after {
                    Some(asked) => self.a_little_more((*asked).min(LONGEST_WAIT)),
                    None => self.backoff(failures),
                };
                (FeedState::Failing, wait)
            }
            FeedError::RateLimited { until } => {
                let wait = until.duration_since(self.clock.now());
                let wait = Duration::try_from(wait).unwrap_or(Duration::ZERO);
                let wait = self.a_little_more(wait.min(LONGEST_WAIT));
                (FeedState::RateLimited, wait)
            }
            FeedError::Unauthorised(_) => (FeedState::Unauthorised, UNAUTHORISED),
            FeedError::Misconfigured(_) | FeedError::Gone(_) => {
                tracing::error!(feed = %self.name, %error, "feed stopped");
                self.health.failures = failures;
                return self.end(FeedState::Stopped, Some(error.to_string()));
            }
        };
        tracing::warn!(feed = %self.name, %error, failures, ?wait, "feed could not be read");
        let health = Health {
            state,
            last_error: Some(error.to_string()),
            failures,
            ..self.health.clone()
        };
        self.wait(wait, health).await
    }

    fn end(&mut self, state: FeedState, last_error: Option<String>) -> ControlFlow<()> {
        let health = Health {
            state,
            next_try: None,
            last_error,
            ..self.health.clone()
        };
        self.report(health);
        ControlFlow::Break(())
    }

    /// Reports what is waited for, and waits. Breaks at shutdown.
    async fn wait(&mut self, wait: Duration, health: Health) -> ControlFlow<()> {
        let next_try = self.clock.now().saturating_add(wait).ok();
        self.report(Health { next_try, ..health });
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => ControlFlow::Break(()),
            () = tokio::time::sleep(wait) => ControlFlow::Continue(()),
        }
    }

    fn report(&mut self, health: Health) {
        if health != self.health {
            self.health = health;
            self.sink.health(&self.name, self.health.clone());
        }
    }

    /// Exponential backoff with full jitter
    /// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>), never below a second.
    fn backoff(&mut self, failures: u32) -> Duration {
        let ceiling = Duration::from_secs(1 << failures.min(16)).min(*BACKOFF.end());
        let wait = ceiling.mul_f64(self.rng.random_range(0.0..1.0));
        wait.max(*BACKOFF.start())
    }

    /// What a source asked for, at least a second, and up to one more so that not all come back at once.
    fn a_little_more(&mut self, wait: Duration) -> Duration {
        wait.max(*BACKOFF.start()) + Duration::from_secs(1).mul_f64(self.rng.random_range(0.0..1.0))
    }
}

/// How long after they were written the posts of a page came: the median, where they are not history.
pub(crate) fn lag(page: &Page, now: Timestamp) -> Option<u64> {
    let written = page.items.iter().filter_map(|item| match item {
        Item::Post(post) if !page.history => Some(post.created_at),
        _ => None,
    });
    let mut lags: Vec<u64> = written
        .map(|at| u64::try_from(now.duration_since(at).as_millis()).unwrap_or(0))
        .collect();
    lags.sort_unstable();
    lags.get(lags.len() / 2).copied()
}

impl Drop for Watch {
    /// A feed that panicked would else look as if it were still read.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _stopped = self.end(
                FeedState::Stopped,
                Some("the feed's program failed; see the log".to_owned()),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use parking_lot::Mutex;
    use rand::SeedableRng;
    use tokio::time::Instant;

    use super::*;
    use crate::clock::Clock;
    use crate::feed::{Item, Reason, Refusal};

    /// Tokio's paused time as a clock.
    struct PausedClock(Instant, Timestamp);

    impl Clock for PausedClock {
        fn now(&self) -> Timestamp {
            self.1 + self.0.elapsed()
        }
    }

    fn clock() -> SharedClock {
        Arc::new(PausedClock(
            Instant::now(),
            "2025-01-01T00:00:00Z".parse().unwrap(),
        ))
    }

    /// A feed that answers as written down, then waits for ever.
    struct Script {
        answers: VecDeque<Result<Page, FeedError>>,
        asked: Arc<Mutex<Vec<Asked>>>,
        began: Instant,
    }

    /// When it was asked, and with which cursor.
    type Asked = (Duration, Option<String>);

    #[async_trait]
    impl Feed for Script {
        async fn fetch(&mut self, cursor: Option<&Cursor>) -> Result<Page, FeedError> {
            let cursor = cursor.map(|cursor| cursor.0.clone());
            self.asked.lock().push((self.began.elapsed(), cursor));
            match self.answers.pop_front() {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        }
    }

    #[derive(Default)]
    struct Store {
        pages: Mutex<Vec<String>>,
        refuse: Mutex<u32>,
        closing: bool,
        health: Mutex<Vec<Health>>,
    }

    #[async_trait]
    impl Sink for Store {
        async fn offer(&self, _: &FeedName, page: Page) -> Result<(), NotStored> {
            let mut refuse = self.refuse.lock();
            if *refuse > 0 {
                *refuse -= 1;
                return Err(NotStored {
                    page,
                    reason: "disk full".to_owned(),
                    closing: self.closing,
                });
            }
            let cursor = page.cursor.map_or_else(String::new, |cursor| cursor.0);
            self.pages.lock().push(cursor);
            Ok(())
        }

        fn health(&self, _: &FeedName, health: Health) {
            self.health.lock().push(health);
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "stands among failures in scripts")]
    fn page(cursor: &str, next: Next) -> Result<Page, FeedError> {
        Ok(Page {
            items: vec![Item::Refused(Refusal {
                reason: Reason::Malformed,
                detail: cursor.to_owned(),
            })],
            cursor: (!cursor.is_empty()).then(|| Cursor(cursor.to_owned())),
            next,
            ..Page::default()
        })
    }

    fn transient(retry_after: Option<Duration>) -> Result<Page, FeedError> {
        Err(FeedError::Transient {
            message: "overloaded".to_owned(),
            retry_after,
        })
    }

    struct Ran {
        asked: Vec<Asked>,
        store: Arc<Store>,
        ended: bool,
    }

    impl Ran {
        fn cursors(&self) -> Vec<Option<&str>> {
            self.asked.iter().map(|(_, c)| c.as_deref()).collect()
        }

        fn waits(&self) -> Vec<Duration> {
            self.asked
                .windows(2)
                .map(|w| w[1].0.abs_diff(w[0].0))
                .collect()
        }

        fn states(&self) -> Vec<FeedState> {
            let mut states: Vec<_> = self.store.health.lock().iter().map(|h| h.state).collect();
            states.dedup();
            states
        }

        fn last(&self) -> Health {
            self.store.health.lock().last().unwrap().clone()
        }
    }

    /// Runs a script for a day of paused time at most.
    async fn ran(answers: Vec<Result<Page, FeedError>>, store: Store) -> Ran {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let feed = Script {
            answers: answers.into(),
            asked: Arc::clone(&asked),
            began: Instant::now(),
        };
        let store = Arc::new(store);
        let run = run(
            FeedName("script".to_owned()),
            Box::new(feed),
            Some(Cursor("start".to_owned())),
            Arc::clone(&store) as Arc<dyn Sink>,
            clock(),
            StdRng::seed_from_u64(1),
            CancellationToken::new(),
        );
        let ended = tokio::time::timeout(Duration::from_hours(24), run)
            .await
            .is_ok();
        let asked = asked.lock().clone();
        Ran {
            asked,
            store,
            ended,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn pages_are_stored_and_the_cursor_goes_on() {
        let minute = Duration::from_mins(1);
        let ran = ran(
            vec![
                page("a", Next::Now),
                page("", Next::After(minute)),
                page("b", Next::Now),
                Ok(Page::default()),
            ],
            Store::default(),
        )
        .await;
        assert_eq!(
            ran.cursors(),
            [Some("start"), Some("a"), Some("a"), Some("b"), Some("b")]
        );
        assert_eq!(ran.waits()[..2], [Duration::ZERO, minute]);
        assert_eq!(*ran.store.pages.lock(), ["a", "", "b"]);
        assert_eq!(ran.states(), [FeedState::Starting, FeedState::Reading]);
        assert!(!ran.ended);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_backed_off_and_forgotten_after_success() {
        let mut answers: Vec<_> = (0..14).map(|_| transient(None)).collect();
        answers.push(page("a", Next::Now));
        let ran = ran(answers, Store::default()).await;
        let waits = &ran.waits()[..14];
        for (failures, wait) in (1_u32..).zip(waits) {
            let ceiling = Duration::from_secs(1 << failures.min(16)).min(Duration::from_mins(5));
            let range = Duration::from_secs(1)..=ceiling + Duration::from_millis(2);
            assert!(range.contains(wait), "{failures}: {wait:?}");
        }
        assert!(
            waits.iter().max() > Some(&Duration::from_mins(1)),
            "{waits:?}"
        );
        let health = ran.last();
        assert_eq!((health.state, health.failures), (FeedState::Reading, 0));
        assert_eq!(health.last_error, None);
        assert!(health.last_success.is_some());
        let failing = ran.store.health.lock()[3].clone();
        assert_eq!(failing.state, FeedState::Failing);
        assert_eq!(failing.last_error.as_deref(), Some("overloaded"));
        assert_eq!(failing.failures, 3);
        assert!(failing.next_try.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn sources_are_given_the_time_they_ask_for() {
        // Half a minute goes by before, and up to a second of jitter.
        let until = clock().now() + Duration::from_secs(64);
        let ran = ran(
            vec![
                transient(Some(Duration::from_secs(30))),
                Err(FeedError::RateLimited { until }),
                transient(Some(Duration::from_secs(100_000))),
                Err(FeedError::Unauthorised("token".to_owned())),
            ],
            Store::default(),
        )
        .await;
        let waits = ran.waits();
        for (wait, seconds) in waits.iter().zip([30, 33, 900, 300]) {
            let at_least = Duration::from_secs(seconds);
            let range = at_least..=at_least + Duration::from_secs(2);
            assert!(range.contains(wait), "{wait:?} is not about {seconds} s");
        }
        assert!(waits[0] >= Duration::from_secs(30));
        assert_eq!(
            ran.states(),
            [
                FeedState::Starting,
                FeedState::Failing,
                FeedState::RateLimited,
                FeedState::Failing,
                FeedState::Unauthorised
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_work_is_not_tried_again() {
        for (answer, state) in [
            (Err(FeedError::Gone("gone".to_owned())), FeedState::Stopped),
            (
                Err(FeedError::Misconfigured("wrong".to_owned())),
                FeedState::Stopped,
            ),
            (page("a", Next::Done), FeedState::Done),
        ] {
            let stops = answer.is_err();
            let ran = ran(vec![answer], Store::default()).await;
            assert!(ran.ended);
            assert_eq!(ran.asked.len(), 1);
            assert_eq!(ran.last().state, state);
            assert_eq!(ran.last().last_error.is_some(), stops);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_is_offered_until_it_is_stored() {
        let store = Store {
            refuse: Mutex::new(3),
            ..Store::default()
        };
        let ran = ran(vec![page("a", Next::Now), page("b", Next::Now)], store).await;
        assert_eq!(*ran.store.pages.lock(), ["a", "b"]);
        assert_eq!(ran.cursors(), [Some("start"), Some("a"), Some("b")]);
        assert!(ran.waits()[0] >= Duration::from_secs(3));
        let states = ran.states();
        assert_eq!(
            states,
            [
                FeedState::Starting,
                FeedState::Reading,
                FeedState::Failing,
                FeedState::Reading
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_wall_that_closes_ends_it() {
        let store = Store {
            refuse: Mutex::new(1),
            closing: true,
            ..Store::default()
        };
        let ran = ran(vec![page("a", Next::Now), page("b", Next::Now)], store).await;
        assert!(ran.ended);
        assert_eq!(ran.asked.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn shutdown_ends_any_wait() {
        for answers in [
            vec![],
            vec![page("a", Next::After(Duration::from_hours(9)))],
            vec![transient(Some(Duration::from_mins(15)))],
        ] {
            let shutdown = CancellationToken::new();
            let feed = Script {
                answers: answers.into(),
                asked: Arc::default(),
                began: Instant::now(),
            };
            let run = run(
                FeedName("script".to_owned()),
                Box::new(feed),
                None,
                Arc::new(Store::default()),
                clock(),
                StdRng::seed_from_u64(1),
                shutdown.clone(),
            );
            let cancel = async {
                tokio::time::sleep(Duration::from_secs(5)).await;
                shutdown.cancel();
            };
            let began = Instant::now();
            tokio::join!(run, cancel);
            assert!(began.elapsed() < Duration::from_secs(6));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_is_not_hidden() {
        struct Broken;

        #[async_trait]
        impl Feed for Broken {
            async fn fetch(&mut self, _: Option<&Cursor>) -> Result<Page, FeedError> {
                panic!("broken on purpose")
            }
        }

        let store = Arc::new(Store::default());
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(run(
            FeedName("broken".to_owned()),
            Box::new(Broken),
            None,
            Arc::clone(&store) as Arc<dyn Sink>,
            clock(),
            StdRng::seed_from_u64(1),
            CancellationToken::new(),
        ));
        let ended = tasks.join_next().await.unwrap();
        assert!(ended.unwrap_err().is_panic());
        assert_eq!(
            store.health.lock().last().unwrap().state,
            FeedState::Stopped
        );
    }
}
