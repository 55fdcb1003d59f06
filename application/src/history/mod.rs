//! The history as people look at it: events in plain words ([`words`]), why they happened
//! ([`causes`]), and how things stood at any moment ([`moment`]).

pub mod causes;
pub mod moment;
pub mod words;
