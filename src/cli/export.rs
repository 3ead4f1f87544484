//! `buzzwall export`.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::Args;

use super::{Common, Failure, reach};
use crate::config::Arguments;
use crate::data::DataFolder;
use crate::post::PostNum;
use crate::wall::frames::Audience;
use crate::wall::post_json;

#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    pub(super) common: Common,
    /// Id of the wall.
    #[arg(long, value_name = "ID")]
    wall: String,
    /// File to write; else standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Export {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let config = self.common.load(Arguments::default())?;
        let data = DataFolder::new(&config.server.data);
        let state = reach::read(&data, &config, &self.wall).await?;
        let out: Box<dyn Write> = match &self.output {
            None => Box::new(std::io::stdout().lock()),
            Some(path) => Box::new(std::fs::File::create(path).map_err(|error| {
                Failure::Job(format!("{} cannot be written: {error}", path.display()))
            })?),
        };
        let mut out = BufWriter::new(out);
        let (mut written, mut blank) = (0_usize, 0_usize);
        for num in (0_u32..).map(PostNum).take(state.posts.len()) {
            match post_json(&state, num, Audience::Public) {
                Some(json) => {
                    let line = writeln!(out, "{json}");
                    line.map_err(|error| {
                        Failure::Job(format!("the export cannot be written: {error}"))
                    })?;
                    written += 1;
                }
                None => blank += 1,
            }
        }
        out.flush()
            .map_err(|error| Failure::Job(format!("the export cannot be written: {error}")))?;
        if blank > 0 {
            eprintln!(
                "{written} posts written; {blank} are only counted: they were deleted at their source, erased, or their time is over"
            );
        }
        Ok(())
    }
}
