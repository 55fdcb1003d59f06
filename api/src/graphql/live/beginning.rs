//! Which variables say no more than where a subscription begins.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

use async_graphql::{
    Name, Value,
    parser::types::{Directive, Field, Selection, SelectionSet},
};
use async_graphql_value::Value as InputValue;
use serde_json::Map;

use crate::graphql::documents::Document;

/// The arguments of a field that is followed that say where to begin.
const BEGINNING: [&str; 2] = ["after", "atLeast"];

/// All variables but those that say nothing but where the subscription begins, as JSON. Two
/// subscriptions of one viewer to one thing that differ in nothing else get the same answers
/// once they are caught up.
pub(super) fn left_out(
    document: &Document,
    operation: Option<&str>,
    variables: &Map<String, serde_json::Value>,
) -> String {
    let mut uses = Uses::default();
    if let Some(operation) = document.operation(operation) {
        uses.directives(operation.directives.iter().map(|at| &at.node));
        uses.roots(&operation.selection_set.node);
    }
    for fragment in document.parsed.fragments.values() {
        uses.directives(fragment.node.directives.iter().map(|at| &at.node));
        uses.selections(&fragment.node.selection_set.node);
    }
    let kept = variables.iter().filter(|(name, _)| {
        !uses.beginning.contains(name.as_str()) || uses.elsewhere.contains(name.as_str())
    });
    serde_json::to_string(&kept.collect::<BTreeMap<_, _>>()).unwrap_or_default()
}

/// The names of variables by where they are used.
#[derive(Default)]
struct Uses {
    beginning: BTreeSet<Name>,
    elsewhere: BTreeSet<Name>,
}

impl Uses {
    /// The fields that are followed. In a fragment they count as any other.
    fn roots(&mut self, set: &SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    for (name, value) in &field.arguments {
                        let beginning = BEGINNING.contains(&name.node.as_str());
                        let names = if beginning {
                            &mut self.beginning
                        } else {
                            &mut self.elsewhere
                        };
                        collect(&value.node, names);
                    }
                    self.directives(field.directives.iter().map(|at| &at.node));
                    self.selections(&field.selection_set.node);
                }
                other => self.selection(other),
            }
        }
    }

    fn selections(&mut self, set: &SelectionSet) {
        set.items
            .iter()
            .for_each(|selection| self.selection(&selection.node));
    }

    fn selection(&mut self, selection: &Selection) {
        match selection {
            Selection::Field(field) => self.field(&field.node),
            Selection::InlineFragment(inline) => {
                self.directives(inline.node.directives.iter().map(|at| &at.node));
                self.selections(&inline.node.selection_set.node);
            }
            Selection::FragmentSpread(spread) => {
                self.directives(spread.node.directives.iter().map(|at| &at.node));
            }
        }
    }

    fn field(&mut self, field: &Field) {
        for (_, value) in &field.arguments {
            collect(&value.node, &mut self.elsewhere);
        }
        self.directives(field.directives.iter().map(|at| &at.node));
        self.selections(&field.selection_set.node);
    }

    fn directives<'a>(&mut self, directives: impl Iterator<Item = &'a Directive>) {
        for (_, value) in directives.flat_map(|directive| &directive.arguments) {
            collect(&value.node, &mut self.elsewhere);
        }
    }
}

/// The variables of a value.
fn collect(value: &InputValue, names: &mut BTreeSet<Name>) {
    // Reading it with other values for them shows which it names.
    let _ = value.clone().into_const_with(|name| {
        names.insert(name);
        Ok::<_, Infallible>(Value::Null)
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::graphql::{documents::Documents, limits::DocumentLimits};

    fn kept(query: &str) -> String {
        let document = Documents::new(DocumentLimits::STANDARD).read(query);
        let variables = json!({ "o": "order", "a": "cursor", "n": 3, "x": true });
        let serde_json::Value::Object(variables) = variables else {
            unreachable!()
        };
        left_out(&document.ok().unwrap(), None, &variables)
    }

    #[test]
    fn where_it_begins_is_left_out() {
        let query = "subscription($o: ID!, $a: Cursor, $n: Int!, $x: Boolean!) {
            orderUpdates(order: $o, after: $a) { order { timeline(first: $n) { at } } } }";
        assert_eq!(kept(query), r#"{"n":3,"o":"order","x":true}"#);
    }

    #[test]
    fn what_is_used_elsewhere_too_stays() {
        let all = r#"{"a":"cursor","n":3,"o":"order","x":true}"#;
        for below in [
            "order { timeline(after: $a) { at } }",
            "cursor @skip(if: $a)",
            "... on OrderUpdate { order { timeline(after: $a) { at } } }",
            "...f",
        ] {
            let query = format!(
                "subscription($o: ID!, $a: Cursor) {{
                    orderUpdates(order: $o, after: $a) {{ {below} }} }}
                fragment f on OrderUpdate {{ order {{ timeline(after: $a) {{ at }} }} }}"
            );
            assert_eq!(kept(&query), all, "{below}");
        }
    }
}
