//! Errors as RFC 9457 problem documents: what, where, and what to do.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::people::PeopleError;
use crate::wall::command::NotDone;

/// An error that the asker is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// What is wrong and what to do, in words.
    pub detail: String,
    /// Seconds to wait, where waiting helps.
    pub retry_after: Option<u64>,
    /// What the asker has to show (`WWW-Authenticate`), where that is no session.
    pub challenge: Option<&'static str>,
    /// Further members of the document.
    pub more: Map<String, Value>,
}

impl Problem {
    /// With a status and words.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            retry_after: None,
            challenge: None,
            more: Map::new(),
        }
    }

    /// The request cannot be understood.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// Nobody is signed in.
    pub fn unauthorised() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "sign in first")
    }

    /// Who is signed in may not.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// Something failed here. The reason goes to the log, not to the asker.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "something failed here; the log says what",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        for (key, value) in self.more {
            body[key] = value;
        }
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::PAYLOAD_TOO_LARGE {
            // The rest of the body is not read, so nothing else can come by this connection.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(challenge) = self.challenge {
            let challenge = HeaderValue::from_static(challenge);
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<NotDone> for Problem {
    fn from(error: NotDone) -> Self {
        let mut more = Map::new();
        match &error {
            NotDone::Conflict { conflicts, .. } => {
                more.insert("conflicts".to_owned(), json!(conflicts));
                if let Some(first) = conflicts.first() {
                    more.insert("by".to_owned(), json!(first.by));
                    more.insert("action".to_owned(), json!(first.action));
                }
            }
            NotDone::Here { id } => {
                more.insert("id".to_owned(), json!(id));
            }
            _ => {}
        }
        let status = match error {
            NotDone::Conflict { .. } | NotDone::Here { .. } => StatusCode::CONFLICT,
            NotDone::Unknown(_) => StatusCode::NOT_FOUND,
            NotDone::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            NotDone::NotStored(_) => StatusCode::INSUFFICIENT_STORAGE,
            NotDone::Closing => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self {
            more,
            ..Self::new(status, error.to_string())
        }
    }
}

impl From<PeopleError> for Problem {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Refused => Self::new(StatusCode::UNAUTHORIZED, error.to_string()),
            PeopleError::Name(_) | PeopleError::Reserved | PeopleError::Password => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
            }
            PeopleError::Taken(_) => Self::new(StatusCode::CONFLICT, error.to_string()),
            PeopleError::Nobody(_) => Self::not_found(error.to_string()),
            other => Self::internal(&other),
        }
    }
}
