//! What a document proves, in words.

use std::fmt::{self, Write as _};

use super::receipt::AnchorNote;

/// One thing that a document says, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// It is so.
    Proven(String),
    /// It is not so, or the document does not show it.
    Refuted(String),
    /// It was not looked at here; the words say what would.
    Open(String),
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (found, what) = match self {
            Self::Proven(what) => ("PROVEN      ", what),
            Self::Refuted(what) => ("NOT PROVEN  ", what),
            Self::Open(what) => ("not checked ", what),
        };
        f.write_str(found)?;
        // Names come from the document: they must not write to a terminal what they like.
        let shown = what
            .chars()
            .map(|c| if c.is_control() { '\u{fffd}' } else { c });
        shown.into_iter().try_for_each(|c| f.write_char(c))
    }
}

/// What a document proves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Statement by statement.
    pub statements: Vec<Statement>,
    /// What a chain can be asked about.
    pub anchor: Option<AnchorNote>,
}

impl Verdict {
    /// Whether nothing that the document says was found to be otherwise.
    pub fn holds(&self) -> bool {
        let refuted = |statement: &Statement| matches!(statement, Statement::Refuted(_));
        !self.statements.is_empty() && !self.statements.iter().any(refuted)
    }

    /// Adds what was found.
    pub fn say<E: fmt::Display>(&mut self, found: Result<String, E>) {
        self.statements.push(match found {
            Ok(what) => Statement::Proven(what),
            Err(what) => Statement::Refuted(what.to_string()),
        });
    }

    /// Adds what is left to others.
    pub fn leave_open(&mut self, what: String) {
        self.statements.push(Statement::Open(what));
    }
}
