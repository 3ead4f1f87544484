//! Whole files: what good ones become, and what is said of broken ones.

use super::*;
use crate::feed;
use crate::moderation::{Mode, ModerationSettings};

/// What is wrong with a file, a line each; its folder is called FOLDER.
/// What is said of a file, without the columns.
fn said(toml: &[u8]) -> Vec<String> {
    let columns = regex::Regex::new(r"^(buzzwall\.toml:\d+):\d+").unwrap();
    let by_line = |line: String| columns.replace(&line, "$1").into_owned();
    said_in_full(toml).into_iter().map(by_line).collect()
}

fn said_in_full(toml: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    said_in(folder.path(), toml)
}

fn said_in(folder: &Path, toml: &[u8]) -> Vec<String> {
    let mut problems = Problems::default();
    let config = Config::read("buzzwall.toml", toml, folder, &mut problems);
    let Err(error) = problems.or(config) else {
        return Vec::new();
    };
    let text = error
        .to_string()
        .replace(&folder.display().to_string(), "FOLDER");
    text.lines().map(str::to_owned).collect()
}

fn read(toml: &str) -> Config {
    let mut problems = Problems::default();
    let config = Config::read(
        "buzzwall.toml",
        toml.as_bytes(),
        Path::new("/etc/wall"),
        &mut problems,
    );
    problems.or(config).unwrap()
}

/// Puts the list of kinds in its place.
fn with_kinds(line: &str) -> String {
    line.replace("KINDS_AND", &list(KINDS, "and"))
        .replace("KINDS_OR", &list(KINDS, "or"))
}

#[test]
fn broken_files_say_where_and_what_instead() {
    let cases: &[(&str, &[&str])] = &[
        (
            "[server]
listen = 8080",
            &[":2: server.listen: integer 8080 cannot stand here; write a text in quotes"],
        ),
        (
            r#"[server]
listen = "0.0.0.0""#,
            &[
                r#":2: server.listen: "0.0.0.0" is not an address with a port; write "127.0.0.1:8080" for this machine only or "0.0.0.0:8080" for the whole network"#,
            ],
        ),
        (
            r#"[server]
listne = "0.0.0.0:80""#,
            &[
                ":2: server.listne: there is no such key; did you mean `listen`? Known here: listen, public_url, data, trusted_proxies, contact, tls",
            ],
        ),
        (
            "[server
listen = 1",
            &[":1: unclosed table, expected `]`"],
        ),
        (
            "[server]
listen =

[journal]
kind = ",
            &[
                ":2: listen: string values must be quoted, expected literal string",
                ":5: kind: string values must be quoted, expected literal string",
            ],
        ),
        (
            r#"[server]
public_url = "wall.example.org""#,
            &[
                r#":2: server.public_url: "wall.example.org" is not an address; write it like "https://wall.example.org""#,
            ],
        ),
        (
            r#"[server]
public_url = "https://example.org/wall""#,
            &[
                r#":2: server.public_url: "https://example.org/wall" is not the address of a site; write http:// or https:// and the host, such as "https://wall.example.org", without a path"#,
            ],
        ),
        (
            r#"[server]
trusted_proxies = ["10.0.0.0/8", "proxy"]"#,
            &[
                r#":2: server.trusted_proxies: "proxy" is not a network; write it like "10.0.0.0/8" or "127.0.0.1/32""#,
            ],
        ),
        (
            r#"[server]
trusted_proxies = "10.0.0.0/8""#,
            &[
                r#":2: server.trusted_proxies: "10.0.0.0/8" cannot stand here; write a list, such as ["one", "two"]"#,
            ],
        ),
        (
            r#"[media]
cache = "lots""#,
            &[
                r#":2: media.cache: "lots" is not a size; write a whole number and KB, MB, GB or TB, such as "512MB", or "0""#,
            ],
        ),
        (
            r#"[media]
cache = "5MB""#,
            &[
                r#":2: media.cache: 5MB is too little to be of use; write "16MB" or more, or "0" to store no pictures"#,
            ],
        ),
        (
            r#"[server]
data = """#,
            &[":2: server.data: is empty; write the path of a folder"],
        ),
        (
            r#"[server.tls]
cert = "a.pem""#,
            &[":1: server.tls.key: is missing; write it"],
        ),
        (
            r#"[journal]
kind = "jetstream"
url = "nats://x"
replicas = 3"#,
            &[
                r#":2: journal.kind: this version does not have "jetstream" yet; write "sqlite""#,
                r#":3: journal.url: belongs to kind "jetstream", which this version does not have yet; leave it out"#,
                r#":4: journal.replicas: belongs to kind "jetstream", which this version does not have yet; leave it out"#,
            ],
        ),
        (
            r#"[journal]
kind = "sqlite"
url = "nats://x"
replicas = 3"#,
            &[
                r#":3: journal.url: belongs to kind "jetstream", which this version does not have yet; leave it out"#,
                r#":4: journal.replicas: belongs to kind "jetstream", which this version does not have yet; leave it out"#,
            ],
        ),
        (
            r#"[journal]
kind = "postgres""#,
            &[r#":2: journal.kind: "postgres" is not a kind of journal; write "sqlite""#],
        ),
        (
            r#"[wall]
id = "a""#,
            &[
                ":1: wall: there is no such key; did you mean `walls`? Known here: server, journal, media, walls",
            ],
        ),
        (
            "walls = 5",
            &[r#":1: walls: integer 5 cannot stand here; write a list, such as ["one", "two"]"#],
        ),
        (
            "walls = [5]",
            &[":1: walls[0]: integer 5 cannot stand here; write a table of keys"],
        ),
        (
            r#"[walls]
id = "a""#,
            &[":1: walls: is a list of tables; write double brackets: [[walls]]"],
        ),
        (
            r#"# a wall
[[walls]]
hashtags = ["a"]"#,
            &[r#":2: walls[0].id: is missing; write a short name such as "expert2019""#],
        ),
        (
            r#"[[walls]]
id = "Expert 2019"
hashtag = ["a"]"#,
            &[
                r#":2: walls[0].id: "Expert 2019" is not an id; write 1 to 64 of a to z, 0 to 9 and -, such as "expert2019""#,
                ":3: walls[0].hashtag: there is no such key; did you mean `hashtags`? Known here: id, title, hashtags, all, none, timezone, from, to, retention, feeds, moderation, display, sessions",
            ],
        ),
        (
            r#"[[walls]]
id = "a"

[[walls]]
id = "b"

[[walls]]
id = "a""#,
            &[r#":8: walls[2].id: "a" is the id of walls[0] already; write another one"#],
        ),
        (
            r##"[[walls]]
id = "a"
hashtags = ["ok", "#", "two words"]"##,
            &[
                ":3: walls[0].hashtags[1]: a hashtag needs at least one letter or digit after its #",
                ":3: walls[0].hashtags[2]: ' ' cannot stand in a hashtag; letters, digits and _ can",
            ],
        ),
        (
            r#"[[walls]]
id = "a"
hashtags = "rust""#,
            &[
                r#":3: walls[0].hashtags: "rust" cannot stand here; write a list, such as ["one", "two"]"#,
            ],
        ),
        (
            r#"[[walls]]
id = "a"
hashtags = [5]"#,
            &[":3: walls[0].hashtags[0]: integer 5 cannot stand here; write a text in quotes"],
        ),
        (
            r#"[[walls]]
id = "a"
title = " ""#,
            &[":3: walls[0].title: is empty; write one, or leave the key out"],
        ),
        (
            r#"[[walls]]
id = "a"
timezone = "Europe/Londn""#,
            &[
                r#":3: walls[0].timezone: "Europe/Londn" is not a time zone; did you mean "Europe/London"?"#,
            ],
        ),
        (
            r#"[[walls]]
id = "a"
timezone = "here""#,
            &[
                r#":3: walls[0].timezone: "here" is not a time zone; write an IANA name such as "Europe/London" or "UTC""#,
            ],
        ),
        (
            r#"[[walls]]
id = "a"
from = 2019-11-07T00:00:00Z
to = 2019-11-06T00:00:00Z"#,
            &[":4: walls[0].to: is not after `from`; write a later time, or exchange the two"],
        ),
        (
            r#"[[walls]]
id = "a"
from = "tomorrow"
to = 5"#,
            &[
                r#":3: walls[0].from: "tomorrow" is not a time; write it like 2019-11-06T09:00:00Z, or 2019-11-06T09:00:00 in the wall's time zone"#,
                ":4: walls[0].to: integer 5 cannot stand here; write a time such as 2019-11-06T09:00:00Z",
            ],
        ),
        (
            r#"[[walls]]
id = "a"

[walls.moderation]
mode = "opne"
delay = 20
block_words = ["a", 5]
sensitve = "hold"
reposts = "hide""#,
            &[
                r#":5: walls[0].moderation.mode: "opne" is not a mode; write "open", "delayed" or "held""#,
                r#":6: walls[0].moderation.delay: integer 20 cannot stand here; write a length of time such as "10s" or "1m""#,
                ":7: walls[0].moderation.block_words[1]: integer 5 cannot stand here; write a text in quotes",
                ":8: walls[0].moderation.sensitve: there is no such key; did you mean `sensitive`? Known here: mode, delay, blocklists, block_words, allow_words, block_domains, allow_domains, languages, unknown_language, reposts, replies, quotes, sensitive, warnings, media, sources, not_discoverable, links, shorteners, max_links, max_hashtags, max_mentions, max_emoji, hashtags_only, shouting, max_per_author, duplicates, like_hidden, like_hidden_pictures, new_accounts, few_followers, first_posts, bots, older_than, trusted, blocked, actions, feed_modes, judge",
                r#":9: walls[0].moderation.reposts: "hide" is not a setting for reposts; write "show", "count" or "drop""#,
            ],
        ),
        (
            r#"[[walls]]
id = "a"
[walls.moderation]
max_per_author = { posts = -1, action = "hold" }
new_accounts = { younger = "1d" }"#,
            &[
                ":4: walls[0].moderation.max_per_author.posts: integer -1 cannot stand here; write a whole number",
                ":5: walls[0].moderation.new_accounts.younger_than: is missing; write it",
                ":5: walls[0].moderation.new_accounts.younger: there is no such key; known here: younger_than, action",
            ],
        ),
        (
            r#"[[walls]]
id = "a"
[walls.moderation]
max_per_author = { posts = 0, per = "0s" }
blocklists = ["tlh"]
languages = ["english please"]
delay = "2h""#,
            &[
                r#":4: walls[0].moderation.max_per_author.posts: 0 would let nobody pass; write at least 1, or mode = "held" to approve every post"#,
                r#":4: walls[0].moderation.max_per_author.per: no time at all; write for example "1m""#,
                r#":5: walls[0].moderation.blocklists[0]: there is no block list "tlh"; write "cy", "de", "en", "es", "fr", "it", "nl", "pl", "pt", the path of a file with one word a line, or put it at FOLDER/config/blocklists/tlh.txt"#,
                r#":6: walls[0].moderation.languages[0]: "english please" is not a language; write its code, such as "en" or "pt-BR""#,
                r#":7: walls[0].moderation.delay: 2h is too long; write at most "1h""#,
            ],
        ),
        (
            r#"[[walls]]
id = "a"
[walls.display]
theme = "midnigth"
colour = 1"#,
            &[
                r#":4: walls[0].display.theme: "midnigth" is not a theme; write "midnight", "daylight", "press", "meadow" or "signal", or put your own at FOLDER/config/themes/midnigth.toml"#,
                ":5: walls[0].display.colour: there is no such key; known here: theme, brand, logo, background, style, source_trends, scene, programme, screen_height, last_row, warned, motion, columns, sponsors, countdown",
            ],
        ),
        (
            r#"[[walls]]
id = "a"
[[walls.sessions]]
title = "Opening keynote"
from = 2019-11-06T09:30:00Z
to = 2019-11-06T10:15:00Z
[walls.display]
scene = "gird"
screen_height = "2"
last_row = "900m"
warned = "never"
logo = "logo.svg"
brand = { colour = "red", ground = "blue" }
sponsors = [{ name = "" }, { name = "Acme", picture = "no.png" }]
countdown = { label = "Doors" }
[[walls.display.programme]]
scene = "stats"
for = "1s"
only = true
[[walls.display.programme]]
scene = "agenda"
when = { session = "Opening keynotes" }
screens = []
[[walls.display.programme]]
scene = "agenda"
for = "long"
when = "sometimes""#,
            &[
                r#":8: walls[0].display.scene: "gird" is not a scene; write "grid", "spotlight", "columns", "photos", "ticker", "stats", "cloud", "agenda", "invite", "announcement", "countdown", "sponsors" or "title""#,
                r#":9: walls[0].display.screen_height: "2" is not a length; write a number and mm, cm, m, in or ft, such as "2m" or "80in""#,
                r#":10: walls[0].display.last_row: 900m is out of bounds; write "0.5m" to "500m""#,
                r#":11: walls[0].display.warned: "never" is not a word on posts with a content warning; write "warning" or "show""#,
                ":12: walls[0].display.logo: FOLDER/logo.svg cannot be read: No such file or directory (os error 2); write the path of a file, seen from the configuration's folder",
                r##":13: walls[0].display.brand.colour: "red" is not a colour; write # and six digits of 0 to 9 and a to f, such as "#c8102e""##,
                r#":13: walls[0].display.brand.ground: "blue" is not a ground; write "dark" or "light""#,
                ":14: walls[0].display.sponsors[0].name: is empty or too long; write their name in at most 200 characters",
                ":14: walls[0].display.sponsors[1].picture: FOLDER/no.png cannot be read: No such file or directory (os error 2); write the path of a file, seen from the configuration's folder",
                ":15: walls[0].display.countdown.to: is missing; write it",
                r#":18: walls[0].display.programme[0].for: 1s is too short or too long; write "5s" to "1d""#,
                ":19: walls[0].display.programme[0].only: says that nothing else plays while a condition holds; write the condition as `when`, or leave it out",
                r#":22: walls[0].display.programme[1].when: there is no session "Opening keynotes"; did you mean "Opening keynote"?"#,
                r#":23: walls[0].display.programme[1].screens: names no screen, or one whose name is empty or longer than 64 characters; write names such as ["foyer"], or leave it out for all"#,
                r#":26: walls[0].display.programme[2].for: "long" is not a length of time; write a whole number and ms, s, m, h or d, such as "10s" or "1m""#,
                r#":27: walls[0].display.programme[2].when: "sometimes" is not a condition; write "pinned", "highlighted", "quiet", "busy", "session", "break", { session = "its title" } or { fewer = { posts = 5, seconds = 600 } }"#,
            ],
        ),
        (
            "[[walls]]\nid = \"a\"\n[walls.display]\nprogramme = []",
            &[
                r#":4: walls[0].display.programme: has no entry; write one such as { scene = "grid", for = "5m" }, or leave the key out"#,
            ],
        ),
        (
            r#"[[walls]]
id = "a"

[[walls.feeds]]
kind = "mastodno"

[[walls.feeds]]
kind = "audience"
server = 5

[[walls.feeds]]
server = "x"

[[walls.feeds]]
kind = 5"#,
            &[
                r#":5: walls[0].feeds[0].kind: there is no feed of kind "mastodno"; did you mean "mastodon"? There are KINDS_AND"#,
                r#":8: walls[0].feeds[1].kind: this version has no feed of kind "audience" yet; it has KINDS_AND"#,
                ":11: walls[0].feeds[2].kind: is missing; write the kind of feed: KINDS_OR",
                ":15: walls[0].feeds[3].kind: is not a text; write the kind of feed: KINDS_OR",
            ],
        ),
        (
            r#"[[walls]]
id = "a"

[[walls.feeds]]
kind = "replay"
file = "x"
limt = { posts = 1, per = "1m" }
hashtag = ["b"]
mode = "opne"
accounts = [""]

[[walls.feeds]]
kind = "exec"
command = "poster.py"

[[walls.feeds]]
kind = "ingest"
token = "short""#,
            &[
                ":7: walls[0].feeds[0].limt: there is no such key; did you mean `limit`? Known here: file, speed, columns, zone, source, hashtags, all, none, accounts, mentions, lists, mode, limit, trends",
                ":8: walls[0].feeds[0].hashtag: there is no such key; did you mean `hashtags`? Known here: file, speed, columns, zone, source, hashtags, all, none, accounts, mentions, lists, mode, limit, trends",
                r#":9: walls[0].feeds[0].mode: "opne" is not a mode; write "open", "delayed" or "held""#,
                ":10: walls[0].feeds[0].accounts[0]: is empty; write a name as its source does, or leave it out",
                r#":14: walls[0].feeds[1].command: "poster.py" cannot stand here; write a list, such as ["one", "two"]"#,
                ":16: walls[0].feeds[2]: the token is shorter than 16 characters; make one with: openssl rand -hex 20",
            ],
        ),
        (
            r#"[[walls]]
id = "a"
feeds = "mastodon""#,
            &[
                r#":3: walls[0].feeds: "mastodon" cannot stand here; write a list, such as ["one", "two"]"#,
            ],
        ),
        (
            r#"[[walls]]
id = "a"
feeds = ["mastodon"]"#,
            &[r#":3: walls[0].feeds[0]: "mastodon" cannot stand here; write a table of keys"#],
        ),
        (
            r#"[[walls]]
id = "a"

[[walls.feeds]]
kind = "demo"

  [[walls.feeds]]
  kind = "demo"

[[walls.feeds]]
kind = "demo""#,
            &[
                ":7: walls[0].feeds[1]: is the same as feeds[0]; leave one out",
                ":10: walls[0].feeds[2]: is the same as feeds[0]; leave one out",
            ],
        ),
        (
            r#"[[walls]]
id = "a"

[[walls.sessions]]
title = "Opening"
from = 2019-11-06T09:30:00Z
to = 2019-11-06T09:30:00Z

[[walls.sessions]]
tilte = "Opening"
from = 2019-11-06T09:30:00Z"#,
            &[
                ":7: walls[0].sessions[0].to: is not after `from`; write a later time, or exchange the two",
                ":9: walls[0].sessions[1].to: is missing; write a time such as 2019-11-06T09:30:00Z",
                ":10: walls[0].sessions[1].tilte: there is no such key; did you mean `title`? Known here: title, from, to",
            ],
        ),
    ];
    for (toml, expected) in cases {
        let expected: Vec<String> = expected
            .iter()
            .map(|line| format!("buzzwall.toml{}", with_kinds(line)))
            .collect();
        assert_eq!(said(toml.as_bytes()), expected, "{toml}");
    }
}

#[test]
fn mistakes_are_told_with_line_and_column() {
    let toml = "[[walls]]\nid = \"a\"\n[walls.moderation]\nblock_words = [\"é\", \"a*b\", \"/a(/\"]\nallow_words = [\"é\"]\n";
    let said = said_in_full(toml.as_bytes());
    let places: Vec<&str> = said
        .iter()
        .filter_map(|line| line.split(": ").next())
        .collect();
    assert_eq!(
        places,
        [
            "buzzwall.toml:4:21",
            "buzzwall.toml:4:28",
            "buzzwall.toml:5:16"
        ]
    );
    assert_eq!(
        said[2],
        "buzzwall.toml:5:16: walls[0].moderation.allow_words[0]: \"é\" stands in block_words as well; leave one out"
    );
    assert_eq!(
        said_in_full(b"a = 1\nb = \xff"),
        ["buzzwall.toml:2:5: is not UTF-8 text; save the file as UTF-8"]
    );
}

#[test]
fn an_expression_that_explodes_is_refused_at_its_place() {
    let toml = "[[walls]]\nid = \"a\"\n[walls.moderation]\nblock_words = [\"fine\", \"/(a{900}){900}/\"]\n";
    let said = said_in_full(toml.as_bytes());
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].starts_with("buzzwall.toml:4:24: walls[0].moderation.block_words[1]: "),
        "{said:?}"
    );
}

#[test]
fn a_long_tag_is_found_on_its_own_line() {
    let toml = format!(
        "[[walls]]\nid = \"a\"\nhashtags = [\n  \"ok\",\n  \"{}\",\n]\n",
        "x".repeat(200)
    );
    assert_eq!(
        said(toml.as_bytes()),
        ["buzzwall.toml:5: walls[0].hashtags[1]: a hashtag of 200 characters is longer than 150"]
    );
}

#[test]
fn a_value_of_several_lines_is_found_at_its_key() {
    assert_eq!(
        said(b"[[walls]]\nid = \"a\"\ntitle = \"\"\"\n\n\n\"\"\"\n"),
        ["buzzwall.toml:3: walls[0].title: is empty; write one, or leave the key out"]
    );
}

#[test]
fn a_file_in_another_encoding_is_refused() {
    assert_eq!(
        said(b"# one\n# caf\xe9\n"),
        ["buzzwall.toml:2: is not UTF-8 text; save the file as UTF-8"]
    );
}

#[test]
fn an_empty_file_is_all_defaults_and_its_data_lies_beside_it() {
    let config = read("");
    assert_eq!(config, Config::new(Path::new("/etc/wall")));
    assert_eq!(config.server.data, Path::new("/etc/wall/data"));
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.walls, []);
    assert_eq!(
        read("[server]\ndata = \"/var/wall\"").server.data,
        Path::new("/var/wall")
    );
}

#[test]
fn a_wall_is_read_with_its_clocks_and_its_title() {
    let config = read(
        r##"
        [[walls]]
        id = "a"
        hashtags = ["#IchBinHanna", "other"]
        none = ["spam"]
        timezone = "Europe/London"
        from = 2019-07-06
        to = 2019-07-07T00:00:00Z

        [[walls.feeds]]
        kind = "demo"

        [walls.moderation]
        mode = "delayed"

        [[walls.sessions]]
        title = "Opening"
        from = 2019-07-06T09:30:00
        to = "2019-07-06T09:00:00Z"
        "##,
    );
    let wall = &config.walls[0];
    assert_eq!(wall.title, "#IchBinHanna");
    assert_eq!(wall.hashtags, ["IchBinHanna", "other"]);
    assert_eq!(wall.query.any[0].as_str(), "ichbinhanna");
    assert_eq!(wall.query.none[0].as_str(), "spam");
    assert_eq!(wall.from.unwrap().to_string(), "2019-07-05T23:00:00Z");
    assert_eq!(wall.to.unwrap().to_string(), "2019-07-07T00:00:00Z");
    assert_eq!(wall.moderation.mode, Mode::Delayed);
    assert_eq!(wall.sessions[0].from.to_string(), "2019-07-06T08:30:00Z");
    assert!(matches!(
        wall.feeds[..],
        [FeedConfig {
            settings: FeedSettings::Demo(_),
            ..
        }]
    ));
}

#[test]
fn paths_of_feeds_start_from_the_files_folder() {
    let mut problems = Problems::default();
    let toml = "a = [{ file = \"x.csv\", token = { file = \"/run/t\" }, server = \"file\" }]";
    let mut document = Document::parse("buzzwall.toml", toml, &mut problems);
    let list = KeyPath::top().key("a");
    document.rewrite(&list, PATH_KEY, &|path| {
        Path::new("/etc/wall")
            .join(path)
            .to_string_lossy()
            .into_owned()
    });
    let text = |path: KeyPath| match document.get(&path) {
        Some(DeValue::String(text)) => text.to_string(),
        other => panic!("{other:?}"),
    };
    let feed = list.index(0);
    assert_eq!(text(feed.key("file")), "/etc/wall/x.csv");
    assert_eq!(text(feed.key("token").key("file")), "/run/t");
    assert_eq!(text(feed.key("server")), "file");
}

#[test]
fn a_program_runs_in_the_files_folder_or_starts_from_there() {
    let config = read(
        r#"
        [[walls]]
        id = "a"

        [[walls.feeds]]
        kind = "exec"
        command = ["./poster.py"]

        [[walls.feeds]]
        kind = "exec"
        command = ["./other.py"]
        directory = "posters"
        "#,
    );
    let directories: Vec<_> = config.walls[0]
        .feeds
        .iter()
        .map(|feed| match &feed.settings {
            FeedSettings::Exec(exec) => exec.directory.as_deref(),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = ["/etc/wall", "/etc/wall/posters"].map(|path| Some(Path::new(path)));
    assert_eq!(directories, expected);
}

#[test]
fn the_command_line_wins_and_makes_a_wall() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = Arguments {
        listen: Some("0.0.0.0:80".parse().unwrap()),
        data: Some("elsewhere".into()),
        hashtags: vec!["#Größe_2024".to_owned(), "b".to_owned()],
        feeds: vec!["demo".to_owned()],
        ..Arguments::default()
    };
    let config = Config::load(&arguments, folder.path()).unwrap();
    assert_eq!(config.server.listen.to_string(), "0.0.0.0:80");
    assert_eq!(config.server.data, folder.path().join("elsewhere"));
    let wall = &config.walls[0];
    assert_eq!(
        (wall.id.as_str(), wall.title.as_str()),
        ("grosse-2024", "#Größe_2024")
    );
    assert_eq!(wall.query.any.len(), 2);
    assert_eq!(wall.feeds.len(), 1);
    let defaults = Config::load(&Arguments::default(), folder.path()).unwrap();
    assert_eq!(defaults, Config::new(folder.path()));
}

#[test]
fn the_default_file_is_read_where_it_is_and_a_named_one_has_to_be() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join(DEFAULT_FILE),
        "[[walls]]\nid = \"rust\"\n",
    )
    .unwrap();
    let config = Config::load(&Arguments::default(), folder.path()).unwrap();
    assert_eq!(config.walls[0].title, "rust");
    assert_eq!(config.folder, folder.path());
    let named = Arguments {
        config: Some("other/no.toml".into()),
        ..Arguments::default()
    };
    let error = Config::load(&named, folder.path()).unwrap_err().to_string();
    assert!(
        error.starts_with("other/no.toml: cannot be read: "),
        "{error}"
    );
    std::fs::create_dir(folder.path().join("other")).unwrap();
    std::fs::write(
        folder.path().join("other/no.toml"),
        "[server]\ndata = \"d\"\n",
    )
    .unwrap();
    let config = Config::load(&named, folder.path()).unwrap();
    assert_eq!(config.server.data, folder.path().join("other/d"));
}

#[test]
fn mistakes_of_the_command_line_stand_before_those_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join(DEFAULT_FILE),
        "[[walls]]\nid = \"rust\"\nx = 1\n",
    )
    .unwrap();
    let arguments = Arguments {
        hashtags: vec!["Rust".to_owned(), "#".to_owned()],
        feeds: vec![
            "demo".to_owned(),
            "demo".to_owned(),
            "audience=x".to_owned(),
        ],
        ..Arguments::default()
    };
    let error = Config::load(&arguments, folder.path())
        .unwrap_err()
        .to_string();
    let lines: Vec<&str> = error.lines().collect();
    let expected = [
        "--hashtag #: a hashtag needs at least one letter or digit after its #",
        "--feed demo: is there twice; leave one out",
        "--feed audience=x: this version has no feed of kind \"audience\" yet; it has KINDS_AND; write KIND=TARGET",
        "--hashtag: the file has a wall \"rust\" already; leave the argument out, or use another file",
    ];
    assert_eq!(lines[..4], expected.map(with_kinds));
    assert!(lines[4].starts_with("buzzwall.toml:3:1: walls[0].x: there is no such key"));
}

/// The annotated file that is shipped.
const SHIPPED: &str = include_str!("../../config/buzzwall.toml");

/// The shipped file with everything switched on that is switched off in it: a `#` with no space behind it.
fn switched_on() -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c == '[' || c.is_ascii_lowercase()) => {
            format!("{setting}\n")
        }
        _ => format!("{line}\n"),
    };
    SHIPPED.lines().map(line).collect()
}

#[test]
fn the_shipped_file_says_the_defaults() {
    assert_eq!(read(SHIPPED), Config::new(Path::new("/etc/wall")));
}

#[test]
fn the_shipped_examples_are_right() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["logo.png", "background.jpg", "acme.png"] {
        image::RgbImage::new(8, 8)
            .save(folder.path().join(name))
            .unwrap();
    }
    std::fs::write(folder.path().join("wall.css"), "body { color: red }").unwrap();
    let said = said_in(folder.path(), switched_on().as_bytes());
    assert_eq!(said, Vec::<String>::new());
}

#[test]
fn the_shipped_examples_of_rules_and_looks_are_the_defaults() {
    let mut problems = Problems::default();
    let example = switched_on();
    let folder = Path::new("/etc/wall");
    let mut config = Config::read("buzzwall.toml", example.as_bytes(), folder, &mut problems);
    let mut wall = config.walls.remove(0);
    // These do something only where they are written; the examples show how.
    let ModerationSettings {
        media,
        sources,
        max_links,
        max_hashtags,
        max_mentions,
        max_emoji,
        max_per_author,
        new_accounts,
        few_followers,
        older_than,
        actions,
        feed_modes,
        judge,
        ..
    } = ModerationSettings::default();
    assert!(wall.moderation.judge.is_some() && wall.moderation.max_links.is_some());
    wall.moderation = ModerationSettings {
        media,
        sources,
        max_links,
        max_hashtags,
        max_mentions,
        max_emoji,
        max_per_author,
        new_accounts,
        few_followers,
        older_than,
        actions,
        feed_modes,
        judge,
        ..wall.moderation
    };
    assert_eq!(wall.moderation, ModerationSettings::default());
    let DisplaySettings {
        brand,
        logo,
        background,
        style,
        programme,
        screen_height,
        last_row,
        sponsors,
        countdown,
        ..
    } = DisplaySettings::default();
    assert_eq!(wall.display.programme.as_ref().map(Vec::len), Some(2));
    wall.display = DisplaySettings {
        brand,
        logo,
        background,
        style,
        programme,
        screen_height,
        last_row,
        sponsors,
        countdown,
        ..wall.display
    };
    assert_eq!(wall.display, DisplaySettings::default());
}

#[test]
fn every_key_stands_in_the_shipped_file() {
    let example = switched_on();
    let known = |key: &str| {
        let written = format!("{key} = ");
        let whole = |at: usize| !example[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        example.match_indices(&written).any(|(at, _)| whole(at))
            || example.contains(&format!("[{key}]"))
            || example.contains(&format!(".{key}]"))
    };
    let sections = [
        "",
        "[server]",
        "[server.tls]",
        "[journal]",
        "[[walls]]",
        "[walls.moderation]",
        "[walls.moderation.max_per_author]",
        "[walls.moderation.new_accounts]",
        "[walls.display]",
        "[[walls.sessions]]",
    ];
    let feeds: Vec<String> = feed::KINDS
        .iter()
        .map(|kind| format!("[[walls]]\n[[walls.feeds]]\nkind = {kind:?}"))
        .collect();
    let mut seen = 0;
    for section in sections
        .iter()
        .copied()
        .chain(feeds.iter().map(String::as_str))
    {
        let above = if section.starts_with("[walls.") || section.starts_with("[[walls.") {
            "[[walls]]\n"
        } else {
            ""
        };
        // What is known is what an unknown key is told.
        let lines = said(format!("{above}{section}\nzzzzzzzz = 1\n").as_bytes());
        let Some((_, list)) = lines
            .iter()
            .find_map(|line| line.split_once("; known here: "))
        else {
            panic!("{section}: {lines:?}");
        };
        for key in list.split(", ") {
            assert!(known(key), "{section} {key} is not in config/buzzwall.toml");
            seen += 1;
        }
    }
    assert!(seen > 40, "only {seen} keys were asked for");
}
