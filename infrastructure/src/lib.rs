//! gage-infrastructure
