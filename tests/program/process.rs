//! Running `pkgraph` as a child process.

use std::io::{BufRead, BufReader, Read};
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Output, Stdio};

/// `pkgraph` with these arguments, run from the project's folder, with a
/// cache of its own.
pub fn pkgraph(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pkgraph"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).env("PKGRAPH_CACHE", cache());
    command
}

/// A folder for compiled graphs that outlives a test run, so that the crates
/// they link are built once.
pub fn cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

/// Runs to the end. Standard error and output as text.
pub fn output(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = pkgraph(arguments).output().unwrap();
    let text = |octets| String::from_utf8(octets).unwrap();
    (status.code(), text(stdout), text(stderr))
}

/// A graph in a file of its own.
pub fn graph(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// Two UDP ports of `host` that were free a moment ago.
pub fn free_udp_ports(host: &str) -> [u16; 2] {
    let sockets = [(); 2].map(|()| UdpSocket::bind((host, 0)).unwrap());
    sockets.map(|socket| socket.local_addr().unwrap().port())
}

/// A program that has said `ready`.
pub struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
    /// What it said up to and with `ready`.
    pub said: String,
}

impl Running {
    /// Starts it and waits for the line; fails if it ends before.
    pub fn start(arguments: &[&str]) -> Running {
        let mut child =
            pkgraph(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.lines().any(|line| line.starts_with("ready")) {
            let read = stderr.read_line(&mut said).unwrap();
            assert!(read > 0, "it ended before it was ready:\n{said}");
        }
        Running { child, stderr, said }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name and waits for the end: exit code, standard
    /// output, and standard error after `ready`.
    pub fn end(mut self, signal: &str) -> (Option<i32>, String, String) {
        let kill = Command::new("kill").args(["-s", signal, &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let (mut out, mut err) = (String::new(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        self.stderr.read_to_string(&mut err).unwrap();
        (self.child.wait().unwrap().code(), out, err)
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
