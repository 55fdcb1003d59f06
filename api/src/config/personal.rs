//! The setting of personal data: what wraps the customers' keys.

use super::{
    args::PersonalArgs,
    checks::{Checks, parse_key, read_key},
    names,
    proofs::OtherKeys,
    settings::PrivateKey,
    table::Value,
};

impl Checks {
    /// None without a key, and when something is wrong: then there is a problem more.
    pub(super) fn personal_data_key(
        &mut self,
        args: &PersonalArgs,
        others: &OtherKeys<'_>,
    ) -> Option<PrivateKey> {
        let key = match (&args.personal_data_key_file, &args.personal_data_key) {
            (Some(path), _) => read_key(path),
            (None, Some(text)) => parse_key(text),
            (None, None) => return None,
        };
        let key = key.and_then(|key| others.have_not(key));
        self.keep(names::PERSONAL_DATA_KEY_FILE, key)
    }
}

/// The key as `gage config` shows it.
pub(super) fn row(args: &PersonalArgs) -> Value {
    match (&args.personal_data_key_file, &args.personal_data_key) {
        (Some(path), _) => {
            let path = path.display().to_string();
            (names::PERSONAL_DATA_KEY_FILE, Some(path.clone()), path)
        }
        (None, Some(key)) => (
            names::PERSONAL_DATA_KEY,
            Some(key.clone()),
            "(hidden)".to_owned(),
        ),
        (None, None) => (
            names::PERSONAL_DATA_KEY_FILE,
            None,
            "(none: orders have no delivery details)".to_owned(),
        ),
    }
}
