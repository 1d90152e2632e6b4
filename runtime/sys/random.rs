//! Random numbers of the system.

use crate::result::count;
use std::io::{self, ErrorKind};

/// Fills `octets` with numbers that nobody can foresee (getrandom(2)).
///
/// # Errors
/// That of the call.
pub fn random(octets: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < octets.len() {
        let rest = &mut octets[filled..];
        // SAFETY: the kernel writes at most as many octets as `rest` has.
        let got = unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) };
        match count(got) {
            Ok(got) => filled += got,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fills_all_and_does_not_repeat() {
        let [mut a, mut b] = [[0; 300]; 2];
        random(&mut a).unwrap();
        random(&mut b).unwrap();
        assert_ne!(a, b);
        assert!(a[256..].iter().any(|octet| *octet != 0));
    }
}
