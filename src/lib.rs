//! buzzwall: a live social media wall for events.

pub mod clock;
pub mod config;
pub mod duration;
pub mod feed;
pub mod http;
pub mod hub;
pub mod intake;
pub mod invalid;
pub mod journal;
pub mod moderation;
pub mod people;
pub mod post;
pub mod report;
pub mod secret;
pub mod stats;
pub mod text;
pub mod wall;
pub(crate) mod words;
