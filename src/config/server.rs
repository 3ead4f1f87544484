//! `[server]`: where the service listens, and where it keeps its data.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de};
use url::Url;

use crate::invalid::Invalid;

/// `[server]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSettings {
    /// Address and port to listen on.
    #[serde(deserialize_with = "listen")]
    pub listen: SocketAddr,
    /// How browsers reach the service, for links, QR codes and the `Origin` check; absent: by the address listened on.
    #[serde(deserialize_with = "public_url")]
    pub public_url: Option<Url>,
    /// The data folder.
    pub data: PathBuf,
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    #[serde(deserialize_with = "proxies")]
    pub trusted_proxies: Vec<IpNet>,
    /// Whom the people who run a source can write to about this program's requests: an address on the web or of a mailbox.
    pub contact: Option<String>,
    /// Certificate and key, to be reached by https; absent: by http.
    pub tls: Option<Tls>,
}

/// Certificate and key for TLS.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Path of the certificate chain, PEM.
    pub cert: PathBuf,
    /// Path of the private key, PEM.
    pub key: PathBuf,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            data: PathBuf::from("data"),
            trusted_proxies: vec![IpNet::from(IpAddr::from(Ipv4Addr::LOCALHOST))],
            contact: None,
            tls: None,
        }
    }
}

impl ServerSettings {
    /// Checks what the types cannot.
    pub fn validate(&self) -> Vec<Invalid> {
        let mut found = Vec::new();
        if self.data.as_os_str().is_empty() {
            found.push(Invalid::new("data", "is empty; write the path of a folder"));
        }
        if let Some(contact) = &self.contact
            && (contact.is_empty() || !contact.chars().all(|c| c.is_ascii_graphic()))
        {
            found.push(Invalid::new(
                "contact",
                format!(
                    "{contact:?} cannot stand in a request; write an address such as \"mailto:wall@example.org\", ASCII and without spaces"
                ),
            ));
        }
        if let Some(url) = &self.public_url
            && !is_origin(url)
        {
            found.push(Invalid::new(
                "public_url",
                format!(
                    "\"{url}\" is not the address of a site; write http:// or https:// and the host, such as \"https://wall.example.org\", without a path"
                ),
            ));
        }
        found
    }
}

/// Reads `ADDRESS:PORT`; `localhost` is the loopback address.
///
/// # Errors
/// Says in words what to write instead.
pub fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let named = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    named.parse().map_err(|_| {
        format!(
            "{text:?} is not an address with a port; write \"127.0.0.1:8080\" for this machine only or \"0.0.0.0:8080\" for the whole network"
        )
    })
}

/// A scheme, a host and perhaps a port, and nothing else: pages stand at the top of their site.
fn is_origin(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
}

fn listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    parse_listen(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

fn public_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(|_| {
        de::Error::custom(format!(
            "{text:?} is not an address; write it like \"https://wall.example.org\""
        ))
    })
}

/// Networks, or single addresses as networks of one.
fn proxies<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|text| {
            text.parse::<IpNet>()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| {
                    de::Error::custom(format!(
                        "{text:?} is not a network; write it like \"10.0.0.0/8\" or \"127.0.0.1/32\""
                    ))
                })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_to_listen_on() {
        for (text, expected) in [
            ("127.0.0.1:8080", Some("127.0.0.1:8080")),
            ("localhost:0", Some("127.0.0.1:0")),
            ("[::]:80", Some("[::]:80")),
            ("127.0.0.1", None),
            ("localhost", None),
            ("8080", None),
            ("0.0.0.0:70000", None),
        ] {
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(parse_listen(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn only_the_top_of_a_site_is_a_public_address() {
        for (text, expected) in [
            ("https://wall.example.org", true),
            ("http://192.168.1.5:8080/", true),
            ("https://wall.example.org/wall", false),
            ("https://wall.example.org/?x", false),
            ("https://ada@wall.example.org", false),
            ("ftp://wall.example.org", false),
            ("wall.example.org:80", false),
        ] {
            assert_eq!(is_origin(&text.parse().unwrap()), expected, "{text}");
        }
    }
}
