//! What the guest is made of, named by environment variables.

use pkgraph::compare::guest::Parts;
use std::env;
use std::io::{self, Write};
use std::path::PathBuf;

const NEEDS: &str = "
NOT RUN: no test against netmap's own module has run. It needs
  qemu-system-x86_64     in the path
  PKGRAPH_GUEST_KERNEL   a Linux kernel for it (vmlinuz or vmlinux)
  PKGRAPH_GUEST_MODULES  a folder with netmap.ko, e1000e.ko (with netmap's patch)
                         and veth.ko, all for that kernel
  PKGRAPH_BUSYBOX        a busybox that is linked statically
See docs/netmap.md.
";

/// The parts, or `None` after saying which there must be. Some of them without
/// the others are a mistake.
pub fn find() -> Option<Parts> {
    let names = ["PKGRAPH_GUEST_KERNEL", "PKGRAPH_GUEST_MODULES", "PKGRAPH_BUSYBOX"];
    let paths = names.map(|name| env::var_os(name).map(PathBuf::from));
    match paths {
        [Some(kernel), Some(modules), Some(busybox)] => {
            let program = PathBuf::from(env!("CARGO_BIN_EXE_pkgraph"));
            Some(Parts { kernel, modules, busybox, program })
        }
        [None, None, None] => {
            // Past the test harness, which keeps what passing tests print.
            let _ = io::stderr().write_all(NEEDS.as_bytes());
            None
        }
        some => panic!("of {names:?} only some are set: {some:?}{NEEDS}"),
    }
}
