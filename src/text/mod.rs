//! What feeds, rules and tallies share about text: HTML to plain text with facets, hashtags, folding.

mod clean;
pub mod emoji;
pub mod fold;
pub mod hashtag;
pub mod html;
pub mod language;
mod letters;
pub mod plain;
mod query;
pub mod reading;

pub use clean::{clean, clean_line};
pub use hashtag::Tag;
pub use query::Query;
