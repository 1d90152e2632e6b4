//! Network namespaces and the veth pairs between them.

#![allow(unsafe_code)]

use std::ffi::CString;
use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Namespaces that are removed, with all that is in them, when this is
/// dropped.
pub struct Network {
    names: Vec<String>,
}

/// Runs `ip` with these words. The error is what it said.
pub fn ip(words: &str) -> Result<String, String> {
    let output = Command::new("ip").args(words.split_whitespace()).output();
    let output = output.map_err(|error| format!("ip: {error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_string()),
    }
}

/// Which capabilities this process has not.
fn refusal() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    let held = u64::from_str_radix(line.trim(), 16).ok()?;
    let needed =
        [("CAP_NET_ADMIN", 12), ("CAP_NET_RAW", 13), ("CAP_SYS_ADMIN", 21), ("CAP_BPF", 39)];
    let missing: Vec<&str> =
        needed.into_iter().filter(|(_, bit)| held >> bit & 1 == 0).map(|(name, _)| name).collect();
    (!missing.is_empty()).then(|| format!("no {}", missing.join(", ")))
}

impl Network {
    /// So many new namespaces; `None`, and a loud line, where this process has
    /// not the rights to make them and to load programs.
    pub fn new(namespaces: usize) -> Option<Network> {
        static REFUSED: OnceLock<Option<String>> = OnceLock::new();
        let refused = REFUSED.get_or_init(|| refusal().or_else(|| Network::with(1).err()));
        if let Some(why) = refused {
            let thread = std::thread::current();
            let test = thread.name().unwrap_or("a test");
            // Past the capture of the test harness: it is not to be missed.
            let line = format!("SKIPPED: {test}: it needs network namespaces and XDP: {why}\n");
            let _ = std::fs::write("/dev/stderr", line);
            return None;
        }
        Some(Network::with(namespaces).expect("as it was possible a moment ago"))
    }

    fn with(namespaces: usize) -> Result<Network, String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let mut network = Network { names: Vec::new() };
        for _ in 0..namespaces {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("pkgraph-{}-{number}", std::process::id());
            ip(&format!("netns add {name}"))?;
            network.names.push(name.clone());
            ip(&format!("-n {name} link set lo up"))?;
            ip(&format!("-n {name} link add probe0 type veth peer name probe1"))?;
            ip(&format!("-n {name} link del probe0"))?;
        }
        Ok(network)
    }

    /// Runs `ip` in namespace `n`.
    #[track_caller]
    pub fn ip(&self, n: usize, words: &str) -> String {
        let command = format!("-n {} {words}", self.names[n]);
        ip(&command).unwrap_or_else(|error| panic!("ip {command}: {error}"))
    }

    /// Joins two namespaces by a veth pair whose ends are up. Each end has so
    /// many queues.
    pub fn join(&self, (a, a_end): (usize, &str), (b, b_end): (usize, &str), queues: u32) {
        let b_name = &self.names[b];
        let each = format!("numtxqueues {queues} numrxqueues {queues}");
        self.ip(
            a,
            &format!("link add {a_end} {each} type veth peer name {b_end} {each} netns {b_name}"),
        );
        for (n, end) in [(a, a_end), (b, b_end)] {
            self.ip(n, &format!("link set {end} up"));
        }
    }

    /// Calls `run` in namespace `n`, on a thread of its own. Sockets that it
    /// opens stay of that namespace.
    pub fn inside<T: Send>(&self, n: usize, run: impl FnOnce() -> T + Send) -> T {
        let namespace = File::open(format!("/run/netns/{}", self.names[n])).unwrap();
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                // SAFETY: a descriptor of a namespace; this thread alone moves.
                let moved = unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) };
                assert_eq!(moved, 0, "{}", std::io::Error::last_os_error());
                run()
            });
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// A command that runs in namespace `n`.
    pub fn command(&self, n: usize, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.names[n], program]);
        command
    }

    /// Turns an offload of an interface on or off (`ETHTOOL_S*` of
    /// `linux/ethtool.h`).
    #[track_caller]
    pub fn offload(&self, n: usize, interface: &str, offload: Offload, on: bool) {
        let interface = CString::new(interface).unwrap();
        self.inside(n, || {
            let mut value = [offload as u32, u32::from(on)];
            // SAFETY: octets and numbers; the request and what it points to
            // live through the call; the descriptor is new.
            unsafe {
                let mut request: libc::ifreq = std::mem::zeroed();
                for (to, from) in request.ifr_name.iter_mut().zip(interface.as_bytes()) {
                    *to = *from as libc::c_char;
                }
                request.ifr_ifru.ifru_data = value.as_mut_ptr().cast();
                let fd = libc::socket(libc::AF_INET, libc::SOCK_DGRAM, 0);
                let fd = OwnedFd::from_raw_fd(fd);
                const SIOCETHTOOL: libc::c_ulong = 0x8946;
                let done = libc::ioctl(fd.as_raw_fd(), SIOCETHTOOL as _, &raw mut request);
                assert_eq!(done, 0, "{offload:?}: {}", std::io::Error::last_os_error());
            }
        });
    }
}

/// Makes a command run with this limit on locked memory, and without the
/// capability that goes past it.
pub fn limit_locked_memory(command: &mut Command, octets: u64) {
    // SAFETY: between fork and exec the closure makes two system calls, which
    // are safe there, and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            const CAP_IPC_LOCK: libc::c_ulong = 14;
            let limit = libc::rlimit { rlim_cur: octets, rlim_max: octets };
            let dropped = libc::prctl(libc::PR_CAPBSET_DROP, CAP_IPC_LOCK, 0, 0, 0);
            match dropped | libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const limit) {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            }
        });
    }
}

/// Offloads that tests switch, and the bench of devices, which has this file, too.
#[allow(dead_code)]
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
pub enum Offload {
    /// Checksums of what is sent (`ETHTOOL_STXCSUM`).
    TxChecksum = 0x17,
    /// Cutting of TCP segments (`ETHTOOL_STSO`).
    Tso = 0x1f,
    /// Joining of what is received (`ETHTOOL_SGRO`).
    Gro = 0x2c,
}

impl Drop for Network {
    fn drop(&mut self) {
        for name in &self.names {
            // One that is gone already is what is wanted.
            let _ = ip(&format!("netns del {name}"));
        }
    }
}
