//! What is wrong with the configuration, in words that say what to set.

use std::{fmt, path::PathBuf};

use gage_domain::{policy::InvalidPolicy, proof::InvalidOrigin};
use thiserror::Error;

use super::secret::InvalidServiceUrl;

/// A setting's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The environment variable.
    pub variable: &'static str,
    /// The flag; empty when there is none.
    pub flag: &'static str,
    /// What it is, with an example.
    pub help: &'static str,
}

/// What is wrong with one setting.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// It is needed, and neither the variable nor the flag is set.
    #[error("is not set")]
    Missing,
    /// It is no whole number, or not between the bounds.
    #[error("must be a whole number from {min} to {max}, not {given:?}")]
    Number {
        /// The smallest.
        min: u64,
        /// The largest.
        max: u64,
        /// What was given.
        given: String,
    },
    /// It is no address, or its capitals are not those of its checksum (EIP-55).
    #[error("must be 0x and 40 hexadecimal digits, with a right EIP-55 checksum, not {given:?}")]
    Address {
        /// What was given.
        given: String,
    },
    /// It is no address of a service.
    #[error("{0}")]
    Url(#[from] InvalidServiceUrl),
    /// It is no address and port.
    #[error("must be an IP address and a port, not {given:?}")]
    Listen {
        /// What was given.
        given: String,
    },
    /// It is no origin.
    #[error(
        "must be http:// or https://, a host and perhaps a port, and nothing else, not {given:?}"
    )]
    Origin {
        /// What was given.
        given: String,
    },
    /// It is none of the words.
    #[error("must be {expected}, not {given:?}")]
    Word {
        /// The words.
        expected: &'static str,
        /// What was given.
        given: String,
    },
    /// The key's file cannot be read.
    #[error("names {}, which cannot be read: {kind}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        kind: std::io::ErrorKind,
    },
    /// The file of the chains says something that cannot be used.
    #[error("names {}, which cannot be used: {reason}", path.display())]
    Chains {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where. No URL is repeated.
        reason: String,
    },
    /// The file describes what other settings describe too.
    #[error("describes all chains; remove {}", also.join(", "))]
    SaidTwice {
        /// Their variables.
        also: Vec<&'static str>,
    },
    /// The key is no key. What was given is not repeated.
    #[error("must hold 0x and 64 hexadecimal digits, and no zero key")]
    Key,
    /// Two parts of the server share a key.
    #[error("must be another key than the one that {with}")]
    SharedKey {
        /// What the other part does with it.
        with: &'static str,
    },
    /// It is no name of a log.
    #[error(transparent)]
    LogName(#[from] InvalidOrigin),
    /// It is needed by what another setting asks for.
    #[error("is needed since {by} is set")]
    NeededBy {
        /// The other setting's variable.
        by: &'static str,
    },
    /// It names a chain that is not configured.
    #[error("names chain {chain_id}, which is not configured")]
    UnknownChain {
        /// The chain.
        chain_id: u64,
    },
    /// A rule that orders cannot live with.
    #[error(transparent)]
    Policy(#[from] InvalidPolicy),
}

/// A setting and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting.
    pub setting: Setting,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Setting {
            variable,
            flag,
            help,
        } = self.setting;
        f.write_str(variable)?;
        if !flag.is_empty() {
            write!(f, " (--{flag})")?;
        }
        write!(f, " {}. It is {help}.", self.fault)
    }
}

/// Everything that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        self.0
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}
