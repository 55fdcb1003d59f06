//! Changes a product's image.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::operations::change_image::ChangeImage;
use gage_domain::{ids::ProductId, value::ImageHash};

use crate::graphql::{
    context::Asked as _,
    mutations::{
        call::{UserError, Written, id_at, write},
        written,
    },
    node_id::GlobalId as _,
    scalars::{Cursor, Hash},
    types::Product,
};

/// A product's new image.
#[derive(InputObject)]
pub struct ChangeImageInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// The product.
    product: ID,
    /// Its image, as `POST /images` answered; null takes it away.
    image: Option<Hash>,
}

/// What came of it.
pub struct ChangeImagePayload(Written<ProductId>);

/// What came of it.
#[Object]
impl ChangeImagePayload {
    /// The product's id. Null when it was refused.
    async fn product_id(&self) -> Option<ID> {
        self.0.done().map(|(id, _)| id.to_global())
    }

    /// The product as it is now. Null when it was refused.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Product>> {
        written::product(ctx, &self.0).await
    }

    /// Where it is written: queries with `atLeast` see it.
    async fn position(&self) -> Option<Cursor> {
        self.0.cursor()
    }

    /// Why it was refused; empty when it was not.
    async fn user_errors(&self) -> Vec<UserError> {
        self.0.user_errors()
    }
}

/// Changes a product's image.
#[derive(Default)]
pub struct ChangeImageMutation;

/// Changes a product's image.
#[Object]
impl ChangeImageMutation {
    /// Changes a product's image, or takes it away. For its shop's owner.
    async fn change_image(
        &self,
        ctx: &Context<'_>,
        input: ChangeImageInput,
    ) -> Result<ChangeImagePayload> {
        let image = input.image.map(|image| ImageHash(image.0));
        let kept = match image {
            Some(image) => ctx.services()?.images.has(image).await,
            None => Ok(true),
        };
        let kept = kept.map_err(|error| ctx.error(error.into()))?;
        let written = write(ctx, &input.idempotency_key, |call| {
            let product = id_at(&input.product, "product")?;
            if !kept {
                return Err(UserError::not_found("image"));
            }
            Ok(ChangeImage {
                product,
                by: call.by,
                image,
            })
        });
        Ok(ChangeImagePayload(written.await?))
    }
}
