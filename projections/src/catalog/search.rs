//! What a search looks at and looks for.
//!
//! Both sides are folded the same way: lower case by Unicode's rules here, because PostgreSQL
//! folds by the database's locale; and NFKC in SQL, so that Hangul typed as single jamo (macOS)
//! and full-width letters are found. A word is then looked for as it is (`strpos`), so no
//! character of it means anything special.

use gage_domain::text::LocalizedText;

/// The most characters of a search that count.
const MAX_CHARS: usize = 200;
/// The most words of a search that count.
const MAX_WORDS: usize = 10;

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

fn fold(text: &str) -> String {
    text.to_lowercase()
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
    fn both_languages_are_searched() {
        let name = LocalizedText::new(Some("커피".to_owned()), Some("Coffee".to_owned()));
        assert_eq!(searched_text(&name), "커피\ncoffee");
    }
}
