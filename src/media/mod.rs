//! Pictures of posts. Screens get them from this service alone: [`Pictures`] fetches each once, checks and shrinks it, and keeps
//! it on the disk. [`looking`] compares them with those that a person took off the wall.

mod cache;
pub mod decode;
pub mod fetch;
pub mod looking;
pub mod own;
pub mod picture;
mod refused;
mod serving;
pub mod shrink;

pub use refused::{Refusal, Why};
pub use serving::{NotServed, Pictures, Wanted};
