//! How well the lists find what they should and leave alone what they should, and how long a post takes.
//! `cargo bench --bench moderation`, or with `-- quality`, `-- rules` or `-- speed` one part of it; for the speed of
//! one core `taskset -c 0`.
//!
//! Reads the labelled sets where they are at hand (`BUZZWALL_DATA`, else `../shared/data`). Prints no word of them.

mod corpus;
mod data;
mod evasion;
mod filter;
mod rules;
mod speed;

use std::path::PathBuf;

use corpus::{Row, Set};
use filter::{Filter, Outcome};

fn main() {
    let data = std::env::var_os("BUZZWALL_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    if !data.join("moderation").is_dir() {
        println!(
            "no labelled sets at {}; nothing is measured",
            data.display()
        );
        return;
    }
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let is_asked = |part: &str| {
        asked.iter().any(|it| it == part)
            || !asked
                .iter()
                .any(|it| matches!(it.as_str(), "quality" | "rules" | "speed"))
    };
    if is_asked("quality") {
        labelled(&data);
        conference(&data);
        evasion(&data);
    }
    if is_asked("rules") {
        rules::measure(&data);
    }
    if is_asked("speed") {
        speed::measure(&data);
    }
}

/// Outcomes of a filter on rows with and without the label.
#[derive(Default)]
struct Tally {
    /// Unlabelled and labelled rows: all, held or hidden, hidden.
    rows: [[u32; 3]; 2],
}

impl Tally {
    fn of(filter: &Filter, rows: &[Row]) -> Self {
        let mut tally = Self::default();
        for row in rows {
            let counts = &mut tally.rows[usize::from(row.abusive)];
            counts[0] += 1;
            let outcome = filter.judge(&row.text);
            counts[1] += u32::from(outcome >= Outcome::Held);
            counts[2] += u32::from(outcome >= Outcome::Hidden);
        }
        tally
    }

    /// Precision, recall and false-positive rate of what is at least held (1) or hidden (2).
    fn rates(&self, level: usize) -> String {
        let [clean, abusive] = self.rows;
        let share = |part: u32, whole: u32| {
            if whole == 0 {
                "   - ".to_owned()
            } else {
                format!("{:.3}", f64::from(part) / f64::from(whole))
            }
        };
        let flagged = clean[level] + abusive[level];
        format!(
            "{} {} {}",
            share(abusive[level], flagged),
            share(abusive[level], abusive[0]),
            share(clean[level], clean[0])
        )
    }
}

fn labelled(data: &std::path::Path) {
    println!("Labelled sets: precision, recall, false-positive rate\n");
    println!(
        "{:<28} {:>13}  {:<17}  {:<17}  {:<17}  {:<17}",
        "set", "rows", "hidden", "held or hidden", "plain word list", "rustrict"
    );
    let rustrict = Filter::rustrict();
    for Set {
        name,
        language,
        rows,
    } in corpus::labelled(data)
    {
        let ours = Filter::lists(&[language]);
        let plain = Filter::plain(data, language);
        let tally = Tally::of(&ours, &rows);
        println!(
            "{name:<28} {:>6}/{:<6}  {:<17}  {:<17}  {:<17}  {:<17}",
            tally.rows[1][0],
            rows.len(),
            tally.rates(2),
            tally.rates(1),
            Tally::of(&plain, &rows).rates(1),
            Tally::of(&rustrict, &rows).rates(1),
        );
    }
    println!();
}

fn conference(data: &std::path::Path) {
    println!("Posts of conferences, and harmless lines: share held or hidden, and hidden\n");
    let sets = [
        ("conference posts", corpus::conference(data)),
        ("trap lines", corpus::traps(data)),
    ];
    let filters = [
        ("list en", Filter::lists(&["en"])),
        (
            "all lists",
            Filter::lists(&buzzwall::config::blocklist::shipped().collect::<Vec<_>>()),
        ),
        ("plain word list", Filter::plain(data, "en")),
        ("rustrict", Filter::rustrict()),
    ];
    for (set, rows) in &sets {
        for (name, filter) in &filters {
            let outcomes: Vec<Outcome> = rows.iter().map(|text| filter.judge(text)).collect();
            let flagged = outcomes.iter().filter(|it| **it >= Outcome::Held).count();
            let hidden = outcomes.iter().filter(|it| **it >= Outcome::Hidden).count();
            let share = |part: usize| part as f64 * 100.0 / rows.len() as f64;
            println!(
                "{set:<18} {:>6}  {name:<16} {flagged:>5} ({:>6.3} %)  hidden {hidden:>4} ({:>6.3} %)",
                rows.len(),
                share(flagged),
                share(hidden)
            );
            if std::env::var_os("SHOW").is_some()
                && name.contains("list")
                && !name.contains("plain")
            {
                for (text, _) in rows
                    .iter()
                    .zip(&outcomes)
                    .filter(|(_, it)| **it >= Outcome::Held)
                {
                    println!("    {}", filter.explain(text));
                }
            }
        }
    }
    println!();
}

fn evasion(data: &std::path::Path) {
    println!("Disguises: share held or hidden (hidden)\n");
    let ours = Filter::lists(&["en"]);
    let plain = Filter::plain(data, "en");
    let rustrict = Filter::rustrict();
    let words = corpus::strong_words(data);
    let shipped = corpus::shipped_words();
    let everything = Filter::lists(&buzzwall::config::blocklist::shipped().collect::<Vec<_>>());
    println!(
        "{:<22} {:>17} {:>11} {:>9} {:>17} {:>10} {:>10}",
        "disguise",
        format!("{} words", words.len()),
        "plain list",
        "rustrict",
        format!("{} of all lists", shipped.len()),
        "harmless",
        "all lists"
    );
    let mut sums = [[0_usize; 2]; 6];
    // Ours, and harmless words under list en, but for the kinds of which less is asked.
    let mut main_sums = [[0_usize; 2]; 2];
    for kind in evasion::KINDS {
        let cases = evasion::cases(kind, &words);
        let all_cases = evasion::cases(kind, &shipped);
        let mirror = evasion::cases(kind, &evasion::HARMLESS.map(str::to_owned));
        let count = |filter: &Filter, cases: &[String], least: Outcome| {
            cases
                .iter()
                .filter(|text| filter.judge(text) >= least)
                .count()
        };
        let columns = [
            (count(&ours, &cases, Outcome::Held), cases.len()),
            (count(&plain, &cases, Outcome::Held), cases.len()),
            (count(&rustrict, &cases, Outcome::Held), cases.len()),
            (
                count(&everything, &all_cases, Outcome::Held),
                all_cases.len(),
            ),
            (count(&ours, &mirror, Outcome::Held), mirror.len()),
            (count(&everything, &mirror, Outcome::Held), mirror.len()),
        ];
        for (sum, (part, whole)) in sums.iter_mut().zip(columns) {
            sum[0] += part;
            sum[1] += whole;
        }
        if !kind.is_out_of_reach() {
            for (sum, (part, whole)) in main_sums.iter_mut().zip([columns[0], columns[4]]) {
                sum[0] += part;
                sum[1] += whole;
            }
        }
        let share = |(part, whole): (usize, usize)| part as f64 / whole as f64;
        println!(
            "{:<22} {:>8.3} ({:.3}) {:>11.3} {:>9.3} {:>17.3} {:>10.4} {:>10.4}",
            kind.name(),
            share(columns[0]),
            share((count(&ours, &cases, Outcome::Hidden), cases.len())),
            share(columns[1]),
            share(columns[2]),
            share(columns[3]),
            share(columns[4]),
            share(columns[5]),
        );
        if std::env::var("SHOW").is_ok_and(|shown| shown == kind.name()) {
            for (text, word) in cases.iter().zip(evasion::words_of_cases(&words)) {
                if ours.judge(text) < Outcome::Held {
                    println!("    {word}: {text}");
                }
            }
            for text in mirror
                .iter()
                .filter(|text| everything.judge(text) >= Outcome::Held)
            {
                println!("    harmless: {}", everything.explain(text));
            }
        }
    }
    let share = |[part, whole]: [usize; 2]| part as f64 / whole as f64;
    println!(
        "{:<22} {:>8.3}         {:>11.3} {:>9.3} {:>17.3} {:>10.4} {:>10.4}",
        "all",
        share(sums[0]),
        share(sums[1]),
        share(sums[2]),
        share(sums[3]),
        share(sums[4]),
        share(sums[5])
    );
    println!(
        "{:<22} {:>8.3} {:>56.4}\n",
        "all but three kinds",
        share(main_sums[0]),
        share(main_sums[1])
    );
}
