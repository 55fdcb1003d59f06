//! How large a GraphQL document may be, checked before async-graphql walks through it.
//!
//! async-graphql limits depth and complexity only after its validation has walked the whole
//! document with every fragment spread expanded, and it has no limit on aliases. Thirty
//! fragments that spread each other twice would keep it busy for minutes, and deeply nested
//! brackets overflow the stack of its parser. So: brackets are counted in the text, fields and
//! depth in the parsed document with each fragment measured once.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned,
    parser::types::{
        ExecutableDocument, FragmentDefinition, OperationType, Selection, SelectionSet,
    },
};
use thiserror::Error;

/// The limits on one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentLimits {
    /// Bytes of the document.
    pub bytes: usize,
    /// Brackets of all kinds that stand in each other, in the text.
    pub nesting: usize,
    /// Operations and fragments.
    pub definitions: usize,
    /// Fields in each other, fragments included.
    pub depth: usize,
    /// Fields, fragments expanded.
    pub fields: usize,
    /// Aliases, fragments expanded.
    pub aliases: usize,
    /// Fields at the top, fragments expanded.
    pub root_fields: usize,
    /// async-graphql's complexity: fields times page sizes.
    pub complexity: usize,
}

impl DocumentLimits {
    /// What pages, consoles and introspection need, with room.
    pub const STANDARD: Self = Self {
        bytes: 32 * 1024,
        nesting: 64,
        definitions: 32,
        depth: 15,
        fields: 500,
        aliases: 30,
        root_fields: 20,
        complexity: 5_000,
    };
}

/// A document that is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TooLarge {
    /// Its text.
    #[error("the document has more than {max} bytes")]
    Bytes {
        /// The limit.
        max: usize,
    },
    /// Brackets in each other.
    #[error("brackets are nested deeper than {max}")]
    Nesting {
        /// The limit.
        max: usize,
    },
    /// Operations and fragments.
    #[error("the document has more than {max} operations and fragments")]
    Definitions {
        /// The limit.
        max: usize,
    },
    /// Fields in each other.
    #[error("fields are nested deeper than {max}")]
    Depth {
        /// The limit.
        max: usize,
    },
    /// All fields.
    #[error("the document asks for more than {max} fields")]
    Fields {
        /// The limit.
        max: usize,
    },
    /// Aliases.
    #[error("the document has more than {max} aliases")]
    Aliases {
        /// The limit.
        max: usize,
    },
    /// Fields at the top.
    #[error("the document has more than {max} fields at the top")]
    RootFields {
        /// The limit.
        max: usize,
    },
}

impl DocumentLimits {
    /// Checks the text, before it is parsed.
    ///
    /// # Errors
    /// The first limit that it breaks.
    pub fn check_text(&self, text: &str) -> Result<(), TooLarge> {
        if text.len() > self.bytes {
            return Err(TooLarge::Bytes { max: self.bytes });
        }
        // Brackets in strings and comments count too: harmless, and no lexer is needed that
        // could disagree with the parser's.
        let mut open: usize = 0;
        for byte in text.bytes() {
            match byte {
                b'{' | b'[' | b'(' => open += 1,
                b'}' | b']' | b')' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > self.nesting {
                return Err(TooLarge::Nesting { max: self.nesting });
            }
        }
        Ok(())
    }

    /// Checks the parsed document.
    ///
    /// # Errors
    /// The first limit that it breaks.
    pub fn check(&self, document: &ExecutableDocument) -> Result<(), TooLarge> {
        if document.operations.iter().count() + document.fragments.len() > self.definitions {
            return Err(TooLarge::Definitions {
                max: self.definitions,
            });
        }
        let mut measure = Measure {
            fragments: &document.fragments,
            known: HashMap::new(),
        };
        for (_, operation) in document.operations.iter() {
            let size = measure.selection_set(&operation.node.selection_set.node);
            if size.depth > self.depth {
                return Err(TooLarge::Depth { max: self.depth });
            }
            if size.fields > self.fields {
                return Err(TooLarge::Fields { max: self.fields });
            }
            if size.aliases > self.aliases {
                return Err(TooLarge::Aliases { max: self.aliases });
            }
            let max = match operation.node.ty {
                // Of several the answers could not be told apart (specification, 5.2.3.1).
                OperationType::Subscription => 1,
                OperationType::Query | OperationType::Mutation => self.root_fields,
            };
            if size.roots > max {
                return Err(TooLarge::RootFields { max });
            }
        }
        Ok(())
    }
}

/// What a selection set comes to, fragments expanded. Sums saturate.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    depth: usize,
    fields: usize,
    aliases: usize,
    roots: usize,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.depth = self.depth.max(other.depth);
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.roots = self.roots.saturating_add(other.roots);
    }
}

struct Measure<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// Fragments that were measured; nothing while one is being measured, so that a cycle ends
    /// (validation refuses it).
    known: HashMap<&'a Name, Option<Size>>,
}

impl<'a> Measure<'a> {
    fn selection_set(&mut self, set: &'a SelectionSet) -> Size {
        let mut size = Size::default();
        for selection in &set.items {
            size.add(match &selection.node {
                Selection::Field(field) => {
                    let below = self.selection_set(&field.node.selection_set.node);
                    Size {
                        depth: below.depth.saturating_add(1),
                        fields: below.fields.saturating_add(1),
                        aliases: below.aliases + usize::from(field.node.alias.is_some()),
                        roots: 1,
                    }
                }
                Selection::InlineFragment(inline) => {
                    self.selection_set(&inline.node.selection_set.node)
                }
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node),
            });
        }
        size
    }

    fn fragment(&mut self, name: &'a Name) -> Size {
        if let Some(known) = self.known.get(name) {
            return known.unwrap_or_default();
        }
        let Some(fragment) = self.fragments.get(name) else {
            return Size::default();
        };
        self.known.insert(name, None);
        let size = self.selection_set(&fragment.node.selection_set.node);
        self.known.insert(name, Some(size));
        size
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use async_graphql::parser::parse_query;

    use super::*;

    const SMALL: DocumentLimits = DocumentLimits {
        bytes: 100_000,
        nesting: 40,
        definitions: 50,
        depth: 5,
        fields: 20,
        aliases: 3,
        root_fields: 4,
        complexity: 100,
    };

    fn check(text: &str) -> Result<(), TooLarge> {
        SMALL.check_text(text)?;
        SMALL.check(&parse_query(text).unwrap())
    }

    #[test]
    fn a_document_within_the_limits_passes() {
        assert_eq!(check("{ a { b { c { d { e } } } } }"), Ok(()));
        assert_eq!(check("{ x: a y: a z: a { b } }"), Ok(()));
    }

    #[test]
    fn each_limit_is_kept() {
        let deep = "{ a { b { c { d { e { f } } } } } }";
        assert_eq!(check(deep), Err(TooLarge::Depth { max: 5 }));
        let aliases = "{ q { w: a x: a y: a z: a } }";
        assert_eq!(check(aliases), Err(TooLarge::Aliases { max: 3 }));
        assert_eq!(check("{ a b c d e }"), Err(TooLarge::RootFields { max: 4 }));
        assert_eq!(
            check("subscription { a b }"),
            Err(TooLarge::RootFields { max: 1 })
        );
        let fields = format!("{{ a {{ {} }} }}", "b ".repeat(20));
        assert_eq!(check(&fields), Err(TooLarge::Fields { max: 20 }));
        assert_eq!(
            check(&" ".repeat(100_001)),
            Err(TooLarge::Bytes { max: 100_000 })
        );
    }

    #[test]
    fn aliases_in_fragments_count_as_often_as_they_are_spread() {
        let text = "{ q { ...f } r { ...f } } fragment f on Q { x: a y: a }";
        assert_eq!(check(text), Err(TooLarge::Aliases { max: 3 }));
    }

    #[test]
    fn fragments_that_spread_each_other_twice_are_measured_in_no_time() {
        let mut text = "{ ...f0 } fragment f40 on Q { a }".to_owned();
        for n in 0..40 {
            write!(
                text,
                " fragment f{n} on Q {{ ...f{} ...f{} }}",
                n + 1,
                n + 1
            )
            .unwrap();
        }
        assert_eq!(check(&text), Err(TooLarge::Fields { max: 20 }));
    }

    #[test]
    fn a_cycle_of_fragments_ends() {
        assert_eq!(
            check("{ ...a } fragment a on Q { ...b } fragment b on Q { x ...a }"),
            Ok(())
        );
    }

    #[test]
    fn nested_brackets_never_reach_the_parser() {
        let text = format!("{{ a(x: {}) }}", "[".repeat(100_000 - 20));
        assert_eq!(check(&text), Err(TooLarge::Nesting { max: 40 }));
    }
}
