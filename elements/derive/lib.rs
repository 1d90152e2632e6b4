//! The element declaration.
