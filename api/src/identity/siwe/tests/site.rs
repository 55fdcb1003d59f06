//! The site and the chain that a message is for.

use super::*;

#[test]
fn another_chain_is_refused() {
    let error = refused("Chain ID: 1337", "Chain ID: 1", true);
    assert_eq!(
        error,
        SignInError::ChainMismatch {
            expected: 1337,
            given: 1
        }
    );
}

#[test]
fn another_site_is_refused() {
    for spoilt in [
        "shop.example",
        "shop.example:8081",
        "evil.example",
        "SHOP.example:8080",
    ] {
        assert_eq!(
            refused("shop.example:8080 wants", &format!("{spoilt} wants"), true),
            SignInError::DomainMismatch,
            "{spoilt}"
        );
    }
    let with_user = refused(
        "shop.example:8080 wants",
        "me@shop.example:8080 wants",
        true,
    );
    assert_eq!(with_user, SignInError::DomainMismatch);
}

#[test]
fn a_scheme_before_the_domain_must_be_that_of_the_uri() {
    let signed_in = |scheme: &str, uri_scheme: &str| {
        let text = format!(
            "{scheme}://{}",
            message().replace("URI: http", &format!("URI: {uri_scheme}"))
        );
        assert!(
            text.parse::<::siwe::Message>().is_err(),
            "the plain crate knows no scheme"
        );
        sign_in(&text).map(|_| ())
    };
    assert_eq!(signed_in("http", "http"), Ok(()));
    assert_eq!(signed_in("https", "https"), Ok(()));
    assert_eq!(signed_in("https", "http"), Err(SignInError::SchemeMismatch));
    assert_eq!(signed_in("HTTP", "http"), Err(SignInError::SchemeMismatch));
    assert_eq!(
        signed_in("javascript", "http"),
        Err(SignInError::SchemeMismatch)
    );
    assert_eq!(signed_in("", "http"), Err(SignInError::SchemeMismatch));
}

#[test]
fn the_uri_lies_on_this_site() {
    for (uri, error) in [
        (
            "ftp://shop.example:8080/login",
            SignInError::UriSchemeMismatch,
        ),
        (
            "HTTP://shop.example:8080/login",
            SignInError::UriSchemeMismatch,
        ),
        ("did:key:z6Mk", SignInError::UriSchemeMismatch),
        (
            "http://evil.example/login",
            SignInError::UriAuthorityMismatch,
        ),
        (
            "http://shop.example:8080@evil.example/",
            SignInError::UriAuthorityMismatch,
        ),
        (
            "http://me@shop.example:8080/",
            SignInError::UriAuthorityMismatch,
        ),
        (
            "http://shop.example/login",
            SignInError::UriAuthorityMismatch,
        ),
        ("http:/login", SignInError::UriAuthorityMismatch),
    ] {
        assert_eq!(
            refused("http://shop.example:8080/login", uri, true),
            error,
            "{uri}"
        );
    }
    let uri = SignInError::Malformed(MessagePart::Uri);
    assert_eq!(
        refused("http://shop.example:8080/login", "/login", false),
        uri
    );
}

#[test]
fn a_site_served_by_https_alone_refuses_http() {
    let expect = Expectation {
        schemes: Schemes::HttpsOnly,
        ..expectation()
    };
    let text = message();
    assert_eq!(
        verify(&text, &sign(&text), &expect),
        Err(SignInError::UriSchemeMismatch)
    );
    let text = text.replace("URI: http:", "URI: https:");
    assert!(verify(&text, &sign(&text), &expect).is_ok());
}

#[test]
fn the_domain_of_a_site_is_a_plain_host_and_port() {
    for good in [
        "shop.example",
        "localhost:8080",
        "127.0.0.1:80",
        "[::1]:8080",
    ] {
        assert_eq!(good.parse::<SiteDomain>().unwrap().as_str(), good);
    }
    for bad in [
        "",
        "me@shop.example",
        "Shop.example",
        "http://shop.example",
        "a b",
        "shop.example/",
        ":80",
    ] {
        assert!(bad.parse::<SiteDomain>().is_err(), "{bad}");
    }
}
