//! Which plain letters a character stands for: case, accents, letters in other clothes, and letters that only look alike.

use icu_casemap::CaseMapper;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What serves as small capitals, in the order of the alphabet; x has none, and q borrows another letter.
const SMALL_CAPITALS: [char; 26] = [
    'ᴀ', 'ʙ', 'ᴄ', 'ᴅ', 'ᴇ', 'ꜰ', 'ɢ', 'ʜ', 'ɪ', 'ᴊ', 'ᴋ', 'ʟ', 'ᴍ', 'ɴ', 'ᴏ', 'ᴘ', 'ǫ', 'ʀ', 'ꜱ',
    'ᴛ', 'ᴜ', 'ᴠ', 'ᴡ', 'x', 'ʏ', 'ᴢ',
];

/// Letters that stand on their head and that no upright word has, with what they are.
const TURNED: [(char, char); 22] = [
    ('ɐ', 'a'),
    ('ɔ', 'c'),
    ('ǝ', 'e'),
    ('ə', 'e'),
    ('ɟ', 'f'),
    ('ƃ', 'g'),
    ('ᵷ', 'g'),
    ('ɓ', 'g'),
    ('ɥ', 'h'),
    ('ᴉ', 'i'),
    ('ı', 'i'),
    ('ɾ', 'j'),
    ('ſ', 'j'),
    ('ʞ', 'k'),
    ('ʃ', 'l'),
    ('ꞁ', 'l'),
    ('ɯ', 'm'),
    ('ɹ', 'r'),
    ('ʇ', 't'),
    ('ʌ', 'v'),
    ('ʍ', 'w'),
    ('ʎ', 'y'),
];

/// Letters of other alphabets that people put for a Latin one although Unicode's table of confusable characters, which goes
/// by the printed shape alone, does not have them.
const TAKEN_FOR: [(char, &str); 26] = [
    ('a', "αλ"),
    ('b', "вβъƅ"),
    ('c', "ςϲ"),
    ('d', "δժ"),
    ('e', "єεэҽ"),
    ('f', "ғƒ"),
    ('g', "ցɠ"),
    ('h', "нћђ"),
    ('i', "ιїɨ"),
    ('j', "ʝ"),
    ('k', "кκҝ"),
    ('l', "ӏƖ"),
    ('m', "мɱ"),
    ('n', "ոпηиή"),
    ('o', "θφσ"),
    ('p', "ρ"),
    ('q', "զφ"),
    ('r', "гяր"),
    ('s', "ʂ"),
    ('t', "тτԵ"),
    ('u', "υμцս"),
    ('v', "νѵ"),
    ('w', "ѡωшщա"),
    ('x', "χж"),
    ('y', "уүұγ"),
    ('z', "ʐζ"),
];

/// Letters without a canonical decomposition that are still a plain letter with something added.
fn without_stroke(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ø' | 'Ø' => "o",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' => "d",
        'ħ' | 'Ħ' => "h",
        'ŧ' | 'Ŧ' => "t",
        'ı' => "i",
        _ => return None,
    })
}

/// Whether a character leaves no trace of its own: marks on letters, and all that Unicode says to ignore by default.
pub(super) fn leaves_no_trace(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control() && !c.is_ascii_whitespace();
    }
    is_combining_mark(c)
        || matches!(
            c,
            '\u{80}'..='\u{9f}'
                | '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1f3fb}'..='\u{1f3ff}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Letters in clothes that Unicode has no decomposition for: flags' letters, and white letters on black.
fn enclosed(c: char) -> Option<char> {
    let nth = |first: char| char::from_u32(u32::from('a') + u32::from(c) - u32::from(first));
    match c {
        '\u{1f1e6}'..='\u{1f1ff}' => nth('\u{1f1e6}'),
        '\u{1f150}'..='\u{1f169}' => nth('\u{1f150}'),
        '\u{1f170}'..='\u{1f189}' => nth('\u{1f170}'),
        _ => None,
    }
}

/// Appends the letters and digits that a character that is not ASCII stands for, in lower case and without accents; nothing
/// if it is no letter.
pub(super) fn plain(c: char, into: &mut Vec<char>) {
    if let Some(letters) = without_stroke(c) {
        into.extend(letters.chars());
        return;
    }
    if let Some(letter) = enclosed(c) {
        into.push(letter);
        return;
    }
    // A trade mark's letters belong to no word.
    if matches!(c, '\u{2120}' | '\u{2122}') {
        return;
    }
    let mapper = CaseMapper::new();
    for part in std::iter::once(c).nfkd() {
        let part = mapper.simple_fold(part);
        match without_stroke(part) {
            Some(letters) => into.extend(letters.chars()),
            None if part.is_alphanumeric() => into.push(part),
            None => {}
        }
    }
}

/// Whether a letter serves as a small capital.
pub(super) fn is_small_capital(c: char) -> bool {
    !c.is_ascii() && SMALL_CAPITALS.contains(&c)
}

/// Appends the ASCII letters that a character is taken for at a glance, if any.
pub(super) fn alike(c: char, into: &mut Vec<char>) {
    let before = into.len();
    if let Some(nth) = SMALL_CAPITALS.iter().position(|small| *small == c) {
        into.extend((b'a'..=b'z').nth(nth).map(char::from));
    } else if let Some((_, letter)) = TURNED.iter().find(|(turned, _)| *turned == c) {
        into.push(*letter);
    } else {
        // Capitals look like other letters than their small forms do.
        let text = c.to_string();
        let mapper = CaseMapper::new();
        let lower = mapper.fold_string(&text);
        for form in [text.as_str(), &*lower] {
            extend_if_ascii(unicode_security::skeleton(form), into);
            if into.len() > before {
                return;
            }
        }
        let taken_for = TAKEN_FOR
            .iter()
            .find(|(_, others)| lower.chars().all(|c| others.contains(c)));
        into.extend(taken_for.map(|(letter, _)| *letter));
    }
}

/// Appends characters, marks left out, if all are ASCII letters or digits.
fn extend_if_ascii(chars: impl Iterator<Item = char>, into: &mut Vec<char>) {
    let before = into.len();
    for c in chars.filter(|c| !leaves_no_trace(*c)) {
        if !c.is_ascii_alphanumeric() {
            into.truncate(before);
            return;
        }
        into.push(c.to_ascii_lowercase());
    }
}

/// Whether a letter stands on its head.
pub(super) fn is_turned(c: char) -> bool {
    TURNED.iter().any(|(turned, _)| *turned == c)
}

/// The letter that is seen when the page is turned over.
pub(super) fn turn(c: char) -> char {
    match c {
        'u' => 'n',
        'n' => 'u',
        'd' => 'p',
        'p' => 'd',
        'q' => 'b',
        'b' => 'q',
        other => TURNED
            .iter()
            .find(|(turned, _)| *turned == other)
            .map_or(other, |(_, letter)| *letter),
    }
}
