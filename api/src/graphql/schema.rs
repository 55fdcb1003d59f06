//! The schema: its roots, its limits.

use async_graphql::{SDLExportOptions, Schema, SchemaBuilder};

use crate::{
    config::Environment,
    graphql::{
        context::{Behind, Services},
        limits::DocumentLimits,
        lookup::Rows,
        mutations::Mutation,
        nulls::Nulls,
        queries::Query,
        subscriptions::SubscriptionRoot,
    },
};

/// The schema.
pub type GageSchema = Schema<Query, Mutation, SubscriptionRoot>;

/// The schema on its services.
pub fn build(services: Services, environment: Environment, limits: &DocumentLimits) -> GageSchema {
    let loaders = Rows::loaders(&services);
    let schema = without_services(environment, limits)
        .data(loaders)
        .data(Behind(services));
    schema.finish()
}

/// The schema as it is written in `schema.graphql`.
pub fn sdl() -> String {
    let schema = without_services(Environment::Production, &DocumentLimits::STANDARD).finish();
    let options = SDLExportOptions::new()
        .sorted_enum_items()
        .include_specified_by();
    format!("{}\n", schema.sdl_with_options(options).trim_end())
}

/// The schema alone: enough to look at, and for requests that touch no data.
pub fn without_services(
    environment: Environment,
    limits: &DocumentLimits,
) -> SchemaBuilder<Query, Mutation, SubscriptionRoot> {
    let schema = Schema::build(Query::default(), Mutation::default(), SubscriptionRoot)
        .limit_complexity(limits.complexity)
        .limit_directives(10)
        .extension(Nulls);
    match environment {
        Environment::Development => schema,
        Environment::Production => schema.disable_introspection().disable_suggestions(),
    }
}
