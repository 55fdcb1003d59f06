//! gage-api
