//! The figures as a table: one row a figure, with its definition.

use super::figures::Report;
use crate::stats::Peak;

/// The headline figures as CSV: `figure,value,at,definition`.
pub fn csv(report: &Report) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["figure", "value", "at", "definition"])?;
    let figures = &report.figures;
    let count = |value: u64| (value.to_string(), String::new());
    let moment = |at: Option<jiff::Timestamp>| {
        (
            at.map(|at| at.to_string()).unwrap_or_default(),
            String::new(),
        )
    };
    let peak = |peak: Option<Peak>| {
        peak.map(|peak| (peak.posts.to_string(), peak.at.to_string()))
            .unwrap_or_default()
    };
    let rows = [
        ("posts", count(figures.posts)),
        ("originals", count(figures.originals)),
        ("replies", count(figures.replies)),
        ("quotes", count(figures.quotes)),
        ("reposts", count(figures.reposts)),
        ("total", count(figures.total)),
        ("shown", count(figures.shown)),
        ("held", count(figures.held)),
        ("hidden", count(figures.hidden)),
        ("deleted", count(figures.deleted)),
        ("added", count(figures.added)),
        ("participants", count(figures.participants)),
        (
            "repost_only_participants",
            count(figures.repost_only_participants),
        ),
        ("first_at", moment(figures.first_at)),
        ("last_at", moment(figures.last_at)),
        ("peak_minute", peak(figures.peak_minute)),
        ("peak_five_minutes", peak(figures.peak_five_minutes)),
        ("peak_hour", peak(figures.peak_hour)),
    ];
    for (name, (value, at)) in rows {
        let definition = report
            .definitions
            .get(name)
            .and_then(|words| words.as_str())
            .unwrap_or_default();
        writer.write_record([name, &value, &at, definition])?;
    }
    let bytes = writer
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
