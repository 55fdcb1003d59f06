//! The tree over the world's log, and what is signed of it.

use std::{sync::Arc, time::Duration};

use gage_application::tree::{Issuer, IssuerStatus, TreeReader};
use gage_domain::proof::{CheckpointKey, Origin};
use gage_infrastructure::{
    clock::{SystemClock, SystemEntropy},
    postgres::{PostgresCheckpointStore, PostgresTree},
};

use super::World;

impl World {
    fn tree(&self) -> Arc<PostgresTree> {
        Arc::new(PostgresTree::new(
            self.pool.clone(),
            Arc::new(SystemEntropy),
        ))
    }

    /// The tree has every event.
    pub(crate) async fn grow_tree(&self) {
        self.run(Arc::new(TreeReader::new(self.tree()))).await;
    }

    /// A checkpoint of the tree as it is; gives the public key.
    pub(crate) async fn sign(&self) -> String {
        let origin = Origin::parse("shop.example/log").unwrap();
        let key = CheckpointKey::new(origin, &[1; 32]).unwrap();
        let public = key.verifier().to_string();
        let issuer = Issuer {
            tree: self.tree(),
            issued: Arc::new(PostgresCheckpointStore::new(self.pool.clone())),
            key,
            interval: Duration::from_secs(1),
            clock: Arc::new(SystemClock),
            status: IssuerStatus::default(),
        };
        issuer.issue(None).await.unwrap();
        public
    }
}
