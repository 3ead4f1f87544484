//! What a network does to a feed, in words that a person understands, with what to do about it. For HTTP and WebSockets alike.

use std::error::Error;
use std::io::{self, ErrorKind};

use rustls::CertificateError;
use url::Url;

use crate::text::clean_line;

/// How every message begins that says that a source was not reached at all.
pub(crate) const NOT_REACHED: &str = "cannot reach ";
/// Longest message, in characters.
const LONGEST: usize = 400;

/// Whether a message says that a source was not reached at all.
pub fn is_not_reached(message: &str) -> bool {
    message.starts_with(NOT_REACHED)
}

/// An address without what may be secret in it: its scheme, host and port.
pub(crate) fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    match url.port() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    }
}

/// Says why a place was not reached.
pub(super) fn not_reached(place: &str, error: &(dyn Error + 'static)) -> String {
    let why = chain(error)
        .find_map(|cause| known(place, cause))
        .unwrap_or_else(|| root(error));
    short(&format!("{NOT_REACHED}{place}: {why}"))
}

/// Says that a place did not answer in time.
pub(super) fn no_answer(place: &str) -> String {
    format!(
        "{NOT_REACHED}{place}: no answer in time; it is overloaded, or something on the way swallows what is sent"
    )
}

/// Says what is odd about a body that is no answer of the API that was asked, and what to do.
pub(super) fn no_answer_of_an_api(body: &[u8]) -> &'static str {
    if body.trim_ascii_start().starts_with(b"<") {
        "it sends a web page; is the address right, or does a sign-in page of this network answer in its place? Open it in a browser"
    } else {
        "it sends something else; is the address right?"
    }
}

/// Says that an answer is longer than what is read of any.
pub(super) fn too_long(most: usize) -> String {
    format!(
        "the answer is longer than {} MiB, as no good one is; is the address right?",
        most >> 20
    )
}

/// What the system says is wrong, without its number.
pub(super) fn of_the_system(error: &io::Error) -> String {
    let words = error.to_string();
    let bare = words.split(" (os error").next().unwrap_or_default();
    let mut letters = bare.chars();
    // It stands within a sentence.
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

/// What was wrong in the end, without what that led to on the way here, and without the system's number for it.
pub(crate) fn root(error: &(dyn Error + 'static)) -> String {
    let last = chain(error).last().map(ToString::to_string);
    let last = last.unwrap_or_default();
    short(last.split(" (os error").next().unwrap_or_default())
}

fn short(words: &str) -> String {
    clean_line(words).chars().take(LONGEST).collect()
}

/// An error and its causes. What an [`io::Error`] wraps is no cause of it by `source`, so it is looked for.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        match wrapped {
            Some(wrapped) => Some(wrapped as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

/// What this one error says, where it is one that people meet.
fn known(place: &str, error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(tls(place, error));
    }
    // The system's answer about a name has no kind of its own.
    if error
        .to_string()
        .starts_with("failed to lookup address information")
    {
        let host = place.rsplit("://").next().unwrap_or(place);
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        return Some(format!(
            "the name {host} is not known; is it spelt right, and is this machine online?"
        ));
    }
    let why = match error.downcast_ref::<io::Error>()?.kind() {
        ErrorKind::ConnectionRefused => {
            "nobody listens there; is the address right, and is the server running?"
        }
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            "the connection was broken off; the server or something on the way does not want it"
        }
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::NetworkDown => {
            "there is no way there; is this machine online?"
        }
        ErrorKind::UnexpectedEof => "the connection was closed before anything was said",
        ErrorKind::TimedOut => {
            "no answer in time; it is overloaded, or something on the way swallows what is sent"
        }
        _ => return None,
    };
    Some(why.to_owned())
}

fn tls(place: &str, error: &rustls::Error) -> String {
    let certificate = match error {
        rustls::Error::InvalidCertificate(certificate) => certificate,
        rustls::Error::InvalidMessage(_) => {
            return format!(
                "it does not speak TLS; is {} meant?",
                place
                    .replacen("https://", "http://", 1)
                    .replacen("wss://", "ws://", 1)
            );
        }
        other => return format!("no secure connection: {other}"),
    };
    match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired; whoever runs it has to renew it, unless this machine's clock is wrong".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet; is this machine's clock right?".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            let names = match certificate {
                CertificateError::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
                    // As the library writes them: DnsName("wall.example.org").
                    let bare = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
                    presented.iter().take(5).map(bare).collect::<Vec<_>>().join(", ")
                }
                _ => "another name".to_owned(),
            };
            format!("its certificate is for {names}; write the address that it is for")
        }
        CertificateError::Revoked => {
            "its certificate was revoked; whoever runs it has to get another one".to_owned()
        }
        CertificateError::UnknownIssuer => NOBODY_VOUCHES.to_owned(),
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            NOBODY_VOUCHES.to_owned()
        }
        other => format!("its certificate cannot be trusted: {other}"),
    }
}

/// A certificate that is self-signed, or whose issuer this machine does not know.
const NOBODY_VOUCHES: &str = "nobody whom this machine trusts vouches for its certificate: it is self-signed, or something on the way \
    (a sign-in page of this network, a filter) answers in its place; open the address in a browser, or add the issuer to this machine's certificates";

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: &str = "https://wall.example.org:8443";

    fn said(error: impl Error + 'static) -> String {
        not_reached(PLACE, &error)
    }

    #[test]
    fn certificates_are_said_to_be_what_they_are() {
        let wrong_name = CertificateError::NotValidForNameContext {
            expected: "wall.example.org".try_into().unwrap(),
            presented: vec!["DnsName(\"other.example.org\")".to_owned()],
        };
        for (certificate, says) in [
            (CertificateError::Expired, "has expired"),
            (CertificateError::NotValidYet, "clock"),
            (wrong_name, "is for other.example.org;"),
            (CertificateError::NotValidForName, "is for another name"),
            (CertificateError::UnknownIssuer, "self-signed"),
            (CertificateError::Revoked, "revoked"),
            (CertificateError::BadSignature, "cannot be trusted"),
        ] {
            let error = rustls::Error::InvalidCertificate(certificate);
            let words = said(io::Error::new(ErrorKind::InvalidData, error));
            assert!(words.contains(says) && is_not_reached(&words), "{words}");
            assert!(words.contains("wall.example.org:8443"), "{words}");
        }
        let no_tls = rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType);
        assert!(said(no_tls).contains("is http://wall.example.org:8443 meant?"));
    }

    #[test]
    fn a_web_page_is_told_from_other_things() {
        assert!(no_answer_of_an_api(b"\n<!doctype html>").contains("web page"));
        assert!(!no_answer_of_an_api(b"ok").contains("web page"));
        assert!(too_long(8 * 1024 * 1024).contains("longer than 8 MiB"));
    }

    #[test]
    fn what_is_not_known_is_told_as_it_came() {
        let error = io::Error::other("the dog\nate it");
        let words = said(error);
        assert_eq!(
            words,
            "cannot reach https://wall.example.org:8443: the dog ate it"
        );
        let refused = said(io::Error::from(ErrorKind::ConnectionRefused));
        assert!(refused.contains("nobody listens"), "{refused}");
        let name = said(io::Error::other(
            "failed to lookup address information: Name or service not known",
        ));
        assert!(
            name.contains("the name wall.example.org is not known"),
            "{name}"
        );
    }
}
