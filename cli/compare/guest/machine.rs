//! A virtual machine with netmap's module, and its shell.

use super::initramfs::Initramfs;
use pkgraph_runtime::child;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// What a guest is made of.
#[derive(Clone, Debug)]
pub struct Parts {
    /// A Linux kernel: vmlinuz or vmlinux.
    pub kernel: PathBuf,
    /// A folder with netmap.ko, e1000e.ko (with netmap's patch) and veth.ko, all
    /// for that kernel.
    pub modules: PathBuf,
    /// A busybox that is linked statically.
    pub busybox: PathBuf,
    /// The program pkgraph.
    pub program: PathBuf,
}

/// How the guest is built.
#[derive(Clone, Debug, Default)]
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

/// A running guest. Dropped, it ends.
pub struct Guest {
    qemu: Child,
    keyboard: ChildStdin,
    lines: Receiver<String>,
    /// What it said so far, for whoever has to find out what is wrong.
    console: String,
}

pub(super) const QEMU: &str = "qemu-system-x86_64";
/// How long a boot or a command may take: software emulation is slow.
const PATIENCE: Duration = Duration::from_secs(600);
/// From one look whether the guest is wanted still to the next.
const LOOK: Duration = Duration::from_millis(100);
/// What is said after a command.
const END: &str = "END OF COMMAND";

impl Guest {
    /// Boots one. `files` lie in its root folder; `pkgraph` and busybox's tools
    /// are in its path. `check` is asked now and then whether to go on. The error
    /// says what is missing, or what it said.
    pub fn boot<E: From<String>>(
        parts: &Parts,
        machine: &Machine,
        files: &[(&str, &str)],
        check: &dyn Fn() -> Result<(), E>,
    ) -> Result<Guest, E> {
        let archive = archive(parts, machine, files)?;
        let mut command = Command::new(QEMU);
        command.args(["-nodefaults", "-display", "none", "-serial", "stdio"]);
        command.args(["-no-reboot", "-m", "512", "-smp", "1"]);
        command.arg("-kernel").arg(&parts.kernel).arg("-initrd").arg(archive.path());
        // The emulated processor does not promise that its counter is steady, as
        // real ones do. It is.
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
                let card = format!("e1000e,netdev=n{end},mac=02:00:00:00:00:0{end}");
                command.args(["-device", &card]);
            }
        }
        if let Some(path) = &machine.wire {
            let netdev = "stream,id=n0,server=off,addr.type=unix,addr.path=";
            command.arg("-netdev").arg(format!("{netdev}{}", path.display()));
            command.args(["-device", "e1000e,netdev=n0,mac=02:00:00:00:00:00"]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C is for this program, which ends the guest.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        child::end_with_parent(&mut command);
        let mut qemu = command
            .spawn()
            .map_err(|error| format!("{QEMU}: {error}: install it (Debian: qemu-system-x86)"))?;
        let keyboard = qemu.stdin.take().expect("it is piped");
        let output = BufReader::new(qemu.stdout.take().expect("it is piped"));
        let (said, lines) = channel();
        std::thread::spawn(move || read_lines(output, |line| said.send(line).is_ok()));
        let mut guest = Guest { qemu, keyboard, lines, console: String::new() };
        // The kernel has the archive in its memory by then.
        guest.read_to("READY", check)?;
        Ok(guest)
    }

    /// Runs a command in its shell; what that prints. `check` is as for
    /// [`boot`](Guest::boot).
    pub fn shell<E: From<String>>(
        &mut self,
        command: &str,
        check: &dyn Fn() -> Result<(), E>,
    ) -> Result<String, E> {
        let line = format!("{{ {command}; }} 2>&1; echo; echo {END}\n");
        self.keyboard.write_all(line.as_bytes()).map_err(|_| self.died())?;
        let mut text = self.read_to(END, check)?;
        // What it printed may not end a line.
        text.pop();
        Ok(text)
    }

    /// Reads up to this line.
    fn read_to<E: From<String>>(
        &mut self,
        end: &str,
        check: &dyn Fn() -> Result<(), E>,
    ) -> Result<String, E> {
        let (since, mut text) = (Instant::now(), String::new());
        loop {
            check()?;
            match self.lines.recv_timeout(LOOK) {
                Ok(line) => {
                    self.console.push_str(&line);
                    if line.trim_end() == end {
                        return Ok(text);
                    }
                    text.push_str(&line);
                }
                Err(RecvTimeoutError::Timeout) if since.elapsed() < PATIENCE => {}
                Err(_) => return Err(self.died().into()),
            }
        }
    }

    /// Why it does not answer.
    fn died(&mut self) -> String {
        let _ = self.qemu.kill();
        let mut errors = String::new();
        if let Some(mut stderr) = self.qemu.stderr.take() {
            let _ = stderr.read_to_string(&mut errors);
        }
        format!("the guest does not go on:\n{}{errors}", self.console)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

/// Boots a guest, runs `script` in its shell and returns what that printed.
///
/// # Panics
/// With the guest's console, if the script does not come to its end.
pub fn run(parts: &Parts, machine: &Machine, files: &[(&str, &str)], script: &str) -> String {
    let files: Vec<_> = files.iter().copied().chain([("script.sh", script)]).collect();
    let go_on = || Ok::<(), String>(());
    let printed = Guest::boot(parts, machine, &files, &go_on)
        .and_then(|mut guest| guest.shell("sh /script.sh", &go_on));
    printed.unwrap_or_else(|why| panic!("{why}"))
}

/// Line by line, until nobody takes them.
fn read_lines(mut output: impl BufRead, mut take: impl FnMut(String) -> bool) {
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line).is_ok_and(|octets| octets > 0) {
        if !take(String::from_utf8_lossy(&line).replace('\r', "")) {
            return;
        }
        line.clear();
    }
}

/// The root file system, as a file that vanishes with what is returned.
fn archive(
    parts: &Parts,
    machine: &Machine,
    files: &[(&str, &str)],
) -> Result<tempfile::NamedTempFile, String> {
    let mut root = Initramfs::default();
    for folder in ["dev", "proc", "sys", "tmp"] {
        root.folder(folder);
    }
    root.add("bin/busybox", &read(&parts.busybox)?);
    root.add_program("bin/pkgraph", &parts.program)?;
    for (path, from) in &machine.programs {
        root.add_program(path, from)?;
    }
    for module in ["netmap.ko", "e1000e.ko", "veth.ko"] {
        root.add(&format!("modules/{module}"), &read(&parts.modules.join(module))?);
    }
    for (file, text) in files {
        root.add(file, text.as_bytes());
    }
    root.add("init", INIT.as_bytes());
    let mut file = tempfile::NamedTempFile::new().map_err(|error| format!("a file: {error}"))?;
    file.write_all(&root.finish())
        .map_err(|error| format!("{}: {error}", file.path().display()))?;
    Ok(file)
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
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
stty -echo
echo READY
while read -r command; do eval \"$command\"; done
poweroff -f
";
