//! A wall: the fold of its journal, and the task that is its only writer.

pub mod arrivals;
pub mod command;
pub mod coverage;
pub mod fold;
pub mod frames;
mod handle;
pub mod record;
pub mod screens;
pub mod settings;
pub mod stage;
pub mod state;
pub mod task;
pub mod trends;

pub use handle::{Brief, Start, Wall};
pub use state::WallState;
