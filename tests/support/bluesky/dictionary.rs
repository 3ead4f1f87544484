//! What compressed streams are compressed with.

use std::sync::LazyLock;

use jiff::Timestamp;

use super::record;

/// The dictionary that can be fetched, trained with invented events.
pub fn dictionary() -> &'static [u8] {
    static TRAINED: LazyLock<Vec<u8>> = LazyLock::new(|| train("to be fetched"));
    &TRAINED
}

/// One that cannot.
pub(super) fn other_dictionary() -> &'static [u8] {
    static TRAINED: LazyLock<Vec<u8>> = LazyLock::new(|| train("of its own"));
    &TRAINED
}

/// A dictionary's own number.
pub fn number(dictionary: &[u8]) -> u32 {
    let id = zstd::zstd_safe::get_dict_id_from_dict(dictionary);
    id.expect("a trained dictionary has a number").get()
}

fn train(of: &str) -> Vec<u8> {
    let at = Timestamp::constant(1_573_030_800, 0);
    let samples: Vec<String> = (0..400)
        .map(|n| {
            record(
                &format!("post {n} {of}, at {} #Tag{}", n * 7919, n % 13),
                at,
            )
            .to_string()
        })
        .collect();
    zstd::dict::from_samples(&samples, 4096).expect("there are enough samples")
}
