//! What the screens are told to do.

use serde::Serialize;

use crate::journal::{Scene, Seq, StageChange};

/// The stage: paused, blanked, announcing, and what is played.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Stage {
    /// No new posts come; removals do.
    pub paused: bool,
    /// Title card only.
    pub blanked: bool,
    /// Words over everything.
    pub announcement: Option<Announcement>,
    /// What all screens play; `None` for the wall's own choice.
    pub scene: Option<Scene>,
    /// Since when it is paused: posts that changed later are kept back.
    #[serde(skip)]
    pub paused_at: Option<Seq>,
}

/// Words over everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Announcement {
    /// The words.
    pub text: String,
}

impl Stage {
    /// Folds a change in.
    pub fn apply(&mut self, seq: Seq, change: &StageChange) {
        match change {
            StageChange::Pause => {
                if !self.paused {
                    self.paused_at = Some(seq);
                }
                self.paused = true;
            }
            StageChange::Resume { .. } => {
                self.paused = false;
                self.paused_at = None;
            }
            StageChange::Blank => self.blanked = true,
            StageChange::Unblank => self.blanked = false,
            StageChange::Announcement { text } => {
                self.announcement = text.clone().map(|text| Announcement { text });
            }
            StageChange::Scene {
                scene,
                screen: None,
            } => self.scene.clone_from(scene),
            // A scene of one screen is told to that screen by its own frames; the common stage does not change.
            StageChange::Scene { .. } => {}
        }
    }
}
