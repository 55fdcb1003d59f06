//! The origin of the pages that use the API (RFC 6454).

use std::fmt;

use url::{Host, Url};

use super::problem::Fault;

/// Scheme, host and port of the pages. What a wallet shows when someone signs in, and what
/// the browser's `Origin` header must be when a cookie speaks for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    authority: String,
}

impl Origin {
    /// Reads an origin: `http` or `https`, a host, perhaps a port, and nothing else.
    ///
    /// # Errors
    /// [`Fault::Origin`].
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let invalid = || Fault::Origin {
            given: text.to_owned(),
        };
        let url = Url::parse(text).map_err(|_| invalid())?;
        let plain = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !plain || !matches!(url.scheme(), "http" | "https") {
            return Err(invalid());
        }
        let host: Host<&str> = url.host().ok_or_else(invalid)?;
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        Ok(Self {
            scheme: url.scheme().to_owned(),
            authority,
        })
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Host and, when it is not the scheme's own, port: the domain of a sign-in message.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether cookies must only travel over TLS.
    pub fn is_secure(&self) -> bool {
        self.scheme == "https"
    }
}

impl fmt::Display for Origin {
    /// As browsers write it in the `Origin` header.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_the_scheme_is_left_out() {
        let origin = Origin::parse("https://shop.example:443/").unwrap();
        assert_eq!(origin.to_string(), "https://shop.example");
        assert_eq!(
            Origin::parse("http://[::1]:8080").unwrap().authority(),
            "[::1]:8080"
        );
    }

    #[test]
    fn more_than_an_origin_is_refused() {
        for text in [
            "https://a/path",
            "https://a?q",
            "https://u@a",
            "ftp://a",
            "a.example",
            "",
        ] {
            assert!(Origin::parse(text).is_err(), "{text}");
        }
    }
}
