//! The storefront: files that were built from `web/`, as they are, and its one document for every
//! address that is a page's.

mod accepted;
mod development;
mod files;
mod inline;
mod policy;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};

pub use self::{
    development::TestNode,
    files::{Coding, File, Find, embedded},
};
use self::{inline::Inline, policy::Policy};
use super::{ROUTES, nothing_here, state::HttpState};
use crate::config::Origin;

/// The document that every page is drawn in.
const DOCUMENT: &str = "index.html";
/// Below it every file has the hash of its content in its name.
const HASHED: &str = "assets/";

/// The storefront's files, and how they are served.
#[derive(Clone)]
pub struct Pages {
    find: Find,
    policy: Policy,
    /// What a page of a build for development is told; nothing in production.
    development: Option<String>,
}

impl Pages {
    /// The files of `find`, for pages of `origin`. A page of a build for development may ask the
    /// nodes directly; there are none in production.
    pub fn new(find: Find, origin: &Origin, nodes: &[TestNode]) -> Self {
        let nodes = development::own(nodes);
        Self {
            find,
            policy: Policy::new(origin, &nodes),
            development: development::told(&nodes),
        }
    }

    /// The answer to a request that no other route takes; none where there is nothing.
    fn answer(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            return None;
        }
        if path == development::PATH {
            return self.development.clone().map(development::answer);
        }
        let name = path.strip_prefix('/')?;
        match self.file(name, headers) {
            Some(answer) => Some(answer),
            None if is_page(path, headers) => self.file(DOCUMENT, headers),
            None => None,
        }
    }

    fn file(&self, name: &str, headers: &HeaderMap) -> Option<Response> {
        let kind = files::media_type(name)?;
        let codings = accepted::codings(headers);
        let (coding, file) = codings
            .into_iter()
            .find_map(|coding| Some((coding, (self.find)(name, coding)?)))?;
        let mut response = representation(file, headers);
        let head = response.headers_mut();
        head.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        head.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static(caching(name)),
        );
        head.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(coding) = coding.token() {
            head.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        head.insert(header::CONTENT_SECURITY_POLICY, self.policy_of(name));
        for (name, value) in policy::MANNERS {
            head.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        Some(response)
    }

    /// Read anew each time, as the document is: a build may replace both while this runs.
    fn policy_of(&self, name: &str) -> HeaderValue {
        let told = match name {
            DOCUMENT => (self.find)(inline::NAME, Coding::Identity),
            _ => None,
        };
        match told {
            Some(told) => self.policy.of_document(&Inline::read(&told.bytes)),
            None => self.policy.bare(),
        }
    }
}

/// Takes what no other route takes.
pub(super) async fn serve(State(state): State<HttpState>, request: Request) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    match state.pages.answer(method, path, request.headers()) {
        Some(answer) => answer,
        None => nothing_here().await.into_response(),
    }
}

/// The file, or that the browser has it already.
fn representation(file: File, headers: &HeaderMap) -> Response {
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|tags| tags.to_str().ok())
        .flat_map(|tags| tags.split(','))
        .any(|tag| tag.trim().trim_start_matches("W/") == file.tag);
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(file.bytes))
    };
    if let Ok(tag) = HeaderValue::from_str(&file.tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// A name with a hash always means the same bytes; everything else is asked for each time, which
/// its tag makes cheap.
fn caching(name: &str) -> &'static str {
    if name.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}

/// Whether somebody opens a page there. What looks like a file is one that is missing, and what
/// lies below the API's routes is the API's.
fn is_page(path: &str, headers: &HeaderMap) -> bool {
    let is_below = |route: &str| {
        path.strip_prefix(route)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let is_file = path
        .rsplit('/')
        .next()
        .is_some_and(|last| last.contains('.'));
    let wants_document = path == "/"
        || headers
            .get(header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"));
    wants_document && !is_file && !ROUTES.into_iter().any(is_below)
}
