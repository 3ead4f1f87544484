//! HTML of a stranger: whatever it is, the ranges of its facets lie on characters and do not overlap.
#![no_main]

use buzzwall::text::html;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let marked = html::read(text);
    let mut reached = 0;
    for facet in marked.facets {
        assert!(facet.start >= reached && marked.text.get(facet.start..facet.end).is_some());
        reached = facet.end;
    }
});
