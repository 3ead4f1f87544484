//! How a wall looks, as pages are told: the theme that its settings come to, and where its pictures are. Pure.

use serde_json::{Map, Value, json};

use super::settings::Settings;
use crate::config::DisplaySettings;
use crate::config::asset::Asset;
use crate::config::brand::derive;
use crate::config::length::Length;
use crate::config::programme::Entry;
use crate::config::theme::{OwnThemes, Theme, USUAL, shipped_theme};

/// What a theme that is made of a brand's colour is called.
const BRAND: &str = "brand";

/// The theme that settings come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// Its name on the page.
    pub theme: String,
    /// Its values, where no style sheet has them.
    pub tokens: Option<Map<String, Value>>,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            theme: USUAL.to_owned(),
            tokens: None,
        }
    }
}

impl Look {
    /// What these settings come to. A theme whose file is gone is as none.
    pub fn of(display: &DisplaySettings, own: &OwnThemes) -> Self {
        let named = theme(&display.theme, own);
        if let Some(brand) = &display.brand {
            let Some(shape) = named.or_else(|| shipped_theme(USUAL)) else {
                return Self::default();
            };
            return Self {
                theme: BRAND.to_owned(),
                tokens: Some(derive(brand.colour, brand.ground, shape).theme.tokens()),
            };
        }
        match own.get(&display.theme) {
            Some(theme) => Self {
                theme: bare(&display.theme).to_owned(),
                tokens: Some(theme.tokens()),
            },
            None if named.is_some() => Self {
                theme: display.theme.clone(),
                tokens: None,
            },
            None => Self::default(),
        }
    }
}

/// The theme of that name: a file's, else a built-in one.
pub fn theme<'a>(name: &str, own: &'a OwnThemes) -> Option<&'a Theme> {
    own.get(name).or_else(|| shipped_theme(name))
}

/// A file's name without its folder and ending.
fn bare(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".toml").unwrap_or(name)
}

fn address(wall: &str, place: &str, asset: Option<&Asset>) -> Option<String> {
    let version = asset?.version.as_ref()?;
    Some(format!("/w/{wall}/{place}?v={version}"))
}

fn entry(entry: &Entry) -> Value {
    json!({
        "scene": entry.scene,
        "seconds": entry.lasts.0.as_secs(),
        "when": entry.when,
        "only": entry.only,
        "screens": entry.screens,
    })
}

/// How the wall looks, and what it plays.
pub fn display_json(settings: &Settings, wall: &str) -> Value {
    let display = &settings.display;
    let programme = display.programme.as_deref().unwrap_or_default();
    let sponsors = display.sponsors.iter().enumerate().map(|(at, sponsor)| {
        let picture = address(wall, &format!("sponsors/{at}"), sponsor.picture.as_ref());
        json!({ "name": sponsor.name, "picture": picture })
    });
    let countdown = display.countdown.as_ref().and_then(|countdown| {
        let to = countdown.to.at(&settings.zone).ok()?;
        Some(json!({ "to": to, "label": countdown.label }))
    });
    json!({
        "theme": settings.look.theme,
        "tokens": settings.look.tokens,
        "logo": address(wall, "logo", display.sign()),
        "background": address(wall, "background", display.background.as_ref()),
        "style": address(wall, "style.css", display.style.as_ref()),
        "source_trends": display.source_trends,
        "scene": display.scene,
        "programme": programme.iter().map(entry).collect::<Vec<_>>(),
        "screen_height_m": display.screen_height.map(Length::in_metres),
        "last_row_m": display.last_row.map(Length::in_metres),
        "warned": display.warned,
        "motion": display.motion,
        "columns": display.columns,
        "sponsors": sponsors.collect::<Vec<_>>(),
        "countdown": countdown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Origin;

    fn told(display: &Value, themes: &Value) -> Value {
        let Value::Object(values) = json!({
            "wall": {"timezone": "Europe/London"}, "display": display, "themes": themes,
        }) else {
            unreachable!("an object literal is an object");
        };
        let settings = Settings::default().changed(Origin::File, &values).unwrap();
        display_json(&settings, "expert")
    }

    #[test]
    fn pages_are_told_what_they_draw() {
        let told = told(
            &json!({
                "logo": "x.png?v=0123456789abcdef",
                "background": "not-read-yet.jpg",
                "programme": [
                    {"scene": "grid", "for": "5m"},
                    {"scene": "ticker", "for": "90s", "when": "session", "only": true, "screens": ["foyer"]},
                ],
                "screen_height": "80in",
                "countdown": {"to": "2019-07-06T09:30:00", "label": "Doors"},
                "sponsors": [{"name": "Acme", "picture": "upload?v=00000000000000ff"}, {"name": "Bolt"}],
            }),
            &json!({}),
        );
        assert_eq!(told["theme"], "midnight");
        assert_eq!(told["tokens"], Value::Null);
        assert_eq!(told["logo"], "/w/expert/logo?v=0123456789abcdef");
        assert_eq!(told["background"], Value::Null);
        assert_eq!(
            told["programme"],
            json!([
                {"scene": "grid", "seconds": 300, "when": null, "only": false, "screens": null},
                {"scene": "ticker", "seconds": 90, "when": "session", "only": true, "screens": ["foyer"]},
            ])
        );
        assert_eq!(told["screen_height_m"], 2.032);
        // By the wall's clocks, which are an hour ahead then.
        assert_eq!(told["countdown"]["to"], "2019-07-06T08:30:00Z");
        assert_eq!(
            told["sponsors"][0]["picture"],
            "/w/expert/sponsors/0?v=00000000000000ff"
        );
        assert_eq!(told["sponsors"][1]["picture"], Value::Null);
    }

    #[test]
    fn a_brand_and_an_own_theme_bring_their_values() {
        let brand = told(
            &json!({"theme": "press", "brand": {"colour": "#c8102e"}}),
            &json!({}),
        );
        assert_eq!(brand["theme"], "brand");
        assert_eq!(
            brand["tokens"]["--shadow"], "0.9",
            "shapes are those of the theme"
        );
        let own = serde_json::to_value(shipped_theme("meadow").unwrap()).unwrap();
        let told = told(
            &json!({"theme": "looks/mine.toml"}),
            &json!({"looks/mine.toml": own}),
        );
        assert_eq!(told["theme"], "mine");
        assert_eq!(told["tokens"]["--accent"], "#702a62");
    }

    #[test]
    fn a_theme_that_is_gone_leaves_the_usual_one() {
        let told = told(&json!({"theme": "gone"}), &json!({}));
        assert_eq!(
            (&told["theme"], &told["tokens"]),
            (&json!("midnight"), &Value::Null)
        );
    }
}
