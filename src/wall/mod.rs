//! A wall: the fold of its journal, and the task that is its only writer.

pub mod arrivals;
pub mod command;
pub mod fold;
pub mod frames;
mod handle;
pub mod record;
pub mod screens;
pub mod settings;
pub mod stage;
pub mod state;
pub mod task;

pub use handle::{Start, Wall};
pub use state::WallState;
