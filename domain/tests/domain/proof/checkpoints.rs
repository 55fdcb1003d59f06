//! Signed checkpoints: C2SP's form to the byte, and nobody else's signature.

use gage_domain::{
    proof::{
        CheckpointKey, CheckpointVerifier, ConsistencyDocument, NotACheckpoint, Origin, Statement,
        TreeHead, Trust, consistency, verify_consistency_document,
    },
    value::B256,
};

use super::tree;

pub(super) fn key(origin: &str, secret: u8) -> CheckpointKey {
    let origin = Origin::parse(origin).expect("an origin");
    CheckpointKey::new(origin, &[secret; 32]).expect("a key")
}

const HEAD: TreeHead = TreeHead {
    size: 20_852_163,
    root: B256::repeat_byte(7),
};

#[test]
fn a_key_is_printed_as_the_published_example_has_it() {
    // The example of golang.org/x/mod/sumdb/note, whose private key is published with it.
    let secret = [
        0x81, 0x0a, 0x14, 0x02, 0xd5, 0x14, 0x6c, 0x8d, 0x84, 0xf2, 0x44, 0x33, 0x30, 0xf5, 0x40,
        0x80, 0xeb, 0xf9, 0x8e, 0xe1, 0x7d, 0x9c, 0x74, 0xf6, 0x25, 0x2f, 0xc5, 0xd5, 0xc7, 0x28,
        0x31, 0x73,
    ];
    let origin = Origin::parse("PeterNeumann").expect("an origin");
    let key = CheckpointKey::new(origin, &secret).expect("a key");
    assert_eq!(
        key.verifier().to_string(),
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    );
}

#[test]
fn a_checkpoint_has_origin_size_root_and_signature_line_by_line() {
    let signed = key("shop.example/log", 1).sign(HEAD).expect("a checkpoint");
    let lines: Vec<&str> = signed.note.lines().collect();
    assert_eq!(
        lines[..4],
        [
            "shop.example/log",
            "20852163",
            "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
            ""
        ]
    );
    assert!(lines[4].starts_with("\u{2014} shop.example/log "));
    assert_eq!(lines.len(), 5);
    assert!(signed.note.ends_with('\n'));
    let again = key("shop.example/log", 1).sign(HEAD);
    assert_eq!(again, Ok(signed), "every replica signs the same bytes");
}

#[test]
fn only_what_the_key_signed_is_opened() {
    let key_of_shop = key("shop.example/log", 1);
    let note = key_of_shop.sign(HEAD).expect("a checkpoint").note;
    let verifier = CheckpointVerifier::parse(&key_of_shop.verifier().to_string());
    let verifier = verifier.expect("a key");
    assert_eq!(verifier.open(&note), Ok(HEAD));
    let not_signed = Err(NotACheckpoint::NotSigned {
        origin: "shop.example/log".to_owned(),
    });
    assert_eq!(
        verifier.open(&note.replace("20852163", "20852164")),
        not_signed
    );
    assert_eq!(verifier.open(&note.replace("BwcH", "CAcH")), not_signed);
    let others = [key("shop.example/log", 2), key("other.example/log", 1)];
    for other in others {
        let note = other.sign(HEAD).expect("a checkpoint").note;
        assert_eq!(verifier.open(&note), not_signed);
    }
    for text in [
        "",
        "\n\n",
        "a\n1\n",
        &note[..note.len() - 1],
        &note.replace('\n', "\r\n"),
    ] {
        assert_eq!(
            verifier.open(text),
            Err(NotACheckpoint::Malformed),
            "{text:?}"
        );
    }
}

#[test]
fn names_that_would_break_the_form_are_refused() {
    for text in [
        "",
        "a b",
        "a+b",
        "a\nb",
        "a\u{2003}b",
        "a\u{7f}b",
        &"x".repeat(300),
    ] {
        assert!(Origin::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn keys_that_are_none_are_refused() {
    let printed = key("shop.example/log", 1).verifier().to_string();
    let other_name = printed.replacen("shop", "chop", 1);
    for text in ["", "a", "a+b+c", &printed[..printed.len() - 4], &other_name] {
        assert!(CheckpointVerifier::parse(text).is_err(), "{text:?}");
    }
}

fn document(old: u64, new: u64) -> ConsistencyDocument {
    let key = key("shop.example/log", 1);
    let (head, tiles) = tree(new);
    ConsistencyDocument {
        format: ConsistencyDocument::FORMAT.to_owned(),
        key: key.verifier().to_string(),
        from: key.sign(tree(old).0).expect("a checkpoint").note,
        to: key.sign(head).expect("a checkpoint").note,
        proof: consistency(old, new, &tiles).expect("a proof"),
    }
}

fn holds(document: &ConsistencyDocument, trust: &Trust) -> bool {
    let json = serde_json::to_string_pretty(document).expect("JSON");
    let verdict = verify_consistency_document(&json, trust).expect("a document");
    verdict.holds()
}

#[test]
fn two_checkpoints_of_one_log_are_shown_to_be() {
    let trust = Trust {
        key: Some(key("shop.example/log", 1).verifier().clone()),
    };
    let honest = document(77, 600);
    assert!(holds(&honest, &trust) && holds(&honest, &Trust::default()));
    let stranger = Trust {
        key: Some(key("shop.example/log", 9).verifier().clone()),
    };
    assert!(!holds(&honest, &stranger), "another key than the shop's");
    let swapped = ConsistencyDocument {
        from: honest.to.clone(),
        to: honest.from.clone(),
        ..honest.clone()
    };
    assert!(!holds(&swapped, &trust));
    let mut forged = honest.clone();
    forged.proof.swap(0, 1);
    assert!(!holds(&forged, &trust));
    let of_another_log = ConsistencyDocument {
        from: document(78, 600).from,
        ..honest
    };
    assert!(!holds(&of_another_log, &trust));
}

#[test]
fn without_the_shops_key_the_verdict_says_whose_key_it_took() {
    let json = serde_json::to_string(&document(2, 3)).expect("JSON");
    let verdict = verify_consistency_document(&json, &Trust::default()).expect("a document");
    assert!(matches!(&verdict.statements[0], Statement::Open(what) if what.contains("--key")));
}
