//! The form of signatures, and whose they are.

use super::*;

#[test]
fn only_four_recovery_bytes_are_known() {
    let text = message();
    let parsed: ::siwe::Message = text.parse().unwrap();
    let mut signature = sign(&text);
    let parity = signature[64] - 27;
    let mut taken_by_the_plain_crate = 0;
    for v in 0..=u8::MAX {
        signature[64] = v;
        let plain = parsed
            .verify_eip191(signature.as_slice().try_into().unwrap())
            .is_ok();
        taken_by_the_plain_crate += u32::from(plain);
        let ours = verify(&text, &signature, &expectation()).map(|_| ());
        match v {
            v if v == parity || v == parity + 27 => assert_eq!(ours, Ok(())),
            0 | 1 | 27 | 28 => assert_eq!(ours, Err(SignInError::WrongSigner)),
            given => assert_eq!(ours, Err(SignInError::RecoveryByte { given })),
        }
    }
    assert_eq!(taken_by_the_plain_crate, 10);
}

#[test]
fn the_second_form_of_a_signature_is_refused() {
    let order: U256 = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
        .parse()
        .unwrap();
    let text = message();
    let mut signature = sign(&text);
    let s = order - U256::from_be_slice(&signature[32..64]);
    signature[32..64].copy_from_slice(&s.to_be_bytes::<32>());
    signature[64] = if signature[64] == 27 { 28 } else { 27 };
    let error = verify(&text, &signature, &expectation()).unwrap_err();
    assert_eq!(error, SignInError::SignatureMalleable);
}

#[test]
fn numbers_that_no_key_gives_are_refused() {
    let text = message();
    let error = |signature: &[u8]| verify(&text, signature, &expectation()).unwrap_err();
    let mut zeros = [0; 65];
    assert_eq!(error(&zeros), SignInError::SignatureInvalid);
    zeros[31] = 1;
    assert_eq!(error(&zeros), SignInError::SignatureInvalid, "s = 0");
    let mut r_too_high = [0xff; 65];
    r_too_high[32..].fill(1);
    assert_eq!(error(&r_too_high), SignInError::SignatureInvalid);
}

#[test]
fn a_signature_has_65_bytes() {
    let text = message();
    let full = sign(&text);
    for given in [0, 1, 64, 66, 130] {
        let signature: Vec<u8> = full.iter().copied().cycle().take(given).collect();
        let error = verify(&text, &signature, &expectation()).unwrap_err();
        assert_eq!(error, SignInError::SignatureLength { given });
    }
}

#[test]
fn another_wallets_signature_is_refused() {
    let text = message();
    let other = PrivateKeySigner::from_slice(&[8; 32]).unwrap();
    let signature = other.sign_message_sync(text.as_bytes()).unwrap().as_bytes();
    assert_eq!(
        verify(&text, &signature, &expectation()),
        Err(SignInError::WrongSigner)
    );
}

#[test]
fn a_signature_of_another_message_is_refused() {
    let signature = sign(&message().replace("abcDEF123456", "abcDEF123457"));
    assert_eq!(
        verify(&message(), &signature, &expectation()),
        Err(SignInError::WrongSigner)
    );
}

#[test]
fn a_signature_is_read_from_hex_with_0x() {
    assert_eq!(decode_signature("0x00fF"), Ok(vec![0, 0xff]));
    assert_eq!(decode_signature("0x"), Ok(vec![]));
    let too_long = format!("0x{}", "00".repeat(MAX_SIGNATURE_BYTES + 1));
    for text in [
        "",
        "00ff",
        "0X00",
        "0x0",
        "0xgg",
        "0x 0",
        "0x00ff ",
        "0x é",
        too_long.as_str(),
    ] {
        assert_eq!(
            decode_signature(text),
            Err(SignInError::SignatureEncoding),
            "{text}"
        );
    }
}
