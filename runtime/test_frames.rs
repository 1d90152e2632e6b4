//! Frames for the tests of filters.

/// UDP from port 5005 to 5004 in IPv4, with so many octets of options.
pub fn ipv4(options: usize) -> Vec<u8> {
    let mut frame = vec![2; 12];
    frame.extend([8, 0, 0x45 + options as u8 / 4, 0, 0, 28 + options as u8, 0, 0, 0x40, 0]);
    frame.extend([64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    frame.extend(vec![1; options]);
    frame.extend([0x13, 0x8d, 0x13, 0x8c, 0, 8, 0, 0]);
    frame
}

/// The same in IPv6.
pub fn ipv6() -> Vec<u8> {
    let mut frame = vec![2; 12];
    frame.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, 8, 17, 64]);
    frame.extend([1; 32]);
    frame.extend([0x13, 0x8d, 0x13, 0x8c, 0, 8, 0, 0]);
    frame
}

/// `frame` with another octet at `at`.
pub fn edited(mut frame: Vec<u8>, at: usize, octet: u8) -> Vec<u8> {
    frame[at] = octet;
    frame
}
