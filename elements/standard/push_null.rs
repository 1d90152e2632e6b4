//! `PushNull`.

use pkgraph::elements::{Declare, Element};

/// Passes packets on; only by push.
///
/// It makes the agnostic elements around it push.
#[derive(Declare)]
#[element(
    subject = "standard",
    ports = "1/1",
    processing = "h/h",
    input_docs("Any packets."),
    output_docs("The same packets."),
    example = "InfiniteSource(LIMIT 5, STOP true) -> PushNull -> Discard"
)]
pub struct PushNull {}

impl Element for PushNull {}
