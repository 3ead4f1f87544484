//! Reading files.

use std::path::Path;

/// The lines of a file that say something, trimmed; none if it is not there.
pub(crate) fn lines(path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes)
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

/// Records of a CSV file as the named columns; none if it is not there.
pub(crate) fn columns<const N: usize>(path: &Path, names: [&str; N]) -> Vec<[String; N]> {
    let Ok(mut reader) = csv::ReaderBuilder::new().flexible(true).from_path(path) else {
        return Vec::new();
    };
    let Ok(header) = reader.byte_headers().cloned() else {
        return Vec::new();
    };
    let places = names.map(|name| header.iter().position(|column| column == name.as_bytes()));
    reader
        .byte_records()
        .filter_map(Result::ok)
        .map(|record| {
            places.map(|at| {
                let bytes = at.and_then(|at| record.get(at)).unwrap_or_default();
                String::from_utf8_lossy(bytes).into_owned()
            })
        })
        .collect()
}
