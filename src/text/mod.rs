//! What feeds, rules and tallies share about text: HTML to plain text with facets, hashtags, folding.

pub mod fold;
pub mod hashtag;
pub mod html;
mod query;

pub use hashtag::Tag;
pub use query::Query;
