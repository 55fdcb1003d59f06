//! The one text of a JSON value that commitments are made of.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use thiserror::Error;

/// Values in each other, at most: events have three or four.
const DEPTH_MAX: usize = 64;

/// A text that has no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotCanonical {
    /// It is no JSON, or an object names a key twice.
    #[error("no JSON that can be committed to: {reason}")]
    NoJson {
        /// What is wrong with it.
        reason: String,
    },
    /// Arrays and objects are nested deeper than anything that is written here.
    #[error("JSON that is nested deeper than {DEPTH_MAX}")]
    TooDeep,
}

/// A JSON value as PostgreSQL prints it as `jsonb`: keys in the order of their length in bytes
/// and then of their bytes, one space after each comma and colon, only what must be escaped is,
/// and numbers as they are written.
///
/// So the server commits to what the database prints, and whoever has the value in another
/// layout gets the same text. RFC 8785 was not taken: it knows numbers as IEEE doubles, and
/// integers above 2^53 that differ would be one text.
///
/// # Errors
/// [`NotCanonical`].
pub fn canonical(json: &str) -> Result<String, NotCanonical> {
    let value: &RawValue = serde_json::from_str(json).map_err(|error| no_json(&error))?;
    let mut text = String::with_capacity(json.len());
    write(value.get(), DEPTH_MAX, &mut text)?;
    Ok(text)
}

fn write(json: &str, depth: usize, text: &mut String) -> Result<(), NotCanonical> {
    let deeper = depth.checked_sub(1).ok_or(NotCanonical::TooDeep);
    match json.as_bytes().first() {
        Some(b'{') => write_object(json, deeper?, text),
        Some(b'[') => write_array(json, deeper?, text),
        Some(b'"') => {
            let string: String = serde_json::from_str(json).map_err(|error| no_json(&error))?;
            write_string(&string, text)
        }
        _ => {
            text.push_str(json);
            Ok(())
        }
    }
}

fn write_object(json: &str, depth: usize, text: &mut String) -> Result<(), NotCanonical> {
    let Members(members) = serde_json::from_str(json).map_err(|error| no_json(&error))?;
    text.push('{');
    for (number, ((_, key), value)) in members.iter().enumerate() {
        if number > 0 {
            text.push_str(", ");
        }
        write_string(key, text)?;
        text.push_str(": ");
        write(value.get(), depth, text)?;
    }
    text.push('}');
    Ok(())
}

fn write_array(json: &str, depth: usize, text: &mut String) -> Result<(), NotCanonical> {
    let items: Vec<&RawValue> = serde_json::from_str(json).map_err(|error| no_json(&error))?;
    text.push('[');
    for (number, item) in items.iter().enumerate() {
        if number > 0 {
            text.push_str(", ");
        }
        write(item.get(), depth, text)?;
    }
    text.push(']');
    Ok(())
}

/// `serde_json` escapes what PostgreSQL does, in the same way.
fn write_string(string: &str, text: &mut String) -> Result<(), NotCanonical> {
    text.push_str(&serde_json::to_string(string).map_err(|error| no_json(&error))?);
    Ok(())
}

fn no_json(error: &serde_json::Error) -> NotCanonical {
    NotCanonical::NoJson {
        reason: error.to_string(),
    }
}

/// The members of one object, in `jsonb`'s order. A key that stands twice is refused: which of
/// the two a reader takes would be its own choice.
struct Members<'a>(BTreeMap<(usize, String), &'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reading;

        impl<'de> Visitor<'de> for Reading {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
                    let twice = format!("the key {key:?} stands twice");
                    if members.insert((key.len(), key), value).is_some() {
                        return Err(A::Error::custom(twice));
                    }
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Reading)
    }
}
