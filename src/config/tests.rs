//! Whole files: what good ones become, and what is said of broken ones.

use super::*;

/// What is wrong with a file, a line each.
fn said(toml: &str) -> String {
    let mut problems = Problems::default();
    let folder = tempfile::tempdir().unwrap();
    let config = Config::read(
        "buzzwall.toml",
        toml.as_bytes(),
        folder.path(),
        &mut problems,
    );
    match problems.or(config) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn print() {
    for toml in [
        "[server]\nlisten = 8080",
        "[server]\nlisten = \"0.0.0.0\"",
        "[server]\nlistne = \"0.0.0.0:80\"",
        "[server\nlisten = 1",
        "[server]\nlisten =\n\n[journal]\nkind = \n",
        "[server]\npublic_url = \"wall.example.org\"",
        "[server]\npublic_url = \"https://example.org/wall\"",
        "[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"proxy\"]",
        "[server]\ntrusted_proxies = \"10.0.0.0/8\"",
        "[server]\ndata = \"\"",
        "\n[server]\ntls = { cert = \"a.pem\", key = \"b.pem\" }",
        "[server.tls]\ncert = \"a.pem\"",
        "[journal]\nkind = \"jetstream\"\nurl = \"nats://x\"\nreplicas = 3",
        "[journal]\nkind = \"sqlite\"\nurl = \"nats://x\"\nreplicas = 3",
        "[journal]\nkind = \"postgres\"",
        "[wall]\nid = \"a\"",
        "walls = 5",
        "walls = [5]",
        "[walls]\nid = \"a\"",
        "# a wall\n[[walls]]\nhashtags = [\"a\"]\n",
        "[[walls]]\nid = \"Expert 2019\"\nhashtag = [\"a\"]\n",
        "[[walls]]\nid = \"a\"\n\n[[walls]]\nid = \"b\"\n\n[[walls]]\nid = \"a\"\n",
        "[[walls]]\nid = \"a\"\nhashtags = [\"ok\", \"#\", \"two words\"]\n",
        &format!(
            "[[walls]]\nid = \"a\"\nhashtags = [\n  \"ok\",\n  \"{}\",\n]\n",
            "x".repeat(200)
        ),
        "[[walls]]\nid = \"a\"\nhashtags = \"rust\"\n",
        "[[walls]]\nid = \"a\"\nhashtags = [5]\n",
        "[[walls]]\nid = \"a\"\ntitle = \" \"\n",
        "[[walls]]\nid = \"a\"\ntimezone = \"Europe/Londn\"\n",
        "[[walls]]\nid = \"a\"\ntimezone = \"here\"\n",
        "[[walls]]\nid = \"a\"\nfrom = 2019-11-07T00:00:00Z\nto = 2019-11-06T00:00:00Z\n",
        "[[walls]]\nid = \"a\"\nfrom = \"tomorrow\"\nto = 5\n",
        "[[walls]]\nid = \"a\"\n\n[walls.moderation]\nmode = \"opne\"\ndelay = 20\nblock_words = [\"a\", 5]\nsensitve = \"hold\"\nreposts = \"hide\"\n",
        "[[walls]]\nid = \"a\"\n[walls.moderation]\nmax_per_author = { posts = -1, action = \"hold\" }\nnew_accounts = { younger = \"1d\" }\n",
        "[[walls]]\nid = \"a\"\n[walls.moderation]\nmax_per_author = { posts = 0, per = \"0s\" }\nblocklists = [\"en\"]\nlanguages = [\"english please\"]\ndelay = \"2h\"\n",
        "[[walls]]\nid = \"a\"\n[walls.display]\ntheme = \"midnigth\"\ncolour = 1\n",
        "[[walls]]\nid = \"a\"\n\n[[walls.feeds]]\nkind = \"mastodno\"\n\n[[walls.feeds]]\nkind = \"bluesky\"\nserver = 5\n\n[[walls.feeds]]\nserver = \"x\"\n\n[[walls.feeds]]\nkind = 5\n",
        "[[walls]]\nid = \"a\"\nfeeds = \"mastodon\"\n",
        "[[walls]]\nid = \"a\"\nfeeds = [\"mastodon\"]\n",
        "[[walls]]\nid = \"a\"\n\n[[walls.feeds]]\nkind = \"demo\"\n\n  [[walls.feeds]]\n  kind = \"demo\"\n  colour = \"red\"\n\n[[walls.feeds]]\nkind = \"demo\"\n",
        "[[walls]]\nid = \"a\"\n\n[[walls.sessions]]\ntitle = \"Opening\"\nfrom = 2019-11-06T09:30:00Z\nto = 2019-11-06T09:30:00Z\n\n[[walls.sessions]]\ntilte = \"Opening\"\nfrom = 2019-11-06T09:30:00Z\n",
    ] {
        println!("---\n{toml}\n>>>\n{}", said(toml));
    }
}
