//! Pulling on past packets that an element drops.

use pkgraph_runtime::{Edges, Packet};

/// Packets that one pull drops at most, so that it ends also when a source
/// without end is behind it.
const MOST: usize = 1 << 16;

/// Pulls `port` until `keep` lets a packet pass, or there is none.
///
/// A task whose pull finds nothing sleeps until something happens, so a
/// dropped packet must not look like an empty queue.
#[inline]
pub fn pull_until<E: Edges>(
    port: usize,
    edges: &mut E,
    mut keep: impl FnMut(Packet, &mut E) -> Option<Packet>,
) -> Option<Packet> {
    for _ in 0..MOST {
        let packet = edges.pull(port)?;
        if let Some(packet) = keep(packet, edges) {
            return Some(packet);
        }
    }
    None
}
