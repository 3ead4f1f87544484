//! The feed: asks the server for what is due and hands the answers to what it knows.
//!
//! Every call of `fetch` does one job, the most urgent that is due, and says when the next is: read new posts, walk
//! back at the first start, read the newest page again for late arrivals, edits and holes, and ask for posts that were
//! delivered lately whether they are still there. State changes only after a job's last wait, so a call may be dropped
//! anywhere.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rand::RngExt;
use rand::rngs::StdRng;
use url::Url;

use super::Settings;
use super::client::{Answer, Client, Failure, MAX_BODY_BYTES};
use super::convert::{self, Read};
use super::group;
use super::instance::Instance;
use super::known::{Id, Place};
use super::people::{self, People};
use super::progress::{Due, Job, Progress, later};
use super::timeline::Timeline;
use crate::clock::SharedClock;
use crate::feed::{
    Cursor, Feed, FeedError, Item, Next, OnWall, Page, Reason, Refusal, Wanted, network,
};
use crate::post::{Kind, Post, PostId};

/// Statuses asked for by id at once: the most that Mastodon takes.
const BATCH: usize = 20;
/// Between two requests for a single status. With the other requests it stays below 300 in five minutes.
const SINGLE: Duration = Duration::from_millis(1200);
/// Between two requests for many statuses.
const MANY: Duration = Duration::from_secs(3);
/// Shortest time between two requests for what people write: there is no such hurry as with the event's hashtag.
pub(super) const LEISURE: Duration = Duration::from_secs(15);
/// How much longer that is with each timeline of people, so that all of them together take half of what the server allows.
const EACH: Duration = Duration::from_millis(7_200);
/// How long requests that can wait do, after one failed.
const PAUSE: Duration = Duration::from_mins(1);
/// Requests left in the source's window below which only new posts are asked for.
const LOW: u32 = 20;
/// How often a server that fails to say what it is, is asked before it is read without.
const INSTANCE_TRIES: u32 = 2;

/// What the wall wants, and time and chance.
pub(super) struct Asked {
    pub(super) wanted: Wanted,
    pub(super) on_wall: OnWall,
    pub(super) from: Option<Timestamp>,
    pub(super) clock: SharedClock,
    pub(super) rng: StdRng,
}

/// The feed.
pub(super) struct Reader {
    client: Client,
    asked: Asked,
    people: People,
    interval: Duration,
    backfill: u32,
    instance: Option<Instance>,
    /// How often it was asked in vain what it is.
    unanswered: u32,
    /// Whether the server ever answered as the API does; from then on an odd answer is a passing trouble.
    answered: bool,
    progress: Option<Progress>,
    /// Whether something may have been missed since it was last said that nothing is missing.
    interrupted: bool,
}

impl Reader {
    pub(super) fn new(client: Client, settings: &Settings, asked: Asked) -> Self {
        Self {
            client,
            people: People::new(asked.wanted.clone()),
            asked,
            interval: settings.interval.0,
            backfill: settings.backfill,
            instance: None,
            unanswered: 0,
            answered: false,
            progress: None,
            interrupted: true,
        }
    }

    fn now(&self) -> Timestamp {
        self.asked.clock.now()
    }

    /// What the server says of itself, asked once.
    async fn instance(&mut self) -> Result<Instance, FeedError> {
        if let Some(instance) = &self.instance {
            return Ok(instance.clone());
        }
        let instance = match Instance::ask(&self.client).await {
            // Nothing depends on it that would be worth not reading at all.
            Err(FeedError::Transient { .. }) if self.unanswered >= INSTANCE_TRIES => {
                Instance::unknown(&self.client)
            }
            Err(error) => {
                self.unanswered += 1;
                return Err(error);
            }
            Ok(instance) => instance,
        };
        tracing::debug!(
            server = self.client.server(),
            ?instance,
            "asked the server about itself"
        );
        self.instance = Some(instance.clone());
        Ok(instance)
    }

    /// Goes on from `cursor`, from where it is if that is its own last.
    async fn resume(
        &mut self,
        cursor: Option<&Cursor>,
        instance: &Instance,
    ) -> Result<(), FeedError> {
        let same = (self.progress.as_ref()).is_some_and(|p| p.cursor.as_ref() == cursor);
        if same {
            return Ok(());
        }
        self.answered |= cursor.is_some();
        let people = self.people.timelines(&self.client, &instance.domain).await;
        let people = match people {
            Ok(people) => people.to_vec(),
            Err(Failure::Feed(error)) => return Err(error),
            Err(Failure::Foreign(what)) => return Err(self.foreign(&what)),
            Err(failure) => {
                tracing::debug!(?failure, "could not look people up");
                return Err(self.foreign("it cannot be asked for accounts"));
            }
        };
        let tags = group::split(&self.asked.wanted.tags, instance.combines);
        // Those of hashtags first: what the stream sends is learned in the first of all.
        let timelines = tags.into_iter().map(Timeline::Tags).chain(people).collect();
        self.progress = Some(Progress::new(cursor, timelines, self.now()));
        Ok(())
    }

    /// Who cannot be read, in words.
    pub(super) fn note(&self) -> Option<String> {
        self.people.note()
    }

    /// Whether a post is wanted for its hashtags, as those that the stream sends are.
    pub(super) fn is_tagged(&self, post: &Post) -> bool {
        self.asked.wanted.takes_post(post, false)
    }

    /// Refuses what a timeline brings beyond what is wanted, where nobody else can tell: a server that cannot be asked for
    /// tags so exactly gives more, and lists have what their people boost. What the wall has already may have been edited.
    fn sieve(&self, of_people: bool, page: &mut [Read]) {
        if !self.asked.wanted.by_people() {
            return;
        }
        let delivered = |id: &str| (self.progress.as_ref()).is_some_and(|it| it.delivered(id));
        for read in page {
            let Item::Post(post) = &read.item else {
                continue;
            };
            let boosted = of_people && post.kind == Kind::Repost;
            let wanted = !boosted && self.asked.wanted.takes_post(post, of_people);
            if !wanted && !delivered(&read.id) && !(self.asked.on_wall)(post.id.as_str()) {
                read.item = Item::Refused(Refusal {
                    reason: Reason::NotMatching,
                    detail: format!("status {}: is none that is asked for", read.id),
                });
            }
        }
    }

    /// Where the server's streaming API is.
    pub(super) async fn streaming(&mut self) -> Result<Url, FeedError> {
        Ok(self.instance().await?.streaming)
    }

    /// A status that the server sent by itself, as JSON: new, or changed.
    pub(super) fn streamed(&mut self, status: &str) -> Vec<Item> {
        let now = self.now();
        let domain =
            (self.instance.as_ref()).map_or_else(|| self.client.host(), |it| it.domain.clone());
        let Ok(read) = convert::status(status.as_bytes(), &domain) else {
            return vec![Item::Refused(Refusal {
                reason: Reason::Malformed,
                detail: "the stream sent a status that is no JSON".to_owned(),
            })];
        };
        let mut read = vec![read];
        self.sieve(false, &mut read);
        match &mut self.progress {
            Some(progress) => {
                progress.relate(&mut read);
                progress.streamed(read, now)
            }
            None => read.into_iter().map(|read| read.item).collect(),
        }
    }

    /// The post that has that id of the server, forgotten.
    pub(super) fn gone(&mut self, id: &str) -> Option<PostId> {
        self.progress.as_mut()?.forget(id)
    }

    /// Something was not heard of: until the timeline is read up to its end, nothing says that all is here.
    pub(super) fn may_have_missed(&mut self) {
        self.interrupted = true;
        if let Some(progress) = &mut self.progress {
            progress.interrupted();
        }
    }

    async fn run(&mut self, job: Job, at: usize, instance: &Instance) -> Result<Page, FeedError> {
        match job {
            Job::Confirm => self.confirm(at, instance).await,
            Job::Recheck => self.recheck(at, instance).await,
            _ => self.timeline(job, at, instance).await,
        }
    }

    /// Reads a page of a timeline.
    async fn timeline(
        &mut self,
        job: Job,
        at: usize,
        instance: &Instance,
    ) -> Result<Page, FeedError> {
        let now = self.now();
        let progress = self.progress.as_mut().expect("a job comes from it");
        let url = progress.url(job, at, &self.client);
        if progress.cursor_of(job, at).is_some() {
            progress.budget.spend(now);
        }
        let timeline = progress.timelines[at].timeline.clone();
        let of_people = timeline.of_people();
        let answer = match self.client.get(url).await {
            Ok(answer) => answer,
            // Some servers answer so for a tag that nobody used yet, and all for an account or a list that is gone: what it
            // had is looked for one by one.
            Err(Failure::Missing { gone, ours: true }) if !gone || of_people => Answer {
                body: b"[]".to_vec(),
                rate: None,
            },
            Err(failure) => return Err(self.failed(failure, at, instance)),
        };
        let mut page = match timeline.read(&answer.body, &instance.domain) {
            Ok(page) => page,
            Err(error) => return Err(self.unreadable(&answer.body, &error)),
        };
        self.answered = true;
        self.sieve(of_people, &mut page);

        let (now, interval) = (self.now(), self.pause(of_people));
        let progress = self.progress.as_mut().expect("a job comes from it");
        progress.relate(&mut page);
        let reading = &mut progress.timelines[at];
        reading.bearable();
        let answered = match job {
            Job::First => progress.first(at, page, self.backfill, self.asked.from, now, interval),
            Job::Back => progress.back(at, page, self.asked.from, now),
            Job::Refresh => progress.refresh(at, page, now, interval),
            Job::Relearn => progress.relearn(at, page, now),
            _ => progress.poll(at, page, now, interval),
        };
        Ok(Page {
            rate: answer.rate,
            ..answered
        })
    }

    /// Asks for a post that may be gone.
    async fn confirm(&mut self, at: usize, instance: &Instance) -> Result<Page, FeedError> {
        let progress = self.progress.as_ref().expect("a job comes from it");
        let reading = &progress.timelines[at];
        let Some(id) = reading.suspects.front().map(Arc::clone) else {
            return Ok(Page::default());
        };
        let url = self.client.url(&["api", "v1", "statuses", &id]);
        let found = self.client.get(url).await;
        let (now, soon) = (self.now(), self.interval);
        let progress = self.progress.as_mut().expect("a job comes from it");
        progress.patient_until = progress.patient_until.max(later(now, SINGLE));
        let finds = progress.finds;
        let mut page = Page::default();
        match found {
            Ok(answer) => {
                progress.finds = true;
                page.rate = answer.rate;
                if let Ok(read) = convert::status(&answer.body, &instance.domain) {
                    page.items = progress.take(at, vec![read], Place::Top, None, now);
                }
            }
            Err(Failure::Missing { ours: true, .. }) if finds => {
                page.items.extend(progress.forget(&id).map(Item::Deleted));
            }
            // Listed for everybody, but shown one by one only to those who are signed in: its list has to say it, twice.
            Err(Failure::Refused { .. }) => match progress.timelines[at].known.missed(&id) {
                0 => {}
                1 => progress.timelines[at].refresh_by(later(now, soon)),
                _ => (page.items).extend(progress.forget_at(at, &id).map(Item::Deleted)),
            },
            Err(Failure::Feed(error @ FeedError::RateLimited { .. })) => return Err(error),
            Err(Failure::Feed(error)) => {
                tracing::debug!(%error, "could not ask for a single status");
                progress.patient_until = later(now, PAUSE);
                return Ok(page);
            }
            Err(_) => {}
        }
        progress.timelines[at].suspects.pop_front();
        Ok(page)
    }

    /// Looks at posts that were not looked at for long: many at once where the server can, else the next by itself.
    async fn recheck(&mut self, at: usize, instance: &Instance) -> Result<Page, FeedError> {
        let now = self.now();
        let progress = self.progress.as_mut().expect("a job comes from it");
        let reading = &mut progress.timelines[at];
        if !progress.batches {
            let ids = reading.known.rechecked_first(1, false);
            reading.known.checked(&ids, now);
            reading.suspect(ids);
            return Ok(Page::default());
        }
        let ids = reading.known.rechecked_first(BATCH, true);
        let mut url = self.client.url(&["api", "v1", "statuses"]);
        for id in &ids {
            url.query_pairs_mut().append_pair("id[]", id);
        }
        let answer = match self.client.get(url).await {
            Ok(answer) => answer,
            Err(Failure::Feed(error @ FeedError::RateLimited { .. })) => return Err(error),
            Err(failure) => {
                tracing::debug!(?failure, "could not ask for several statuses at once");
                let now = self.now();
                let progress = self.progress.as_mut().expect("a job comes from it");
                progress.batches = matches!(failure, Failure::Feed(_));
                if progress.batches {
                    progress.patient_until = later(now, PAUSE);
                }
                return Ok(Page::default());
            }
        };
        let now = self.now();
        let progress = self.progress.as_mut().expect("a job comes from it");
        let found = convert::statuses(&answer.body, &instance.domain).unwrap_or_default();
        let missing: Vec<Id> = ids
            .iter()
            .filter(|id| !found.iter().any(|read| *read.id == ***id))
            .map(Arc::clone)
            .collect();
        if missing.len() == ids.len() && ids.len() > 1 {
            // More likely it does not know this way of asking than that all are gone.
            progress.batches = false;
            return Ok(Page::default());
        }
        progress.patient_until = progress.patient_until.max(later(now, MANY));
        let reading = &mut progress.timelines[at];
        reading.known.checked(&ids, now);
        reading.suspect(missing);
        let asked: Vec<Read> = found
            .into_iter()
            .filter(|read| ids.iter().any(|id| **id == *read.id))
            .collect();
        Ok(Page {
            items: progress.take(at, asked, Place::Top, None, now),
            rate: answer.rate,
            ..Page::default()
        })
    }

    fn failed(&mut self, failure: Failure, at: usize, instance: &Instance) -> FeedError {
        let server = self.client.server();
        match failure {
            Failure::Feed(error) => error,
            Failure::Missing { gone: true, .. } => {
                FeedError::Gone(format!("{server} says that its hashtags are gone for good"))
            }
            Failure::Missing { .. } => self.foreign("it knows no hashtag timelines"),
            Failure::Refused { status, words } => {
                tracing::debug!(%status, words, "refused by the server");
                let progress = self.progress.as_ref().expect("a job comes from it");
                FeedError::Unauthorised(match &progress.timelines[at].timeline {
                    Timeline::Tags(_) => instance.refusal(&self.client, &words),
                    timeline => {
                        let (what, scope) = timeline.name_and_scope();
                        people::refusal(&self.client, &what, scope, &words)
                    }
                })
            }
            Failure::TooLarge => {
                let progress = self.progress.as_mut().expect("a job comes from it");
                transient(match progress.timelines[at].too_long() {
                    1 => network::too_long(MAX_BODY_BYTES),
                    fewer => format!(
                        "the answer is longer than {} MiB; it is asked for {fewer} posts at once from now on",
                        MAX_BODY_BYTES >> 20
                    ),
                })
            }
            Failure::Foreign(what) => self.foreign(&what),
        }
    }

    /// A body that is no page of statuses.
    fn unreadable(&self, body: &[u8], error: &serde_json::Error) -> FeedError {
        if body.trim_ascii_start().first() == Some(&b'[') {
            return transient(format!("the server's answer is damaged: {error}"));
        }
        self.foreign(network::no_answer_of_an_api(body))
    }

    fn foreign(&self, what: &str) -> FeedError {
        let message = format!(
            "{} does not answer as the Mastodon API does: {what}",
            self.client.server()
        );
        if self.answered {
            transient(message)
        } else {
            FeedError::Misconfigured(message)
        }
    }

    /// How long a timeline is left alone: a little longer or shorter, so that walls do not ask in step.
    fn pause(&mut self, of_people: bool) -> Duration {
        let timelines = self.progress.iter().flat_map(|it| &it.timelines);
        let people = timelines.filter(|it| it.timeline.of_people()).count();
        let pause = if of_people {
            let all = EACH * u32::try_from(people).unwrap_or(u32::MAX);
            self.interval.max(LEISURE).max(all)
        } else {
            self.interval
        };
        pause.mul_f64(self.asked.rng.random_range(0.95..1.05))
    }
}

#[async_trait]
impl Feed for Reader {
    async fn fetch(&mut self, cursor: Option<&Cursor>) -> Result<Page, FeedError> {
        let answer = self.next(cursor).await;
        if answer.is_err() {
            self.may_have_missed();
        }
        answer
    }
}

impl Reader {
    /// Does what is due, and says when the next thing is.
    async fn next(&mut self, cursor: Option<&Cursor>) -> Result<Page, FeedError> {
        let instance = self.instance().await?;
        self.resume(cursor, &instance).await?;
        // Later than where it begins, so that what is due then is asked for: an empty page would say that the source was read.
        let now = self.now();
        let progress = self.progress.as_ref().expect("resumed above");
        let page = match progress.due(now) {
            Due::Now(job, at) => self.run(job, at, &instance).await?,
            Due::At(_) => Page::default(),
        };
        let now = self.now();
        let progress = self.progress.as_mut().expect("resumed above");
        if let Some(rate) = page.rate
            && rate.remaining < LOW
            && let Some(resets_at) = rate.resets_at
        {
            let longest = later(now, Duration::from_mins(15));
            progress.patient_until = progress.patient_until.max(resets_at.min(longest));
        }
        let next = match progress.due(now) {
            Due::Now(..) => Next::Now,
            Due::At(moment) => {
                Next::After(Duration::try_from(moment.duration_since(now)).unwrap_or_default())
            }
        };
        let complete_since = progress
            .complete_since(self.asked.from)
            .filter(|_| self.interrupted);
        self.interrupted &= complete_since.is_none();
        Ok(Page {
            next,
            complete_since,
            note: self.note(),
            ..page
        })
    }
}

fn transient(message: String) -> FeedError {
    FeedError::Transient {
        message,
        retry_after: None,
    }
}
