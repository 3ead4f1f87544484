//! `[walls.display]`: how a wall looks and what it plays, and the same keys over the API.

use serde::{Deserialize, Serialize};

use super::asset::{Asset, Use};
use super::brand::BrandSettings;
use super::length::Length;
use super::moment::Moment;
use super::programme::{self, Entry, SceneName};
use super::session::Session;
use super::theme;
use crate::invalid::Invalid;
use crate::media::own::Kind;
use crate::words::words;

words! {
    /// What becomes of a post with a content warning.
    #[derive(Default)]
    pub enum Warned is "a word on posts with a content warning" {
        /// The warning stands for it.
        #[default]
        Warning = "warning",
        /// It stands under its warning.
        Show = "show",
    }
}

words! {
    /// What each column of the scene `columns` is for.
    #[derive(Default)]
    pub enum Columns is "a kind of columns" {
        /// A hashtag.
        #[default]
        Hashtag = "hashtag",
        /// A network.
        Source = "source",
        /// An item of the agenda.
        Session = "session",
    }
}

/// Who paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sponsor {
    /// Their name.
    pub name: String,
    /// Their sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Asset>,
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Countdown {
    /// When it is there.
    pub to: Moment,
    /// What it is.
    #[serde(default)]
    pub label: String,
}

/// How a wall looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DisplaySettings {
    /// Colours and shapes: a built-in theme or a file.
    pub theme: String,
    /// One colour and one picture that a whole theme is made of.
    pub brand: Option<BrandSettings>,
    /// Stands beside the hashtag.
    pub logo: Option<Asset>,
    /// Lies behind everything.
    pub background: Option<Asset>,
    /// CSS that comes last.
    pub style: Option<Asset>,
    /// Whether the wall says where the hashtag stands in a source's own list of trends.
    pub source_trends: bool,
    /// What plays where the programme has nothing.
    pub scene: SceneName,
    /// Which scene plays when.
    pub programme: Option<Vec<Entry>>,
    /// Height of the picture on the wall.
    pub screen_height: Option<Length>,
    /// How far away the last row sits.
    pub last_row: Option<Length>,
    /// What becomes of posts with a content warning.
    pub warned: Warned,
    /// Whether moving pictures move.
    pub motion: bool,
    /// What columns are for.
    pub columns: Columns,
    /// Who paid.
    pub sponsors: Vec<Sponsor>,
    /// What is waited for.
    pub countdown: Option<Countdown>,
}

impl Default for DisplaySettings {
    fn default() -> Self {
        Self {
            theme: theme::USUAL.to_owned(),
            brand: None,
            logo: None,
            background: None,
            style: None,
            source_trends: true,
            scene: SceneName::default(),
            programme: None,
            screen_height: None,
            last_row: None,
            warned: Warned::default(),
            motion: false,
            columns: Columns::default(),
            sponsors: Vec::new(),
            countdown: None,
        }
    }
}

/// Most sponsors, and longest name and label, in characters.
const MOST_SPONSORS: usize = 60;
const LONGEST_LABEL: usize = 200;
/// Bounds of a picture's height, and of the distance to the last row.
const HEIGHTS: [Length; 2] = [Length { millimetres: 100 }, Length::metres(50)];
const DISTANCES: [Length; 2] = [Length { millimetres: 500 }, Length::metres(500)];

impl DisplaySettings {
    /// What is wrong with them on a wall of this agenda; themes and files are looked at where they lie.
    pub fn validate(&self, sessions: &[Session]) -> Vec<Invalid> {
        let mut found = Vec::new();
        if let Some(programme) = &self.programme {
            programme::check(programme, sessions, &mut found);
        }
        for (key, length, [least, most]) in [
            ("screen_height", self.screen_height, HEIGHTS),
            ("last_row", self.last_row, DISTANCES),
        ] {
            if let Some(length) = length.filter(|length| *length < least || *length > most) {
                let said = format!("{length} is out of bounds; write \"{least}\" to \"{most}\"");
                found.push(Invalid::new(key, said));
            }
        }
        if self.sponsors.len() > MOST_SPONSORS {
            let said = format!(
                "{} are too many; write at most {MOST_SPONSORS}",
                self.sponsors.len()
            );
            found.push(Invalid::new("sponsors", said));
        }
        for (at, sponsor) in self.sponsors.iter().enumerate() {
            if sponsor.name.trim().is_empty() || !fits(&sponsor.name) {
                let said = format!(
                    "is empty or too long; write their name in at most {LONGEST_LABEL} characters"
                );
                found.push(Invalid::new(format!("sponsors[{at}].name"), said));
            }
        }
        if self
            .countdown
            .as_ref()
            .is_some_and(|countdown| !fits(&countdown.label))
        {
            let said = format!("is too long; write one line of at most {LONGEST_LABEL} characters");
            found.push(Invalid::new("countdown.label", said));
        }
        found
    }

    /// The picture that stands beside the hashtag.
    pub fn sign(&self) -> Option<&Asset> {
        self.logo
            .as_ref()
            .or_else(|| self.brand.as_ref()?.logo.as_ref())
    }

    /// Every file that they name: its key, what it is for, and itself.
    pub fn assets(&self) -> Vec<(String, Use, &Asset)> {
        let sign = Use::Picture(Kind::Sign);
        let brand = self.brand.as_ref().and_then(|brand| brand.logo.as_ref());
        let one = [
            ("logo", sign, self.logo.as_ref()),
            ("brand.logo", sign, brand),
            (
                "background",
                Use::Picture(Kind::Background),
                self.background.as_ref(),
            ),
            ("style", Use::Style, self.style.as_ref()),
        ];
        let one = one
            .into_iter()
            .filter_map(|(key, what, asset)| Some((key.to_owned(), what, asset?)));
        let sponsors = self
            .sponsors
            .iter()
            .enumerate()
            .filter_map(|(at, sponsor)| {
                Some((
                    format!("sponsors[{at}].picture"),
                    sign,
                    sponsor.picture.as_ref()?,
                ))
            });
        one.chain(sponsors).collect()
    }

    /// The same, to be changed.
    pub(super) fn assets_mut(&mut self) -> impl Iterator<Item = &mut Asset> {
        let brand = self.brand.as_mut().and_then(|brand| brand.logo.as_mut());
        let one = [
            self.logo.as_mut(),
            brand,
            self.background.as_mut(),
            self.style.as_mut(),
        ];
        let sponsors = self
            .sponsors
            .iter_mut()
            .map(|sponsor| sponsor.picture.as_mut());
        one.into_iter().chain(sponsors).flatten()
    }
}

fn fits(label: &str) -> bool {
    label.chars().count() <= LONGEST_LABEL && !label.chars().any(char::is_control)
}
