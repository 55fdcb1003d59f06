//! The text: one reading, one way of writing it.

use super::*;

#[test]
fn a_wallet_that_signs_the_message_is_signed_in() {
    let verified = sign_in(&message()).unwrap();
    assert_eq!(
        verified,
        Verified {
            address: wallet().address(),
            nonce: "abcDEF123456".to_owned(),
            chain_id: 1337,
            signature_kind: SignatureKind::Key,
        }
    );
}

#[test]
fn a_message_without_statement_and_with_every_option_is_read() {
    let text = message().replace("Sign in to Gage.\n", "")
        + "\nExpiration Time: 2026-03-01T12:30:00Z\nNot Before: 2026-03-01T13:59:00.5+02:00\
           \nRequest ID: a%20b:c@d\nResources:\n- https://shop.example/terms\n- ipfs://Qm";
    let claim = Claim::read(&text, &expectation()).unwrap();
    let read = claim.message();
    assert_eq!(
        (read.statement(), read.request_id()),
        (None, Some("a%20b:c@d"))
    );
    assert_eq!(
        read.not_before(),
        Some(datetime!(2026-03-01 11:59:00.5 UTC))
    );
    assert_eq!(
        read.resources().collect::<Vec<_>>(),
        ["https://shop.example/terms", "ipfs://Qm"]
    );
    assert_eq!(read.text(), text);
}

#[test]
fn an_oversized_message_is_refused_before_it_is_parsed() {
    let text = message().replace("Sign in to Gage.", &"a".repeat(MAX_MESSAGE_BYTES));
    assert!(text.parse::<::siwe::Message>().is_ok());
    assert_eq!(sign_in(&text), Err(SignInError::MessageTooLong));
}

#[test]
fn junk_in_the_separator_lines_is_refused() {
    let address = wallet().address();
    let before_statement = refused(
        &format!("{address}\n\n"),
        &format!("{address}\njunk\n"),
        true,
    );
    assert_eq!(before_statement, SignInError::NotCanonical);
    let after_statement = refused("Gage.\n\n", "Gage.\nand pay everything\n", true);
    assert_eq!(after_statement, SignInError::NotCanonical);
}

#[test]
fn control_characters_and_foreign_letters_are_refused() {
    for (spoilt, offset) in [
        ("Sign\tin", 4),
        ("Sign\rin", 4),
        ("Sign\u{7f}in", 4),
        ("Sign\u{202e}in", 4),
        ("로그인", 0),
    ] {
        let position = message().find("Sign").unwrap() + offset;
        assert_eq!(
            refused("Sign in", spoilt, true),
            SignInError::ForbiddenCharacter { position }
        );
    }
}

#[test]
fn a_statement_outside_the_grammar_is_refused() {
    let statement = SignInError::Malformed(MessagePart::Statement);
    for spoilt in ["\"Sign in\"", "100% off", "<b>", "a|b", "back\\slash"] {
        assert_eq!(
            refused("Sign in to Gage.", spoilt, true),
            statement,
            "{spoilt}"
        );
    }
}

#[test]
fn a_request_id_outside_the_grammar_is_refused() {
    for spoilt in ["a b", "a/b", "%2", "%zz", "\"x\""] {
        let text = format!("{}\nRequest ID: {spoilt}", message());
        assert!(text.parse::<::siwe::Message>().is_ok());
        assert_eq!(
            sign_in(&text),
            Err(SignInError::Malformed(MessagePart::RequestId)),
            "{spoilt}"
        );
    }
}

#[test]
fn a_nonce_is_eight_or_more_letters_and_digits() {
    let nonce = "abcDEF123456";
    for spoilt in [
        "abcDEF-12345",
        "abc DEF 1234",
        "abcdef$$$$",
        "a\"b\"c\"d\"e",
        &"a".repeat(129),
    ] {
        assert_eq!(
            refused(nonce, spoilt, true),
            SignInError::NonceMalformed,
            "{spoilt}"
        );
    }
    assert_eq!(
        refused(nonce, "abcDEF1", false),
        SignInError::NonceMalformed
    );
    assert_eq!(refused(nonce, "", false), SignInError::NonceMalformed);
    let text = message().replace(nonce, "abcDEF12");
    assert!(sign_in(&text).is_ok(), "eight are enough");
}

#[test]
fn a_number_has_one_form() {
    for spoilt in ["+1337", "01337", "+01337"] {
        assert_eq!(
            refused("1337", spoilt, true),
            SignInError::NotCanonical,
            "{spoilt}"
        );
    }
    for spoilt in [
        "-1337",
        "0x539",
        " 1337",
        "1337 ",
        "18446744073709551616",
        "",
    ] {
        let chain = SignInError::Malformed(MessagePart::ChainId);
        assert_eq!(refused("1337", spoilt, false), chain, "{spoilt}");
    }
}

#[test]
fn a_version_other_than_one_is_refused() {
    for spoilt in ["Version: 2", "Version: 01", "Version: +1", "Version: "] {
        assert_eq!(
            refused("Version: 1", spoilt, false),
            SignInError::VersionUnknown,
            "{spoilt}"
        );
    }
}

#[test]
fn an_address_carries_its_checksum() {
    let address = wallet().address().to_string();
    let lower = address.to_lowercase();
    assert_eq!(
        refused(&address, &lower, false),
        SignInError::AddressNotChecksummed
    );
    let upper = address.to_uppercase().replacen('X', "x", 1);
    assert_eq!(
        refused(&address, &upper, false),
        SignInError::AddressNotChecksummed
    );
    let short = SignInError::Malformed(MessagePart::Address);
    assert_eq!(refused(&address, &address[..41], false), short);
    assert_eq!(refused(&address, &address[2..], false), short);
}

#[test]
fn lines_in_another_order_or_too_many_are_refused() {
    let layout = SignInError::Malformed(MessagePart::Layout);
    for tail in ["\n", "\n\n", "\nSomething: else", "\nResources: x"] {
        assert_eq!(sign_in(&(message() + tail)), Err(layout), "{tail:?}");
    }
    let swapped = "\nNot Before: 2026-03-01T11:59:00Z\nExpiration Time: 2026-03-01T12:30:00Z";
    assert_eq!(sign_in(&(message() + swapped)), Err(layout));
    let bad_resource = message() + "\nResources:\n- https://a.example\n";
    assert_eq!(
        sign_in(&bad_resource),
        Err(SignInError::Malformed(MessagePart::Uri))
    );
    assert_eq!(
        sign_in(""),
        Err(SignInError::Malformed(MessagePart::Domain))
    );
    assert_eq!(
        sign_in("\n\n\n\n"),
        Err(SignInError::Malformed(MessagePart::Domain))
    );
}

#[test]
fn every_cut_of_a_message_is_refused() {
    let text = message();
    for end in 0..text.len() {
        assert!(sign_in(&text[..end]).is_err(), "{:?}", &text[..end]);
    }
}

#[test]
fn an_empty_list_of_resources_is_not_the_form_that_is_signed() {
    let text = message() + "\nResources:";
    assert!(
        text.parse::<::siwe::Message>().is_ok(),
        "there it means no list"
    );
    assert_eq!(sign_in(&text), Err(SignInError::NotCanonical));
}
