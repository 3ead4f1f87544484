//! A program that runs: what it prints becomes items, what it complains of goes to the log, and it ends with all that it
//! started when nobody reads it any more.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::{Instant, sleep_until};

use super::lines::Lines;
use crate::feed::{Item, line};
use crate::text::clean_line;

/// Most items of one page, and most bytes that they were read from.
const BATCH: usize = 500;
const BATCH_BYTES: usize = 4 << 20;
/// How long more is waited for once there is something.
const TOGETHER: Duration = Duration::from_millis(20);
/// How long a program's last words are waited for after its end: somebody else may hold its pipes.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Longest line of complaint that is read, in bytes, and that is repeated, in characters.
const COMPLAINT_BYTES: usize = 64 * 1024;
const COMPLAINT: usize = 500;
/// Complaints that are logged in how long.
const LOGGED: u32 = 20;
const LOGGED_PER: Duration = Duration::from_secs(10);

/// What was heard of it.
#[derive(Debug)]
pub(super) enum Heard {
    /// Items; there may be more at once.
    Items,
    /// Nothing until the moment asked for.
    Silence,
    /// Its end, with perhaps its last items.
    Ended(ExitStatus),
}

/// A running program. Dropping it ends it.
pub(super) struct Run {
    child: Child,
    /// Its process group, while there is something to end.
    group: Option<Pid>,
    out: Lines<ChildStdout>,
    err: Lines<ChildStderr>,
    exited: Option<(ExitStatus, Instant)>,
    items: Vec<Item>,
    weight: usize,
    complaints: Complaints,
    pub(super) began: Instant,
}

impl Run {
    /// Starts it.
    pub(super) fn start(command: &mut Command, name: &str) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(io::Error::other("its output cannot be read"));
        };
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Ok(Self {
            group: id.and_then(Pid::from_raw),
            child,
            out: Lines::new(out, line::MAX_LINE_BYTES),
            err: Lines::new(err, COMPLAINT_BYTES),
            exited: None,
            items: Vec::new(),
            weight: 0,
            complaints: Complaints::new(name),
            began: Instant::now(),
        })
    }

    /// Waits until it printed something, is silent until then, or has ended. Cancel-safe: what was heard is kept.
    pub(super) async fn listen(&mut self, until: Instant) -> io::Result<Heard> {
        let mut first = None;
        loop {
            while let Some(line) = self.err.next() {
                self.complaints.log(line.bytes.as_ref());
            }
            while !self.is_full()
                && let Some(line) = self.out.next()
            {
                self.read(line.number, line.bytes.as_ref());
            }
            if self.is_full() {
                return Ok(Heard::Items);
            }
            if let Some((status, since)) = self.exited
                && ((self.out.ended() && self.err.ended()) || since.elapsed() >= LAST_WORDS)
            {
                return Ok(Heard::Ended(status));
            }
            let mut due = until;
            if !self.items.is_empty() {
                due = *first.get_or_insert_with(|| Instant::now() + TOGETHER);
            }
            if let Some((_, since)) = self.exited {
                due = since + LAST_WORDS;
            }
            tokio::select! {
                () = self.out.fill(), if !self.out.ended() => {}
                () = self.err.fill(), if !self.err.ended() => {}
                status = self.child.wait(), if self.exited.is_none() => {
                    self.exited = Some((status?, Instant::now()));
                    // What it started and left behind would hold its pipes open.
                    self.end();
                }
                () = sleep_until(due) => match (self.exited, self.items.is_empty()) {
                    (Some(_), _) => {}
                    (None, true) => return Ok(Heard::Silence),
                    (None, false) => return Ok(Heard::Items),
                },
            }
        }
    }

    /// What was printed since this was last asked.
    pub(super) fn items(&mut self) -> Vec<Item> {
        self.weight = 0;
        std::mem::take(&mut self.items)
    }

    /// Its last complaint, short.
    pub(super) fn last_words(&self) -> &str {
        &self.complaints.last
    }

    fn is_full(&self) -> bool {
        self.items.len() >= BATCH || self.weight >= BATCH_BYTES
    }

    fn read(&mut self, number: u64, bytes: Option<&Bytes>) {
        let item = match bytes.map(|bytes| bytes.trim_ascii()) {
            Some([]) => return,
            Some(json) => {
                self.weight += json.len();
                line::item(number, json)
            }
            None => line::refused(number, &line::too_long()),
        };
        if let Item::Refused(refusal) = &item {
            self.complaints.refused(&refusal.detail);
        }
        self.items.push(item);
    }

    /// Ends the program and what it started. Asked of a group once only: its number may be another's later.
    fn end(&mut self) {
        if let Some(group) = self.group.take()
            && let Err(error) = kill_process_group(group, Signal::KILL)
        {
            // Nobody of the group is left.
            tracing::trace!(%error, "nothing to end");
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a program complains of, as far as the log bears it.
struct Complaints {
    name: String,
    window: Instant,
    logged: u32,
    left_out: u64,
    last: String,
}

impl Complaints {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            window: Instant::now(),
            logged: 0,
            left_out: 0,
            last: String::new(),
        }
    }

    fn log(&mut self, line: Option<&Bytes>) {
        let said = match line {
            Some(line) => clean_line(&String::from_utf8_lossy(line)),
            None => "(a line that is too long)".to_owned(),
        };
        if said.is_empty() {
            return;
        }
        self.last = said.chars().take(COMPLAINT).collect();
        if self.may_log() {
            tracing::info!(feed = self.name, said = self.last, "the program says");
        }
    }

    fn refused(&mut self, detail: &str) {
        if self.may_log() {
            tracing::warn!(feed = self.name, detail, "a line is not taken");
        }
    }

    fn may_log(&mut self) -> bool {
        if self.window.elapsed() >= LOGGED_PER {
            self.window = Instant::now();
            self.logged = 0;
            self.tell_left_out();
        }
        self.logged = self.logged.saturating_add(1);
        let may = self.logged <= LOGGED;
        self.left_out += u64::from(!may);
        may
    }

    fn tell_left_out(&mut self) {
        let lines = std::mem::take(&mut self.left_out);
        if lines > 0 {
            tracing::warn!(feed = self.name, lines, "lines were left out here");
        }
    }
}

impl Drop for Complaints {
    fn drop(&mut self) {
        self.tell_left_out();
    }
}
