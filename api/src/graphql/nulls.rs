//! Errors of fields, as the GraphQL specification has them (6.4.4, "Handling Execution Errors").
//!
//! async-graphql 7.2.1 leaves a field that failed out of its object, be it nullable or not, and
//! leaves the object standing. The specification wants null where null is allowed; where it is
//! not, the object around it becomes null, and so on upwards. Clients with typed caches depend
//! on it: a field that they asked for is either there or null.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use async_graphql::{
    QueryPathNode, QueryPathSegment, Response, ServerError, ServerResult, Value,
    async_trait::async_trait,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextExecute, NextResolve, ResolveInfo,
    },
};

/// Makes failed fields null, as the specification has it.
pub struct Nulls;

impl ExtensionFactory for Nulls {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Execution::default())
    }
}

/// One execution; of a subscription, one after the other.
#[derive(Default)]
struct Execution {
    failures: Mutex<Failures>,
    /// Whether anything failed that may not be null. Where nothing did, which is nearly always,
    /// a field costs no more than this look.
    undoing: AtomicBool,
}

/// What failed so far. A path has a segment for each response key and each index.
#[derive(Default)]
struct Failures {
    errors: Vec<ServerError>,
    /// The declared types of fields that are lists, for their items: async-graphql says of every
    /// item that it may not be null.
    lists: BTreeMap<Vec<String>, String>,
    /// Places that may not stay, because something in them failed that may not be null.
    undone: BTreeSet<Vec<String>>,
}

impl Execution {
    fn with<T>(&self, change: impl FnOnce(&mut Failures) -> T) -> T {
        change(&mut self.failures.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Remembers the type of a field or of an item that is a list, for its items.
    fn note(&self, node: &QueryPathNode<'_>, return_type: &str) {
        if return_type.starts_with('[') {
            self.with(|failures| {
                let path = path_of(node);
                let declared = failures.declared(&path, node, return_type);
                failures.lists.insert(path, declared);
            });
        }
    }

    /// The outcome of a field or an item when something failed: in it, or it itself.
    fn settle(
        &self,
        node: &QueryPathNode<'_>,
        return_type: &str,
        resolved: ServerResult<Option<Value>>,
    ) -> Option<Value> {
        let path = path_of(node);
        self.with(|failures| {
            let failed = match resolved {
                Ok(value) if !failures.undone.remove(&path) => return value,
                Ok(_) => None,
                Err(error) => Some(error),
            };
            failures.errors.extend(failed);
            if failures.declared(&path, node, return_type).ends_with('!') {
                let around = path.len().saturating_sub(1);
                failures
                    .undone
                    .insert(path.into_iter().take(around).collect());
                self.undoing.store(true, Ordering::Release);
            }
            Some(Value::Null)
        })
    }
}

impl Failures {
    /// The declared type of a field or of an item.
    fn declared(&self, path: &[String], node: &QueryPathNode<'_>, return_type: &str) -> String {
        let list = match node.segment {
            QueryPathSegment::Name(_) => None,
            QueryPathSegment::Index(_) => {
                path.split_last().and_then(|(_, list)| self.lists.get(list))
            }
        };
        list.map_or(return_type, |list| item_type(list)).to_owned()
    }
}

/// The type of a list's items: `T` of `[T]` and of `[T]!`.
fn item_type(list: &str) -> &str {
    let bare = list.strip_suffix('!').unwrap_or(list);
    bare.strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(bare)
}

#[async_trait]
impl Extension for Execution {
    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let mut response = next.run(ctx, operation_name).await;
        let failures = self.with(std::mem::take);
        self.undoing.store(false, Ordering::Release);
        response.errors.extend(failures.errors);
        if failures.undone.contains(&Vec::new()) {
            response.data = Value::Null;
        }
        response
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let (node, return_type) = (info.path_node, info.return_type);
        self.note(node, return_type);
        match next.run(ctx, info).await {
            Ok(value) if !self.undoing.load(Ordering::Acquire) => Ok(value),
            resolved => Ok(self.settle(node, return_type, resolved)),
        }
    }
}

fn path_of(node: &QueryPathNode<'_>) -> Vec<String> {
    let mut path = Vec::new();
    let mut at = Some(node);
    while let Some(node) = at {
        path.push(match node.segment {
            QueryPathSegment::Name(name) => name.to_owned(),
            QueryPathSegment::Index(index) => index.to_string(),
        });
        at = node.parent;
    }
    path.reverse();
    path
}

#[cfg(test)]
#[expect(
    clippy::unused_async,
    reason = "async-graphql's resolvers are async functions"
)]
mod tests {
    use async_graphql::{EmptyMutation, EmptySubscription, Error, Object, Result, Schema};
    use serde_json::{Value, json};

    use super::*;

    struct Shop;

    #[Object]
    impl Shop {
        async fn name(&self) -> &str {
            "tea"
        }

        async fn broken(&self) -> Result<i32> {
            Err(Error::new("broken"))
        }

        async fn broken_or_null(&self) -> Result<Option<i32>> {
            Err(Error::new("broken"))
        }
    }

    struct Root;

    #[Object]
    impl Root {
        async fn shop(&self) -> Shop {
            Shop
        }

        async fn maybe(&self) -> Option<Shop> {
            Some(Shop)
        }

        async fn shops(&self) -> Option<Vec<Shop>> {
            Some(vec![Shop, Shop])
        }

        async fn maybe_shops(&self) -> Vec<Option<Shop>> {
            vec![Some(Shop), None]
        }
    }

    async fn answer(query: &str) -> (Value, usize) {
        let schema = Schema::build(Root, EmptyMutation, EmptySubscription).extension(Nulls);
        let response = schema.finish().execute(query).await;
        (response.data.into_json().unwrap(), response.errors.len())
    }

    #[tokio::test]
    async fn a_field_that_may_be_null_is_null_when_it_fails() {
        let found = answer("{ shop { name brokenOrNull } }").await;
        assert_eq!(
            found,
            (
                json!({ "shop": { "name": "tea", "brokenOrNull": null } }),
                1
            )
        );
    }

    #[tokio::test]
    async fn a_field_that_may_not_be_null_takes_what_is_around_it_along() {
        let found = answer("{ maybe { name broken } shop { name } }").await;
        assert_eq!(
            found,
            (json!({ "maybe": null, "shop": { "name": "tea" } }), 1)
        );
        assert_eq!(answer("{ shop { broken } }").await, (json!(null), 1));
    }

    #[tokio::test]
    async fn an_item_that_fails_is_null_or_takes_its_list_along() {
        assert_eq!(
            answer("{ shops { broken } }").await,
            (json!({ "shops": null }), 2)
        );
        let found = answer("{ maybeShops { name broken } }").await;
        assert_eq!(found, (json!({ "maybeShops": [null, null] }), 1));
    }

    #[tokio::test]
    async fn what_does_not_fail_stays_as_it_is() {
        let found = answer("{ x: maybe { name } maybeShops { name } }").await;
        let shops = json!([{ "name": "tea" }, null]);
        assert_eq!(
            found,
            (json!({ "x": { "name": "tea" }, "maybeShops": shops }), 0)
        );
    }
}
