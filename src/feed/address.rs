//! Addresses of servers as people write them.

use url::Url;

/// Reads a server's address: with or without `https://`, nothing behind the host. `example` is one of its kind.
///
/// # Errors
/// Says what is wrong and what to write instead.
pub(super) fn server(text: &str, example: &str) -> Result<Url, String> {
    let text = text.trim();
    let how = format!("write its address, such as {example}");
    if text.is_empty() {
        return Err(format!("no server is given; {how}"));
    }
    let full = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let url =
        Url::parse(&full).map_err(|error| format!("{text:?} is no server: {error}; {how}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(format!("{text:?} is not on the web; {how}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!(
            "a server is not asked with a name and password; {how}, and give a token instead"
        ));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(format!(
            "{text:?} is more than a server; {how}, without anything behind it"
        ));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_taken_as_people_write_them() {
        for (text, expected) in [
            ("social.example", "https://social.example/"),
            (" https://Social.Example/ ", "https://social.example/"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000/"),
            ("localhost:3000", "https://localhost:3000/"),
            ("http://[::1]:80/", "http://[::1]/"),
        ] {
            let url = server(text, "https://social.example").unwrap();
            assert_eq!(url.as_str(), expected);
        }
        for text in [
            "",
            "ftp://example.org",
            "https://",
            "https://example.org/tags/rust",
            "https://ada:secret@example.org",
            "https://example.org?x",
        ] {
            let error = server(text, "https://social.example").unwrap_err();
            assert!(error.contains("write its address, such as"), "{error}");
        }
    }
}
