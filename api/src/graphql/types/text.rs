//! Texts in Korean and English.

use async_graphql::{InputObject, SimpleObject};
use gage_domain::text;

/// A text in Korean, in English, or in both.
#[derive(Debug, Clone, SimpleObject)]
pub struct LocalizedText {
    /// In Korean.
    pub ko: Option<String>,
    /// In English.
    pub en: Option<String>,
}

impl From<&text::LocalizedText> for LocalizedText {
    fn from(text: &text::LocalizedText) -> Self {
        Self {
            ko: text.ko().map(str::to_owned),
            en: text.en().map(str::to_owned),
        }
    }
}

/// A text in Korean, in English, or in both.
#[derive(Debug, Clone, Default, InputObject)]
pub struct LocalizedTextInput {
    /// In Korean.
    pub ko: Option<String>,
    /// In English.
    pub en: Option<String>,
}

impl From<LocalizedTextInput> for text::LocalizedText {
    fn from(input: LocalizedTextInput) -> Self {
        Self::new(input.ko, input.en)
    }
}
