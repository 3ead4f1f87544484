//! The labelled sets, the recorded posts of conferences, and the words that are put into disguise.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use buzzwall::config::blocklist;
use buzzwall::moderation::{Section, Severity};

use crate::data::{columns, lines};

/// A text and whether people call it abusive.
pub(crate) struct Row {
    pub(crate) text: String,
    pub(crate) abusive: bool,
}

/// Texts of one language.
pub(crate) struct Set {
    pub(crate) name: String,
    pub(crate) language: &'static str,
    pub(crate) rows: Vec<Row>,
}

fn rows<const N: usize>(
    records: Vec<[String; N]>,
    abusive: impl Fn(&[String; N]) -> bool,
) -> Vec<Row> {
    let row = |record: [String; N]| Row {
        abusive: abusive(&record),
        text: record[0]
            .replace("&amp;", "&")
            .replace("&lt;", "<")
            .replace("&gt;", ">"),
    };
    records.into_iter().map(row).collect()
}

/// All sets that are at hand.
pub(crate) fn labelled(data: &Path) -> Vec<Set> {
    let root = data.join("moderation");
    let english = |name: &str, rows: Vec<Row>| Set {
        name: name.to_owned(),
        language: "en",
        rows,
    };
    let davidson = || columns(&root.join("davidson/labeled_data.csv"), ["tweet", "class"]);
    let mut sets = vec![
        english("Davidson", rows(davidson(), |[_, class]| class != "2")),
        english(
            "Davidson, hate or neither",
            rows(
                davidson()
                    .into_iter()
                    .filter(|[_, class]| class != "1")
                    .collect(),
                |[_, class]| class == "0",
            ),
        ),
        english(
            "Surge toxicity",
            rows(
                columns(&root.join("surge/toxicity_en.csv"), ["text", "is_toxic"]),
                |[_, toxic]| toxic == "Toxic",
            ),
        ),
        english(
            "HateCheck",
            rows(
                columns(
                    &root.join("hatecheck/test_suite_cases.csv"),
                    ["test_case", "label_gold"],
                ),
                |[_, label]| label == "hateful",
            ),
        ),
        english(
            "HatemojiCheck",
            rows(
                columns(
                    &root.join("hatemoji/hatemojicheck_test.csv"),
                    ["text", "label_gold"],
                ),
                |[_, label]| label.starts_with('1'),
            ),
        ),
    ];
    let mut rustrict = Vec::new();
    for (file, abusive) in [
        ("test_positive", true),
        ("test_negative", false),
        ("test_safe", false),
        ("false_positives", false),
    ] {
        let texts = lines(&root.join(format!("rustrict/{file}.txt")));
        rustrict.extend(texts.into_iter().map(|text| Row { text, abusive }));
    }
    sets.push(english("rustrict's own lists", rustrict));
    let mut germeval = Vec::new();
    for line in lines(&root.join("germeval/test.txt")) {
        if let [text, coarse, _] = line.split('\t').collect::<Vec<_>>()[..] {
            germeval.push(Row {
                text: text.replace("|LBR|", "\n"),
                abusive: coarse == "OFFENSE",
            });
        }
    }
    sets.push(Set {
        name: "GermEval 2018 test".to_owned(),
        language: "de",
        rows: germeval,
    });
    for (name, language) in [
        ("german", "de"),
        ("french", "fr"),
        ("spanish", "es"),
        ("italian", "it"),
        ("dutch", "nl"),
        ("portuguese", "pt"),
        ("polish", "pl"),
    ] {
        let file = root.join(format!("mhc/mhc_{name}.csv"));
        sets.push(Set {
            name: format!("MHC {name}"),
            language,
            rows: rows(columns(&file, ["test_case", "label_gold"]), |[_, label]| {
                label == "hateful"
            }),
        });
    }
    sets.retain(|set| !set.rows.is_empty());
    sets
}

/// Distinct posts of conferences, reposts left out.
pub(crate) fn conference(data: &Path) -> Vec<String> {
    let root = data.join("event_hashtags/twitterchive");
    let mut texts = BTreeSet::new();
    for file in [
        "ASHG2013.csv",
        "bog13.csv",
        "bog14.csv",
        "ismbeccb-2013.csv",
    ] {
        texts.extend(columns(&root.join(file), ["text"]).map_texts());
    }
    for file in ["AGBT14.txt", "bosc2014.txt", "ismb.txt"] {
        for line in lines(&root.join(file)) {
            // The number, the day, the time and the user come first, padded.
            let text = line
                .split_once('@')
                .and_then(|(_, rest)| rest.split_once(' '));
            texts.extend(text.map(|(_, text)| text.trim().to_owned()));
        }
    }
    texts.retain(|text| !text.is_empty() && !text.starts_with("RT @"));
    texts.into_iter().collect()
}

trait Texts {
    fn map_texts(self) -> Vec<String>;
}

impl Texts for Vec<[String; 1]> {
    fn map_texts(self) -> Vec<String> {
        self.into_iter().map(|[text]| text).collect()
    }
}

/// Lines that are harmless and look otherwise.
pub(crate) fn traps(data: &Path) -> Vec<String> {
    let mut lines = lines(&data.join("moderation/own/benign_traps.txt"));
    lines.retain(|line| !line.starts_with('#'));
    lines
}

/// Words that stand in both English sources and are more than mild in the one that grades them.
pub(crate) fn strong_words(data: &Path) -> Vec<String> {
    let root = data.join("moderation");
    let graded: BTreeMap<String, f32> = columns(
        &root.join("surge/profanity_en.csv"),
        ["text", "severity_rating"],
    )
    .into_iter()
    .filter_map(|[word, severity]| Some((word.to_lowercase(), severity.parse().ok()?)))
    .collect();
    let mut words = lines(&root.join("ldnoobw/en"));
    words.retain(|word| {
        word.len() >= 4
            && word.bytes().all(|byte| byte.is_ascii_lowercase())
            && graded.get(word).is_some_and(|severity| *severity >= 1.2)
    });
    words
}

/// The words that the shipped lists hide, one in three.
pub(crate) fn shipped_words() -> Vec<String> {
    let mut words = BTreeSet::new();
    for name in blocklist::shipped() {
        for entry in blocklist::read(name, Path::new(".")).expect("it is shipped") {
            let word = entry.text.trim_matches('*');
            if matches!(entry.section, Section::Bad(Severity::Hide | Severity::Mask))
                && word.len() >= 4
                && word.bytes().all(|byte| byte.is_ascii_lowercase())
            {
                words.insert(word.to_owned());
            }
        }
    }
    words.into_iter().step_by(3).collect()
}
