//! Programs that are not ours, run within a bound of time.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a tool may run.
const BOUND: Duration = Duration::from_secs(20);

/// Media in real time on as many cores as a test machine has: one test at a
/// time.
static TURN: Mutex<()> = Mutex::new(());

/// The turn of a test that starts these programs. Without one of them there is
/// nothing to test, which is said: CI installs them, so there none must be
/// missing.
pub fn turn(programs: &[&str]) -> Option<MutexGuard<'static, ()>> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_here = |program: &&str| std::env::split_paths(&path).any(|at| at.join(program).exists());
    let mut missing: Vec<_> = programs.iter().filter(|program| !is_here(program)).collect();
    if missing.is_empty() && programs.contains(&"gst-launch-1.0") {
        missing.extend(ELEMENTS.iter().filter(|element| !has_element(element)));
    }
    if missing.is_empty() {
        // A test that failed has done no harm to the next.
        return Some(TURN.lock().unwrap_or_else(PoisonError::into_inner));
    }
    assert!(std::env::var_os("CI").is_none(), "missing: {missing:?}");
    eprintln!("NOT RUN: missing: {missing:?}");
    None
}

/// Elements of GStreamer that its tests need, one of each set of plugins.
const ELEMENTS: [&str; 4] = ["audiotestsrc", "rtpbin", "vp8enc", "gdppay"];

fn has_element(name: &str) -> bool {
    let status = Command::new("gst-inspect-1.0").args(["--exists", name]).status();
    status.is_ok_and(|status| status.success())
}

/// An empty folder of a test's own.
pub fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("media").join(name);
    // It is there if the test has run before.
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// A tool that runs.
pub struct Tool {
    child: Child,
    lines: Receiver<String>,
    /// What it has said, both on standard output and on standard error.
    pub said: String,
    deadline: Instant,
}

impl Tool {
    /// Starts `program` in `folder` with arguments separated by white space;
    /// none of them holds any.
    pub fn start(program: &str, arguments: &str, folder: &Path) -> Tool {
        let mut command = Command::new(program);
        command.args(arguments.split_whitespace()).current_dir(folder);
        // Colours would be in what it says.
        command.env("GST_DEBUG_NO_COLOR", "1").env("AV_LOG_FORCE_NOCOLOR", "1");
        let pipes = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
        let (sender, lines) = channel();
        read_lines(child.stdout.take().unwrap(), sender.clone());
        read_lines(child.stderr.take().unwrap(), sender);
        Tool { child, lines, said: String::new(), deadline: Instant::now() + BOUND }
    }

    /// Waits until it says a line that `is` what is waited for, and returns
    /// the line.
    pub fn wait_for(&mut self, is: impl Fn(&str) -> bool) -> String {
        loop {
            match self.next() {
                Some(line) if is(&line) => return line,
                Some(_) => {}
                None => panic!("it ended before it said what was waited for:\n{}", self.said),
            }
        }
    }

    /// Waits until it ends, which has to be well. What it said.
    pub fn finish(mut self) -> String {
        while self.next().is_some() {}
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}:\n{}", self.said);
        std::mem::take(&mut self.said)
    }

    /// Ends it when `is_done`, which is asked until the bound of time.
    pub fn end_when(self, is_done: impl Fn() -> bool) {
        while !is_done() {
            assert!(Instant::now() < self.deadline, "it is not done in {BOUND:?}:\n{}", self.said);
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The next line; `None` at the end.
    fn next(&mut self) -> Option<String> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(left) {
            Ok(line) => {
                self.said.push_str(&line);
                self.said.push('\n');
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                panic!("it has not ended in {BOUND:?}:\n{}", self.said)
            }
        }
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        // A test that failed leaves no program behind; one that ended has
        // waited for it, and then both calls do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_lines(from: impl Read + Send + 'static, to: Sender<String>) {
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|octets| octets > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if to.send(text).is_err() {
                return;
            }
            line.clear();
        }
    });
}
