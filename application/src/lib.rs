//! gage-application
