//! Any program that prints posts, one JSON line each: the way to whatever source has no feed of its own.

mod lines;
mod run;

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use tokio::process::Command;
use tokio::time::Instant;

use self::run::{Heard, Run};
use super::network::{self, NOT_REACHED};
use super::{Cursor, Feed, FeedContext, FeedError, Item, Next, Page, SIGN_OF_LIFE, Via, Wanted};
use crate::clock::SharedClock;
use crate::duration::Span;

/// Shortest and longest interval taken.
const INTERVAL: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_hours(24);
/// A program that runs on is taken for well after this time, whether it printed something or not.
const SETTLES: Duration = Duration::from_secs(2);
/// A program that ran for so long did not fail at its start.
const RAN_WELL: Duration = Duration::from_mins(1);
/// Longest wait before a program that failed is started again.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// How far behind the newest post a program is told to go on: posts are not always printed in the order of their times.
const OVERLAP: Duration = Duration::from_mins(1);
/// Exit code of a program that lacks a right (`EX_NOPERM` of sysexits.h).
const NO_PERMISSION: i32 = 77;
/// Longest name, in characters.
const MAX_NAME: usize = 64;

/// Settings of this kind of feed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The program and its arguments; no shell reads them.
    pub command: Vec<String>,
    /// What the feed is called; absent: by its program. Arguments are not shown, they may hold secrets.
    #[serde(default)]
    pub name: Option<String>,
    /// Where it runs; absent: where the service does.
    #[serde(default)]
    pub directory: Option<PathBuf>,
    /// How often it is started, for one that reads what is new and ends; absent: it runs on and prints what happens.
    #[serde(default)]
    pub interval: Option<Span>,
    /// How long one run may last where there is an interval.
    #[serde(default = "five_minutes")]
    pub timeout: Span,
}

fn five_minutes() -> Span {
    Span(Duration::from_mins(5))
}

impl Settings {
    /// Reads the target of `--feed exec=PROGRAM ARGUMENTS`, split where there is white space.
    pub fn from_target(target: &str) -> Result<Self, String> {
        let settings = Self {
            command: target.split_whitespace().map(str::to_owned).collect(),
            name: None,
            directory: None,
            interval: None,
            timeout: five_minutes(),
        };
        settings.validate().map(|()| settings)
    }

    /// What it is called: its name, else its program and its script.
    pub fn target(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let file = |word: &String| {
            let file = Path::new(word).file_name().unwrap_or_default();
            file.to_string_lossy().into_owned()
        };
        let words = self.command.iter();
        let shown = words
            .clone()
            .take(1)
            .chain(words.skip(1).find(|word| is_script(word)));
        shown.map(file).collect::<Vec<_>>().join(" ")
    }

    /// Checks the settings; whether the program is there is seen when it is started.
    pub fn validate(&self) -> Result<(), String> {
        if self.command.first().is_none_or(String::is_empty) {
            return Err(
                "exec needs a program; write command = [\"python3\", \"poster.py\"], or exec=PROGRAM"
                    .to_owned(),
            );
        }
        if self.command.iter().any(|word| word.contains('\0')) {
            return Err("the command has a character that no argument can carry".to_owned());
        }
        if let Some(name) = &self.name
            && (name.trim().is_empty()
                || name.chars().count() > MAX_NAME
                || name.contains(char::is_control))
        {
            return Err(format!(
                "name = {name:?} cannot be; write up to {MAX_NAME} characters"
            ));
        }
        if let Some(interval) = self.interval
            && !INTERVAL.contains(&interval.0)
        {
            return Err(format!(
                "an interval of {interval} is not possible; write one from 100ms to 1d, such as \"30s\""
            ));
        }
        if self.timeout.0.is_zero() {
            return Err("no run ends within no time; write a timeout such as \"5m\"".to_owned());
        }
        Ok(())
    }
}

impl Settings {
    /// Starts the program.
    fn start(
        &self,
        told: &[(&'static str, String)],
        since: Option<Timestamp>,
    ) -> Result<Run, FeedError> {
        let Self {
            command, directory, ..
        } = self;
        let mut words = command.iter();
        let program = Path::new(words.next().map_or("", String::as_str));
        // A path starts from where the program will run; a bare name is looked for where all programs are.
        let program = match directory {
            Some(directory) if program.components().count() > 1 => directory.join(program),
            _ => program.to_owned(),
        };
        let mut command = Command::new(&program);
        command
            .args(words)
            .envs(told.iter().map(|(key, value)| (key, value)));
        let since = since.map(|since| since.to_string());
        command.env("BUZZWALL_SINCE", since.unwrap_or_default());
        if let Some(directory) = directory {
            command.current_dir(directory);
        }
        Run::start(&mut command, &format!("exec {}", self.target())).map_err(|error| {
            let place = directory.as_ref().map_or_else(String::new, |directory| {
                format!(" in {}", directory.display())
            });
            FeedError::Transient {
                message: format!(
                    "{NOT_REACHED}the program {}{place}: {}; is it there, and may it be executed?",
                    program.display(),
                    network::of_the_system(&error)
                ),
                retry_after: None,
            }
        })
    }
}

/// Whether a word is the name of a script: `poster.py` is, a key or an address is not.
fn is_script(word: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/');
    !word.starts_with('-')
        && word.bytes().all(plain)
        && word.rsplit_once('.').is_some_and(|(stem, end)| {
            !stem.is_empty()
                && (1..=4).contains(&end.len())
                && end.bytes().all(|b| b.is_ascii_lowercase())
        })
}

/// Makes the feed.
pub fn build(settings: &Settings, context: FeedContext) -> Result<Box<dyn Feed>, FeedError> {
    settings.validate().map_err(FeedError::Misconfigured)?;
    Ok(Box::new(Exec {
        name: format!("exec {}", settings.target()),
        settings: settings.clone(),
        told: told(&context.wanted),
        from: context.from,
        clock: context.clock,
        run: None,
        reach: Reach::default(),
        failure: None,
        failed_starts: 0,
        may_have_missed: true,
    }))
}

/// What a program is told of what is wanted, as environment variables.
fn told(wanted: &Wanted) -> Vec<(&'static str, String)> {
    let tags = |tags: &[crate::text::Tag]| {
        let words: Vec<&str> = tags.iter().map(crate::text::Tag::as_str).collect();
        words.join(",")
    };
    vec![
        ("BUZZWALL_HASHTAGS", tags(&wanted.tags.any)),
        ("BUZZWALL_ALL", tags(&wanted.tags.all)),
        ("BUZZWALL_NONE", tags(&wanted.tags.none)),
        ("BUZZWALL_ACCOUNTS", wanted.accounts.join(",")),
        ("BUZZWALL_MENTIONS", wanted.mentions.join(",")),
        ("BUZZWALL_LISTS", wanted.lists.join(",")),
    ]
}

struct Exec {
    name: String,
    settings: Settings,
    told: Vec<(&'static str, String)>,
    from: Option<Timestamp>,
    clock: SharedClock,
    run: Option<Run>,
    reach: Reach,
    /// Why the last run ended, where its last posts had to be handed over first.
    failure: Option<FeedError>,
    /// Runs one after the other that failed within [`RAN_WELL`].
    failed_starts: u32,
    /// Whether something may have been missed since the last run that ended well.
    may_have_missed: bool,
}

/// How far one run has come.
#[derive(Debug, Clone, Copy, Default)]
struct Reach {
    /// From when on it was told to read.
    since: Option<Timestamp>,
    newest: Option<Timestamp>,
    /// Whether it printed a post that is older than one before it by more than [`OVERLAP`]. How far such a run has come is
    /// known only at its end.
    backwards: bool,
}

impl Reach {
    fn note(&mut self, items: &[Item]) {
        for item in items {
            if let Item::Post(post) = item {
                let at = post.created_at;
                self.backwards |= self.newest.is_some_and(|newest| at < behind(newest));
                self.newest = self.newest.max(Some(at));
            }
        }
    }

    /// From when on another run has to read; `None` where that is not known better than before.
    fn cursor(self, is_over: bool, now: Timestamp) -> Option<Cursor> {
        let newest = self.newest.filter(|_| is_over || !self.backwards)?;
        let reached = behind(newest.min(now));
        Some(Cursor(
            reached.max(self.since.unwrap_or(reached)).to_string(),
        ))
    }
}

fn behind(at: Timestamp) -> Timestamp {
    at.checked_sub(OVERLAP).unwrap_or(Timestamp::MIN)
}

#[async_trait]
impl Feed for Exec {
    async fn fetch(&mut self, cursor: Option<&Cursor>) -> Result<Page, FeedError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let polled = self.settings.interval.is_some();
        let patience = if self.run.is_some() {
            SIGN_OF_LIFE
        } else {
            SETTLES
        };
        if self.run.is_none() {
            let since = cursor.and_then(|cursor| cursor.0.parse().ok());
            self.reach = Reach {
                since: since.or(self.from),
                ..Reach::default()
            };
        }
        let run = match &mut self.run {
            Some(run) => run,
            none => none.insert(self.settings.start(&self.told, self.reach.since)?),
        };
        let last_moment = run.began + self.settings.timeout.0;
        let until = if polled {
            last_moment
        } else {
            Instant::now() + patience
        };
        let heard = run
            .listen(until)
            .await
            .map_err(|error| FeedError::Transient {
                message: format!("{}: {error}", self.name),
                retry_after: None,
            })?;
        let items = run.items();
        self.reach.note(&items);
        let page = Page {
            cursor: self.reach.cursor(false, self.clock.now()),
            via: if polled { Via::Polling } else { Via::Stream },
            items,
            ..Page::default()
        };
        match heard {
            Heard::Items => Ok(page),
            Heard::Silence if !polled => Ok(page),
            Heard::Silence => self.failed(page, None),
            Heard::Ended(status) if status.success() => Ok(self.ended_well(page)),
            Heard::Ended(status) => self.failed(page, Some(status)),
        }
    }
}

impl Exec {
    fn ended_well(&mut self, page: Page) -> Page {
        let Some(run) = self.run.take() else {
            return page;
        };
        self.failed_starts = 0;
        let missed = std::mem::take(&mut self.may_have_missed);
        Page {
            cursor: self.reach.cursor(true, self.clock.now()),
            complete_since: self.reach.since.filter(|_| missed),
            next: match self.settings.interval {
                Some(interval) => Next::After(interval.0.saturating_sub(run.began.elapsed())),
                None => Next::Done,
            },
            ..page
        }
    }

    /// Ends a run that failed, or that did not end in time; its last posts come before its failure.
    fn failed(&mut self, page: Page, status: Option<ExitStatus>) -> Result<Page, FeedError> {
        let Some(run) = self.run.take() else {
            return Ok(page);
        };
        self.may_have_missed = true;
        let began_badly = run.began.elapsed() < RAN_WELL;
        self.failed_starts = if began_badly {
            self.failed_starts + 1
        } else {
            1
        };
        let pause = Duration::from_secs(1 << self.failed_starts.min(16)).min(LONGEST_PAUSE);
        let message = match status {
            Some(status) => how_it_ended(status, run.last_words()),
            None => format!(
                "did not end within {} and was stopped; give it a longer timeout, or no interval if it is to run on",
                self.settings.timeout
            ),
        };
        let message = format!("{} {message}", self.settings.target());
        let failure = match status.and_then(|status| status.code()) {
            Some(NO_PERMISSION) => FeedError::Unauthorised(message),
            _ => FeedError::Transient {
                message,
                retry_after: Some(
                    self.settings
                        .interval
                        .map_or(pause, |interval| pause.max(interval.0)),
                ),
            },
        };
        if page.items.is_empty() {
            return Err(failure);
        }
        self.failure = Some(failure);
        Ok(page)
    }
}

/// How a program ended that did not end well, with what it said last.
fn how_it_ended(status: ExitStatus, last_words: &str) -> String {
    use std::os::unix::process::ExitStatusExt as _;

    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    };
    match last_words {
        "" => format!("{how} and said nothing to standard error"),
        words => format!("{how}: {words}"),
    }
}
