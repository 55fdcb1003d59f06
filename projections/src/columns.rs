//! Reading the columns of a row as domain values.

use std::str::FromStr;

use gage_application::position::LogPosition;
use gage_domain::{
    text::LocalizedText,
    value::{Address, B256, Quantity},
};
use sqlx::{Decode, Postgres, Row, Type, postgres::PgRow};
use uuid::Uuid;

use crate::failure::QueryError;

/// A row that names itself when a column cannot be read.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'r> {
    row: &'r PgRow,
    table: &'static str,
    /// The column that says which row it is.
    key: &'static str,
}

impl<'r> Columns<'r> {
    pub(crate) fn of(row: &'r PgRow, table: &'static str, key: &'static str) -> Self {
        Self { row, table, key }
    }

    /// A column whose SQL type is one of Rust's.
    pub(crate) fn get<T>(self, column: &'static str) -> Result<T, QueryError>
    where
        T: Decode<'r, Postgres> + Type<Postgres>,
    {
        self.row
            .try_get(column)
            .map_err(|error| self.corrupt(column, error.to_string()))
    }

    /// A column whose text is a value: amounts and `u64`, cast to text by the query, and names
    /// of enum variants.
    pub(crate) fn parse<T: FromStr<Err: ToString>>(
        self,
        column: &'static str,
    ) -> Result<T, QueryError> {
        let text: &str = self.get(column)?;
        text.parse()
            .map_err(|error: T::Err| self.corrupt(column, error.to_string()))
    }

    /// The same, or null.
    pub(crate) fn optional<T: FromStr<Err: ToString>>(
        self,
        column: &'static str,
    ) -> Result<Option<T>, QueryError> {
        match self.get::<Option<&str>>(column)? {
            Some(_) => self.parse(column).map(Some),
            None => Ok(None),
        }
    }

    /// 20 bytes.
    pub(crate) fn address(self, column: &'static str) -> Result<Address, QueryError> {
        let bytes: &[u8] = self.get(column)?;
        Address::try_from(bytes).map_err(|error| self.corrupt(column, error.to_string()))
    }

    /// 20 bytes, or null.
    pub(crate) fn optional_address(
        self,
        column: &'static str,
    ) -> Result<Option<Address>, QueryError> {
        match self.get::<Option<&[u8]>>(column)? {
            Some(_) => self.address(column).map(Some),
            None => Ok(None),
        }
    }

    /// 32 bytes.
    pub(crate) fn hash(self, column: &'static str) -> Result<B256, QueryError> {
        let bytes: &[u8] = self.get(column)?;
        B256::try_from(bytes).map_err(|error| self.corrupt(column, error.to_string()))
    }

    /// 32 bytes, or null.
    pub(crate) fn optional_hash(self, column: &'static str) -> Result<Option<B256>, QueryError> {
        match self.get::<Option<&[u8]>>(column)? {
            Some(_) => self.hash(column).map(Some),
            None => Ok(None),
        }
    }

    /// Pieces, or null.
    pub(crate) fn optional_quantity(
        self,
        column: &'static str,
    ) -> Result<Option<Quantity>, QueryError> {
        let pieces: Option<i64> = self.get(column)?;
        pieces
            .map(Quantity::try_from)
            .transpose()
            .map_err(|error| self.corrupt(column, error.to_string()))
    }

    /// A bigint that is never negative.
    pub(crate) fn count(self, column: &'static str) -> Result<u32, QueryError> {
        let number: i64 = self.get(column)?;
        u32::try_from(number).map_err(|error| self.corrupt(column, error.to_string()))
    }

    /// The Korean and the English column.
    pub(crate) fn text(
        self,
        ko: &'static str,
        en: &'static str,
    ) -> Result<LocalizedText, QueryError> {
        Ok(LocalizedText::new(self.get(ko)?, self.get(en)?))
    }

    /// The two columns of a position.
    pub(crate) fn position(
        self,
        xact_id: &'static str,
        position: &'static str,
    ) -> Result<LogPosition, QueryError> {
        Ok(LogPosition {
            xact_id: self.get(xact_id)?,
            position: self.get(position)?,
        })
    }

    pub(crate) fn corrupt(self, column: &'static str, reason: String) -> QueryError {
        let key = self
            .row
            .try_get::<Uuid, _>(self.key)
            .map_or_else(|error| error.to_string(), |key| key.to_string());
        QueryError::Corrupt {
            table: self.table,
            column,
            key,
            reason,
        }
    }
}

/// A text that names no variant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not known")]
pub struct UnknownName {
    /// What was found.
    pub text: String,
}

impl UnknownName {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
        }
    }
}
