//! A source's own list of trends, and how often it counts the hashtag itself: read beside its posts by a feed of its own, so
//! that no trouble with it touches them. This is what "the hashtag was trending" means in the report.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::bluesky;
use super::http::{self, limited_until};
use super::{
    Cursor, Feed, FeedContext, FeedError, FeedName, FeedSettings, Item, Next, Page, Sighting,
    SourceCount, network,
};
use crate::clock::SharedClock;
use crate::secret::Secret;
use crate::text::Tag;

/// How often the list is read. Servers make it anew every five minutes or more seldom.
const EVERY: Duration = Duration::from_mins(5);
/// Longest list read: what a server shows at most.
const LIST: u32 = 20;
/// Longest answer read.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The feed that reads the trends of the same source as `settings`, where that has any, and its name.
pub fn companion(
    settings: &FeedSettings,
    context: FeedContext,
) -> Option<(FeedName, Box<dyn Feed>)> {
    let (source, server, token) = match settings {
        FeedSettings::Mastodon(mastodon) => {
            let server = Url::parse(&mastodon.target()).ok()?;
            (Source::Mastodon, server, mastodon.token.as_ref())
        }
        FeedSettings::Misskey(misskey) => {
            (Source::Misskey, Url::parse(&misskey.target()).ok()?, None)
        }
        FeedSettings::Bluesky(bluesky) => {
            let server = bluesky::server(&bluesky.appview, "appview").ok()?;
            (Source::Bluesky, server, None)
        }
        _ => return None,
    };
    let tags: Vec<Tag> = (context.wanted.tags.any.iter())
        .chain(&context.wanted.tags.all)
        .cloned()
        .collect();
    // A token that cannot be read is the main feed's to tell of.
    let token = token.and_then(|token| Secret::reveal(token).ok());
    let place = match (server.host_str()?, server.port()) {
        _ if server.as_str().trim_end_matches('/') == bluesky::APPVIEW => "Bluesky".to_owned(),
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => host.to_owned(),
    };
    let name = FeedName(format!("trends {place}"));
    let feed = Trends {
        source,
        server,
        token,
        place,
        tags,
        listed: false,
        http: context.http,
        clock: context.clock,
    };
    (!feed.tags.is_empty()).then(|| (name, Box::new(feed) as Box<dyn Feed>))
}

#[derive(Debug, Clone, Copy)]
enum Source {
    Mastodon,
    Misskey,
    Bluesky,
}

struct Trends {
    source: Source,
    server: Url,
    token: Option<String>,
    /// Whose list it is, as people call it.
    place: String,
    tags: Vec<Tag>,
    /// Whether it ever told its list; from then on an answer without one is a passing trouble.
    listed: bool,
    http: reqwest::Client,
    clock: SharedClock,
}

/// A hashtag in a list; Misskey calls its name `tag`. Bluesky's trends are topics, each with a name for people that may be a
/// hashtag written apart.
#[derive(Deserialize)]
struct Listed {
    #[serde(alias = "tag", alias = "topic")]
    name: String,
    #[serde(rename = "displayName")]
    shown: Option<String>,
}

impl Listed {
    fn is(&self, tag: &Tag) -> bool {
        let names = [Some(&self.name), self.shown.as_ref()];
        names.into_iter().flatten().any(|name| {
            let together: String = name.split_whitespace().collect();
            Tag::new(&together).is_ok_and(|named| named == *tag)
        })
    }
}

/// What Bluesky tells (`app.bsky.unspecced.getTrends`).
#[derive(Deserialize)]
struct Topics {
    trends: Vec<Listed>,
}

/// What Mastodon tells of one hashtag (<https://docs.joinmastodon.org/entities/Tag/>).
#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    history: Vec<Day>,
}

/// A day of a hashtag: numbers as texts, the day as seconds since 1970 at its beginning in UTC.
#[derive(Deserialize)]
struct Day {
    #[serde(rename = "day")]
    begins: String,
    uses: String,
    accounts: String,
}

impl Trends {
    /// Asks for something; `None` where the source says that it has no such thing, or not for us.
    async fn ask<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Option<T>, FeedError> {
        let mut url = self.server.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = match body {
            Some(body) => self.http.post(url).json(&body),
            None => self.http.get(url),
        };
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.trim());
        }
        let answer = http::send(request).await.map_err(http::unreachable)?;
        let now = self.clock.now();
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::TOO_MANY_REQUESTS => {
                let until = limited_until(answer.headers(), now);
                return Err(FeedError::RateLimited { until });
            }
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::GONE
            | StatusCode::UNPROCESSABLE_ENTITY
            | StatusCode::NOT_IMPLEMENTED => return Ok(None),
            status => {
                return Err(FeedError::Transient {
                    message: format!("{} answered {status}", self.place),
                    retry_after: http::retry_after(answer.headers(), now),
                });
            }
        }
        let body = http::body(answer, MAX_BODY_BYTES)
            .await
            .map_err(|error| match error {
                http::BodyError::Cut(error) => http::unreachable(error),
                http::BodyError::TooLarge => {
                    transient(format!("{} sent more than a list of trends", self.place))
                }
            })?;
        // It may come from something on the way, such as a guard against robots, and not from the source at all.
        serde_json::from_slice(&body).map(Some).map_err(|_| {
            let odd = network::no_answer_of_an_api(&body);
            transient(format!(
                "{} tells nothing of trends that can be read: {odd}",
                self.place
            ))
        })
    }

    /// The list, best first.
    async fn list(&self) -> Result<Option<Vec<Listed>>, FeedError> {
        match self.source {
            Source::Mastodon => {
                let limit = LIST.to_string();
                let path = ["api", "v1", "trends", "tags"];
                self.ask(&path, &[("limit", &limit)], None).await
            }
            Source::Misskey => {
                let path = ["api", "hashtags", "trend"];
                self.ask(&path, &[], Some(json!({}))).await
            }
            Source::Bluesky => {
                let limit = LIST.to_string();
                let path = ["xrpc", "app.bsky.unspecced.getTrends"];
                let topics = self
                    .ask::<Topics>(&path, &[("limit", &limit)], None)
                    .await?;
                Ok(topics.map(|topics| topics.trends))
            }
        }
    }

    /// Where the hashtags stand in the list.
    fn sightings(&self, list: &[Listed]) -> Vec<Item> {
        let of = u32::try_from(list.len()).unwrap_or(u32::MAX);
        let sighting = |tag: &Tag| {
            let at = list.iter().position(|it| it.is(tag));
            Item::Trending(Sighting {
                place: self.place.clone(),
                tag: tag.as_str().to_owned(),
                rank: at.and_then(|at| u32::try_from(at + 1).ok()),
                of,
            })
        };
        self.tags.iter().map(sighting).collect()
    }

    /// How often the source counted a hashtag, by day; `None` where it does not tell.
    async fn counts(&self, tag: &Tag) -> Result<Option<Vec<Item>>, FeedError> {
        if !matches!(self.source, Source::Mastodon) {
            return Ok(None);
        }
        let path = ["api", "v1", "tags", tag.as_str()];
        let Some(told) = self.ask::<Told>(&path, &[], None).await? else {
            return Ok(None);
        };
        let count = |day: &Day| {
            let begins = Timestamp::from_second(day.begins.parse().ok()?).ok()?;
            let posts: u64 = day.uses.parse().ok()?;
            (posts > 0).then(|| {
                Item::Counted(SourceCount {
                    place: self.place.clone(),
                    tag: tag.as_str().to_owned(),
                    day: begins.to_zoned_datetime(TimeZone::UTC).date(),
                    posts,
                    people: day.accounts.parse().ok(),
                })
            })
        };
        Ok(Some(told.history.iter().filter_map(count).collect()))
    }
}

#[async_trait]
impl Feed for Trends {
    async fn fetch(&mut self, _: Option<&Cursor>) -> Result<Page, FeedError> {
        let list = self.list().await?;
        if self.listed && list.is_none() {
            return Err(transient(format!(
                "{} showed its list of trends before and refuses it now",
                self.place
            )));
        }
        self.listed |= list.is_some();
        let mut told = list.is_some();
        let mut items = list.map_or_else(Vec::new, |list| self.sightings(&list));
        let mut note = None;
        for tag in &self.tags {
            match self.counts(tag).await {
                Ok(counts) => {
                    told |= counts.is_some();
                    items.extend(counts.unwrap_or_default());
                }
                // What was told is handed over without it.
                Err(error) if told => note = Some(error.to_string()),
                Err(error) => return Err(error),
            }
        }
        if !told {
            return Ok(Page {
                next: Next::Done,
                note: Some(format!("{} shows no list of trends", self.place)),
                ..Page::default()
            });
        }
        Ok(Page {
            items,
            next: Next::After(EVERY),
            note,
            ..Page::default()
        })
    }
}

fn transient(message: String) -> FeedError {
    FeedError::Transient {
        message,
        retry_after: None,
    }
}
