//! Deciding what may be shown: the settings, the rules and their verdict.

pub mod settings;
