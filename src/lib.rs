//! buzzwall: a live social media wall for events.

pub mod clock;
pub mod config;
pub mod duration;
pub mod feed;
pub mod invalid;
pub mod moderation;
pub mod people;
pub mod post;
pub mod secret;
pub mod text;
mod words;
