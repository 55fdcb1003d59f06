//! The reference vectors of Certificate Transparency (google/certificate-transparency,
//! `merkle_tree_test.cc`; transparency-dev/merkle, `testonly/constants.go`), which RFC 6962 and
//! RFC 9162 are checked with.

use gage_domain::{
    proof::{
        Growth, Tiles, TreeHead, check_consistency, check_inclusion, consistency, empty_root,
        inclusion,
    },
    value::B256,
};
use sha2::{Digest, Sha256};

const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// Leaf, size, path.
const PATHS: [(u64, u64, &[&str]); 5] = [
    (0, 1, &[]),
    (
        0,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        &[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        3,
        &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    ),
    (
        1,
        5,
        &[
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

/// Smaller size, larger size, proof.
const GROWTHS: [(u64, u64, &[&str]); 4] = [
    (1, 1, &[]),
    (
        1,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

fn hash(text: &str) -> B256 {
    text.parse().expect("32 bytes in hexadecimal")
}

fn hashes(texts: &[&str]) -> Vec<B256> {
    texts.iter().map(|text| hash(text)).collect()
}

fn leaf(number: u64) -> B256 {
    let data = LEAVES[usize::try_from(number).expect("a leaf")];
    B256::from(<[u8; 32]>::from(Sha256::digest(
        [&[0_u8][..], data].concat(),
    )))
}

fn tree(size: u64) -> (TreeHead, Tiles) {
    let mut growth = Growth::empty();
    (0..size).for_each(|number| growth.append(leaf(number)));
    (growth.head(), growth.tiles().clone())
}

#[test]
fn the_roots_of_the_eight_standard_leaves() {
    for (size, root) in (0..).zip(ROOTS) {
        assert_eq!(tree(size).0.root, hash(root), "of {size} leaves");
    }
    assert_eq!(empty_root(), hash(ROOTS[0]));
}

#[test]
fn their_inclusion_paths() {
    let (_, tiles) = tree(8);
    for (index, size, path) in PATHS {
        let path = hashes(path);
        assert_eq!(inclusion(size, index, &tiles).as_ref(), Ok(&path));
        assert_eq!(
            check_inclusion(&tree(size).0, index, leaf(index), &path),
            Ok(())
        );
    }
}

#[test]
fn their_consistency_proofs() {
    let (_, tiles) = tree(8);
    for (old, new, proof) in GROWTHS {
        let proof = hashes(proof);
        assert_eq!(consistency(old, new, &tiles).as_ref(), Ok(&proof));
        assert_eq!(
            check_consistency(&tree(old).0, &tree(new).0, &proof),
            Ok(())
        );
    }
}
