//! Rules on links: where they lead, whether one can see that, how many there are.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::{BLOCK_DOMAINS, LINKS, MAX_LINKS, SHORTENERS, count_words};
use crate::moderation::{Action, Case, ModerationSettings};
use crate::post::{FacetKind, Post, Standing};

/// Hosts that hide where a link leads. X puts t.co around every link and says where it leads, so that is none.
static SHORTENER_HOSTS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("shorteners.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});

/// A site's name with dots in it, as people write it without `https://`.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+\p{L}{2,24}\.?(?::\d{1,5})?(?:/[^\s]*)?")
        .expect("the expression is ours and a test uses it")
});

/// Sites by name, made ready for comparing.
#[derive(Debug, Clone, Default)]
pub(in crate::moderation) struct Sites(HashSet<String>);

impl Sites {
    /// Takes names as people write them; those that are none are left out, since settings are checked where they are given.
    pub(in crate::moderation) fn new(names: &[String]) -> Self {
        Self(names.iter().filter_map(|name| host_of_name(name)).collect())
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a host is one of the sites or lies below one.
    fn has(&self, host: &str) -> bool {
        let mut rest = Some(host);
        while let Some(name) = rest {
            if self.0.contains(name) {
                return true;
            }
            rest = name.split_once('.').map(|(_, parent)| parent);
        }
        false
    }
}

/// The host of a site's name as browsers compare it: lower case, other alphabets in punycode, without `www.`.
pub(in crate::moderation) fn host_of_name(name: &str) -> Option<String> {
    host(&format!("http://{}", name.trim()))
}

/// The host of an address, as browsers read it: whatever stands before an `@` is no host.
fn host(address: &str) -> Option<String> {
    let url = url::Url::parse(address.trim()).ok()?;
    let host = url.host_str()?.trim_end_matches('.');
    Some(host.strip_prefix("www.").unwrap_or(host).to_owned())
}

/// A link of a post.
struct Link {
    /// Where it leads, and what its words name, where that is another site.
    hosts: Vec<String>,
    place: Option<(&'static str, (usize, usize))>,
    /// Whether a person sees it as a link: `main.rs` is only a name.
    certain: bool,
}

fn links_of(post: &Post) -> Vec<Link> {
    let mut links = Vec::new();
    for facet in &post.facets {
        if facet.kind != FacetKind::Link {
            continue;
        }
        let written = post.text.get(facet.start..facet.end).unwrap_or_default();
        let mut hosts: Vec<String> = host(&facet.target).into_iter().collect();
        let said = host(written).or_else(|| {
            let found = BARE.find(written)?;
            host_of_name(found.as_str())
        });
        hosts.extend(said.filter(|said| !hosts.contains(said)));
        links.push(Link {
            hosts,
            place: Some(("text", (facet.start, facet.end))),
            certain: true,
        });
    }
    for found in BARE.find_iter(&post.text) {
        let (start, end) = (found.start(), found.end());
        let marked = post
            .facets
            .iter()
            .any(|facet| facet.start < end && start < facet.end);
        // What stands behind an @ is somebody's address.
        let address = post.text.get(..start).unwrap_or_default().ends_with('@');
        if !marked && !address {
            links.push(Link {
                hosts: host_of_name(found.as_str()).into_iter().collect(),
                place: Some(("text", (start, end))),
                certain: found.as_str().contains('/') || found.as_str().starts_with("www."),
            });
        }
    }
    if let Some(card) = &post.card
        && let Some(host) = host(&card.url)
        && !links.iter().any(|link| link.hosts.contains(&host))
    {
        links.push(Link {
            hosts: vec![host],
            place: None,
            certain: true,
        });
    }
    links
}

/// Whether any rule here does anything.
fn asked(settings: &ModerationSettings, blocked: &Sites) -> bool {
    let bound = settings.max_links.as_ref();
    settings.links != Action::Show
        || settings.shorteners != Action::Show
        || bound.is_some_and(|bound| bound.action != Action::Show)
        || !blocked.is_empty()
}

pub(super) fn links(case: &mut Case<'_>) {
    let rules = case.rules;
    let settings = &rules.settings;
    if !asked(settings, &rules.blocked_sites) {
        return;
    }
    let blocks = settings
        .actions
        .block_domains
        .map_or(Standing::Hidden, Action::standing);
    let mut many = 0;
    for link in links_of(case.post) {
        if let Some(host) = link.hosts.iter().find(|host| rules.blocked_sites.has(host)) {
            case.fire_with(BLOCK_DOMAINS, blocks, link.place, host);
        }
        // One that leads to an allowed site; its words cannot make it one.
        let allowed =
            !link.hosts.is_empty() && link.hosts.iter().all(|host| rules.allowed_sites.has(host));
        if allowed || !link.certain {
            continue;
        }
        many += 1;
        case.fire(LINKS, settings.links.standing(), link.place);
        let target = link.hosts.first();
        if let Some(host) = target.filter(|host| SHORTENER_HOSTS.contains(host.as_str())) {
            case.fire_with(SHORTENERS, settings.shorteners.standing(), link.place, host);
        }
    }
    if let Some(bound) = &settings.max_links
        && many > bound.most as usize
    {
        let detail = count_words(many, "link", "links");
        case.fire_with(MAX_LINKS, bound.action.standing(), None, &detail);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_as_browsers_read_them() {
        for (address, expected) in [
            ("https://www.Example.COM./x", Some("example.com")),
            (
                "http://good.example@bad.example:8080/x",
                Some("bad.example"),
            ),
            ("https://bücher.example/", Some("xn--bcher-kva.example")),
            ("no address", None),
        ] {
            assert_eq!(host(address).as_deref(), expected, "{address}");
        }
        assert_eq!(
            host_of_name("xn--bcher-kva.example"),
            host_of_name("Bücher.example")
        );
    }

    #[test]
    fn a_site_takes_in_what_lies_below_it() {
        let sites = Sites::new(&["spam.example".to_owned(), "Bücher.example".to_owned()]);
        for (host, expected) in [
            ("spam.example", true),
            ("a.b.spam.example", true),
            ("notspam.example", false),
            ("example", false),
            ("xn--bcher-kva.example", true),
        ] {
            assert_eq!(sites.has(host), expected, "{host}");
        }
    }
}
