//! `buzzwall check`.

use std::time::Duration;

use clap::Args;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::{Common, Failure, print};
use crate::clock::SharedClock;
use crate::config::Arguments;
use crate::feed::http::{agent, http_client};
use crate::feed::{Feed, FeedContext, FeedError, Item, Next, Page, Wanted};

/// Pages that a feed may need before the first post.
const TRIES: usize = 5;
/// Longest time that one feed is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

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
        let mut failed = 0;
        let mut tried = 0;
        for wall in &config.walls {
            for feed in &wall.feeds {
                tried += 1;
                if tried == 1 {
                    print(&format!(
                        "\n{:<16}  {:<44}  {:<9}  {:<10}  {:>6}  {:>10}\n",
                        "wall", "feed", "reachable", "authorised", "posts", "limit left"
                    ))?;
                }
                let wanted = feed.wanted.clone().unwrap_or_else(|| Wanted {
                    tags: wall.query.clone(),
                    ..Wanted::default()
                });
                let rng = StdRng::seed_from_u64(0);
                let context = FeedContext {
                    from: wall.from,
                    agent: agent.clone(),
                    ..FeedContext::new(wanted, clock.clone(), rng, http.clone())
                };
                let answer = match feed.settings.build(context) {
                    Ok(mut feed) => tokio::time::timeout(PATIENCE, first(feed.as_mut()))
                        .await
                        .unwrap_or_else(|_| {
                            Err(FeedError::Transient {
                                message: format!("no answer within {} s", PATIENCE.as_secs()),
                                retry_after: None,
                            })
                        }),
                    Err(error) => Err(error),
                };
                let row = row(&answer);
                print(&format!(
                    "{:<16}  {:<44}  {:<9}  {:<10}  {:>6}  {:>10}\n",
                    wall.id,
                    feed.name(),
                    row.reachable,
                    row.authorised,
                    row.posts,
                    row.limit
                ))?;
                if let Err(error) = answer {
                    failed += 1;
                    print(&format!("{:<16}  {error}\n", ""))?;
                }
            }
        }
        if tried == 0 {
            print("there is no feed to try\n")?;
        }
        if failed > 0 {
            return Err(Failure::Job(format!(
                "{failed} of {tried} feeds cannot be read"
            )));
        }
        Ok(())
    }
}

/// The first page with something in it. A feed may ask its server about itself first; what matters is that the hashtag
/// itself can be read.
async fn first(feed: &mut dyn Feed) -> Result<Page, FeedError> {
    let mut cursor = None;
    for _ in 0..TRIES {
        let page = feed.fetch(cursor.as_ref()).await?;
        if !page.items.is_empty() || page.next != Next::Now {
            return Ok(page);
        }
        cursor = page.cursor.or(cursor);
    }
    Ok(Page::default())
}

struct Row {
    reachable: &'static str,
    authorised: &'static str,
    posts: String,
    limit: String,
}

fn row(answer: &Result<Page, FeedError>) -> Row {
    let none = || "-".to_owned();
    match answer {
        Ok(page) => Row {
            reachable: "yes",
            authorised: "yes",
            posts: page
                .items
                .iter()
                .filter(|item| matches!(item, Item::Post(_)))
                .count()
                .to_string(),
            limit: page
                .rate
                .map_or_else(none, |rate| rate.remaining.to_string()),
        },
        Err(FeedError::Unauthorised(_)) => Row {
            reachable: "yes",
            authorised: "no",
            posts: none(),
            limit: none(),
        },
        Err(FeedError::RateLimited { .. }) => Row {
            reachable: "yes",
            authorised: "?",
            posts: none(),
            limit: "0".to_owned(),
        },
        Err(FeedError::Gone(_)) => Row {
            reachable: "gone",
            authorised: "-",
            posts: none(),
            limit: none(),
        },
        Err(FeedError::Transient { .. } | FeedError::Misconfigured(_)) => Row {
            reachable: "no",
            authorised: "-",
            posts: none(),
            limit: none(),
        },
    }
}
