//! The files of the storefront, in the forms that they were built in.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rust_embed::RustEmbed;

use crate::config::Environment;

/// A form of a file: as it is, or compressed when it was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// `br`
    Brotli,
    /// `gzip`
    Gzip,
    /// As it is.
    Identity,
}

impl Coding {
    /// Its name in a header; none for a file as it is.
    pub(super) const fn token(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Identity => "",
        }
    }
}

/// A file in one form.
pub struct File {
    /// Its bytes.
    pub(super) bytes: Cow<'static, [u8]>,
    /// Its entity tag, with the quotes.
    pub(super) tag: String,
}

impl File {
    /// A file of bytes; `tag` is its entity tag, with the quotes.
    pub fn new(bytes: impl Into<Cow<'static, [u8]>>, tag: String) -> Self {
        Self {
            bytes: bytes.into(),
            tag,
        }
    }
}

/// Finds a file by its name below the storefront's folder, in one form.
pub type Find = fn(name: &str, coding: Coding) -> Option<File>;

/// What was built for production. A release holds it in the binary; other builds read it from the
/// checkout. A checkout in which nothing was built compiles all the same.
#[derive(RustEmbed)]
#[folder = "../web/dist/production"]
#[allow_missing = true]
struct Production;

/// What was built for development, with the test chain's wallets in it. A release has none of it.
#[cfg(debug_assertions)]
#[derive(RustEmbed)]
#[folder = "../web/dist/development"]
#[allow_missing = true]
struct Development;

/// What was built for an environment.
pub fn embedded(environment: Environment) -> Find {
    match environment {
        #[cfg(debug_assertions)]
        Environment::Development => file_of::<Development>,
        _ => file_of::<Production>,
    }
}

fn file_of<Built: RustEmbed>(name: &str, coding: Coding) -> Option<File> {
    let file = Built::get(&format!("{name}{}", coding.ending()))?;
    let hash = file.metadata.sha256_hash();
    // Half of the hash is enough to tell two files apart.
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&hash[..16]));
    Some(File::new(file.data, tag))
}

/// The media type of a file by its ending; none for what is no file of a page.
pub(super) fn media_type(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    Some(match ending {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}
