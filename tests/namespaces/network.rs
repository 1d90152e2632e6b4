//! Network namespaces and the veth pairs between them.

use pkgraph_runtime::child::join_network_namespace;
use pkgraph_runtime::sys::{Device, Offload};
use std::fs::File;
use std::os::fd::AsFd;
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
                join_network_namespace(namespace.as_fd()).unwrap();
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

    /// Turns an offload of an interface on or off.
    #[track_caller]
    pub fn offload(&self, n: usize, interface: &str, offload: Offload, on: bool) {
        let set = || Device::find(interface).expect("an interface").set_offload(offload, on);
        self.inside(n, set).unwrap_or_else(|error| panic!("{offload:?}: {error}"));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for name in &self.names {
            // One that is gone already is what is wanted.
            let _ = ip(&format!("netns del {name}"));
        }
    }
}
