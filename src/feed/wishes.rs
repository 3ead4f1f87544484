//! What people write into their profile when they do not want to be collected or shown.

use crate::text::fold::fold_case;
use crate::text::hashtag;

/// The tags that say so, folded.
pub(super) const OPT_OUTS: [&str; 4] = ["nobot", "nobots", "noindex", "noarchive"];

/// Whether a profile's plain text carries one of the opt-out tags.
pub(super) fn opted_out(bio: &str) -> bool {
    hashtag::find(bio)
        .iter()
        .any(|range| OPT_OUTS.contains(&fold_case(hashtag::written(bio, range)).as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opt_outs_are_hashtags_in_any_case() {
        for (bio, expected) in [
            ("I write. #NoBot", true),
            ("#noarchive", true),
            ("nobot", false),
            ("#nobotany", false),
            ("", false),
        ] {
            assert_eq!(opted_out(bio), expected, "{bio}");
        }
    }
}
