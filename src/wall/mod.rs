//! A wall: the fold of its journal, and the task that is its only writer.

mod again;
pub mod arrivals;
pub mod assessing;
pub mod audit;
mod awaiting;
pub mod command;
pub mod coverage;
pub mod decisions;
pub mod fold;
pub mod frames;
mod gone;
mod handle;
mod here;
mod likeness;
pub mod listing;
pub mod look;
mod modes;
mod post_json;
pub mod presence;
pub mod queues;
pub mod record;
pub mod rejudge;
pub mod rules;
pub mod screens;
pub mod settings;
mod settle;
pub mod signing;
pub mod stage;
pub mod state;
pub mod task;
pub mod trends;
pub mod trial;

pub use handle::{Brief, Start, Wall};
pub use post_json::post_json;
pub use state::WallState;
