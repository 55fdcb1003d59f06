//! The order of an answer's fields: as they were asked for (GraphQL specification, 7.2.2).
//! async-graphql 7.2.1 gives them in the order in which they were done.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Value,
    indexmap::IndexMap,
    parser::types::{
        DocumentOperations, ExecutableDocument, FragmentDefinition, Selection, SelectionSet,
    },
};

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

/// What was asked for, in which order.
pub struct Asked {
    document: ExecutableDocument,
    operation_name: Option<String>,
}

impl Asked {
    /// What an operation of a document asks for. The document was validated: fragments have no
    /// cycles.
    pub fn new(document: ExecutableDocument, operation_name: Option<String>) -> Self {
        Self {
            document,
            operation_name,
        }
    }

    /// Puts an answer's fields in order. Fields that were not asked for, if any, come last.
    pub fn sort(&self, data: &mut Value) {
        let operation = match (&self.document.operations, &self.operation_name) {
            (DocumentOperations::Single(operation), _) => Some(operation),
            (DocumentOperations::Multiple(all), Some(name)) => all.get(name.as_str()),
            (DocumentOperations::Multiple(all), None) => all.values().next(),
        };
        if let Some(operation) = operation {
            let sets = [&operation.node.selection_set.node];
            sort(data, &sets, &self.document.fragments);
        }
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
    use async_graphql::{parser::parse_query, value};

    use super::*;

    #[test]
    fn fields_come_as_they_were_asked_for() {
        let query = "query Q { b a { y ...f } c { z } a { q } } fragment f on A { x w: y }";
        let asked = Asked::new(parse_query(query).unwrap(), Some("Q".to_owned()));
        let mut data = value!({
            "c": [{ "z": 1 }, null],
            "a": { "q": 1, "w": 2, "x": 3, "y": 4 },
            "b": 5,
        });
        asked.sort(&mut data);
        let json = serde_json::to_string(&data).unwrap();
        assert_eq!(
            json,
            r#"{"b":5,"a":{"y":4,"x":3,"w":2,"q":1},"c":[{"z":1},null]}"#
        );
    }
}
