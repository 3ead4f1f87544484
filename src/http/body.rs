//! Request bodies: JSON with errors that name the key.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// Longest JSON body taken; settings with long word lists are the largest.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// A JSON body. An empty one reads as `{}`.
pub(super) struct Json<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let bytes = axum::body::to_bytes(request.into_body(), MAX_BYTES)
            .await
            .map_err(|error| {
                Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    format!("the body cannot be read: {error}"),
                )
            })?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        let mut json = serde_json::Deserializer::from_slice(text);
        serde_path_to_error::deserialize(&mut json)
            .map(Self)
            .map_err(|error| {
                let path = error.path().to_string();
                let place = if path == "." {
                    String::new()
                } else {
                    format!("{path}: ")
                };
                Problem::bad_request(format!("{place}{}", error.inner()))
            })
    }
}
