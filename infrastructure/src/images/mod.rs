//! Images of products, in PostgreSQL: a backup of the database has them too.

mod renditions;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use gage_application::ports::{
    StoreUnavailable,
    images::{ImageRefusal, ImageSize, Images, MAX_IMAGE_BYTES, MAX_IMAGES_OF_WALLET},
};
use gage_domain::value::{Address, B256, ImageHash};
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use self::renditions::{Rendition, renditions};
use crate::postgres::store_unavailable;

/// Images that are read at the same time: each may take a hundred megabytes.
const AT_ONCE: usize = 1;
/// How long an image waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Images in the tables `images` and `image_renditions`.
#[derive(Debug, Clone)]
pub struct PostgresImages {
    pool: PgPool,
    turns: Arc<Semaphore>,
}

impl PostgresImages {
    /// Those in the pool's database, which must be migrated.
    pub fn new(pool: PgPool) -> Self {
        Self {
            pool,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    async fn given_by(&self, wallet: Address) -> Result<i64, StoreUnavailable> {
        sqlx::query_scalar("SELECT count(*) FROM images WHERE given_by = $1")
            .bind(wallet.to_vec())
            .fetch_one(&self.pool)
            .await
            .map_err(|error| store_unavailable(&error))
    }

    /// One image at a time, off the threads that serve.
    async fn read(&self, given: Vec<u8>) -> Result<Vec<Rendition>, ImageRefusal> {
        let turn = timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(ImageRefusal::Busy);
        };
        let reading = spawn_blocking(move || {
            // Held until it is read, also when nobody waits for it any more.
            let _turn = turn;
            renditions(&given)
        });
        // A decoder that panics has met a file that is none.
        reading.await.unwrap_or(Err(ImageRefusal::Unreadable))
    }

    async fn write(
        &self,
        image: ImageHash,
        by: Address,
        renditions: &[Rendition],
    ) -> Result<(), StoreUnavailable> {
        let column = |read: fn(&Rendition) -> u32| -> Vec<i32> {
            let values = renditions.iter().map(read);
            values
                .map(|pixels| i32::try_from(pixels).unwrap_or(i32::MAX))
                .collect()
        };
        let pictures: Vec<&[u8]> = renditions.iter().map(|made| &*made.jpeg).collect();
        sqlx::query(
            "WITH image AS (
                INSERT INTO images (hash, given_by) VALUES ($1, $2)
                ON CONFLICT (hash) DO NOTHING RETURNING hash)
             INSERT INTO image_renditions (hash, side, width, height, jpeg)
             SELECT image.hash, made.* FROM image,
                    unnest($3::int[], $4::int[], $5::int[], $6::bytea[]) made",
        )
        .bind(image.0.to_vec())
        .bind(by.to_vec())
        .bind(column(|made| made.size.side()))
        .bind(column(|made| made.width))
        .bind(column(|made| made.height))
        .bind(pictures)
        .execute(&self.pool)
        .await
        .map_err(|error| store_unavailable(&error))?;
        Ok(())
    }
}

#[async_trait]
impl Images for PostgresImages {
    async fn keep(&self, given: Vec<u8>, by: Address) -> Result<ImageHash, ImageRefusal> {
        if given.len() > MAX_IMAGE_BYTES {
            return Err(ImageRefusal::TooManyBytes);
        }
        if self.given_by(by).await? >= i64::from(MAX_IMAGES_OF_WALLET) {
            return Err(ImageRefusal::TooMany);
        }
        let renditions = self.read(given).await?;
        let largest = renditions.first().ok_or(ImageRefusal::Unreadable)?;
        let hash: [u8; 32] = Sha256::digest(&largest.jpeg).into();
        let image = ImageHash(B256::from(hash));
        self.write(image, by, &renditions).await?;
        Ok(image)
    }

    async fn find(
        &self,
        image: ImageHash,
        size: ImageSize,
    ) -> Result<Option<Vec<u8>>, StoreUnavailable> {
        sqlx::query_scalar("SELECT jpeg FROM image_renditions WHERE hash = $1 AND side = $2")
            .bind(image.0.to_vec())
            .bind(i32::try_from(size.side()).unwrap_or(i32::MAX))
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| store_unavailable(&error))
    }

    async fn has(&self, image: ImageHash) -> Result<bool, StoreUnavailable> {
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM images WHERE hash = $1)")
            .bind(image.0.to_vec())
            .fetch_one(&self.pool)
            .await
            .map_err(|error| store_unavailable(&error))
    }
}
