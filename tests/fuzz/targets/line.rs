//! A line as somebody's program might print or send it, through to what the wall keeps.
#![no_main]

use buzzwall::feed::line;
use libfuzzer_sys::fuzz_target;

mod wall;

fuzz_target!(|bytes: &[u8]| {
    wall::take(line::item(1, bytes));
});
