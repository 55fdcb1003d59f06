//! The order of an answer's fields: as they were asked for (GraphQL specification, 7.2.2).
//! async-graphql 7.2.1 gives them in the order in which they were done.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Value,
    indexmap::IndexMap,
    parser::types::{FragmentDefinition, Selection, SelectionSet},
};

use crate::graphql::documents::Document;

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// Puts an answer's fields in the order in which the operation of this name asks for them. Fields
/// that were not asked for, if any, come last. The document was validated: fragments have no
/// cycles.
pub(super) fn restore(data: &mut Value, document: &Document, operation: Option<&str>) {
    if let Some(operation) = document.operation(operation) {
        let sets = [&operation.selection_set.node];
        sort(data, &sets, &document.parsed.fragments);
    }
}

/// A response key with the selection sets of all fields that share it.
type Selected<'a> = IndexMap<&'a str, Vec<&'a SelectionSet>>;

fn sort(data: &mut Value, sets: &[&SelectionSet], fragments: &Fragments) {
    match data {
        Value::List(items) => items
            .iter_mut()
            .for_each(|item| sort(item, sets, fragments)),
        Value::Object(found) => {
            let mut selected = Selected::new();
            for set in sets {
                select(set, fragments, &mut selected);
            }
            let mut sorted = IndexMap::with_capacity(found.len());
            for (key, sets) in &selected {
                if let Some((key, mut value)) = found.swap_remove_entry(*key) {
                    sort(&mut value, sets, fragments);
                    sorted.insert(key, value);
                }
            }
            sorted.extend(std::mem::take(found));
            *found = sorted;
        }
        _ => {}
    }
}

/// Collects fields in order. Fields of fragments on other types are not in the data: harmless.
fn select<'a>(set: &'a SelectionSet, fragments: &'a Fragments, selected: &mut Selected<'a>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                let key = field.node.response_key().node.as_str();
                selected
                    .entry(key)
                    .or_default()
                    .push(&field.node.selection_set.node);
            }
            Selection::InlineFragment(inline) => {
                select(&inline.node.selection_set.node, fragments, selected);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = fragments.get(&spread.node.fragment_name.node) {
                    select(&fragment.node.selection_set.node, fragments, selected);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use crate::graphql::{documents::Documents, limits::DocumentLimits};

    use super::*;

    #[test]
    fn fields_come_as_they_were_asked_for() {
        let query = "query Q { b a { y ...f } c { z } a { q } } fragment f on A { x w: y }";
        let documents = Documents::new(DocumentLimits::STANDARD);
        let document = documents.read(query).ok().unwrap();
        let mut data = value!({
            "c": [{ "z": 1 }, null],
            "a": { "q": 1, "w": 2, "x": 3, "y": 4 },
            "b": 5,
        });
        restore(&mut data, &document, Some("Q"));
        let json = serde_json::to_string(&data).unwrap();
        assert_eq!(
            json,
            r#"{"b":5,"a":{"y":4,"x":3,"w":2,"q":1},"c":[{"z":1},null]}"#
        );
    }
}
