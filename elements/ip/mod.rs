//! Views of IP and UDP headers.

mod udp_frame;

pub use udp_frame::UdpFrame;
