//! The tree's nodes in tiles, as they are stored: 256 hashes of one level beside each other,
//! with the seven levels above them worked out (the layout of C2SP tlog-tiles).

use std::collections::BTreeMap;

use thiserror::Error;
use tlog_tiles::tlog::{self, Hash, HashReader};

use super::tree::plain;
use crate::value::B256;

/// Hashes in a full tile.
pub const TILE_WIDTH: usize = 256;
/// Levels of the tree from one level of tiles to the next: 2^8 is [`TILE_WIDTH`].
pub(super) const TILE_HEIGHT: u8 = 8;

/// The place of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// 0 for leaves; a hash of level n + 1 stands for a full tile of level n.
    pub level: u8,
    /// Its place among the tiles of its level, from 0.
    pub number: u64,
}

/// Tiles of one tree, full or not: those that a question needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tiles(BTreeMap<TileId, Vec<B256>>);

/// Bytes that are no tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("tile {} of level {} has {bytes} bytes", id.number, id.level)]
pub struct InvalidTile {
    id: TileId,
    bytes: usize,
}

/// A tile that is needed and was not given, or is shorter than the tree's size says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("tile {} of level {} is missing or cut short", .0.number, .0.level)]
pub struct MissingTile(pub TileId);

impl Tiles {
    /// Adds a tile as it is stored: its hashes one after the other.
    ///
    /// # Errors
    /// [`InvalidTile`].
    pub fn insert(&mut self, id: TileId, bytes: &[u8]) -> Result<(), InvalidTile> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || hashes.len() > TILE_WIDTH {
            let bytes = bytes.len();
            return Err(InvalidTile { id, bytes });
        }
        self.put(id, hashes.iter().map(B256::from).collect());
        Ok(())
    }

    /// The tiles as they are stored.
    pub fn stored(&self) -> impl Iterator<Item = (TileId, Vec<u8>)> {
        let tiles = self.0.iter();
        tiles.map(|(id, hashes)| (*id, hashes.concat()))
    }

    /// Where the tiles stand.
    pub fn ids(&self) -> impl Iterator<Item = TileId> {
        self.0.keys().copied()
    }

    /// The hashes of a tile; none when it is not there.
    pub fn hashes(&self, id: TileId) -> &[B256] {
        self.0.get(&id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn put(&mut self, id: TileId, hashes: Vec<B256>) {
        self.0.insert(id, hashes);
    }

    pub(super) fn tile_mut(&mut self, id: TileId) -> &mut Vec<B256> {
        self.0.entry(id).or_default()
    }

    /// The hash of a node of the tree: a stored one, or one that stands above stored ones.
    fn node(&self, node: Node) -> Result<Hash, MissingTile> {
        let hashes = self.hashes(node.tile);
        let below = hashes.get(node.first..node.first + node.width);
        below.map(fold).ok_or(MissingTile(node.tile))
    }
}

impl HashReader for Tiles {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog::Error> {
        let nodes = indexes.iter().map(|index| self.node(Node::at(*index)));
        nodes
            .collect::<Result<_, _>>()
            .map_err(|_| tlog::Error::IndexesNotInTree)
    }
}

/// Where a node of the tree stands: in one tile, above so many of its hashes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) tile: TileId,
    first: usize,
    width: usize,
}

impl Node {
    /// The node that tlog numbers so.
    pub(super) fn at(stored_hash_index: u64) -> Self {
        let (level, number) = tlog::split_stored_hash_index(stored_hash_index);
        let within = level % TILE_HEIGHT;
        let first = number << within;
        let width = TILE_WIDTH as u64;
        Self {
            tile: TileId {
                level: level / TILE_HEIGHT,
                number: first / width,
            },
            first: usize::try_from(first % width).unwrap_or(usize::MAX),
            width: 1 << within,
        }
    }
}

/// The node above hashes, whose number is a power of two.
pub(super) fn fold(hashes: &[B256]) -> Hash {
    match hashes {
        [] => tlog::EMPTY_HASH,
        [one] => Hash(one.0),
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            tlog::node_hash(fold(left), fold(right))
        }
    }
}

/// The hash that a full tile has in the level above.
pub(super) fn full_tile_hash(hashes: &[B256]) -> B256 {
    plain(fold(hashes))
}
