//! Asking a judge: one POST, bounded in time and size.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;

use super::answer;
use crate::feed::http::{BodyError, body};
use crate::feed::network;
use crate::intake::Content;
use crate::moderation::{JudgeSettings, Reason};

/// Longest answer, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// What the judge objects to.
///
/// # Errors
/// Why there is no proper answer, in words.
pub(super) async fn ask(
    http: &reqwest::Client,
    settings: &JudgeSettings,
    wall: &str,
    content: &Content,
) -> Result<Vec<Reason>, String> {
    let mut request = http
        .post(&settings.url)
        .timeout(settings.timeout.0)
        .header(CONTENT_TYPE, "application/json")
        .body(question(wall, &content.json));
    if let Some(name) = &settings.token_env {
        let token = std::env::var(name)
            .map_err(|_| format!("the environment variable {name} is not set"))?;
        request = request.bearer_auth(token);
    }
    let cut = |error: &reqwest::Error| no_answer(error, settings.timeout.0);
    let response = request.send().await.map_err(|error| cut(&error))?;
    let status = response.status();
    if !status.is_success() {
        return Err(format!("it answers with status {}", status.as_u16()));
    }
    let bytes = body(response, LONGEST_ANSWER).await;
    let bytes = bytes.map_err(|error| match error {
        BodyError::TooLarge => "its answer is longer than 64 KiB".to_owned(),
        BodyError::Cut(error) => cut(&error),
    })?;
    let called = answer::read(&bytes).map_err(|error| format!("its answer {error}"))?;
    Ok(answer::objections(called, settings))
}

/// The post's JSON goes out as it is stored.
fn question(wall: &str, post: &str) -> String {
    let wall = serde_json::Value::from(wall);
    format!(r#"{{"wall":{wall},"post":{post}}}"#)
}

fn no_answer(error: &reqwest::Error, timeout: Duration) -> String {
    if error.is_timeout() {
        let millis = timeout.as_millis();
        if millis.is_multiple_of(1000) {
            format!("no answer within {} s", millis / 1000)
        } else {
            format!("no answer within {millis} ms")
        }
    } else if error.is_connect() {
        format!("it cannot be reached: {}", network::root(error))
    } else {
        format!("its answer broke off: {}", network::root(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_json_whatever_the_wall_is_called() {
        let asked: serde_json::Value =
            serde_json::from_str(&question("a\"b", r#"{"id":"x"}"#)).unwrap();
        assert_eq!(
            asked,
            serde_json::json!({"wall": "a\"b", "post": {"id": "x"}})
        );
    }
}
