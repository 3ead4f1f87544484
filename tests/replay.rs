//! Replays recorded conferences and compares what comes out with a count made directly from the files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use buzzwall::clock::SystemClock;
use buzzwall::feed::{FeedContext, FeedSettings, Item, Next, Reason, Wanted};
use buzzwall::post::Kind;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// What both ways of counting must agree on.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    records: usize,
    damaged: usize,
    reposts: usize,
    authors: BTreeSet<String>,
    minutes: BTreeMap<String, usize>,
}

/// Files named `*.csv` among the recorded archives, if they are at hand.
fn archives() -> Vec<PathBuf> {
    let data = std::env::var_os("BUZZWALL_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let folder = data.join("event_hashtags/twitterchive");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|it| it == "csv"))
        .collect();
    files.sort();
    files
}

fn counted_directly(path: &Path) -> Counted {
    let mut counted = Counted::default();
    let mut reader = csv::Reader::from_path(path).expect("the file is there");
    for row in reader.deserialize::<BTreeMap<String, String>>() {
        let row = row.expect("the file is CSV");
        counted.records += 1;
        if !row["id"].bytes().all(|byte| byte.is_ascii_digit()) {
            counted.damaged += 1;
            continue;
        }
        counted.reposts += usize::from(row["text"].starts_with("RT @"));
        counted.authors.insert(row["user"].to_lowercase());
        let minute = row["datetime"]
            .get(..16)
            .expect("times have minutes")
            .replace(' ', "T");
        *counted.minutes.entry(minute).or_default() += 1;
    }
    counted
}

async fn counted_by_replay(path: &Path) -> Counted {
    drop(rustls::crypto::ring::default_provider().install_default());
    let argument = format!("replay={}", path.display());
    let context = FeedContext::new(
        Wanted::default(),
        Arc::new(SystemClock),
        StdRng::seed_from_u64(1),
        reqwest::Client::new(),
    );
    let settings = FeedSettings::from_argument(&argument).expect("the argument is right");
    let mut feed = settings.build(context).expect("the settings are right");
    let mut counted = Counted::default();
    let mut cursor = None;
    loop {
        let page = feed
            .fetch(cursor.as_ref())
            .await
            .expect("the file can be read");
        for item in page.items {
            counted.records += 1;
            match item {
                Item::Post(post) => {
                    counted.reposts += usize::from(post.kind == Kind::Repost);
                    counted.authors.insert(
                        post.author
                            .id
                            .as_str()
                            .strip_prefix("archive:")
                            .expect("ids begin with their source")
                            .to_owned(),
                    );
                    let minute = post.created_at.strftime("%Y-%m-%dT%H:%M").to_string();
                    *counted.minutes.entry(minute).or_default() += 1;
                }
                Item::Refused(refusal) => {
                    assert_eq!(refusal.reason, Reason::DamagedId, "{}", refusal.detail);
                    counted.damaged += 1;
                }
                other => panic!("an archive brings no {other:?}"),
            }
        }
        cursor = page.cursor;
        if page.next == Next::Done {
            return counted;
        }
    }
}

#[tokio::test]
async fn a_replayed_conference_counts_as_its_file_does() {
    let archives = archives();
    if archives.is_empty() {
        eprintln!("skipped: no recorded archives at hand; BUZZWALL_DATA says where they are");
    }
    for path in archives {
        let direct = counted_directly(&path);
        assert!(direct.records > 0, "{}", path.display());
        let replayed = counted_by_replay(&path).await;
        assert_eq!(replayed, direct, "{}", path.display());
        eprintln!(
            "{}: {} records, {} damaged, {} reposts, {} authors",
            path.display(),
            replayed.records,
            replayed.damaged,
            replayed.reposts,
            replayed.authors.len()
        );
    }
}
