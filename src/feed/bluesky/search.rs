//! What was written before, or while nobody could read: searched for with an account, a page at a time.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use super::client::{Account, Found, Search, Session};
use super::position::Span;
use crate::feed::{FeedError, Wanted};

/// Between two pages: those who run the search ask to be gentle.
const BREATH: Duration = Duration::from_secs(1);
/// While so many posts wait to be hydrated no more are searched for.
const MOST_WAITING: usize = 500;
/// How long it is left alone after it failed, at first and at most.
const AGAIN: std::ops::RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_mins(5);

/// How long it is left alone where it is refused.
const REFUSED: Duration = Duration::from_hours(1);

type Asking = Pin<Box<dyn Future<Output = (Option<Session>, Result<Found, FeedError>)> + Send>>;

/// What is searched for, and what is asked just now.
pub(super) struct Searching {
    account: Option<Account>,
    session: Option<Session>,
    queries: Vec<Vec<(&'static str, String)>>,
    whole: bool,
    span: Option<Span>,
    left: VecDeque<Search>,
    /// Posts that are still wanted of the present query.
    wanted: u32,
    /// Whether it ended before everything was found.
    pub(super) cut_short: bool,
    asking: Option<Asking>,
    again_at: Instant,
    failures: u32,
    pub(super) trouble: Option<FeedError>,
}

impl Searching {
    /// Without an account it never does anything.
    pub(super) fn new(account: Option<Account>, wanted: &Wanted) -> Self {
        Self {
            account,
            session: None,
            queries: queries(wanted),
            whole: wanted.lists.is_empty(),
            span: None,
            left: VecDeque::new(),
            wanted: 0,
            cut_short: false,
            asking: None,
            again_at: Instant::now(),
            failures: 0,
            trouble: None,
        }
    }

    /// Whether it can search at all.
    pub(super) fn is_possible(&self) -> bool {
        self.account.is_some() && !self.queries.is_empty()
    }

    /// Whether a search finds all that is wanted: what the people of lists wrote it does not.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// What is searched for just now.
    pub(super) fn span(&self) -> Option<&Span> {
        self.span.as_ref()
    }

    /// Searches for this from now on; for nothing, where it is `None`.
    pub(super) fn begin(&mut self, span: Option<Span>) {
        self.asking = None;
        self.left.clear();
        self.span = span.filter(|_| self.is_possible());
        let Some(span) = &self.span else {
            return;
        };
        self.wanted = span.most;
        self.cut_short = false;
        let since = span.since.map(|since| ("since", since.to_string()));
        self.left = (self.queries.iter())
            .map(|query| Search {
                query: query.iter().cloned().chain(since.clone()).collect(),
                cursor: None,
            })
            .collect();
    }

    /// Asks for the next page, if there is one, its time has come, and not too much of the last ones still waits.
    pub(super) fn start(&mut self, waiting: usize) {
        if self.asking.is_some() || waiting >= MOST_WAITING || Instant::now() < self.again_at {
            return;
        }
        if let (Some(account), Some(search)) = (&self.account, self.left.front()) {
            let (account, search) = (account.clone(), search.clone());
            let session = self.session.take();
            self.asking = Some(Box::pin(
                async move { account.search(session, &search).await },
            ));
        }
    }

    /// When the next page is asked for.
    pub(super) fn due(&self, waiting: usize) -> Option<Instant> {
        let next = self.asking.is_none() && !self.left.is_empty() && waiting < MOST_WAITING;
        next.then_some(self.again_at)
    }

    /// Waits for what is found; for ever where nothing is asked. Cancel-safe.
    pub(super) async fn answered(&mut self) -> Result<Found, FeedError> {
        let (session, found) = poll_fn(|context| match &mut self.asking {
            Some(asking) => asking.poll_unpin(context),
            None => Poll::Pending,
        })
        .await;
        self.asking = None;
        self.session = session;
        found
    }

    /// Takes a page in; gives the views of it that belong to what is searched for.
    pub(super) fn take(&mut self, found: Result<Found, FeedError>) -> Vec<Value> {
        let now = Instant::now();
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "search failed");
                self.failures = self.failures.saturating_add(1);
                let backoff = (*AGAIN.start() * 2_u32.saturating_pow(self.failures.min(8) - 1))
                    .min(*AGAIN.end());
                let clock = self.account.as_ref().map(|account| account.clock.now());
                let asked = match (&error, clock) {
                    // An account may be signed in to only so often.
                    (FeedError::Unauthorised(_), _) => REFUSED,
                    (FeedError::RateLimited { until }, Some(clock)) => {
                        Duration::try_from(until.duration_since(clock)).unwrap_or_default()
                    }
                    (FeedError::Transient { retry_after, .. }, _) => {
                        retry_after.unwrap_or_default()
                    }
                    _ => Duration::ZERO,
                };
                self.again_at = now + backoff.max(asked.min(REFUSED));
                self.trouble = Some(error);
                return Vec::new();
            }
        };
        self.failures = 0;
        self.trouble = None;
        self.again_at = now + BREATH;
        let since = self.span.as_ref().and_then(|span| span.since);
        let taken = usize::try_from(self.wanted).unwrap_or(usize::MAX);
        let belongs = |view: &Value| {
            let written = view["record"]["createdAt"]
                .as_str()
                .and_then(|at| at.parse::<Timestamp>().ok());
            since.is_none_or(|since| written.is_none_or(|at| at >= since))
        };
        let before = found.views.len();
        let views: Vec<Value> = found
            .views
            .into_iter()
            .filter(belongs)
            .take(taken)
            .collect();
        self.wanted = self
            .wanted
            .saturating_sub(u32::try_from(views.len()).unwrap_or(u32::MAX));
        let goes_on = found.cursor.is_some()
            && self.wanted > 0
            // A page may be empty since all of it was filtered, but one that is all too old is the last.
            && (before == 0 || !views.is_empty());
        self.cut_short |= found.cursor.is_some() && self.wanted == 0;
        match self.left.front_mut() {
            Some(search) if goes_on && search.cursor != found.cursor => {
                search.cursor = found.cursor;
            }
            _ => {
                self.left.pop_front();
                if let (Some(span), Some(_)) = (&self.span, self.left.front()) {
                    self.wanted = span.most;
                }
            }
        }
        if self.left.is_empty() {
            self.span = None;
        }
        views
    }
}

/// The queries that find what is wanted. `q` is required, whatever else is given; several `tag` mean all of them.
fn queries(wanted: &Wanted) -> Vec<Vec<(&'static str, String)>> {
    let all = || wanted.tags.all.iter();
    let tagged: Vec<Vec<_>> = if wanted.tags.any.is_empty() {
        if wanted.tags.all.is_empty() {
            Vec::new()
        } else {
            vec![all().collect()]
        }
    } else {
        let any = wanted.tags.any.iter();
        any.map(|tag| std::iter::once(tag).chain(all()).collect())
            .collect()
    };
    let by_tags = tagged.into_iter().map(|tags| {
        let marked: Vec<String> = tags
            .iter()
            .map(|tag| format!("#{}", tag.as_written()))
            .collect();
        let mut query = vec![("q", marked.join(" "))];
        query.extend(tags.iter().map(|tag| ("tag", tag.as_written().to_owned())));
        query
    });
    let by =
        |key: &'static str| move |who: &String| vec![("q", "*".to_owned()), (key, who.clone())];
    by_tags
        .chain(wanted.accounts.iter().map(by("author")))
        .chain(wanted.mentions.iter().map(by("mentions")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Query, Tag};

    #[test]
    fn each_hashtag_is_searched_for_with_all_that_must_be_there() {
        let tag = |word: &str| Tag::new(word).unwrap();
        let wanted = Wanted {
            tags: Query {
                any: vec![tag("A1"), tag("b")],
                all: vec![tag("c")],
                none: vec![tag("ads")],
            },
            accounts: vec!["ada.example".to_owned()],
            ..Wanted::default()
        };
        let queries = queries(&wanted);
        let said = |n: usize| {
            let pairs = queries[n]
                .iter()
                .map(|(key, value)| format!("{key}={value}"));
            pairs.collect::<Vec<_>>().join("&")
        };
        assert_eq!(queries.len(), 3);
        assert_eq!(said(0), "q=#A1 #c&tag=A1&tag=c");
        assert_eq!(said(2), "q=*&author=ada.example");
        assert!(super::queries(&Wanted::default()).is_empty());
    }
}
