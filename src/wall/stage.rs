//! What the screens are told to do.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::config::programme::{self, LONGEST_NAME};
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
    /// What single screens play instead, by their names.
    pub screens: BTreeMap<String, Scene>,
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

/// Most screens with a scene of their own.
const MOST_SCREENS: usize = 200;

impl Stage {
    /// Refuses what makes no sense: a scene that there is not, a screen that nobody can be called, too many of them.
    pub fn check(&self, change: &StageChange) -> Result<(), String> {
        let StageChange::Scene { scene, screen } = change else {
            return Ok(());
        };
        if let Some(name) = scene {
            programme::scene(name).map_err(|said| format!("scene: {said}"))?;
        }
        let Some(screen) = screen else {
            return Ok(());
        };
        if !programme::is_screen_name(screen) {
            return Err(format!(
                "screen: {screen:?} is no name of a screen; write 1 to {LONGEST_NAME} characters"
            ));
        }
        if scene.is_some()
            && self.screens.len() >= MOST_SCREENS
            && !self.screens.contains_key(screen)
        {
            return Err(format!(
                "screen: {MOST_SCREENS} screens have a scene of their own already; take some back with scene null"
            ));
        }
        Ok(())
    }

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
            StageChange::Scene {
                scene: Some(scene),
                screen: Some(screen),
            } => {
                self.screens.insert(screen.clone(), scene.clone());
            }
            StageChange::Scene {
                scene: None,
                screen: Some(screen),
            } => {
                self.screens.remove(screen);
            }
        }
    }
}
