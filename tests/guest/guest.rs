//! A virtual machine with netmap's module, for the length of one script.

use crate::initramfs::Initramfs;
use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a guest is made of, named by environment variables.
pub struct Parts {
    kernel: PathBuf,
    modules: PathBuf,
    busybox: PathBuf,
}

const NEEDS: &str = "
NOT RUN: no test against netmap's own module has run. It needs
  qemu-system-x86_64     in the path
  PKGRAPH_GUEST_KERNEL   a Linux kernel for it (vmlinuz or vmlinux)
  PKGRAPH_GUEST_MODULES  a folder with netmap.ko, e1000e.ko (with netmap's patch)
                         and veth.ko, all for that kernel
  PKGRAPH_BUSYBOX        a busybox that is linked statically
See docs/netmap.md.
";

impl Parts {
    /// The parts, or `None` after saying which there must be. Some of them
    /// without the others are a mistake.
    pub fn find() -> Option<Parts> {
        let names = ["PKGRAPH_GUEST_KERNEL", "PKGRAPH_GUEST_MODULES", "PKGRAPH_BUSYBOX"];
        let paths = names.map(|name| env::var_os(name).map(PathBuf::from));
        match paths {
            [Some(kernel), Some(modules), Some(busybox)] => {
                Some(Parts { kernel, modules, busybox })
            }
            [None, None, None] => {
                // Past the test harness, which keeps what passing tests print.
                let _ = io::stderr().write_all(NEEDS.as_bytes());
                None
            }
            some => panic!("of {names:?} only some are set: {some:?}{NEEDS}"),
        }
    }
}

/// How the guest is built.
#[derive(Default)]
pub struct Machine {
    /// Two e1000e interfaces, eth0 and eth1, with a cable between them.
    pub cable: bool,
    /// An e1000e interface, eth0, whose frames come from and go to whoever
    /// listens at this Unix socket: each behind its length, four octets.
    pub wire: Option<PathBuf>,
    /// More programs: where they lie in the guest, and where they are here.
    pub programs: Vec<(String, PathBuf)>,
    /// A nanosecond of the guest is an instruction (QEMU's `-icount shift=0`).
    pub counts_instructions: bool,
}

/// Boots a guest, runs `script` in its shell and returns what that printed.
/// `files` lie in its root folder; `pkgraph` and busybox's tools are in its
/// path. A line `ASK ...` of the script goes to `answer`; when that returns, the
/// script reads an empty line.
///
/// # Panics
/// With the guest's console, if the script does not come to its end.
pub fn run(
    parts: &Parts,
    machine: &Machine,
    name: &str,
    files: &[(&str, &str)],
    script: &str,
    mut answer: impl FnMut(&str),
) -> String {
    let mut root = Initramfs::default();
    for folder in ["dev", "proc", "sys", "tmp"] {
        root.folder(folder);
    }
    root.add("bin/busybox", &fs::read(&parts.busybox).expect("PKGRAPH_BUSYBOX can be read"));
    root.add_program("bin/pkgraph", Path::new(env!("CARGO_BIN_EXE_pkgraph")));
    for (path, from) in &machine.programs {
        root.add_program(path, from);
    }
    for module in ["netmap.ko", "e1000e.ko", "veth.ko"] {
        let path = parts.modules.join(module);
        let octets = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        root.add(&format!("modules/{module}"), &octets);
    }
    for (file, text) in files {
        root.add(file, text.as_bytes());
    }
    root.add("script.sh", script.as_bytes());
    root.add("init", INIT.as_bytes());
    let archive = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("guest-{name}.cpio"));
    fs::write(&archive, root.finish()).unwrap();

    // A guest that hangs ends with its time.
    let mut command = Command::new("timeout");
    command.args(["600", "qemu-system-x86_64", "-nodefaults", "-display", "none"]);
    command.args(["-serial", "stdio", "-no-reboot", "-m", "512", "-smp", "1"]);
    command.arg("-kernel").arg(&parts.kernel).arg("-initrd").arg(&archive);
    // The emulated processor does not promise that its counter is steady, as real
    // ones do. It is.
    command.args([
        "-append",
        "console=ttyS0 quiet loglevel=3 panic=-1 norandmaps tsc=reliable clocksource=tsc",
    ]);
    if machine.counts_instructions {
        command.args(["-icount", "shift=0,align=off,sleep=off", "-seed", "1"]);
    }
    if machine.cable {
        for end in ["0", "1"] {
            command.args(["-netdev", &format!("hubport,id=n{end},hubid=0")]);
            command.args(["-device", &format!("e1000e,netdev=n{end},mac=02:00:00:00:00:0{end}")]);
        }
    }
    if let Some(path) = &machine.wire {
        let netdev = "stream,id=n0,server=off,addr.type=unix,addr.path=";
        command.arg("-netdev").arg(format!("{netdev}{}", path.display()));
        command.args(["-device", "e1000e,netdev=n0,mac=02:00:00:00:00:00"]);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut guest = command.spawn().expect("timeout(1) is there");
    let mut keyboard = guest.stdin.take().expect("it is piped");
    let mut console = String::new();
    let mut line = Vec::new();
    let mut output = BufReader::new(guest.stdout.take().expect("it is piped"));
    while output.read_until(b'\n', &mut line).expect("the console can be read") > 0 {
        let text = String::from_utf8_lossy(&line).replace('\r', "");
        console.push_str(&text);
        if let Some(question) = text.trim_end().strip_prefix("ASK ") {
            answer(question);
            keyboard.write_all(b"\n").expect("the guest runs");
        }
        line.clear();
    }
    let mut errors = String::new();
    let _ = guest.stderr.take().expect("it is piped").read_to_string(&mut errors);
    let _ = guest.wait();
    let begun = console.split_once("SCRIPT BEGINS\n").map(|(_, rest)| rest);
    let printed = begun.and_then(|rest| rest.split_once("SCRIPT ENDS\n"));
    printed.unwrap_or_else(|| panic!("the guest did not finish:\n{console}{errors}")).0.into()
}

const INIT: &str = "#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp
mount -t devtmpfs none /dev
mount -t proc none /proc
mount -t sysfs none /sys
# Few buffers: the default region would fill the guest's memory.
insmod /modules/netmap.ko buf_num=8192
insmod /modules/veth.ko
insmod /modules/e1000e.ko
ip link set lo up
cd /
echo SCRIPT BEGINS
sh /script.sh 2>&1
echo SCRIPT ENDS
poweroff -f
";
