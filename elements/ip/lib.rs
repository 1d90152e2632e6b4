//! IP and UDP: views of headers, and elements that check and write them.
//!
//! This crate knows how headers and checksums are laid out, in packets and in
//! Ethernet frames. It does not know where packets come from, and opens nothing.

mod addresses;
mod check_ip_header;
pub mod checksum;
mod mark_ip_header;
mod udp_frame;
mod udp_headers;
mod udp_ip_encap;

pub use check_ip_header::CheckIPHeader;
pub use mark_ip_header::MarkIPHeader;
pub use udp_frame::UdpFrame;
pub use udp_headers::UdpHeaders;
pub use udp_ip_encap::UDPIPEncap;
