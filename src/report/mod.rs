//! The post-event report: figures, each with its definition, in several forms. Live and afterwards the same, since both
//! are read from the same fold.

mod at_source;
mod coverage;
mod csv;
mod definitions;
mod figures;
mod text;

pub use at_source::{Compared, Ranked, Trended};
pub use coverage::{FeedCoverage, Part, Read, Span};
pub use csv::csv;
pub use definitions::DEFINITIONS;
pub use figures::{Range, Report, report};
pub use text::{plain, text};
