//! Values that never appear in logs, errors or the configuration's table.

use std::fmt;

use thiserror::Error;
use url::Url;

/// What is printed instead of a secret.
const HIDDEN: &str = "(hidden)";

/// A value whose `Debug` and `Display` hide it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Hides a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself; only for where it is used.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// The address of a service. Shown without password, path and query where these may hold a key.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceUrl {
    url: Url,
    path: PathHolds,
}

/// What the path of a service's URL holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathHolds {
    /// A name, for example of a database.
    Name,
    /// Perhaps an API key, as node providers have it.
    PerhapsAKey,
}

/// Why a text is no address of a service.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidServiceUrl {
    /// It is no URL.
    #[error("is no URL: {0}")]
    NoUrl(#[from] url::ParseError),
    /// Its scheme is another one.
    #[error("must begin with {expected}, not {given}://")]
    Scheme {
        /// What it may be.
        expected: String,
        /// What it is.
        given: String,
    },
}

impl ServiceUrl {
    /// Reads a URL with one of some schemes.
    ///
    /// # Errors
    /// What is wrong with it; the text itself is not repeated, since it may hold a password.
    pub fn parse(text: &str, schemes: &[&str], path: PathHolds) -> Result<Self, InvalidServiceUrl> {
        let url = Url::parse(text)?;
        if !schemes.contains(&url.scheme()) {
            let expected: Vec<String> = schemes.iter().map(|s| format!("{s}://")).collect();
            return Err(InvalidServiceUrl::Scheme {
                expected: expected.join(" or "),
                given: url.scheme().to_owned(),
            });
        }
        Ok(Self { url, path })
    }

    /// The whole URL, with what it hides; only for where it is used.
    pub fn reveal(&self) -> &str {
        self.url.as_str()
    }

    /// The same as a URL.
    pub fn to_url(&self) -> Url {
        self.url.clone()
    }
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.url.scheme())?;
        if !self.url.username().is_empty() {
            f.write_str(self.url.username())?;
            if self.url.password().is_some() {
                f.write_str(":…")?;
            }
            f.write_str("@")?;
        } else if self.url.password().is_some() {
            f.write_str(":…@")?;
        }
        f.write_str(self.url.host_str().unwrap_or_default())?;
        if let Some(port) = self.url.port() {
            write!(f, ":{port}")?;
        }
        match self.path {
            PathHolds::Name => f.write_str(self.url.path())?,
            PathHolds::PerhapsAKey if self.url.path().len() > 1 => f.write_str("/…")?,
            PathHolds::PerhapsAKey => {}
        }
        if self.url.query().is_some() {
            f.write_str("?…")
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?}"), "(hidden) (hidden)");
    }

    #[test]
    fn a_url_is_printed_without_password_key_and_query() {
        let database = "postgres://gage:hunter2@db:5433/gage?sslpassword=hunter2";
        let database = ServiceUrl::parse(database, &["postgres"], PathHolds::Name).unwrap();
        assert_eq!(database.to_string(), "postgres://gage:…@db:5433/gage?…");
        let node = "https://node.example/v3/hunter2";
        let node = ServiceUrl::parse(node, &["https"], PathHolds::PerhapsAKey).unwrap();
        assert_eq!(format!("{node:?}"), "https://node.example/…");
        let redis = ServiceUrl::parse("redis://:hunter2@r/0", &["redis"], PathHolds::Name).unwrap();
        assert_eq!(redis.to_string(), "redis://:…@r/0");
    }

    #[test]
    fn another_scheme_is_refused_without_repeating_the_url() {
        let error = ServiceUrl::parse("mysql://u:hunter2@h/d", &["postgres"], PathHolds::Name);
        let text = error.unwrap_err().to_string();
        assert_eq!(text, "must begin with postgres://, not mysql://");
    }
}
