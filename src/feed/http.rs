//! What feeds over HTTP share: the client, bounded bodies, and the headers that say when to come back.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::dns::Resolve;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::{FeedError, RateLimit, network};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for a whole answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Redirects followed.
const MAX_REDIRECTS: usize = 5;
/// Shortest and longest wait that a source may ask for.
const WAIT: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(15);

/// Chooses the TLS library, without which no client can be made, not even one that speaks without TLS.
pub fn choose_tls() {
    // Another part of the process may have been first; either choice is the same provider.
    if rustls::crypto::ring::default_provider()
        .install_default()
        .is_err()
    {
        tracing::trace!("tls provider was installed already");
    }
}

/// What the program calls itself at sources: its name, its version, and whom to write to where that is configured.
pub fn agent(contact: Option<&str>) -> String {
    let name = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
    match contact {
        Some(contact) => format!("{name} (social media wall for events; +{contact})"),
        None => format!("{name} (social media wall for events)"),
    }
}

/// The client that all feeds share. Says who asks: some servers answer nobody else.
///
/// # Panics
/// Where the TLS library cannot start at all, in which case no feed could be read.
pub fn http_client(agent: &str) -> reqwest::Client {
    client_with(agent, reqwest::redirect::Policy::limited(MAX_REDIRECTS))
}

/// The same, but for a feed that looks at redirects itself.
///
/// # Panics
/// As [`http_client`].
pub fn client_without_redirects(agent: &str) -> reqwest::Client {
    client_with(agent, reqwest::redirect::Policy::none())
}

/// The same, where names are looked up in a way of its own.
///
/// # Panics
/// As [`http_client`].
pub(super) fn client_over(agent: &str, resolver: Arc<dyn Resolve>) -> reqwest::Client {
    // A proxy would look names up itself.
    let builder = builder(agent, reqwest::redirect::Policy::none()).no_proxy();
    builder.dns_resolver(resolver).build().expect(BUILT)
}

/// Why a client can always be made.
const BUILT: &str = "the agent is one line of ASCII and the TLS provider is installed";

fn client_with(agent: &str, redirects: reqwest::redirect::Policy) -> reqwest::Client {
    builder(agent, redirects).build().expect(BUILT)
}

fn builder(agent: &str, redirects: reqwest::redirect::Policy) -> reqwest::ClientBuilder {
    choose_tls();
    reqwest::Client::builder()
        .user_agent(agent)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .redirect(redirects)
        .gzip(true)
        .brotli(true)
}

/// Asks, and once more where the connection broke before any answer: some servers close it after each answer and do not
/// say so, which is noticed only when the next request is on its way. Not for what must not be asked twice.
pub async fn send(request: reqwest::RequestBuilder) -> Result<reqwest::Response, reqwest::Error> {
    let again = request.try_clone();
    match (request.send().await, again) {
        (Err(error), Some(again))
            if error.is_request() && !error.is_connect() && !error.is_timeout() =>
        {
            tracing::debug!(%error, "asking once more");
            again.send().await
        }
        (answer, _) => answer,
    }
}

/// A body that was not read to its end.
#[derive(Debug)]
pub enum BodyError {
    /// It is longer than allowed; nothing of it is kept.
    TooLarge,
    /// The connection broke or the time ran out.
    Cut(reqwest::Error),
}

/// Reads a body of at most `limit` bytes, decompressed; memory stays within that bound whatever is sent.
pub async fn body(mut response: reqwest::Response, limit: usize) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Cut)? {
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An error of the connection in words, without the address, which may carry a query of some length.
pub fn unreachable(error: reqwest::Error) -> FeedError {
    let place = error
        .url()
        .map_or_else(|| "the source".to_owned(), network::place);
    let error = error.without_url();
    let message = if error.is_redirect() {
        format!(
            "{place} sends on to other addresses, more than {MAX_REDIRECTS} times or in a circle; open it in a browser and write the address where it ends"
        )
    } else if error.is_body() || error.is_decode() {
        if error.is_timeout() {
            format!("the answer of {place} did not come to its end in time")
        } else {
            format!("the answer of {place} broke off: {}", network::root(&error))
        }
    } else if error.is_timeout() {
        network::no_answer(&place)
    } else if error.is_connect() {
        network::not_reached(&place, &error)
    } else {
        format!(
            "{place} gives no proper answer: {}; is the address right?",
            network::root(&error)
        )
    };
    FeedError::Transient {
        message,
        retry_after: None,
    }
}

/// How long the source asks to wait, from `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), within 1 s and
/// 15 min.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match value.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX),
        Err(_) => until(rfc2822::parse(value).ok()?.timestamp(), now),
    };
    Some(clamped(wait))
}

/// What `X-RateLimit-*` say, where all is there. The reset comes as a timestamp (Mastodon, GoToSocial), as seconds since
/// 1970 or as seconds from now.
pub fn rate_limit(headers: &HeaderMap, now: Timestamp) -> Option<RateLimit> {
    Some(RateLimit {
        limit: limit_header(headers, "limit")?.parse().ok()?,
        remaining: limit_header(headers, "remaining")?.parse().ok()?,
        resets_at: limit_header(headers, "reset").and_then(|reset| moment(reset, now)),
    })
}

/// `X-RateLimit-*`, `x-rate-limit-*` as X writes it, or `ratelimit-*` as atproto does.
fn limit_header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut names = ["x-ratelimit", "x-rate-limit", "ratelimit"].into_iter();
    let value = names.find_map(|head| headers.get(format!("{head}-{name}")))?;
    value.to_str().ok().map(str::trim)
}

/// When a source that answered 429 may be asked again: `Retry-After`, else the window's end, else in a minute.
pub fn limited_until(headers: &HeaderMap, now: Timestamp) -> Timestamp {
    let wait = retry_after(headers, now)
        .or_else(|| {
            let reset = limit_header(headers, "reset")?;
            Some(clamped(until(moment(reset, now)?, now)))
        })
        .unwrap_or(Duration::from_mins(1));
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

fn moment(text: &str, now: Timestamp) -> Option<Timestamp> {
    /// Beyond this many seconds a number is a date and no wait.
    const LONGEST_WAIT: i64 = 100_000_000;
    match text.parse::<i64>() {
        Ok(seconds) if seconds > LONGEST_WAIT => Timestamp::from_second(seconds).ok(),
        Ok(seconds) => {
            let wait = Duration::from_secs(u64::try_from(seconds).ok()?);
            now.saturating_add(wait).ok()
        }
        Err(_) => text.parse().ok(),
    }
}

fn until(moment: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(moment.duration_since(now)).unwrap_or(Duration::ZERO)
}

fn clamped(wait: Duration) -> Duration {
    wait.clamp(*WAIT.start(), *WAIT.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2025-07-17T13:44:00Z".parse().unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    reqwest::header::HeaderName::from_static(name),
                    value.parse().unwrap(),
                )
            })
            .collect()
    }

    /// Takes a request on each of so many connections, and answers it or hangs up.
    async fn serve(listener: &tokio::net::TcpListener, answers: &[bool]) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        for answer in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            assert!(socket.read(&mut [0; 1024]).await.unwrap() > 0);
            if *answer {
                let words = b"HTTP/1.1 204 No Content\r\n\r\n";
                socket.write_all(words).await.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn a_connection_that_ends_without_an_answer_is_tried_once_more() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let client = http_client("test");
        let ask = || send(client.get(&address));
        let (answer, ()) = tokio::join!(ask(), serve(&listener, &[false, true]));
        assert_eq!(answer.unwrap().status().as_u16(), 204);
        let (answer, ()) = tokio::join!(ask(), serve(&listener, &[false, false]));
        assert!(answer.is_err());
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_within_bounds() {
        for (value, seconds) in [
            ("30", Some(30)),
            ("1.5", Some(1)),
            ("0", Some(1)),
            ("-5", Some(1)),
            ("99999999999999999999", Some(900)),
            ("Thu, 17 Jul 2025 13:45:00 GMT", Some(60)),
            ("Thu, 17 Jul 2025 13:00:00 GMT", Some(1)),
            ("NaN", Some(1)),
            ("soon", None),
        ] {
            let wait = retry_after(&headers(&[("retry-after", value)]), now());
            assert_eq!(wait.map(|wait| wait.as_secs()), seconds, "{value}");
        }
    }

    #[test]
    fn a_reset_is_a_moment_seconds_since_1970_or_seconds_from_now() {
        for (reset, expected) in [
            ("2025-07-17T13:45:00.399976Z", "2025-07-17T13:45:00.399976Z"),
            ("1752759900", "2025-07-17T13:45:00Z"),
            ("60", "2025-07-17T13:45:00Z"),
        ] {
            let headers = headers(&[
                ("x-ratelimit-limit", "300"),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", reset),
            ]);
            let expected: Timestamp = expected.parse().unwrap();
            let rate = rate_limit(&headers, now()).unwrap();
            assert_eq!((rate.limit, rate.remaining), (300, 0));
            assert_eq!(rate.resets_at, Some(expected), "{reset}");
            assert_eq!(limited_until(&headers, now()), expected, "{reset}");
        }
        assert_eq!(rate_limit(&headers(&[]), now()), None);
    }

    #[test]
    fn a_limit_is_waited_for_between_a_second_and_a_quarter_of_an_hour() {
        for (reset, seconds) in [
            ("2025-07-17T13:00:00Z", 1),
            ("2035-07-17T13:00:00Z", 900),
            ("never", 60),
        ] {
            let until = limited_until(&headers(&[("x-ratelimit-reset", reset)]), now());
            assert_eq!(until.duration_since(now()).as_secs(), seconds, "{reset}");
        }
    }
}
