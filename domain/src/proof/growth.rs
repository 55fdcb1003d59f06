//! A tree that grows at its right edge.

use thiserror::Error;

use super::{
    checkpoint::TreeHead,
    tiles::{TILE_HEIGHT, TILE_WIDTH, TileId, Tiles, full_tile_hash},
    tree,
};
use crate::value::B256;

/// The stored nodes are not those of the tree with this head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the stored nodes of the tree of {size} leaves do not give its root {root}")]
pub struct DamagedTree {
    size: u64,
    root: B256,
}

/// A tree that leaves are added to. It knows the tiles at its edge, and those that changed.
#[derive(Debug, Clone)]
pub struct Growth {
    size: u64,
    /// The tiles at the edge that are not full, and all that changed.
    tiles: Tiles,
}

impl Growth {
    /// The empty tree.
    pub fn empty() -> Self {
        Self {
            size: 0,
            tiles: Tiles::default(),
        }
    }

    /// The tiles at the edge of a tree that are not full: what [`Growth::resume`] needs.
    pub fn edge(size: u64) -> Vec<TileId> {
        let levels = (0_u8..).map_while(|level| {
            let hashes = size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT));
            hashes.filter(|hashes| *hashes > 0).map(|hashes| {
                let number = hashes / TILE_WIDTH as u64;
                (TileId { level, number }, hashes % TILE_WIDTH as u64)
            })
        });
        let open = levels.filter(|(_, hashes)| *hashes > 0);
        open.map(|(id, _)| id).collect()
    }

    /// Goes on with a tree, of which the tiles at the edge are given.
    ///
    /// # Errors
    /// [`DamagedTree`] when they do not give the root.
    pub fn resume(head: TreeHead, edge: Tiles) -> Result<Self, DamagedTree> {
        let TreeHead { size, root } = head;
        if tree::root(size, &edge) != Ok(root) {
            return Err(DamagedTree { size, root });
        }
        Ok(Self { size, tiles: edge })
    }

    /// Adds a leaf by its hash.
    pub fn append(&mut self, leaf: B256) {
        let mut hash = leaf;
        let mut number = self.size;
        self.size += 1;
        for level in 0_u8.. {
            let id = TileId {
                level,
                number: number / TILE_WIDTH as u64,
            };
            let tile = self.tiles.tile_mut(id);
            tile.push(hash);
            if tile.len() < TILE_WIDTH {
                return;
            }
            hash = full_tile_hash(tile);
            number = id.number;
        }
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Size and root as they are now.
    pub fn head(&self) -> TreeHead {
        // What is at the edge is always there: only `resume` takes tiles, and looks.
        let root = tree::root(self.size, &self.tiles);
        TreeHead {
            size: self.size,
            root: root.unwrap_or_else(|_| tree::empty_root()),
        }
    }

    /// The tiles at the edge, and all that changed.
    pub fn tiles(&self) -> &Tiles {
        &self.tiles
    }

    /// Forgets the tiles that are full: for who only wants the root of what goes by.
    pub fn forget_full_tiles(&mut self) {
        let mut edge = Tiles::default();
        for id in Self::edge(self.size) {
            edge.put(id, self.tiles.hashes(id).to_vec());
        }
        self.tiles = edge;
    }
}
