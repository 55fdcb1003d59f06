//! What a product is found by: its names in lower case and in the form NFKC, one a line, and of
//! these the characters and the pairs of neighbours, as numbers of 21 and 42 bits.

use std::collections::BTreeSet;

use gage_domain::text::LocalizedText;
use unicode_normalization::UnicodeNormalization as _;

/// The text, and the numbers as PostgreSQL prints an array.
pub(super) fn found_by(name: &LocalizedText) -> (String, String) {
    let mut text = String::new();
    for name in [name.ko(), name.en()].into_iter().flatten() {
        if !text.is_empty() {
            text.push('\n');
        }
        text.extend(name.to_lowercase().nfkc());
    }
    let mut grams = BTreeSet::new();
    let mut last = None;
    for character in text
        .chars()
        .map(|character| i64::from(u32::from(character)))
    {
        grams.insert(character);
        if let Some(last) = last {
            grams.insert(last << 21 | character);
        }
        last = Some(character);
    }
    let printed: Vec<String> = grams.iter().map(i64::to_string).collect();
    (text, format!("{{{}}}", printed.join(",")))
}
