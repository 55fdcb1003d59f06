//! The rules of texts that people read.

use gage_domain::text::{LocalizedText, TextFault, TextRule};

use crate::samples::{both, en, ko};

const RULE: TextRule = TextRule::line(10);

#[test]
fn blanks_around_a_text_do_not_count() {
    assert_eq!(both("  가게 ", "\tGage\n"), both("가게", "Gage"));
}

#[test]
fn a_text_that_shows_nothing_is_no_text() {
    // Spaces, the ideographic space, Hangul fillers, zero-width characters, a braille blank.
    for blank in [
        "",
        "   ",
        "\u{3000}",
        "\u{3164}",
        "\u{115F}\u{1160}",
        "\u{FFA0}",
        "\u{200B}",
        "\u{2800}",
        "\u{FEFF} ",
    ] {
        assert!(both(blank, blank).is_empty(), "{blank:?}");
        assert_eq!(RULE.check(blank), Err(TextFault::Empty), "{blank:?}");
    }
}

#[test]
fn one_language_is_enough() {
    assert_eq!(RULE.check_required(&ko("가게")), Ok(()));
    assert_eq!(RULE.check_required(&en("Gage")), Ok(()));
    assert_eq!(
        RULE.check_required(&LocalizedText::default()),
        Err(TextFault::Empty)
    );
    assert_eq!(RULE.check_optional(&LocalizedText::default()), Ok(()));
}

#[test]
fn each_language_is_held_against_the_rule() {
    let long = TextFault::TooLong {
        max_chars: 10,
        chars: 11,
    };
    assert_eq!(RULE.check_required(&both("가게", "01234567890")), Err(long));
    assert_eq!(
        RULE.check_required(&both("가나다라마바사아자차카", "x")),
        Err(long)
    );
    assert_eq!(
        RULE.check_required(&both("가나다라마바사아자차", "0123456789")),
        Ok(())
    );
}

#[test]
fn characters_that_control_a_display_are_refused() {
    for character in [
        '\0', '\u{7}', '\u{1b}', '\u{7f}', '\u{85}', '\r', '\u{2028}', '\u{202E}', '\u{2066}',
    ] {
        let text = format!("a{character}b");
        let fault = Err(TextFault::ControlCharacter { character });
        assert_eq!(RULE.check(&text), fault);
        assert_eq!(TextRule::paragraphs(10).check(&text), fault);
    }
}

#[test]
fn line_breaks_are_for_paragraphs_only() {
    assert_eq!(TextRule::paragraphs(10).check("a\nb"), Ok(()));
    assert_eq!(
        RULE.check("a\nb"),
        Err(TextFault::ControlCharacter { character: '\n' })
    );
}

#[test]
fn joined_emoji_are_texts() {
    assert_eq!(RULE.check("👩‍🍳"), Ok(()));
}

#[test]
fn korean_is_shown_before_english() {
    assert_eq!(both("가게", "Gage").to_string(), "가게");
    assert_eq!(en("Gage").to_string(), "Gage");
    assert_eq!(LocalizedText::default().to_string(), "");
}

#[test]
fn texts_from_the_log_are_read_whatever_the_limits_are_now() {
    let long = "x".repeat(100_000);
    let json = serde_json::json!({ "en": long, "fr": "ignored" });
    let text: LocalizedText = serde_json::from_value(json).expect("a text");
    assert_eq!(text, en(&long));
}
