//! One colour of an organiser to a whole theme whose text can be read. Pure.
//!
//! Colours are moved in lightness alone, in OKLCH (B. Ottosson, A perceptual color space for image processing, 2020), where
//! equal steps look equal and a hue stays itself; chroma gives way only where a screen cannot show that much of it.

use palette::convert::FromColorUnclamped as _;
use palette::{IsWithinBounds as _, Oklch, Srgb};
use serde::{Deserialize, Serialize};

use super::asset::Asset;
use super::colour::Colour;
use super::theme::{LEAST_CONTRAST, Theme};
use crate::words::words;

words! {
    /// What lies behind the posts.
    pub enum Ground is "a ground" {
        /// For dark rooms.
        Dark = "dark",
        /// For bright ones.
        Light = "light",
    }
}

/// `[walls.display.brand]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrandSettings {
    /// The one colour.
    pub colour: Colour,
    /// The one picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Asset>,
    /// What lies behind the posts; `None` for what moves the colour less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
}

/// What became of the colour.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Note {
    /// As it was given.
    pub from: Colour,
    /// As it stands on the wall.
    pub to: Colour,
    /// Its lightness before and after, in OKLCH, as percent.
    pub lightness: [f64; 2],
    /// Its least contrast on the theme's grounds before and after.
    pub contrast: [f64; 2],
    /// The same in words.
    pub words: String,
}

/// A theme made of one colour.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    /// The theme.
    pub theme: Theme,
    /// What lies behind the posts.
    pub ground: Ground,
    /// What became of the colour.
    pub note: Note,
}

/// A step in lightness that nobody sees.
const STEP: f64 = 0.004;
/// Grounds within this of each other are equally good, and rooms with projectors are dark.
const SAME: f64 = 0.02;

/// Makes a theme of `colour`, its shapes and fonts those of `shape`.
pub fn derive(colour: Colour, ground: Option<Ground>, shape: &Theme) -> Derived {
    if let Some(ground) = ground {
        return on(colour, ground, shape);
    }
    let [dark, light] = [Ground::Dark, Ground::Light].map(|ground| on(colour, ground, shape));
    let moved = |derived: &Derived| {
        let [from, to] = derived.note.lightness;
        (to - from).abs() / 100.0
    };
    if moved(&light) + SAME < moved(&dark) {
        light
    } else {
        dark
    }
}

fn on(colour: Colour, ground: Ground, shape: &Theme) -> Derived {
    let own: Oklch<f64> = Oklch::from_color_unclamped(colour.srgb());
    let hue = own.hue;
    // A tint of the brand's own hue; grey stays grey.
    let tint = |lightness: f64, most: f64| shown(Oklch::new(lightness, own.chroma.min(most), hue));
    let dark = ground == Ground::Dark;
    let [ground_colour, ground_2, card, line, ink] = if dark {
        [
            tint(0.17, 0.035),
            tint(0.22, 0.05),
            tint(0.26, 0.05),
            tint(0.42, 0.07),
            tint(0.985, 0.01),
        ]
    } else {
        [
            tint(0.95, 0.018),
            tint(0.915, 0.03),
            tint(0.99, 0.006),
            tint(0.83, 0.04),
            tint(0.22, 0.04),
        ]
    };
    let grounds = [ground_colour, ground_2, card];
    let soft = Oklch::new(if dark { 0.82 } else { 0.42 }, own.chroma.min(0.035), hue);
    let soft = readable(soft, &grounds, dark);
    let accent = readable(own, &grounds, dark);
    let accent = if least(colour, &grounds) >= LEAST_CONTRAST {
        colour
    } else {
        accent
    };
    // Text on the accent is what the accent lies on: dark on light and light on dark, tinted where that holds.
    let on_accent = if dark {
        tint(0.16, 0.03)
    } else {
        Colour::WHITE
    };
    let on_accent = if on_accent.contrast(accent) >= LEAST_CONTRAST {
        on_accent
    } else {
        [Colour::WHITE, Colour::BLACK]
            .into_iter()
            .max_by(|one, other| one.contrast(accent).total_cmp(&other.contrast(accent)))
            .unwrap_or(Colour::BLACK)
    };
    let theme = Theme {
        ground: ground_colour,
        ground_2,
        card,
        ink: readable_colour(ink, &grounds, dark),
        soft,
        accent,
        on_accent,
        line,
        ..shape.clone()
    };
    let note = note(colour, accent, &grounds, ground);
    Derived {
        theme,
        ground,
        note,
    }
}

/// Moves a colour in lightness until it is read on every ground.
fn readable(mut colour: Oklch<f64>, grounds: &[Colour], lighter: bool) -> Colour {
    loop {
        let seen = shown(colour);
        if least(seen, grounds) >= LEAST_CONTRAST {
            return seen;
        }
        if !(0.0..=1.0).contains(&colour.l) {
            return if lighter {
                Colour::WHITE
            } else {
                Colour::BLACK
            };
        }
        colour.l += if lighter { STEP } else { -STEP };
    }
}

fn readable_colour(colour: Colour, grounds: &[Colour], lighter: bool) -> Colour {
    readable(Oklch::from_color_unclamped(colour.srgb()), grounds, lighter)
}

/// The least contrast of a text on these grounds.
fn least(text: Colour, grounds: &[Colour]) -> f64 {
    let contrasts = grounds.iter().map(|ground| text.contrast(*ground));
    contrasts.fold(f64::INFINITY, f64::min)
}

/// The colour as a screen can show it: of that lightness and hue, with as much chroma as there is.
fn shown(colour: Oklch<f64>) -> Colour {
    let (mut least, mut most) = (0.0, 1.0);
    let at = |part: f64| {
        let less = Oklch::new(colour.l.clamp(0.0, 1.0), colour.chroma * part, colour.hue);
        Srgb::<f64>::from_color_unclamped(less)
    };
    if at(1.0).is_within_bounds() {
        least = 1.0;
    } else {
        for _ in 0..20 {
            let half = f64::midpoint(least, most);
            if at(half).is_within_bounds() {
                least = half;
            } else {
                most = half;
            }
        }
    }
    let Srgb {
        red, green, blue, ..
    } = at(least);
    Colour([red, green, blue].map(byte))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number from 0 to 255"
)]
fn byte(part: f64) -> u8 {
    (part.clamp(0.0, 1.0) * 255.0).round() as u8
}

fn note(from: Colour, to: Colour, grounds: &[Colour], ground: Ground) -> Note {
    let lightness = [from, to].map(|colour| {
        let lightness = Oklch::<f64>::from_color_unclamped(colour.srgb()).l;
        (lightness * 100.0).round()
    });
    let contrast = [from, to].map(|colour| (least(colour, grounds) * 10.0).floor() / 10.0);
    let words = if from == to {
        format!(
            "Your colour {from} stays as it is: its contrast on a {ground} ground is {}.",
            contrast[0]
        )
    } else {
        let how = if lightness[1] >= lightness[0] {
            "lighter"
        } else {
            "darker"
        };
        format!(
            "Your colour {from} became {to}, {} points {how}, so that it can be read on a {ground} ground: its contrast was {}, and is {} now.",
            (lightness[1] - lightness[0]).abs(),
            contrast[0],
            contrast[1]
        )
    };
    Note {
        from,
        to,
        lightness,
        contrast,
        words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::theme::{USUAL, shipped_theme};
    use proptest::prelude::*;

    fn usual() -> &'static Theme {
        shipped_theme(USUAL).unwrap()
    }

    fn check(colour: Colour, ground: Option<Ground>) -> Derived {
        let derived = derive(colour, ground, usual());
        assert_eq!(derived.theme.validate(), [], "{colour} {ground:?}");
        assert_eq!(
            derived.theme.is_dark(),
            derived.ground == Ground::Dark,
            "{colour}"
        );
        derived
    }

    #[test]
    fn the_ends_of_the_colour_cube_can_be_read() {
        for red in (0..=255).step_by(51) {
            for green in (0..=255).step_by(51) {
                for blue in (0..=255).step_by(51) {
                    let colour = Colour([red, green, blue]);
                    for ground in [None, Some(Ground::Dark), Some(Ground::Light)] {
                        check(colour, ground);
                    }
                }
            }
        }
    }

    #[test]
    fn a_colour_is_moved_no_further_than_need_be_and_keeps_its_hue() {
        let red: Colour = "#c8102e".parse().unwrap();
        let hue = |colour: Colour| {
            Oklch::<f64>::from_color_unclamped(colour.srgb())
                .hue
                .into_positive_degrees()
        };
        for ground in [Ground::Dark, Ground::Light] {
            let derived = check(red, Some(ground));
            let apart = (hue(derived.note.to) - hue(red)).abs();
            assert!(apart < 3.0, "{}: {apart}", derived.note.to);
            let theme = &derived.theme;
            let contrast = least(theme.accent, &[theme.ground, theme.ground_2, theme.card]);
            assert!((7.0..7.3).contains(&contrast), "{contrast}");
        }
        assert_eq!(check(red, None).ground, Ground::Light);
        assert!(check(red, None).note.words.contains("points darker"));
        // What can be read stays as it is.
        let amber: Colour = "#ffb454".parse().unwrap();
        let derived = check(amber, None);
        assert_eq!(
            (derived.ground, derived.theme.accent),
            (Ground::Dark, amber)
        );
        assert!(
            derived.note.words.contains("stays as it is"),
            "{}",
            derived.note.words
        );
    }

    proptest! {
        #[test]
        fn every_colour_gives_a_theme_that_can_be_read(parts in any::<[u8; 3]>(), light in any::<Option<bool>>()) {
            let ground = light.map(|light| if light { Ground::Light } else { Ground::Dark });
            check(Colour(parts), ground);
        }
    }
}
