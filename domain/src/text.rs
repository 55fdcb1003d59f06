//! Texts that people read: a pair of Korean and English, and the rules for their content.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A text in Korean, in English, or in both. Trimmed; a text that shows nothing is none.
///
/// What was written once must stay readable, so the type has no limits; the commands that
/// take a text hold it against a [`TextRule`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "RawText")]
pub struct LocalizedText {
    ko: Option<String>,
    en: Option<String>,
}

/// The fields as they come, before trimming.
#[derive(Deserialize)]
struct RawText {
    #[serde(default)]
    ko: Option<String>,
    #[serde(default)]
    en: Option<String>,
}

impl From<RawText> for LocalizedText {
    fn from(raw: RawText) -> Self {
        Self::new(raw.ko, raw.en)
    }
}

impl LocalizedText {
    /// A text from its Korean and its English form.
    ///
    /// ```
    /// use gage_domain::text::LocalizedText;
    ///
    /// let name = LocalizedText::new(Some(" 커피 ".to_owned()), Some("  ".to_owned()));
    /// assert_eq!(name.ko(), Some("커피"));
    /// assert_eq!(name.en(), None);
    /// ```
    #[must_use]
    pub fn new(ko: Option<String>, en: Option<String>) -> Self {
        Self {
            ko: ko.and_then(trimmed),
            en: en.and_then(trimmed),
        }
    }

    /// The Korean form.
    pub fn ko(&self) -> Option<&str> {
        self.ko.as_deref()
    }

    /// The English form.
    pub fn en(&self) -> Option<&str> {
        self.en.as_deref()
    }

    /// Whether there is neither form.
    pub fn is_empty(&self) -> bool {
        self.ko.is_none() && self.en.is_none()
    }
}

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TextFault {
    /// It shows nothing, in neither language.
    #[error("must not be empty")]
    Empty,
    /// It has more characters than its place allows.
    #[error("must have at most {max_chars} characters, not {chars}")]
    TooLong {
        /// How many characters are allowed.
        max_chars: usize,
        /// How many it has.
        chars: usize,
    },
    /// It has a character that controls a display instead of showing something.
    #[error("must not have the control character U+{:04X}", u32::from(*.character))]
    ControlCharacter {
        /// The first such character.
        character: char,
    },
}

/// What a text in one place may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextRule {
    /// The most Unicode scalar values in each language.
    pub max_chars: usize,
    /// Whether it may have several lines.
    shape: Shape,
}

/// How many lines a text may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Line,
    Paragraphs,
}

impl TextRule {
    /// A text of one line.
    #[must_use]
    pub const fn line(max_chars: usize) -> Self {
        Self {
            max_chars,
            shape: Shape::Line,
        }
    }

    /// A text that may have line breaks.
    #[must_use]
    pub const fn paragraphs(max_chars: usize) -> Self {
        Self {
            max_chars,
            shape: Shape::Paragraphs,
        }
    }

    /// Holds a plain text against the rule; it must show something.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(self, text: &str) -> Result<(), TextFault> {
        if text.chars().all(shows_nothing) {
            return Err(TextFault::Empty);
        }
        let chars = text.chars().count();
        if chars > self.max_chars {
            return Err(TextFault::TooLong {
                max_chars: self.max_chars,
                chars,
            });
        }
        match text.chars().find(|&character| self.forbids(character)) {
            Some(character) => Err(TextFault::ControlCharacter { character }),
            None => Ok(()),
        }
    }

    /// Holds each language against the rule; at least one is needed.
    ///
    /// # Errors
    /// What is wrong with the first form that breaks the rule.
    pub fn check_required(self, text: &LocalizedText) -> Result<(), TextFault> {
        if text.is_empty() {
            return Err(TextFault::Empty);
        }
        self.check_optional(text)
    }

    /// Holds each language that is there against the rule.
    ///
    /// # Errors
    /// What is wrong with the first form that breaks the rule.
    pub fn check_optional(self, text: &LocalizedText) -> Result<(), TextFault> {
        [text.ko(), text.en()]
            .into_iter()
            .flatten()
            .try_for_each(|form| self.check(form))
    }

    fn forbids(self, character: char) -> bool {
        match character {
            '\n' => self.shape == Shape::Line,
            '\u{2028}' | '\u{2029}' => true,
            _ => character.is_control() || reorders(character),
        }
    }
}

/// Characters that reorder what stands around them: a name with them can pass for another
/// ("Trojan Source", CVE-2021-42574).
fn reorders(character: char) -> bool {
    matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Spaces, and the fillers that make a text look empty although it is not: the Hangul
/// fillers, zero-width characters, the braille blank.
fn shows_nothing(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{2800}' | '\u{00AD}'
                | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}'
        )
}

/// The text without the blanks around it, or nothing when it shows nothing.
fn trimmed(mut text: String) -> Option<String> {
    if text.chars().all(shows_nothing) {
        return None;
    }
    text.truncate(text.trim_end().len());
    let leading = text.len().saturating_sub(text.trim_start().len());
    text.drain(..leading);
    Some(text)
}

impl fmt::Display for LocalizedText {
    /// Korean before English, as the first shops are Korean.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.ko().or(self.en()).unwrap_or_default())
    }
}
