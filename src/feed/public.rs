//! Addresses that strangers may have this program ask: those of the public internet, never of the house it stands in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::http::client_over;

/// Whether an address is one of the public internet (IANA's special-purpose registries: RFC 6890 and its updates).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    // This network, private ones, loopback, link-local, shared, benchmarks, protocol assignments, documentation, the old way
    // from 4 to 6, multicast and what is reserved.
    let special = matches!(a, 0 | 10 | 127 | 224..)
        || matches!(
            (a, b),
            (169, 254) | (192, 168) | (198, 18 | 19) | (172, 16..32) | (100, 64..128)
        )
        || matches!(
            (a, b, c),
            (192, 0, 0 | 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113)
        );
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let [a, b, c, ..] = address.segments();
    match a {
        // Translated addresses carry another, and could lead inside.
        0x64 | 0x2002 | 0x3fff => false,
        0x2001 => b >= 0x200 && b != 0xdb8,
        // Only global unicast is given out; this rules out ::1, fc00::/7, fe80::/10 and ff00::/8.
        _ => (0x2000..0x4000).contains(&a) && (a, b, c) != (0x2620, 0x4f, 0x8000),
    }
}

/// Whether an address on the web can be asked for at all: by TLS, at a name or a public address.
pub fn may_be_asked(url: &Url) -> bool {
    let host = match url.host() {
        Some(Host::Domain(name)) => !name.is_empty(),
        Some(Host::Ipv4(address)) => is_public(address.into()),
        Some(Host::Ipv6(address)) => is_public(address.into()),
        None => false,
    };
    host && url.scheme() == "https" && url.username().is_empty() && url.password().is_none()
}

/// Looks names up, and knows only public addresses: a name that leads into the house leads nowhere.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(format!("{} is at no public address", name.as_str()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// A client that reaches public addresses alone and follows no redirects. An address that is no name has to be checked with
/// [`may_be_asked`] before: it is not looked up.
///
/// # Panics
/// As [`super::http::http_client`].
pub fn client(agent: &str) -> reqwest::Client {
    client_over(agent, Arc::new(PublicOnly))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_asked() {
        for (address, expected) in [
            ("8.8.8.8", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.15.0.1", true),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.168.0.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("0.0.0.0", false),
            ("255.255.255.255", false),
            ("224.0.0.1", false),
            ("::1", false),
            ("::", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("fe80::1", false),
            ("fd00::1", false),
            ("64:ff9b::7f00:1", false),
            ("2002:7f00:1::", false),
            ("2001:db8::1", false),
            ("2606:4700::1111", true),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn only_the_web_with_tls_is_asked() {
        for (url, expected) in [
            ("https://mastodon.example/@ada/1", true),
            ("http://mastodon.example/@ada/1", false),
            ("https://127.0.0.1/@ada/1", false),
            ("https://[::1]/@ada/1", false),
            ("https://2130706433/@ada/1", false),
            ("https://ada:x@mastodon.example/@ada/1", false),
            ("ftp://mastodon.example/", false),
        ] {
            assert_eq!(may_be_asked(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_into_the_house_leads_nowhere() {
        let name: Name = "localhost".parse().unwrap();
        assert!(PublicOnly.resolve(name).await.is_err());
    }
}
