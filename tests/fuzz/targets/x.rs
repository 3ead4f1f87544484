//! An answer as X might give it, through to what the wall keeps.
#![no_main]

use buzzwall::feed::x::convert::{answer, counts};
use libfuzzer_sys::fuzz_target;

mod wall;

fuzz_target!(|bytes: &[u8]| {
    std::hint::black_box(counts(bytes, "x").ok());
    let Ok(answer) = answer(bytes) else { return };
    for item in answer.items {
        wall::take(item);
    }
});
