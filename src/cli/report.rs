//! `buzzwall report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::{Common, Failure, deliver, reach};
use crate::clock::{Clock as _, SystemClock};
use crate::config::Arguments;
use crate::data::DataFolder;
use crate::report::{Range, csv, report, text};

#[derive(Debug, Args)]
pub(super) struct ReportCommand {
    #[command(flatten)]
    pub(super) common: Common,
    /// Id of the wall.
    #[arg(long, value_name = "ID")]
    wall: String,
    /// Only posts written at or after this moment, such as 2019-11-06T09:30:00Z.
    #[arg(long, value_name = "T")]
    from: Option<Timestamp>,
    /// Only posts written before this moment.
    #[arg(long, value_name = "T")]
    to: Option<Timestamp>,
    /// Form of the report.
    #[arg(long, default_value = "text")]
    format: Format,
    /// File to write; else standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Csv,
}

impl ReportCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let config = self.common.load(Arguments::default())?;
        let data = DataFolder::new(&config.server.data);
        let state = reach::read(&data, &config, &self.wall).await?;
        let runs = reach::runs(&data).await?;
        let made = report(
            &state,
            Range {
                from: self.from,
                to: self.to,
            },
            runs.then(|| SystemClock.now()),
        );
        let out = match self.format {
            Format::Text => text(&made, &state.settings.zone),
            Format::Json => {
                let mut json =
                    serde_json::to_string_pretty(&made).map_err(|error| Failure::job(&error))?;
                json.push('\n');
                json
            }
            Format::Csv => csv(&made).map_err(|error| Failure::job(&error))?,
        };
        deliver(self.output.as_deref(), &out)
    }
}
