//! buzzwall: a live social media wall for events.

pub mod clock;
pub mod duration;
pub mod feed;
pub mod post;
pub mod secret;
pub mod text;
