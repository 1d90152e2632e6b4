//! `Null`.

use pkgraph::elements::{Declare, Element};

/// Passes packets on.
///
/// It stands for a place in the graph, as a name to connect to.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1",
    processing = "a/a",
    input_docs("Any packets."),
    output_docs("The same packets."),
    example = "InfiniteSource(LIMIT 5, STOP true) -> Null -> Discard"
)]
pub struct Null {}

impl Element for Null {}
