//! Rules on links: where they lead, whether one can see that, how many there are.

use std::collections::HashSet;
use std::ops::Range;
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

/// An address with its scheme, up to what ends one in a text.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)https?://[^\s<>"`]+"#).expect("the expression is ours and a test uses it")
});

/// A site's name with dots in it, as people write it without `https://`. Browsers take ideographic full stops for dots.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?[.。．｡])+(?:(?i:xn--[a-z0-9-]{1,59})|\p{L}{2,24})[.。．｡]?(?::\d{1,5})?(?:/[^\s]*)?",
    )
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

    /// The site that a host is or lies below, the nearest of them.
    fn over<'h>(&self, host: &'h str) -> Option<&'h str> {
        parents(host).find(|name| self.0.contains(*name))
    }
}

/// Whether a host is, or lies below, one of `sites`, and no nearer one of `others`.
fn nearer(sites: &Sites, others: &Sites, host: &str) -> bool {
    let length = |sites: &Sites| sites.over(host).map_or(0, str::len);
    length(sites) > length(others)
}

/// A host and all that it lies below: `a.b.example`, `b.example`, `example`.
pub(super) fn parents(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |name| {
        name.split_once('.').map(|(_, parent)| parent)
    })
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

/// The host of an address that stands in a text; nothing if it has characters that no site's name has, so that nobody can
/// say where the address ends.
fn host_in_text(address: &str) -> Option<String> {
    let end = |c: char| !c.is_alphanumeric() && c != '/';
    let host = host(address.trim_end_matches(end))?;
    let named =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    host.chars().all(named).then_some(host)
}

/// Whether a character stands between the parts of a site's name.
fn is_dot(c: char) -> bool {
    matches!(c, '.' | '．' | '。' | '｡')
}

/// The sites' names in a text. A name holds no white space, so that only the words with a dot in them are searched: most have
/// none, and the expression costs more than all other rules on links.
fn bare(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut end = 0;
    let words = text.split_inclusive(char::is_whitespace).map(move |word| {
        let start = end;
        end += word.len();
        (start, word.trim_end())
    });
    let dotted = words.filter(|(_, word)| word.trim_matches(is_dot).contains(is_dot));
    dotted.flat_map(|(at, word)| {
        let found = BARE.find_iter(word);
        found.map(move |found| at + found.start()..at + found.end())
    })
}

/// Whether a site's name by itself is meant to be followed: with a path or as `www.`. Ideographic full stops alone end sentences.
fn leads(name: &str) -> bool {
    (name.contains('/') && name.contains('.')) || name.starts_with("www.")
}

/// Whether a word is nothing but a link, with whatever stands around it.
pub(super) fn is_link(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/');
    word.contains("://")
        || word.contains(is_dot)
            && BARE
                .find(word)
                .is_some_and(|found| found.as_str() == word && leads(word))
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
            place: (post.text.get(facet.start..facet.end))
                .map(|_| ("text", (facet.start, facet.end))),
            certain: true,
        });
    }
    let is_marked = |start, end| {
        let mut facets = post.facets.iter();
        facets.any(|facet| facet.start < end && start < facet.end)
    };
    let mut reached = Vec::new();
    let addresses = post.text.contains("://");
    for found in ADDRESS.find_iter(if addresses { &post.text } else { "" }) {
        let (start, end) = (found.start(), found.end());
        if is_marked(start, end) {
            continue;
        }
        if let Some(host) = host_in_text(found.as_str()) {
            reached.push(start..end);
            links.push(Link {
                hosts: vec![host],
                place: Some(("text", (start, end))),
                certain: true,
            });
        }
    }
    for Range { start, end } in bare(&post.text) {
        let found = post.text.get(start..end).unwrap_or_default();
        let is_read = reached.iter().any(|it| it.start < end && start < it.end);
        // What stands around an @ is somebody's address, unless a path follows: then it is the host of a link.
        let before = post.text.get(..start).unwrap_or_default();
        let leads = leads(found);
        // A port may be none that there is.
        let name = found.split([':', '/']).next().unwrap_or_default();
        let after = post.text.get(end..).unwrap_or_default();
        let address = (before.ends_with('@') && !leads) || after.starts_with('@');
        if !is_read && !is_marked(start, end) && !address {
            links.push(Link {
                hosts: host_of_name(name).into_iter().collect(),
                place: Some(("text", (start, end))),
                certain: leads || before.ends_with("://"),
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
    let (blocked, allowed) = (&rules.blocked_sites, &rules.allowed_sites);
    let mut many = 0;
    for link in links_of(case.post) {
        if let Some(host) = link
            .hosts
            .iter()
            .find(|host| nearer(blocked, allowed, host))
        {
            case.fire_with(BLOCK_DOMAINS, blocks, link.place, host);
        }
        // One that leads to an allowed site; its words cannot make it one.
        let spared =
            !link.hosts.is_empty() && link.hosts.iter().all(|host| nearer(allowed, blocked, host));
        if spared || !link.certain {
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
            assert_eq!(sites.over(host).is_some(), expected, "{host}");
        }
    }
}
