//! A root file system in memory, as the kernel unpacks it (the `newc` format of
//! cpio, the kernel's `driver-api/early-userspace/buffer-format`).

use super::machine::read;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// Files on their way into the guest.
#[derive(Default)]
pub struct Initramfs {
    octets: Vec<u8>,
    folders: BTreeSet<String>,
    entries: u32,
}

impl Initramfs {
    /// A file of the guest, and the folders above it.
    pub fn add(&mut self, path: &str, octets: &[u8]) {
        for (at, _) in path.match_indices('/').filter(|(at, _)| *at > 0) {
            self.folder(&path[..at]);
        }
        self.entry(path, 0o100_755, octets);
    }

    /// An empty folder.
    pub fn folder(&mut self, path: &str) {
        if self.folders.insert(path.into()) {
            self.entry(path, 0o040_755, &[]);
        }
    }

    /// A program, with the libraries that it is linked to.
    pub fn add_program(&mut self, path: &str, from: &Path) -> Result<(), String> {
        self.add(path, &read(from)?);
        // One that is linked statically has none, or there is no ldd.
        let Ok(ldd) = Command::new("ldd").arg(from).output() else { return Ok(()) };
        // `libc.so.6 => /lib/libc.so.6 (0x...)`, or the loader, by its path alone.
        let listed = String::from_utf8_lossy(&ldd.stdout);
        let libraries = listed.split_whitespace().filter(|word| word.starts_with('/'));
        for library in libraries.collect::<BTreeSet<_>>() {
            self.add(library, &read(Path::new(library))?);
        }
        Ok(())
    }

    /// The archive.
    pub fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, &[]);
        self.octets
    }

    fn entry(&mut self, path: &str, mode: u32, octets: &[u8]) {
        self.entries += 1;
        let name = path.trim_start_matches('/');
        let mut header = String::from("070701");
        let size = octets.len() as u32;
        // inode, mode, owner, group, links, time, size, four device numbers,
        // length of the name, checksum
        for field in [self.entries, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name.len() as u32 + 1, 0] {
            let _ = write!(header, "{field:08x}");
        }
        self.octets.extend(header.bytes().chain(name.bytes()).chain([0]));
        self.pad();
        self.octets.extend(octets);
        self.pad();
    }

    fn pad(&mut self) {
        self.octets.resize(self.octets.len().next_multiple_of(4), 0);
    }
}
