//! `pkgraph` in a namespace.

use super::network::Network;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};

/// A program that has said `ready`.
pub struct Running {
    child: Child,
    /// Until nobody listens any more.
    stderr: Option<BufReader<ChildStderr>>,
    /// What it said up to and with `ready`.
    pub said: String,
}

/// A graph in a file of its own.
pub fn graph(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

impl Running {
    /// Starts `pkgraph run` with these arguments in namespace `n` and waits
    /// for the line; fails if it ends before.
    #[track_caller]
    pub fn start(network: &Network, n: usize, arguments: &[&str]) -> Running {
        Running::start_as(network.command(n, env!("CARGO_BIN_EXE_pkgraph")), arguments)
    }

    /// As [`start`](Running::start), by a command that runs `pkgraph`.
    #[track_caller]
    pub fn start_as(mut command: Command, arguments: &[&str]) -> Running {
        command.arg("run").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stderr = child.stderr.take().map(BufReader::new);
        let mut running = Running { child, stderr, said: String::new() };
        running.wait_for("ready");
        running
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Reads what it says until a line contains `text`; fails if it ends
    /// before.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        loop {
            let mut line = String::new();
            let read = self.stderr.as_mut().unwrap().read_line(&mut line).unwrap();
            self.said.push_str(&line);
            assert!(read > 0, "it ended before it said {text:?}:\n{}", self.said);
            if line.contains(text) {
                return;
            }
        }
    }

    /// Closes its standard error: what it says from now on cannot be written.
    pub fn stop_listening(&mut self) {
        self.stderr = None;
    }

    /// Sends a signal by its name and waits for the end: exit code, standard
    /// output, and all that it said on standard error.
    pub fn end(self, signal: &str) -> (Option<i32>, String, String) {
        let kill = Command::new("kill").args(["-s", signal, &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        self.wait()
    }

    /// Waits for the end by itself.
    pub fn wait(mut self) -> (Option<i32>, String, String) {
        let mut out = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        let mut said = std::mem::take(&mut self.said);
        if let Some(mut stderr) = self.stderr.take() {
            stderr.read_to_string(&mut said).unwrap();
        }
        (self.child.wait().unwrap().code(), out, said)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that failed leaves no program behind; one that ended has
        // waited for it, and then both calls do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The number that a handler printed, as `pkgraph run -h` writes it.
#[track_caller]
pub fn value(printed: &str, handler: &str) -> u64 {
    let text = printed.split(&format!("{handler}:\n")).nth(1);
    let line = text.and_then(|rest| rest.lines().next());
    line.and_then(|line| line.trim().parse().ok())
        .unwrap_or_else(|| panic!("no {handler} in:\n{printed}"))
}
