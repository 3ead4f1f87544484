//! Bringing an archive into a wall, through intake and moderation like everything else.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::feed::archive::{ArchiveError, Columns, Layout, Reader};
use crate::feed::{Item, Refusal};
use crate::intake::{Kept, Prepared};
use crate::post::Standing;
use crate::wall::Wall;
use crate::wall::arrivals::Bringer;

/// Records stored together.
const BATCH: usize = 250;
/// Refused records that are told one by one; the rest is counted.
const TOLD: usize = 1_000;

/// What is to be imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Into which wall.
    pub wall: String,
    /// Which file.
    pub file: PathBuf,
    /// Whether posts come back to where they stood.
    #[serde(default)]
    pub keep_standing: bool,
    /// Zone of times without an offset, for CSV.
    #[serde(default)]
    pub zone: Option<String>,
    /// Where the posts were written, for CSV.
    #[serde(default)]
    pub source: Option<String>,
}

/// How far it is, and in the end what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Bytes read.
    pub bytes: u64,
    /// Bytes in all.
    pub of: u64,
    /// New posts.
    pub taken: u64,
    /// Posts that were there already.
    pub repeated: u64,
    /// Posts whose text was newer.
    pub edited: u64,
    /// Records that were not taken.
    pub refused: u64,
    /// Line, reason and words of each of those, up to a bound.
    pub refusals: Vec<(u64, String, String)>,
    /// Whether it is done.
    pub done: bool,
}

/// Why it cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read as an archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The file cannot be read at all.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The settings make no sense.
    #[error("{0}")]
    Settings(String),
    /// The wall cannot store it.
    #[error("not stored: {0}; what was stored before stays, import the same file again to go on")]
    NotStored(String),
}

/// Imports a file; `tell` is called after every batch and at the end.
pub async fn import(
    wall: &Arc<Wall>,
    order: &Import,
    mut tell: impl FnMut(&Progress) + Send,
) -> Result<Progress, ImportError> {
    let unreadable = |source| ImportError::Unreadable {
        path: order.file.clone(),
        source,
    };
    let layout = Layout::new(
        Columns::default(),
        order.zone.as_deref(),
        order.source.as_deref(),
    )
    .map_err(ImportError::Settings)?;
    let file = File::open(&order.file).map_err(unreadable)?;
    let mut progress = Progress {
        of: file.metadata().map_err(unreadable)?.len(),
        ..Progress::default()
    };
    let name = order.file.display().to_string();
    let mut reader = Reader::new(BufReader::new(file), &name, &layout)?;
    loop {
        // Reading and understanding a batch keeps a core busy for a few milliseconds; other tasks go on meanwhile.
        let records: Vec<_> = tokio::task::block_in_place(|| reader.by_ref().take(BATCH).collect());
        if records.is_empty() {
            break;
        }
        let mut items = Vec::with_capacity(records.len());
        let mut kept = Vec::with_capacity(records.len());
        for record in records {
            match record.map_err(unreadable)? {
                Ok(archived) => {
                    kept.push((
                        archived.line,
                        order
                            .keep_standing
                            .then(|| Kept {
                                standing: archived.standing.unwrap_or(Standing::Shown),
                                pinned: archived.pinned,
                                highlighted: archived.highlighted,
                                added: archived.added,
                            })
                            .filter(|_| archived.standing.is_some()),
                    ));
                    items.push(Item::Post(Box::new(archived.post)));
                }
                Err(refused) => {
                    kept.push((refused.line, None));
                    items.push(Item::Refused(Refusal {
                        reason: refused.reason,
                        detail: format!("{name}: line {}: {}", refused.line, refused.words),
                    }));
                }
            }
        }
        let mut prepared = Vec::with_capacity(items.len());
        let mut items = items.into_iter();
        for run in kept.chunk_by(|one, next| is_added(one) == is_added(next)) {
            let some = items.by_ref().take(run.len());
            if run.first().is_some_and(is_added) {
                prepared.extend(some.map(|item| wall.prepare_added(item)));
            } else {
                prepared.extend(wall.prepare(None, some.collect()));
            }
        }
        for (item, (line, kept)) in prepared.iter_mut().zip(&kept) {
            match item {
                Prepared::Post(arrival) => arrival.kept = *kept,
                Prepared::Refused { refusal, .. } => {
                    progress.refused += 1;
                    if progress.refusals.len() < TOLD {
                        progress.refusals.push((
                            *line,
                            refusal.reason.as_str().to_owned(),
                            refusal.detail.clone(),
                        ));
                    }
                }
                _ => {}
            }
        }
        let already_refused = prepared
            .iter()
            .filter(|item| matches!(item, Prepared::Refused { .. }))
            .count();
        let outcome = wall
            .offer(
                prepared,
                Bringer {
                    history: true,
                    ..Bringer::default()
                },
            )
            .await
            .map_err(|declined| ImportError::NotStored(declined.reason))?;
        progress.taken += outcome.taken;
        progress.repeated += outcome.repeated;
        progress.edited += outcome.edited;
        progress.refused +=
            (outcome.refused.len() - already_refused.min(outcome.refused.len())) as u64;
        progress.bytes = reader.position().offset;
        tell(&progress);
    }
    progress.bytes = progress.of;
    progress.done = true;
    tell(&progress);
    Ok(progress)
}

/// Whether a person had put a post on the wall that it comes from: then it need not carry what this one asks for.
fn is_added((_, kept): &(u64, Option<Kept>)) -> bool {
    kept.is_some_and(|kept| kept.added)
}
