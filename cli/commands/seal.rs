//! Whether a program of the cache is whole: it ends with its length and a
//! checksum, which the kernel does not look at.
//!
//! This is against damage, such as of a disk that was full or lost its power; who
//! could change the program on purpose could change the checksum.

use crc32fast::Hasher;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Octets behind the program: its length, and the checksum.
const SEAL: usize = 8 + 4;

/// The program with its seal.
pub fn sealed(mut program: Vec<u8>) -> Vec<u8> {
    let seal = seal(program.len() as u64, crc32fast::hash(&program));
    program.extend(seal);
    program
}

/// Whether a file is a program with its seal.
pub fn is_whole(path: &Path) -> bool {
    let read = || -> Option<bool> {
        let mut file = File::open(path).ok()?;
        let mut left = file.metadata().ok()?.len().checked_sub(SEAL as u64)?;
        let (program, mut hasher) = (left, Hasher::new());
        let mut octets = vec![0; 1 << 16];
        while left > 0 {
            let most = octets.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            file.read_exact(&mut octets[..most]).ok()?;
            hasher.update(&octets[..most]);
            left -= most as u64;
        }
        let mut found = [0; SEAL];
        file.read_exact(&mut found).ok()?;
        Some(program > 0 && found == seal(program, hasher.finalize()))
    };
    read().unwrap_or(false)
}

fn seal(length: u64, checksum: u32) -> [u8; SEAL] {
    let mut seal = [0; SEAL];
    seal[..8].copy_from_slice(&length.to_le_bytes());
    seal[8..].copy_from_slice(&checksum.to_le_bytes());
    seal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        let whole = |octets: &[u8]| {
            std::fs::write(&path, octets).unwrap();
            is_whole(&path)
        };
        let program: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
        let good = sealed(program);
        assert!(whole(&good));
        for length in [0, 1, SEAL, 1 << 16, good.len() - SEAL, good.len() - 1] {
            assert!(!whole(&good[..length]), "{length} octets");
        }
        for at in [0, 70_000, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(!whole(&bad), "octet {at}");
        }
        assert!(!whole(&[0; 1 << 17]) && !whole(&sealed(Vec::new())));
        assert!(!is_whole(&folder.path().join("none")));
    }
}
