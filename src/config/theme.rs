//! Themes: colours and shapes of a wall, in files of a few values each; five are built in.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::colour::Colour;
use super::document::Document;
use super::key::KeyPath;
use super::problem::Problems;
use crate::invalid::Invalid;
use crate::words::words;

/// Themes that need no file, by name. A file of the same name wins over them.
const SHIPPED: [(&str, &str); 5] = [
    (
        "midnight",
        include_str!("../../config/themes/midnight.toml"),
    ),
    (
        "daylight",
        include_str!("../../config/themes/daylight.toml"),
    ),
    ("press", include_str!("../../config/themes/press.toml")),
    ("meadow", include_str!("../../config/themes/meadow.toml")),
    ("signal", include_str!("../../config/themes/signal.toml")),
];
/// The theme where nothing is said.
pub const USUAL: &str = "midnight";
/// Least contrast of text: WCAG 2.2's enhanced one, since a wall is read from afar.
pub const LEAST_CONTRAST: f64 = 7.0;
/// Largest file of a theme, in bytes; the shipped ones are a hundredth of it.
const MOST_BYTES: u64 = 64 * 1024;
/// Own themes of one folder at most.
const MOST_FILES: usize = 100;

words! {
    /// What the ground behind the cards does.
    #[derive(Default)]
    pub enum Gradient is "a gradient" {
        /// `ground_2` shines in from the upper right.
        #[default]
        Corner = "corner",
        /// From `ground_2` above to `ground` below.
        Top = "top",
        /// Plain.
        None = "none",
    }
}

/// Colours and shapes. Lengths are in hundredths of the screen's height.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// Behind everything.
    pub ground: Colour,
    /// Its other shade: the end of the gradient, and what lies within a card.
    pub ground_2: Colour,
    /// Behind a post.
    pub card: Colour,
    /// Text.
    pub ink: Colour,
    /// Text that steps back.
    pub soft: Colour,
    /// What matters now.
    pub accent: Colour,
    /// Text on the accent.
    pub on_accent: Colour,
    /// Lines and edges.
    pub line: Colour,
    /// Radius of corners.
    #[serde(default)]
    pub round: f64,
    /// Width of a card's edge.
    #[serde(default)]
    pub edge: f64,
    /// How far a card's hard shadow lies, in the accent's colour.
    #[serde(default)]
    pub shadow: f64,
    /// Space around and between, as a multiple of the usual.
    #[serde(default = "one")]
    pub space: f64,
    /// What the ground does.
    #[serde(default)]
    pub gradient: Gradient,
    /// Fonts of text, as CSS lists them; `None` for the usual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Fonts of what is large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
}

fn one() -> f64 {
    1.0
}

/// A text on a background.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pair {
    /// The text's token.
    pub text: &'static str,
    /// The background's.
    pub on: &'static str,
    /// Their contrast, rounded down to hundredths.
    pub contrast: f64,
    /// Whether that is enough.
    pub enough: bool,
}

impl Theme {
    /// Every text on every background that the pages put it on.
    pub fn pairs(&self) -> Vec<Pair> {
        let grounds = [
            ("ground", self.ground),
            ("ground_2", self.ground_2),
            ("card", self.card),
        ];
        let texts = [
            ("ink", self.ink),
            ("soft", self.soft),
            ("accent", self.accent),
        ];
        let on_grounds = texts
            .into_iter()
            .flat_map(|text| grounds.into_iter().map(move |ground| (text, ground)));
        on_grounds
            .chain([(("on_accent", self.on_accent), ("accent", self.accent))])
            .map(|((text, colour), (on, ground))| {
                let contrast = colour.contrast(ground);
                Pair {
                    text,
                    on,
                    contrast: (contrast * 100.0).floor() / 100.0,
                    enough: contrast >= LEAST_CONTRAST,
                }
            })
            .collect()
    }

    /// What is wrong with it: text that cannot be read, shapes out of all proportion, fonts that are none.
    pub fn validate(&self) -> Vec<Invalid> {
        let mut found: Vec<Invalid> = (self.pairs().into_iter())
            .filter(|pair| !pair.enough)
            .map(|Pair { text, on, contrast, .. }| {
                let said = format!(
                    "has a contrast of {contrast} on {on}, and text needs {LEAST_CONTRAST}; make the two differ more in lightness"
                );
                Invalid::new(text, said)
            })
            .collect();
        for (key, value, least, most) in [
            ("round", self.round, 0.0, 10.0),
            ("edge", self.edge, 0.0, 2.0),
            ("shadow", self.shadow, 0.0, 3.0),
            ("space", self.space, 0.5, 2.0),
        ] {
            if !(least..=most).contains(&value) {
                found.push(Invalid::new(
                    key,
                    format!("{value} is out of bounds; write {least} to {most}"),
                ));
            }
        }
        for (key, fonts) in [("text", &self.text), ("display", &self.display)] {
            let strange = |c: char| !c.is_alphanumeric() && !" ,-_'\"".contains(c);
            let odd = |fonts: &String| {
                fonts.is_empty()
                    || fonts.len() > 500
                    || fonts.contains(strange)
                    || !fonts.matches('"').count().is_multiple_of(2)
                    || !fonts.matches('\'').count().is_multiple_of(2)
            };
            if fonts.as_ref().is_some_and(odd) {
                found.push(Invalid::new(
                    key,
                    "is no list of fonts; write it like '\"Source Sans 3\", sans-serif'",
                ));
            }
        }
        found
    }

    /// Whether it is dark: white is read better on its ground than black.
    pub fn is_dark(&self) -> bool {
        self.ground.contrast(Colour::WHITE) > self.ground.contrast(Colour::BLACK)
    }

    /// As the pages' style sheets know it: CSS properties and their values.
    pub fn tokens(&self) -> Map<String, Value> {
        let Value::Object(mut tokens) = json!({
            "color-scheme": if self.is_dark() { "dark" } else { "light" },
            "--ground": self.ground, "--ground-2": self.ground_2, "--card": self.card,
            "--ink": self.ink, "--soft": self.soft, "--accent": self.accent,
            "--on-accent": self.on_accent, "--line": self.line,
            "--round": self.round.to_string(), "--edge": self.edge.to_string(),
            "--shadow": self.shadow.to_string(), "--space": self.space.to_string(),
            "--backdrop": match self.gradient {
                Gradient::Corner => "radial-gradient(120vw 90vh at 85% -10%, var(--ground-2), var(--ground) 62%)",
                Gradient::Top => "linear-gradient(var(--ground-2), var(--ground))",
                Gradient::None => "none",
            },
        }) else {
            return Map::new();
        };
        for (key, fonts) in [("--text", &self.text), ("--display", &self.display)] {
            if let Some(fonts) = fonts {
                tokens.insert(key.to_owned(), json!(fonts));
            }
        }
        tokens
    }
}

static THEMES: LazyLock<Vec<(&'static str, Theme)>> = LazyLock::new(|| {
    // A test reads all of them.
    let read = |(name, text)| Some((name, toml::from_str(text).ok()?));
    SHIPPED.into_iter().filter_map(read).collect()
});

/// The themes that are built in, by name.
pub fn shipped() -> &'static [(&'static str, Theme)] {
    &THEMES
}

/// The built-in theme of that name.
pub fn shipped_theme(name: &str) -> Option<&'static Theme> {
    THEMES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, theme)| theme)
}

/// All built-in themes as one style sheet. The usual one holds where a page names none.
pub fn stylesheet() -> String {
    let mut css = String::from("/* The themes, made from config/themes. */\n");
    for (name, theme) in shipped() {
        let root = if *name == USUAL { ":root, " } else { "" };
        // Writing into a string cannot fail.
        let _infallible = writeln!(css, "{root}[data-theme=\"{name}\"] {{");
        for (property, value) in theme.tokens() {
            let _infallible =
                writeln!(css, "  {property}: {};", value.as_str().unwrap_or_default());
        }
        css.push_str("}\n");
    }
    css
}

/// Themes of files, by name.
pub type OwnThemes = BTreeMap<String, Theme>;

/// Says that there is no such theme, and which there are.
pub fn no_such_theme(name: &str, own: &OwnThemes) -> String {
    let known = shipped().iter().map(|(name, _)| *name);
    let known: Vec<&str> = known.chain(own.keys().map(String::as_str)).collect();
    crate::words::not_one_of(name, "a theme", &known)
}

/// Reads the themes that lie beside the configuration, and the one called `named` from wherever that leads. What is wrong
/// with that one stands in the answer; the others are left out, and the log says why.
pub(super) fn own(named: &str, folder: &Path) -> (OwnThemes, Option<String>) {
    let mut own = OwnThemes::new();
    let mut wrong = None;
    for path in files(named, folder) {
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else {
            continue;
        };
        let is_named = is_called(named, &path, folder);
        match read(&path) {
            Ok(theme) if shipped_theme(name) == Some(&theme) => {}
            Ok(theme) if is_named => {
                own.insert(named.to_owned(), theme);
            }
            Ok(theme) => {
                own.entry(name.to_owned()).or_insert(theme);
            }
            Err(said) if is_named => wrong = wrong.or(Some(said)),
            Err(said) => tracing::warn!("the theme is left out: {said}"),
        }
    }
    if wrong.is_none() && shipped_theme(named).is_none() && !own.contains_key(named) {
        wrong = Some(format!(
            "{}, or put your own at {}",
            no_such_theme(named, &own),
            folder
                .join("config/themes")
                .join(named)
                .with_extension("toml")
                .display()
        ));
    }
    (own, wrong)
}

fn is_called(named: &str, path: &Path, folder: &Path) -> bool {
    let bare = named.strip_suffix(".toml").unwrap_or(named);
    path == folder.join(named) || path.file_stem().and_then(|stem| stem.to_str()) == Some(bare)
}

fn files(named: &str, folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for place in [folder.join("config/themes"), folder.join("themes")] {
        let entries = std::fs::read_dir(place).into_iter().flatten().flatten();
        let mut here: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "toml"))
            .take(MOST_FILES)
            .collect();
        here.sort();
        files.extend(here);
    }
    let path = folder.join(named);
    if path.is_file() && !files.contains(&path) {
        files.push(path);
    }
    files
}

/// Reads one file.
fn read(path: &Path) -> Result<Theme, String> {
    let shown = path.display().to_string();
    let unreadable = |error: std::io::Error| format!("{shown}: cannot be read: {error}");
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if bytes > MOST_BYTES {
        return Err(format!(
            "{shown}: has {bytes} bytes, more than {MOST_BYTES}"
        ));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    understood(&shown, &text)
}

fn understood(file: &str, text: &str) -> Result<Theme, String> {
    let mut problems = Problems::default();
    let document = Document::parse(file, text, &mut problems);
    let top = KeyPath::top();
    let theme = (problems.is_empty()).then(|| document.read::<Theme>(&top, &mut problems));
    let theme = theme.flatten();
    for invalid in theme.iter().flat_map(Theme::validate) {
        document.note(&mut problems, &top.named(&invalid.key), invalid.message);
    }
    match theme {
        Some(theme) if problems.is_empty() => Ok(theme),
        _ => Err(problems.to_string().replace('\n', "; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_text_of_the_shipped_themes_can_be_read() {
        assert_eq!(shipped().len(), SHIPPED.len());
        for (name, theme) in shipped() {
            assert_eq!(theme.validate(), [], "{name}");
            for Pair {
                text, on, contrast, ..
            } in theme.pairs()
            {
                // With `--nocapture` the table of docs/display.md.
                println!("{name} {text} on {on}: {contrast}");
                assert!(
                    contrast >= LEAST_CONTRAST,
                    "{name}: {text} on {on}: {contrast}"
                );
            }
        }
        let css = stylesheet();
        for (name, _) in SHIPPED {
            assert!(
                css.contains(&format!("[data-theme=\"{name}\"] {{")),
                "{name}"
            );
        }
        assert!(css.contains("--accent: #ffb454;"));
    }

    #[test]
    fn a_theme_that_cannot_be_read_says_which_pair() {
        let text = SHIPPED[0].1.replace("\"#c3cbed\"", "\"#7780a0\"");
        let error = understood("own.toml", &text).unwrap_err();
        assert!(
            error.contains("own.toml:6:1: soft: has a contrast of "),
            "{error}"
        );
        let text = SHIPPED[0].1.replace("\"#c3cbed\"", "\"grey\"");
        let error = understood("own.toml", &text).unwrap_err();
        assert!(
            error.contains("own.toml:6:1: soft: \"grey\" is not a colour; write #"),
            "{error}"
        );
        let error = understood("own.toml", "ground = \"#000\"\ncolour = 1\n").unwrap_err();
        assert!(
            error.contains("own.toml:2:1: colour: there is no such key"),
            "{error}"
        );
        let text = format!("{}text = \"x; }} body {{ color: red\"\n", SHIPPED[0].1);
        assert!(
            understood("own.toml", &text)
                .unwrap_err()
                .contains("is no list of fonts")
        );
        for (from, to) in [("2.2", "200.0"), ("\"corner\"", "\"swirl\"")] {
            assert!(
                understood("own.toml", &SHIPPED[0].1.replace(from, to)).is_err(),
                "{to}"
            );
        }
    }

    #[test]
    fn own_themes_are_found_by_name_and_by_path() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("config/themes");
        std::fs::create_dir_all(&place).unwrap();
        let mine = SHIPPED[0].1.replace("#ffb454", "#ffc454");
        std::fs::write(place.join("mine.toml"), &mine).unwrap();
        std::fs::write(place.join("meadow.toml"), SHIPPED[3].1).unwrap();
        std::fs::write(place.join("broken.toml"), "ground = 1").unwrap();
        std::fs::write(folder.path().join("other.toml"), &mine).unwrap();
        for named in ["mine", "mine.toml", "config/themes/mine.toml", "other.toml"] {
            let (own, wrong) = own(named, folder.path());
            assert_eq!(wrong, None, "{named}");
            assert!(own.contains_key(named), "{named}: {:?}", own.keys());
            assert!(!own.contains_key("meadow") && !own.contains_key("broken"));
        }
        assert_eq!(own("meadow", folder.path()).1, None);
        let (_, wrong) = own("broken", folder.path());
        assert!(wrong.unwrap().contains("broken.toml:1:1: ground: "));
        let (_, wrong) = own("nothing", folder.path());
        assert!(
            wrong
                .unwrap()
                .contains("\"nothing\" is not a theme; write \"midnight\"")
        );
    }
}
