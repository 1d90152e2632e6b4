//! `PullNull`.

use pkgraph::elements::{Declare, Element};

/// Passes packets on; only by pull.
///
/// It makes the agnostic elements around it pull.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1",
    processing = "l/l",
    input_docs("Any packets."),
    output_docs("The same packets."),
    example = "InfiniteSource(LIMIT 5, STOP true) -> PullNull -> Discard"
)]
pub struct PullNull {}

impl Element for PullNull {}
