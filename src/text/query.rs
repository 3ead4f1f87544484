//! What a wall asks for: which hashtags a post must carry.

use super::Tag;

/// A wall's query over hashtags.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// At least one of these; with none given, every post matches.
    pub any: Vec<Tag>,
    /// All of these.
    pub all: Vec<Tag>,
    /// None of these.
    pub none: Vec<Tag>,
}

impl Query {
    /// Whether a post that carries `tags` is asked for.
    pub fn matches(&self, tags: &[Tag]) -> bool {
        self.matches_by(|tag| tags.contains(tag))
    }

    /// The same, asking for each tag whether a post carries it.
    pub fn matches_by(&self, carries: impl Fn(&Tag) -> bool) -> bool {
        (self.any.is_empty() || self.any.iter().any(&carries))
            && self.all.iter().all(&carries)
            && !self.none.iter().any(&carries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(words: &[&str]) -> Vec<Tag> {
        words.iter().map(|word| Tag::new(word).unwrap()).collect()
    }

    #[test]
    fn any_all_and_none_are_combined() {
        let query = Query {
            any: tags(&["a", "b"]),
            all: tags(&["c"]),
            none: tags(&["d"]),
        };
        for (carried, expected) in [
            (vec!["a", "c"], true),
            (vec!["B", "C", "x"], true),
            (vec!["a"], false),
            (vec!["c"], false),
            (vec!["a", "c", "D"], false),
        ] {
            assert_eq!(query.matches(&tags(&carried)), expected, "{carried:?}");
        }
        assert!(Query::default().matches(&[]));
    }
}
