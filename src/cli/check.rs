//! `buzzwall check`.

use clap::Args;
use futures_util::StreamExt as _;
use futures_util::stream;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::serve::certificate;
use super::{Common, Failure, print};
use crate::clock::SharedClock;
use crate::config::{Arguments, FeedConfig, WallConfig};
use crate::duration::Span;
use crate::feed::http::{agent, http_client};
use crate::feed::once::{Once, ask};
use crate::feed::{FeedContext, FeedError, FeedSettings, Wanted};
use crate::report::plain;

/// What else can be done where an answer is late.
const LONGER: &str = ", or with a longer --timeout";

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
        certificate(&config)?;
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
        let names: Vec<String> = feeds.iter().map(|(_, feed)| shown(feed)).collect();
        let table = Table::new(names.iter().map(String::as_str), terminal_width());
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
            ask(&feed.settings, context, self.timeout, LONGER)
        });
        // All at once, so that the slowest is all that is waited for; told in the order of the file.
        let mut answers = stream::iter(tries)
            .buffered(feeds.len())
            .zip(stream::iter(&feeds));
        let (mut failed, mut last) = (0, None);
        while let Some((answer, (wall, feed))) = answers.next().await {
            failed += usize::from(answer.page.is_err());
            let id = wall.id.as_str();
            if last != Some(id) {
                print(&format!("\n{}", table.head(id)))?;
                last = Some(id);
            }
            print(&table.rows(feed, &answer))?;
        }
        if failed > 0 {
            print("\n")?;
            return Err(Failure::Job(format!(
                "{failed} of {} feeds cannot be read",
                feeds.len()
            )));
        }
        print("\nevery feed can be read\n")
    }
}

/// The table of one wall: the first column's width, and that of the terminal where there is one.
struct Table {
    first: usize,
    terminal: Option<usize>,
}

/// Width of the columns behind the first, with what stands between them.
const CELLS: usize = 42;
/// Narrowest first column.
const NARROWEST: usize = 20;
/// How far words about a feed stand in.
const INDENT: &str = "    ";

impl Table {
    /// As wide as the longest name, or as the terminal has room for.
    fn new<'a>(names: impl Iterator<Item = &'a str>, terminal: Option<usize>) -> Self {
        let longest = names.map(|name| name.chars().count()).max().unwrap_or(0);
        let room = terminal.map_or(usize::MAX, |width| width.saturating_sub(CELLS));
        Self {
            first: longest.min(room).max(NARROWEST),
            terminal,
        }
    }

    /// The head of a wall's table.
    fn head(&self, wall: &str) -> String {
        self.row(
            &format!("wall {wall}"),
            ["reachable", "authorised", "posts", "limit left"],
        )
    }

    /// A row. A name that is too long has a line to itself.
    fn row(&self, name: &str, [reachable, authorised, posts, limit]: [&str; 4]) -> String {
        let first = self.first;
        let cells = format!("  {reachable:<9}  {authorised:<10}  {posts:>5}  {limit:>10}\n");
        if name.chars().count() > first {
            format!("{name}\n{:first$}{cells}", "")
        } else {
            format!("{name:first$}{cells}")
        }
    }

    /// A feed's row and, below it, what has to be said of it.
    fn rows(&self, feed: &FeedConfig, answer: &Once) -> String {
        let row = self.row(
            &shown(feed),
            cells(feed, answer).each_ref().map(String::as_str),
        );
        match answer.words() {
            Some(words) => row + &wrapped(&plain(&words), self.terminal),
            None => row,
        }
    }
}

/// What a feed's row says behind its name.
fn cells(feed: &FeedConfig, answer: &Once) -> [String; 4] {
    let unknown = || "-".to_owned();
    // Nobody is asked; others send.
    if answer.page.is_ok() && matches!(feed.settings, FeedSettings::Ingest(_)) {
        return ["listening".to_owned(), unknown(), unknown(), unknown()];
    }
    let word = |yes: Option<bool>| match yes {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None => unknown(),
    };
    let reachable = match &answer.page {
        Err(FeedError::Gone(_)) => "gone".to_owned(),
        _ => word(answer.reachable()),
    };
    let posts = match &answer.page {
        Ok(_) => answer.posts().count().to_string(),
        Err(_) => unknown(),
    };
    let left = answer.left().map_or_else(unknown, |left| left.to_string());
    [reachable, word(answer.authorised()), posts, left]
}

fn shown(feed: &FeedConfig) -> String {
    plain(&feed.name().0)
}

/// Columns of the terminal that is written to. Elsewhere lines are as long as they are, for whatever reads them.
fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0).then(|| usize::from(size.ws_col))
}

/// Words about a feed, set in, broken between words where a terminal would break them anywhere.
fn wrapped(words: &str, terminal: Option<usize>) -> String {
    let room = terminal.map_or(usize::MAX, |width| width.saturating_sub(INDENT.len()));
    let mut text = String::new();
    let mut left = 0;
    for word in words.split_whitespace() {
        let length = word.chars().count();
        if text.is_empty() || length >= left {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(INDENT);
            left = room;
        } else {
            text.push(' ');
            left -= 1;
        }
        text.push_str(word);
        left = left.saturating_sub(length);
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_broken_where_the_terminal_ends() {
        let words = "cannot reach it: is the name spelt right?";
        assert_eq!(wrapped(words, None), format!("    {words}\n"));
        assert_eq!(
            wrapped(words, Some(24)),
            "    cannot reach it: is\n    the name spelt\n    right?\n"
        );
        let long = "an https://address.that.is.longer.than.a.line here";
        assert_eq!(
            wrapped(long, Some(14)),
            "    an\n    https://address.that.is.longer.than.a.line\n    here\n"
        );
    }

    #[test]
    fn a_name_that_is_too_long_has_a_line_to_itself() {
        let names = [
            "nostr wss://relay.one.example,wss://relay.two.example",
            "demo 1",
        ];
        let cells = ["yes", "yes", "3", "-"];
        let wide = Table::new(names.into_iter(), None);
        assert_eq!(wide.row(names[0], cells).lines().count(), 1);
        let narrow = Table::new(names.into_iter(), Some(80));
        let rows = narrow.row(names[0], cells) + &narrow.row(names[1], cells);
        let lines: Vec<&str> = rows.lines().collect();
        assert_eq!(lines[0], names[0]);
        assert_eq!(lines[1].find("yes"), lines[2].find("yes"));
        assert!(lines.iter().all(|line| line.len() <= 80), "{rows}");
    }
}
