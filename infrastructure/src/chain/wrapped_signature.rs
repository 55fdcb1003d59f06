//! Signatures of contract wallets that are perhaps not deployed yet
//! ([ERC-6492](https://eips.ethereum.org/EIPS/eip-6492)): the wallet's own signature, wrapped
//! with the call of the factory that deploys the wallet, or prepares it.

use alloy::{
    primitives::{Address, B256, Bytes},
    sol_types::{SolConstructor, SolValue},
};

use super::contract::OffchainSignatureValidator;

/// What a wrapped signature ends with.
const MAGIC_SUFFIX: [u8; 32] = {
    let mut suffix = [0x64; 32];
    let mut at = 1;
    while at < suffix.len() {
        suffix[at] = 0x92;
        at += 2;
    }
    suffix
};

/// A signature with what makes its wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrappedSignature {
    factory: Address,
    factory_call: Bytes,
    signature: Bytes,
}

/// It ends like a wrapped signature, and nothing can be unwrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

impl WrappedSignature {
    /// Unwraps a signature; none when it does not end like a wrapped one.
    pub(super) fn read(signature: &[u8]) -> Option<Result<Self, Malformed>> {
        let wrapped = signature.strip_suffix(&MAGIC_SUFFIX)?;
        let parts = <(Address, Bytes, Bytes)>::abi_decode_params_validate(wrapped);
        let read = parts.map(|(factory, factory_call, signature)| Self {
            factory,
            factory_call,
            signature,
        });
        Some(read.map_err(|_| Malformed))
    }

    /// The creation code whose run says whether the wallet stands by the signature, in one byte.
    pub(super) fn question(self, wallet: Address, hash: B256) -> Bytes {
        let arguments = OffchainSignatureValidator::constructorCall {
            wallet,
            hash,
            factory: self.factory,
            factoryCall: self.factory_call,
            signature: self.signature,
        };
        let code = &OffchainSignatureValidator::BYTECODE;
        [&code[..], &arguments.abi_encode()].concat().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(factory: Address, factory_call: &[u8], signature: &[u8]) -> Vec<u8> {
        let parts = (
            factory,
            Bytes::copy_from_slice(factory_call),
            Bytes::copy_from_slice(signature),
        );
        [parts.abi_encode_params(), MAGIC_SUFFIX.to_vec()].concat()
    }

    #[test]
    fn only_what_ends_with_the_suffix_is_wrapped() {
        let bytes = wrapped(Address::repeat_byte(1), &[2; 36], &[3; 65]);
        let read = WrappedSignature::read(&bytes).unwrap().unwrap();
        assert_eq!(read.factory, Address::repeat_byte(1));
        assert_eq!(
            (&read.factory_call[..], &read.signature[..]),
            (&[2; 36][..], &[3; 65][..])
        );
        assert_eq!(WrappedSignature::read(&bytes[..bytes.len() - 1]), None);
        assert_eq!(WrappedSignature::read(&[3; 65]), None);
        assert_eq!(WrappedSignature::read(&[]), None);
    }

    #[test]
    fn what_cannot_be_unwrapped_is_malformed() {
        let whole = wrapped(Address::repeat_byte(1), &[2; 36], &[3; 65]);
        let mut dirty = whole.clone();
        dirty[0] = 1;
        let mut far = whole.clone();
        far[32] = 0xff;
        for bytes in [&MAGIC_SUFFIX[..], &whole[40..], &dirty, &far] {
            assert_eq!(WrappedSignature::read(bytes), Some(Err(Malformed)));
        }
    }
}
