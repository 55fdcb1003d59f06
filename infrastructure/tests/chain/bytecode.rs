//! Small contracts, written by hand.

use alloy::{
    primitives::{Address, B256, Bytes},
    sol_types::SolEvent,
};

/// Passes every call, with its coins, on to `target`: as a wallet contract does.
pub(crate) fn forwarder(target: Address) -> Vec<u8> {
    // calldatacopy(0, 0, size); call(gas, target, value, 0, size, 0, 0); stop
    let mut code = vec![0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x36, 0x3d, 0x34, 0x73];
    code.extend(target);
    code.extend([0x5a, 0xf1, 0x00]);
    creation_of(&code)
}

/// Answers calls of four bytes with `signer`, as the escrow answers `quoteSigner()`; every other
/// call writes a log with that topic and without data.
pub(crate) fn logger(signer: Address, topic: B256) -> Vec<u8> {
    // if (size == 4) goto 44; log1(0, 0, topic); stop
    let mut code = vec![0x36, 0x60, 0x04, 0x14, 0x60, 44, 0x57, 0x7f];
    code.extend(topic);
    code.extend([0x5f, 0x5f, 0xa1, 0x00]);
    // 44: mstore(0, signer); return(0, 32)
    code.extend([0x5b, 0x73]);
    code.extend(signer);
    code.extend([0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
    creation_of(&code)
}

/// Answers like [`logger`]; every other call writes a log with that topic, and with three topics
/// and data as the call says ([`said`]).
pub(crate) fn repeater(signer: Address, topic: B256) -> Vec<u8> {
    // if (size == 4) goto 61
    let mut code = vec![0x36, 0x60, 0x04, 0x14, 0x60, 61, 0x57];
    // let length = size - 96; calldatacopy(0, 96, length)
    code.extend([0x60, 0x60, 0x36, 0x03, 0x80, 0x60, 0x60, 0x5f, 0x37]);
    // log4(0, length, topic, calldata[0], calldata[32], calldata[64]); stop
    code.extend([0x60, 0x40, 0x35, 0x60, 0x20, 0x35, 0x5f, 0x35, 0x7f]);
    code.extend(topic);
    code.extend([0x84, 0x5f, 0xa4, 0x00]);
    // 61: mstore(0, signer); return(0, 32)
    code.extend([0x5b, 0x73]);
    code.extend(signer);
    code.extend([0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
    creation_of(&code)
}

/// The call with which a [`repeater`] says this.
pub(crate) fn said(event: &impl SolEvent) -> Bytes {
    let topics = event.encode_topics().into_iter().skip(1);
    let mut call: Vec<u8> = topics.flat_map(|topic| topic.0.0).collect();
    call.extend(event.encode_data());
    call.into()
}

fn creation_of(code: &[u8]) -> Vec<u8> {
    let length = u8::try_from(code.len()).unwrap();
    // codecopy(0, 9, length); return(0, length)
    let mut creation = vec![0x60, length, 0x80, 0x60, 0x09, 0x3d, 0x39, 0x3d, 0xf3];
    creation.extend(code);
    creation
}
