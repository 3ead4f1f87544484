//! What every target hands its items to: what the wall makes of them before anything is stored.

use buzzwall::feed::Item;
use buzzwall::intake::{Context, Prepared, prepare};
use buzzwall::text::Query;

/// Prepares an item as a wall would that asks for everything.
pub fn take(item: Item) -> Prepared {
    let query = Query::default();
    let now = "2026-01-01T00:00:00Z".parse().expect("it is a time");
    let context = Context {
        query: &query,
        own: None,
        news_since: None,
        salt: "salt",
        from: "fuzz",
        is_known: &|_| false,
        now,
    };
    std::hint::black_box(prepare(item, context))
}
