//! Signing in and out.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::Service;
use super::access::{COOKIE, Peer, Staff, session_token};
use super::body::Json;
use super::problem::Problem;
use crate::people::{SESSION_LASTS, SignedIn};

/// How somebody signs in.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected {\"name\", \"password\"} or {\"token\"}"
)]
pub(super) enum Credentials {
    Password { name: String, password: String },
    Link { token: String },
}

fn cookie(value: &str, seconds: u64, peer: Peer) -> HeaderValue {
    let secure = if peer.https { "; Secure" } else { "" };
    let text =
        format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).expect("tokens are hexadecimal or base64url text")
}

fn told(who: &SignedIn) -> axum::Json<serde_json::Value> {
    axum::Json(json!({ "name": who.name, "role": who.role }))
}

/// `POST /sign-in`.
pub(super) async fn sign_in(
    State(service): State<Service>,
    peer: Peer,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Problem> {
    let now = service.clock.now();
    let people = service.people.clone();
    let session = match credentials {
        Credentials::Link { token } => people.redeem(&token, now)?,
        Credentials::Password { name, password } => {
            service
                .attempts
                .begin(peer.address, &name, now)
                .map_err(|wait| Problem {
                    retry_after: Some(wait.0.as_secs().max(1)),
                    ..Problem::new(StatusCode::TOO_MANY_REQUESTS, wait.to_string())
                })?;
            let tried = name.clone();
            // Checking a password takes a core for a while.
            let session =
                tokio::task::spawn_blocking(move || people.sign_in(&tried, &password, now))
                    .await
                    .map_err(|error| Problem::internal(&error))??;
            service.attempts.succeeded(peer.address, &name);
            session
        }
    };
    tracing::info!(name = session.who.name, role = %session.who.role, "signed in");
    let mut response = told(&session.who).into_response();
    response.headers_mut().insert(
        header::SET_COOKIE,
        cookie(session.token.as_str(), SESSION_LASTS.as_secs(), peer),
    );
    Ok(response)
}

/// `POST /sign-out`.
pub(super) async fn sign_out(
    State(service): State<Service>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(token) = session_token(&headers) {
        service.people.sign_out(token)?;
        service.sessions_changed.send_replace(());
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    response
        .headers_mut()
        .insert(header::SET_COOKIE, cookie("", 0, peer));
    Ok(response)
}

/// `GET /me`.
pub(super) async fn me(staff: Staff) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], told(&staff.0))
}
