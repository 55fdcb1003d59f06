//! gage-domain
