//! What a search looks at and looks for.
//!
//! Both sides are folded the same way: lower case by Unicode's rules, and NFKC, so that Hangul
//! typed as single jamo (macOS) and full-width letters are found. A word is then looked for as
//! it is (`strpos`), so no character of it means anything special.
//!
//! An index finds the candidates: every text is kept with its single characters and its pairs
//! of neighbouring characters, and a text with a word has all pairs of the word. Pairs, because
//! a Korean word often has two characters; PostgreSQL's `pg_trgm` needs three, and knows no
//! Hangul in a database of the C locale.

use std::collections::BTreeSet;

use gage_domain::text::LocalizedText;
use unicode_normalization::UnicodeNormalization;

/// The most characters of a search that count.
const MAX_CHARS: usize = 200;
/// The most words of a search that count.
const MAX_WORDS: usize = 10;
/// Bits of a character.
const CHAR_BITS: u32 = 21;

/// The names of a thing in one text, folded.
pub(super) fn searched_text(name: &LocalizedText) -> String {
    [name.ko(), name.en()]
        .into_iter()
        .flatten()
        .map(fold)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The words that must all occur, folded; none when the search says nothing.
pub(super) fn words(search: &str) -> Vec<String> {
    let bounded: String = search.chars().take(MAX_CHARS).collect();
    bounded
        // A control character separates: PostgreSQL takes no NUL in a text.
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|word| !word.is_empty())
        .take(MAX_WORDS)
        .map(fold)
        .collect()
}

/// The characters and pairs of a folded text, as PostgreSQL writes an array.
pub(super) fn array_of_grams(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let singles = characters.iter().copied().map(single);
    let pairs = characters
        .windows(2)
        .filter_map(|pair| pair_of(pair.first(), pair.last()));
    let grams: BTreeSet<i64> = singles.chain(pairs).collect();
    let printed: Vec<String> = grams.iter().map(i64::to_string).collect();
    format!("{{{}}}", printed.join(","))
}

/// The grams that a text with all of these words has: pairs where a word has any.
pub(super) fn wanted_grams(words: &[String]) -> Vec<i64> {
    let mut grams = BTreeSet::new();
    for word in words {
        let characters: Vec<char> = word.chars().collect();
        match *characters.as_slice() {
            [] => {}
            [one] => {
                grams.insert(single(one));
            }
            _ => grams.extend(
                characters
                    .windows(2)
                    .filter_map(|pair| pair_of(pair.first(), pair.last())),
            ),
        }
    }
    grams.into_iter().collect()
}

fn single(character: char) -> i64 {
    i64::from(u32::from(character))
}

fn pair_of(first: Option<&char>, second: Option<&char>) -> Option<i64> {
    let (first, second) = (first?, second?);
    Some(single(*first) << CHAR_BITS | single(*second))
}

fn fold(text: &str) -> String {
    text.to_lowercase().nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_its_words_in_lower_case() {
        assert_eq!(words("  Drip  COFFEE 원두 "), ["drip", "coffee", "원두"]);
    }

    #[test]
    fn blanks_and_control_characters_say_nothing() {
        assert!(words(" \t\n\0\u{7}").is_empty());
        assert_eq!(words("a\0b"), ["a", "b"]);
    }

    #[test]
    fn an_endless_search_is_cut() {
        assert_eq!(words(&"a ".repeat(1_000)).len(), MAX_WORDS);
        assert_eq!(words(&"a".repeat(1_000)), ["a".repeat(MAX_CHARS)]);
    }

    #[test]
    fn a_text_has_the_grams_of_every_part_of_it() {
        let text = "아이스 커피";
        let held: Vec<i64> = array_of_grams(text)
            .trim_matches(['{', '}'])
            .split(',')
            .map(|gram| gram.parse().unwrap())
            .collect();
        let characters: Vec<char> = text.chars().collect();
        for start in 0..characters.len() {
            for end in start + 1..=characters.len() {
                let part = characters[start..end].iter().collect();
                let wanted = wanted_grams(&[part]);
                assert!(
                    wanted.iter().all(|gram| held.contains(gram)),
                    "{start}..{end}"
                );
            }
        }
        let other = wanted_grams(&["피커".to_owned()]);
        assert!(!other.iter().any(|gram| held.contains(gram)));
    }

    #[test]
    fn both_languages_are_searched() {
        let name = LocalizedText::new(Some("커피".to_owned()), Some("Coffee".to_owned()));
        assert_eq!(searched_text(&name), "커피\ncoffee");
    }
}
