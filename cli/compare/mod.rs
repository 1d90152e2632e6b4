//! The experiment: variants of the switch measured against each other, and its
//! report.

pub mod html;
pub mod results;
