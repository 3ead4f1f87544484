//! An archive: every record is a post or a refusal with its line, and reading ends.
#![no_main]

use buzzwall::feed::Item;
use buzzwall::feed::archive::{Layout, Reader};
use libfuzzer_sys::fuzz_target;

mod wall;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(reader) = Reader::new(bytes, "fuzz", &Layout::default()) {
        for record in reader {
            if let Ok(read) = record.expect("memory can be read") {
                wall::take(Item::Post(Box::new(read.post)));
            }
        }
    }
});
