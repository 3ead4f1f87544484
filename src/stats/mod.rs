//! Tallies: what is counted, exactly and reversibly, by event time. Pure: no clock, no I/O.

mod facts;
mod peaks;
mod tallies;
mod top;

pub use facts::Facts;
pub use peaks::{Peak, peak_five_minutes};
pub use tallies::{Contribution, Count, Figures, Tallies};
pub use top::Tops;
