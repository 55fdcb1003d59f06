//! gage-projections
