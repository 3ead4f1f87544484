//! `buzzwall import`.

use std::path::PathBuf;

use clap::Args;
use futures_util::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::reach::{self, Reach};
use super::{Common, Failure, print};
use crate::app;
use crate::clock::SharedClock;
use crate::config::Arguments;
use crate::data::DataFolder;
use crate::import::{Import, Progress, import};
use crate::report::plain;

#[derive(Debug, Args)]
pub(super) struct ImportCommand {
    #[command(flatten)]
    pub(super) common: Common,
    /// Id of the wall.
    #[arg(long, value_name = "ID")]
    wall: String,
    /// The archive: JSON Lines of posts, or CSV with a header.
    file: PathBuf,
    /// Bring posts back to where they stood; the way back of export.
    #[arg(long)]
    keep_standing: bool,
    /// Time zone of a CSV's times, such as Europe/London; else UTC.
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Where a CSV's posts were written, such as mastodon; else archive.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
}

impl ImportCommand {
    pub(super) async fn run(self, clock: SharedClock) -> Result<(), Failure> {
        let config = self.common.load(Arguments::default())?;
        let data = DataFolder::new(&config.server.data);
        let file = std::path::absolute(&self.file).map_err(|error| Failure::job(&error))?;
        if let Err(error) = std::fs::File::open(&file) {
            return Err(Failure::Job(format!(
                "{} cannot be read: {error}",
                self.file.display()
            )));
        }
        let order = Import {
            wall: self.wall.clone(),
            file,
            keep_standing: self.keep_standing,
            zone: self.zone,
            source: self.source,
        };
        let bar = ProgressBar::new(0);
        bar.set_style(
            ProgressStyle::with_template("{bar:40} {binary_bytes} of {binary_total_bytes}  {msg}")
                .map_err(|error| Failure::job(&error))?,
        );
        let tell = |progress: &Progress| {
            bar.set_length(progress.of);
            bar.set_position(progress.bytes);
            bar.set_message(format!("{} taken", progress.taken));
        };
        let result = match reach::reach(&data).await? {
            Reach::Service(client) => by_service(&client, &order, tell).await,
            Reach::Alone(_claim) => {
                reach::known(&data, &config, &self.wall)?;
                let (wall, task) = app::open_alone(&data, &config, &self.wall, &clock)
                    .await
                    .map_err(|error| Failure::job(&error))?;
                let stop = CancellationToken::new();
                let work = async {
                    let result = import(&wall, &order, tell).await;
                    stop.cancel();
                    result
                };
                let (result, ended) = tokio::join!(work, task.run(stop.clone()));
                ended.map_err(|error| Failure::job(&error))?;
                result.map_err(|error| Failure::job(&error))
            }
        };
        bar.finish_and_clear();
        let progress = result?;
        for (line, reason, words) in &progress.refusals {
            eprintln!("line {line}: {reason}: {}", plain(words));
        }
        let told = progress.refusals.len() as u64;
        if progress.refused > told {
            eprintln!("… and {} more refused", progress.refused - told);
        }
        print(&format!(
            "{} taken, {} repeated, {} refused\n",
            progress.taken, progress.repeated, progress.refused
        ))
    }
}

/// Lets the running service do it, and follows its lines of progress.
async fn by_service(
    client: &reqwest::Client,
    order: &Import,
    tell: impl Fn(&Progress),
) -> Result<Progress, Failure> {
    let answer = client
        .post("http://buzzwall/import")
        .json(order)
        .send()
        .await
        .map_err(|error| Failure::Job(format!("the service does not answer: {error}")))?;
    if !answer.status().is_success() {
        return Err(reach::problem(answer).await);
    }
    let mut stream = answer.bytes_stream();
    let mut text = Vec::new();
    while let Some(part) = stream.next().await {
        text.extend_from_slice(
            &part.map_err(|error| Failure::Job(format!("the service went away: {error}")))?,
        );
        while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = text.drain(..=end).collect();
            let value: serde_json::Value =
                serde_json::from_slice(&line).map_err(|error| Failure::job(&error))?;
            if let Some(error) = value.get("error").and_then(|error| error.as_str()) {
                return Err(Failure::Job(error.to_owned()));
            }
            let progress: Progress =
                serde_json::from_value(value).map_err(|error| Failure::job(&error))?;
            tell(&progress);
            if progress.done {
                return Ok(progress);
            }
        }
    }
    Err(Failure::Job(
        "the service went away before the import was done; import the same file again to go on"
            .to_owned(),
    ))
}
