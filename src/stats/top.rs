//! Counts of values, from which the most frequent are read.

use std::collections::HashMap;
use std::hash::Hash;

/// How often each value occurs; what is taken out is as if it had never been there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tops<T: Hash + Eq>(HashMap<T, u64>);

impl<T: Hash + Eq> Default for Tops<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Hash + Eq + Ord + Clone> Tops<T> {
    /// Counts one in.
    pub fn add(&mut self, value: T) {
        *self.0.entry(value).or_default() += 1;
    }

    /// Counts one out.
    pub fn subtract(&mut self, value: &T) {
        if let Some(count) = self.0.get_mut(value) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.0.remove(value);
            }
        }
    }

    /// The most frequent, most first, equals in the values' own order.
    pub fn most(&self, max: usize) -> Vec<(T, u64)> {
        let mut all: Vec<(&T, u64)> = self
            .0
            .iter()
            .map(|(value, count)| (value, *count))
            .collect();
        all.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        all.into_iter()
            .take(max)
            .map(|(value, count)| (value.clone(), count))
            .collect()
    }

    /// Every value and its count, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&T, u64)> {
        self.0.iter().map(|(value, count)| (value, *count))
    }

    /// How many different values there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
