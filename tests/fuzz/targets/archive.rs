//! An archive: every record is a post or a refusal with its line, and reading ends.
#![no_main]

use buzzwall::feed::archive::{Layout, Reader};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(reader) = Reader::new(bytes, "fuzz", &Layout::default()) {
        for record in reader {
            record.expect("memory can be read").ok();
        }
    }
});
