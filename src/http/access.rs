//! Who asks, from where, and whether they may: sessions, roles, origins, proxies.

use std::net::IpAddr;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Service;
use super::door::Visitor;
use super::problem::Problem;
use crate::journal::Who;
use crate::people::{Role, SignedIn};

/// Name of the session cookie.
pub(super) const COOKIE: &str = "buzzwall";

/// Where a request comes from, as far as trusted proxies can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Peer {
    /// The asker's address.
    pub(super) address: IpAddr,
    /// Whether the asker's own connection is https.
    pub(super) https: bool,
}

impl Service {
    /// Where a request comes from.
    pub(super) fn peer(&self, headers: &HeaderMap, from: Option<Visitor>) -> Peer {
        let direct = from.map_or(IpAddr::from([127, 0, 0, 1]), |from| from.address.ip());
        let https = from.is_some_and(|from| from.https);
        let trusted = |address: IpAddr| {
            self.trusted_proxies
                .iter()
                .any(|net| net.contains(&address))
        };
        if !trusted(direct) {
            return Peer {
                address: direct,
                https,
            };
        }
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let lines = headers.get_all("x-forwarded-for").iter();
        let forwarded: Vec<&str> = lines
            .map(|line| line.to_str().unwrap_or_default())
            .collect();
        // From the right, the first address that is no proxy of ours is the asker's; what stands left of it, or of
        // something that is no address, the asker may have written.
        let address = forwarded
            .iter()
            .rev()
            .flat_map(|line| line.rsplit(','))
            .map_while(|part| part.trim().parse().ok())
            .find(|address| !trusted(*address))
            .unwrap_or(direct);
        Peer {
            address,
            https: https || text("x-forwarded-proto") == Some("https"),
        }
    }

    /// Whether a request's `Origin`, where it has one, is this service's own.
    pub(super) fn is_own_origin(&self, headers: &HeaderMap, peer: Peer) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else {
            return true;
        };
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        let host = headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .unwrap_or_default();
        let scheme = if peer.https { "https" } else { "http" };
        origin == format!("{scheme}://{host}")
            || self
                .public_url
                .as_ref()
                .is_some_and(|url| url.origin().ascii_serialization() == origin)
    }

    /// Who shows this session cookie.
    pub(super) fn signed_in(&self, headers: &HeaderMap) -> Result<Option<SignedIn>, Problem> {
        let Some(token) = session_token(headers) else {
            return Ok(None);
        };
        Ok(self.people.session(token, self.clock.now())?)
    }
}

/// The session cookie's value.
pub(super) fn session_token(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// Somebody who is signed in.
pub(super) struct Staff(pub(super) SignedIn);

impl Staff {
    /// Their name, for the audit.
    pub(super) fn who(&self) -> Who {
        Who(self.0.name.clone())
    }

    /// Refuses whoever's role does not allow it.
    pub(super) fn must(&self, may: impl Fn(Role) -> bool, what: &str) -> Result<(), Problem> {
        if may(self.0.role) {
            Ok(())
        } else {
            Err(Problem::forbidden(format!(
                "the role {} may not {what}",
                self.0.role
            )))
        }
    }
}

impl FromRequestParts<Service> for Staff {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        service
            .signed_in(&parts.headers)?
            .map(Self)
            .ok_or_else(Problem::unauthorised)
    }
}

impl FromRequestParts<Service> for Peer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Problem> {
        let from = parts
            .extensions
            .get::<ConnectInfo<Visitor>>()
            .map(|info| info.0);
        Ok(service.peer(&parts.headers, from))
    }
}

/// Refuses unsafe methods that another site's page sends.
pub(super) async fn own_origin(
    State(service): State<Service>,
    request: Request,
    next: Next,
) -> Response {
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let from = request
        .extensions()
        .get::<ConnectInfo<Visitor>>()
        .map(|info| info.0);
    let peer = service.peer(request.headers(), from);
    if !safe && !service.is_own_origin(request.headers(), peer) {
        return Problem::forbidden(
            "the request comes from another site's page; set public_url if this is the address people use",
        )
        .into_response();
    }
    next.run(request).await
}
