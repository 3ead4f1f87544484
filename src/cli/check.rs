//! `buzzwall check`.

use std::time::Duration;

use clap::Args;
use futures_util::StreamExt as _;
use futures_util::stream;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::time::{Instant, timeout_at};

use super::{Common, Failure, print};
use crate::clock::SharedClock;
use crate::config::{Arguments, FeedConfig, WallConfig};
use crate::duration::Span;
use crate::feed::http::{agent, http_client};
use crate::feed::{
    Feed, FeedContext, FeedError, FeedSettings, Item, Next, Page, Via, Wanted, network,
};
use crate::report::plain;

/// Pages that a feed may need before the first post.
const TRIES: usize = 5;
/// How long a stream that is open is listened to.
const LISTEN: Duration = Duration::from_secs(3);
/// Feeds that are tried at the same time.
const AT_ONCE: usize = 8;

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) common: Common,
    /// A hashtag to try, as for serve.
    #[arg(long, value_name = "TAG")]
    hashtag: Vec<String>,
    /// A feed to try, as for serve.
    #[arg(long, value_name = "KIND=TARGET")]
    feed: Vec<String>,
    /// How long each feed is waited for.
    #[arg(long, value_name = "TIME", default_value = "30s")]
    timeout: Span,
}

impl Check {
    pub(super) async fn run(self, clock: SharedClock) -> Result<(), Failure> {
        let arguments = Arguments {
            hashtags: self.hashtag,
            feeds: self.feed,
            ..Arguments::default()
        };
        let config = self.common.load(arguments)?;
        print("the configuration is sound\n")?;
        let agent = agent(config.server.contact.as_deref());
        let http = http_client(&agent);
        let feeds: Vec<(&WallConfig, &FeedConfig)> = config
            .walls
            .iter()
            .flat_map(|wall| wall.feeds.iter().map(move |feed| (wall, feed)))
            .collect();
        if feeds.is_empty() {
            return print("there is no feed to try\n");
        }
        let table = Table::new(&feeds);
        print(&format!("\n{}", table.head()))?;
        let tries = feeds.iter().map(|(wall, feed)| {
            let wanted = feed.wanted.clone().unwrap_or_else(|| Wanted {
                tags: wall.query.clone(),
                ..Wanted::default()
            });
            let context = FeedContext {
                from: wall.from,
                agent: agent.clone(),
                ..FeedContext::new(
                    wanted,
                    clock.clone(),
                    StdRng::seed_from_u64(0),
                    http.clone(),
                )
            };
            attempt(feed, context, self.timeout)
        });
        let mut answers = stream::iter(tries)
            .buffered(AT_ONCE)
            .zip(stream::iter(&feeds));
        let mut failed = 0;
        while let Some((answer, (wall, feed))) = answers.next().await {
            failed += usize::from(answer.page.is_err());
            print(&table.rows(wall, feed, &answer))?;
        }
        if failed > 0 {
            return Err(Failure::Job(format!(
                "{failed} of {} feeds cannot be read",
                feeds.len()
            )));
        }
        Ok(())
    }
}

/// Asks a feed as its supervisor would, until it is known whether it can be read.
async fn attempt(feed: &FeedConfig, context: FeedContext, patience: Span) -> Answer {
    match feed.settings.build(context) {
        Ok(feed) => Answer {
            asked: true,
            page: first_page(feed, patience).await,
        },
        Err(error) => Answer {
            asked: false,
            page: Err(error),
        },
    }
}

/// What a feed answered.
struct Answer {
    asked: bool,
    page: Result<Page, FeedError>,
}

/// The first page with something in it. A feed may ask its server about itself first; what matters is that the hashtag
/// itself can be read. A stream that is open can be read, and may bring something at once.
async fn first_page(mut feed: Box<dyn Feed>, patience: Span) -> Result<Page, FeedError> {
    let end = Instant::now() + patience.0;
    let too_late = |_| FeedError::Transient {
        message: format!("{}it: no answer within {patience}", network::NOT_REACHED),
        retry_after: None,
    };
    let asking = timeout_at(end, feed.fetch(None));
    let mut page = asking.await.map_err(too_late)??;
    let listen = end.min(Instant::now() + LISTEN);
    for _ in 1..TRIES {
        if !page.items.is_empty() || page.next != Next::Now {
            break;
        }
        let asking = feed.fetch(page.cursor.as_ref());
        let next = match page.via {
            Via::Polling => timeout_at(end, asking).await.map_err(too_late)??,
            Via::Stream => match timeout_at(listen, asking).await {
                Ok(next) => next?,
                Err(_) => break,
            },
        };
        page = Page {
            cursor: next.cursor.or(page.cursor),
            rate: next.rate.or(page.rate),
            note: next.note.or(page.note),
            ..next
        };
    }
    Ok(page)
}

/// How wide the first columns are.
struct Table {
    wall: usize,
    feed: usize,
}

impl Table {
    fn new(feeds: &[(&WallConfig, &FeedConfig)]) -> Self {
        let longest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0).max(4);
        Self {
            wall: longest(&mut feeds.iter().map(|(wall, _)| wall.id.as_str().len())),
            feed: longest(&mut feeds.iter().map(|(_, feed)| shown(feed).chars().count())),
        }
    }

    fn head(&self) -> String {
        self.row(
            "wall",
            "feed",
            ["reachable", "authorised", "posts", "limit left"],
        )
    }

    fn row(&self, wall: &str, feed: &str, cells: [&str; 4]) -> String {
        let [reachable, authorised, posts, limit] = cells;
        format!(
            "{wall:<0$}  {feed:<1$}  {reachable:<9}  {authorised:<10}  {posts:>5}  {limit:>10}\n",
            self.wall, self.feed
        )
    }

    /// A feed's row and, below it, what has to be said of it.
    fn rows(&self, wall: &WallConfig, feed: &FeedConfig, answer: &Answer) -> String {
        let posts = answer.page.as_ref().ok().map(|page| {
            let posts = page
                .items
                .iter()
                .filter(|item| matches!(item, Item::Post(_)));
            posts.count().to_string()
        });
        let limit = answer.page.as_ref().ok().and_then(|page| page.rate);
        let limit = limit.map(|rate| rate.remaining.to_string());
        let (posts, limit) = (
            posts.as_deref().unwrap_or("-"),
            limit.as_deref().unwrap_or("-"),
        );
        let cells = match &answer.page {
            // Nobody is asked; others send.
            Ok(_) if matches!(feed.settings, FeedSettings::Ingest(_)) => {
                ["listening", "-", "-", "-"]
            }
            Ok(_) => ["yes", "yes", posts, limit],
            Err(FeedError::Unauthorised(_)) => ["yes", "no", "-", "-"],
            Err(FeedError::RateLimited { .. }) => ["yes", "-", "-", "0"],
            Err(FeedError::Gone(_)) => ["gone", "-", "-", "-"],
            // Where it was not asked at all, nothing is known of it.
            Err(FeedError::Misconfigured(_)) if !answer.asked => ["-", "-", "-", "-"],
            Err(FeedError::Transient { message, .. }) if network::is_not_reached(message) => {
                ["no", "-", "-", "-"]
            }
            Err(FeedError::Transient { .. } | FeedError::Misconfigured(_)) => {
                ["yes", "-", "-", "-"]
            }
        };
        let row = self.row(wall.id.as_str(), &shown(feed), cells);
        let words = match &answer.page {
            Ok(page) => page.note.clone(),
            Err(error) => Some(error.to_string()),
        };
        match words {
            Some(words) => format!("{row}{:<1$}  {2}\n", "", self.wall, plain(&words)),
            None => row,
        }
    }
}

fn shown(feed: &FeedConfig) -> String {
    plain(&feed.name().0)
}
