//! Where in a file a setting stands: `walls[0].moderation.mode`.

use std::fmt;

/// One step down from a table or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A key of a table.
    Key(String),
    /// An entry of a list, counted from 0.
    Index(usize),
}

/// The way from the top of the file to a setting.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct KeyPath(pub(super) Vec<Step>);

impl KeyPath {
    /// The top of the file.
    pub(super) fn top() -> Self {
        Self::default()
    }

    /// The setting `key` below this one.
    pub(super) fn key(&self, key: &str) -> Self {
        self.step(Step::Key(key.to_owned()))
    }

    /// The entry `index` of this list.
    pub(super) fn index(&self, index: usize) -> Self {
        self.step(Step::Index(index))
    }

    /// The setting that a section's validation calls `name`, such as `max_per_author.per` or `block_words[3]`.
    pub(super) fn named(&self, name: &str) -> Self {
        name.split('.').fold(self.clone(), |path, part| {
            match part.strip_suffix(']').and_then(|part| part.split_once('[')) {
                Some((key, index)) => match index.parse() {
                    Ok(index) => path.key(key).index(index),
                    Err(_) => path.key(part),
                },
                None => path.key(part),
            }
        })
    }

    /// Whether this is `other` or stands below it.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// This path with `below` behind it.
    pub(super) fn join(&self, below: &Self) -> Self {
        Self([self.0.as_slice(), &below.0].concat())
    }

    /// The key `name` of the table that this key stands in.
    pub(super) fn beside(&self, name: &str) -> Self {
        let above = self.0.split_last().map_or(&[][..], |(_, above)| above);
        Self(above.to_vec()).key(name)
    }

    /// As the file's headers write it, without the numbers of entries: `walls.feeds`.
    pub(super) fn dotted(&self) -> String {
        let keys: Vec<&str> = self
            .0
            .iter()
            .filter_map(|step| match step {
                Step::Key(key) => Some(key.as_str()),
                Step::Index(_) => None,
            })
            .collect();
        keys.join(".")
    }

    fn step(&self, step: Step) -> Self {
        let mut path = self.clone();
        path.0.push(step);
        path
    }
}

impl From<&serde_path_to_error::Path> for KeyPath {
    /// As far as keys and lists go; what stands within an enum has no name of its own.
    fn from(path: &serde_path_to_error::Path) -> Self {
        use serde_path_to_error::Segment;

        let step = |segment: &Segment| match segment {
            Segment::Seq { index } => Some(Step::Index(*index)),
            Segment::Map { key } => Some(Step::Key(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        Self(path.iter().map_while(step).collect())
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if at == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sections_become_paths() {
        let wall = KeyPath::top().key("walls").index(2).key("moderation");
        for name in ["mode", "block_words[3]", "max_per_author.per", "odd[x]"] {
            assert_eq!(
                wall.named(name).to_string(),
                format!("walls[2].moderation.{name}")
            );
        }
        assert_eq!(wall.named("block_words[3]").0.last(), Some(&Step::Index(3)));
        assert!(wall.named("mode").is_within(&wall));
        assert!(!wall.is_within(&wall.key("mode")));
        assert_eq!(wall.beside("id").to_string(), "walls[2].id");
        assert_eq!(wall.dotted(), "walls.moderation");
    }
}
