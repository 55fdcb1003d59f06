//! Images of products: in by POST, out at addresses that never change.
//!
//! Who gives one owns a shop and may do so only so often; what is given is read and written anew
//! behind the port, so that nothing of a stranger's file is ever served.

use std::{net::IpAddr, sync::Arc, time::Duration};

use async_graphql::ServerError;
use axum::{
    Extension, Json,
    body::{Body, BodyDataStream, Bytes},
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures::StreamExt as _;
use gage_application::ports::{
    StoreUnavailable,
    images::{ImageRefusal, ImageSize, Images, MAX_IMAGE_BYTES},
    rate_limit::{Limit, Permit, RateLimiter},
};
use gage_domain::value::{Address, B256, ImageHash};
use gage_projections::{PageRequest, PageSize, QueryError, catalog::CatalogQueries};
use quick_cache::{Weighter, sync::Cache};
use serde::Serialize;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use crate::{
    graphql::{
        answer::Answer,
        errors::{ErrorCode, code_of_image},
    },
    http::{
        graphql::turned_away,
        media::ResponseType,
        parameters::{HEARD_OUT_BYTES, ParameterFault},
        state::{Circumstances, HttpState, TurnedAway},
    },
    identity::viewer::{NotSignedIn, Viewer},
};

/// Images that a wallet, or all wallets of an address, may give in [`GIVEN_PER`].
const GIVEN: u32 = 60;
const GIVEN_PER: Duration = Duration::from_hours(1);
/// Bytes of images that are received at the same time: they are in memory. A sender has of these
/// what has come, so that slow ones keep nobody out.
const RECEIVED_BYTES: usize = 4 * MAX_IMAGE_BYTES;
/// How long an image may take to arrive.
const ARRIVAL: Duration = Duration::from_mins(1);
/// How long its sender may be silent: what has come is held for no longer.
const SILENCE: Duration = Duration::from_secs(5);
/// Bytes of memory for renditions that are asked for often.
const REMEMBERED_BYTES: u64 = 16 * 1024 * 1024;
/// Renditions that are remembered at the same time, about.
const USUAL_COUNT: usize = 400;

/// What an image may do in a browser that is sent to it: nothing.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");
/// What a hash names never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Takes images in and gives them out.
pub struct Gallery {
    images: Arc<dyn Images>,
    catalog: CatalogQueries,
    limiter: Arc<dyn RateLimiter>,
    receiving: Semaphore,
    remembered: Cache<(ImageHash, ImageSize), Bytes, Size>,
}

#[derive(Clone)]
struct Size;

impl Weighter<(ImageHash, ImageSize), Bytes> for Size {
    fn weight(&self, _key: &(ImageHash, ImageSize), jpeg: &Bytes) -> u64 {
        jpeg.len() as u64
    }
}

/// Where a rendition of an image is.
pub(crate) fn path_of(image: ImageHash, size: ImageSize) -> String {
    format!("/images/{:#x}/{}.jpg", image.0, size.side())
}

/// Why an image is not taken in.
enum Refused {
    TurnedAway(TurnedAway),
    NotSignedIn(NotSignedIn),
    NotAnOwner,
    MediaType,
    Body(ParameterFault),
    Image(ImageRefusal),
}

/// What is answered to who gave an image.
#[derive(Serialize)]
struct Kept {
    /// What `changeImage` takes.
    hash: B256,
    /// Where it is in its middle size.
    url: String,
}

/// `POST /images`: the body is the image.
pub(super) async fn take(
    State(state): State<HttpState>,
    Extension(circumstances): Extension<Circumstances>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    match taken(&state, circumstances, &parts, body).await {
        Ok(image) => {
            let url = path_of(image, ImageSize::Medium);
            let kept = Kept { hash: image.0, url };
            let no_store = [(header::CACHE_CONTROL, "no-store")];
            (StatusCode::CREATED, no_store, Json(kept)).into_response()
        }
        Err(refused) => refused.respond(),
    }
}

async fn taken(
    state: &HttpState,
    circumstances: Circumstances,
    parts: &Parts,
    body: Body,
) -> Result<ImageHash, Refused> {
    let context = state
        .admit(&parts.headers, &parts.method, circumstances)
        .await
        .map_err(Refused::TurnedAway)?;
    let wallet = context.viewer.wallet().map_err(Refused::NotSignedIn)?;
    let by = wallet.address;
    let gallery = &state.gallery;
    if !is_image(&parts.headers) {
        return Err(Refused::MediaType);
    }
    if !gallery.owns_a_shop(by).await? {
        return Err(Refused::NotAnOwner);
    }
    gallery.count(by, circumstances.ip).await?;
    let received = timeout(ARRIVAL, gallery.receive(body)).await;
    let (given, _held) = received.unwrap_or(Err(Refused::Body(ParameterFault::TooSlow)))?;
    Ok(gallery.images.keep(given, by).await?)
}

/// `GET /images/HASH/SIDE.jpg`.
pub(super) async fn give(
    State(state): State<HttpState>,
    Extension(circumstances): Extension<Circumstances>,
    Path((image, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some((image, size)) = named(&image, &file) else {
        return nothing_here();
    };
    let tag = format!("\"{:x}-{}\"", image.0, size.side());
    let known = headers.get(header::IF_NONE_MATCH);
    if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (
            StatusCode::NOT_MODIFIED,
            [(header::CACHE_CONTROL, FOR_EVER)],
        )
            .into_response();
    }
    match state
        .gallery
        .find(&state, circumstances.ip, image, size)
        .await
    {
        Ok(Some(jpeg)) => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg")),
                (header::CACHE_CONTROL, FOR_EVER),
                (header::CONTENT_SECURITY_POLICY, POLICY),
            ];
            (headers, [(header::ETAG, tag)], jpeg).into_response()
        }
        Ok(None) => nothing_here(),
        Err(refused) => refused.respond(),
    }
}

impl Gallery {
    /// Keeps images in a store, for owners that the catalog knows.
    pub fn new(
        images: Arc<dyn Images>,
        catalog: CatalogQueries,
        limiter: Arc<dyn RateLimiter>,
    ) -> Self {
        Self {
            images,
            catalog,
            limiter,
            receiving: Semaphore::new(RECEIVED_BYTES),
            remembered: Cache::with_weighter(USUAL_COUNT, REMEMBERED_BYTES, Size),
        }
    }

    /// Reads an image as it comes. What has come is counted, until the permit is given back.
    async fn receive(&self, body: Body) -> Result<(Vec<u8>, Option<SemaphorePermit<'_>>), Refused> {
        let (mut bytes, mut held) = (Vec::new(), None::<SemaphorePermit<'_>>);
        let mut chunks = body.into_data_stream();
        loop {
            let chunk = timeout(SILENCE, chunks.next()).await;
            let chunk = chunk.map_err(|_| Refused::Body(ParameterFault::TooSlow))?;
            let Some(chunk) = chunk else {
                return Ok((bytes, held));
            };
            let chunk = chunk.map_err(|_| Refused::Body(ParameterFault::BodyLost))?;
            if bytes.len() + chunk.len() > MAX_IMAGE_BYTES {
                drop((bytes, held));
                hear_out(&mut chunks).await;
                return Err(ImageRefusal::TooManyBytes.into());
            }
            let count = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
            let Ok(permit) = self.receiving.try_acquire_many(count) else {
                return Err(ImageRefusal::Busy.into());
            };
            match &mut held {
                Some(held) => held.merge(permit),
                None => held = Some(permit),
            }
            bytes.extend_from_slice(&chunk);
        }
    }

    async fn owns_a_shop(&self, wallet: Address) -> Result<bool, Refused> {
        let one = PageSize::try_from(1).unwrap_or(PageSize::MAX);
        let shops = self
            .catalog
            .shops(Some(wallet), &PageRequest::first(one))
            .await;
        Ok(!shops?.rows.is_empty())
    }

    /// Counts an image against the limits of its giver. Fails closed: what is kept once stays.
    async fn count(&self, wallet: Address, ip: IpAddr) -> Result<(), Refused> {
        let (times, per) = (GIVEN, GIVEN_PER);
        for key in [format!("images:{wallet:#x}"), format!("images:{ip}")] {
            let permit = self.limiter.acquire(&key, Limit { times, per }).await?;
            if let Permit::RetryAfter(retry_after) = permit {
                return Err(Refused::TurnedAway(TurnedAway::TooMany { retry_after }));
            }
        }
        Ok(())
    }

    /// A rendition. What is not in memory counts as a request.
    async fn find(
        &self,
        state: &HttpState,
        ip: IpAddr,
        image: ImageHash,
        size: ImageSize,
    ) -> Result<Option<Bytes>, Refused> {
        if let Some(jpeg) = self.remembered.get(&(image, size)) {
            return Ok(Some(jpeg));
        }
        let counted = state.count(&Viewer::Anonymous, ip).await;
        counted.map_err(Refused::TurnedAway)?;
        let Some(jpeg) = self.images.find(image, size).await? else {
            return Ok(None);
        };
        let jpeg = Bytes::from(jpeg);
        self.remembered.insert((image, size), jpeg.clone());
        Ok(Some(jpeg))
    }
}

impl From<ImageRefusal> for Refused {
    fn from(refusal: ImageRefusal) -> Self {
        Self::Image(refusal)
    }
}

impl From<StoreUnavailable> for Refused {
    fn from(away: StoreUnavailable) -> Self {
        Self::Image(ImageRefusal::Unavailable(away))
    }
}

impl From<QueryError> for Refused {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Unavailable(away) => away.into(),
            QueryError::Corrupt { table, .. } => StoreUnavailable {
                store: table,
                reason: error.to_string(),
            }
            .into(),
        }
    }
}

impl Refused {
    /// An answer in the form of GraphQL's errors, so that clients read one form.
    fn respond(self) -> Response {
        let (status, code, message) = match self {
            Self::TurnedAway(reason) => return turned_away(reason, ResponseType::Json),
            Self::NotSignedIn(reason) => {
                let (status, code) = match reason {
                    NotSignedIn::Anonymous => {
                        (StatusCode::UNAUTHORIZED, ErrorCode::Unauthenticated)
                    }
                    NotSignedIn::SessionsAway => {
                        (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable)
                    }
                };
                (status, code, reason.to_string())
            }
            Self::NotAnOwner => (
                StatusCode::FORBIDDEN,
                ErrorCode::Forbidden,
                "open a shop first: images are for products".to_owned(),
            ),
            Self::MediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                ErrorCode::BadRequest,
                "send the image itself, as image/jpeg, image/png or image/webp".to_owned(),
            ),
            Self::Body(fault) => {
                let status = match fault {
                    ParameterFault::TooSlow => StatusCode::REQUEST_TIMEOUT,
                    _ => StatusCode::BAD_REQUEST,
                };
                (status, ErrorCode::BadRequest, fault.to_string())
            }
            Self::Image(refusal) => return refused_image(&refusal),
        };
        answer(status, code, message)
    }
}

fn refused_image(refusal: &ImageRefusal) -> Response {
    let code = code_of_image(refusal);
    let (status, message) = match refusal {
        ImageRefusal::Unreadable => (StatusCode::UNPROCESSABLE_ENTITY, refusal.to_string()),
        ImageRefusal::TooManyBytes | ImageRefusal::TooManyPixels { .. } => {
            (StatusCode::PAYLOAD_TOO_LARGE, refusal.to_string())
        }
        ImageRefusal::TooMany => (StatusCode::FORBIDDEN, refusal.to_string()),
        ImageRefusal::Busy => (StatusCode::SERVICE_UNAVAILABLE, refusal.to_string()),
        ImageRefusal::Unavailable(away) => {
            tracing::error!(error = %away, "an image cannot be kept or found");
            let message = "a part of the server is away, try again soon".to_owned();
            (StatusCode::SERVICE_UNAVAILABLE, message)
        }
    };
    answer(status, code, message)
}

fn answer(status: StatusCode, code: ErrorCode, message: String) -> Response {
    let body = Answer::refused(code, ServerError::new(message, None)).into_body();
    let headers = [
        (header::CONTENT_TYPE, ResponseType::Json.header()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, body).into_response()
}

/// Throws away some of what still comes: a client that is cut off while it sends reads no answer.
async fn hear_out(chunks: &mut BodyDataStream) {
    let mut heard = 0;
    while heard < HEARD_OUT_BYTES {
        match timeout(SILENCE, chunks.next()).await {
            Ok(Some(Ok(chunk))) => heard += chunk.len(),
            _ => return,
        }
    }
}

fn nothing_here() -> Response {
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    (StatusCode::NOT_FOUND, no_store, "there is no such image\n").into_response()
}

/// What a path names: only as [`path_of`] writes it, so that an image has one address.
fn named(image: &str, file: &str) -> Option<(ImageHash, ImageSize)> {
    let hash: B256 = image.strip_prefix("0x")?.parse().ok()?;
    let pixels = file.strip_suffix(".jpg")?.parse().ok()?;
    let (image_hash, size) = (ImageHash(hash), ImageSize::of_side(pixels)?);
    let canonical = path_of(image_hash, size) == format!("/images/{image}/{file}");
    canonical.then_some((image_hash, size))
}

/// Whether the body is said to be an image of ours; which kind, its bytes say.
fn is_image(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE);
    let given = given.and_then(|value| value.to_str().ok());
    given.is_some_and(|given| {
        ["image/jpeg", "image/png", "image/webp"].contains(&given.to_ascii_lowercase().as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_one_address() {
        let image = ImageHash(B256::repeat_byte(0xab));
        for size in ImageSize::ALL {
            let path = path_of(image, size);
            let mut parts = path.rsplitn(3, '/');
            let (file, hash) = (parts.next().unwrap(), parts.next().unwrap());
            assert_eq!(named(hash, file), Some((image, size)), "{path}");
        }
        let hash = format!("{:#x}", image.0);
        let upper = format!("0x{}", "AB".repeat(32));
        for (hash, file) in [
            (&*upper, "640.jpg"),
            (&hash, "0640.jpg"),
            (&hash, "+640.jpg"),
            (&hash, "641.jpg"),
            (&hash, "640.png"),
            (&hash, ".jpg"),
            (&hash[2..], "640.jpg"),
            (&hash[..20], "640.jpg"),
        ] {
            assert_eq!(named(hash, file), None, "{hash}/{file}");
        }
    }

    #[test]
    fn only_images_of_the_three_kinds_are_received() {
        let is = |value: &'static str| {
            let header = (header::CONTENT_TYPE, HeaderValue::from_static(value));
            is_image(&HeaderMap::from_iter([header]))
        };
        assert!(is("image/jpeg") && is("image/png") && is("image/webp") && is("Image/PNG"));
        assert!(!is("image/svg+xml") && !is("image/gif") && !is("text/html"));
        assert!(!is("multipart/form-data") && !is_image(&HeaderMap::new()));
    }
}
