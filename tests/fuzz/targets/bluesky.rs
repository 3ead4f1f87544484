//! What Jetstream and an `AppView` might send: the first byte says which.
#![no_main]

use buzzwall::feed::bluesky::convert::{Seen, post};
use buzzwall::feed::bluesky::wire::{Said, What, Wire, read};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    let wire = match first % 3 {
        0 => Wire::Older,
        1 => Wire::Newer,
        _ => {
            if let Ok(view) = serde_json::from_str(text) {
                converted(&view, None);
            }
            return;
        }
    };
    if let Ok(Said::Event(event)) = read(wire, text)
        && let What::Written { record, .. } = event.what
        && let Ok(record) = serde_json::from_str(record.get())
    {
        converted(&record, Some(&record));
    }
});

fn converted(view: &Value, record: Option<&Value>) {
    let seen = Seen {
        view,
        profile: view,
        record,
        edited_at: None,
    };
    let now = "2026-01-01T00:00:00Z".parse().expect("a time");
    if let Ok(post) = post(seen, now) {
        std::hint::black_box(post.bounded().is_ok());
    }
}
