//! The switch: `pkgraph run` as a program of its own, so that its CPU time is
//! its own.

use super::place::Place;
use super::stop::{Halt, Stop};
use super::variants::Candidate;
use pkgraph_runtime::child;
use pkgraph_serve::control::{self, Control};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A running switch. Dropped, it ends.
pub struct Switch {
    child: Child,
    /// For this user alone: where its socket is, until there is a way to it.
    folder: Option<TempDir>,
    control: Option<Control>,
    /// What it says, line by line.
    lines: Receiver<String>,
    /// What it said up to and with `ready`.
    pub said: Vec<String>,
}

/// A switch is ready in a moment, unless its graph is compiled first.
const READY: Duration = Duration::from_secs(300);
/// How long it may take to end before it is killed.
const END: Duration = Duration::from_secs(5);
/// How long after a failure its end is waited for.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// From one look whether somebody wants all to stop to the next.
const LOOK: Duration = Duration::from_millis(50);

impl Switch {
    /// Starts it in its room, and waits until it is ready.
    ///
    /// # Errors
    /// [`Halt`]: what it said, if it did not start.
    pub fn start(place: &Place, of: &Candidate, stop: &Stop) -> Result<Switch, Halt> {
        let program = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
        let folder = tempfile::tempdir().map_err(|error| format!("a folder: {error}"))?;
        let socket = folder.path().join("control");
        let mut command = Command::new(program);
        command.args(["run", of.file.as_deref().unwrap_or("/dev/stdin")]);
        command.args(&of.arguments).arg(format!("--control=unix:{}", socket.display()));
        if let Some(cpus) = &place.switch_cpus {
            command.arg(format!("--cpu={cpus}"));
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        // Ctrl-C is for this program, which ends the switch.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        child::end_with_parent(&mut command);
        let mut child = place
            .switch
            .run(move || command.spawn())
            .map_err(|error| format!("the switch does not start: {error}"))?;
        let mut stdin = child.stdin.take().expect("a pipe");
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let (said, lines) = channel();
        let mut switch =
            Switch { child, folder: Some(folder), control: None, lines, said: Vec::new() };
        if of.file.is_none() {
            // A graph is less than what a pipe holds. One that does not read it says why.
            let _ = stdin.write_all(of.text.as_bytes());
        }
        drop(stdin);
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // Nobody listens when the switch is no longer wanted.
                let _ = said.send(line);
            }
        });
        switch.await_ready(stop)?;
        let place = control::Place::Unix(socket);
        let control = Control::connect(&place);
        switch.control = Some(control.map_err(|error| switch.explained(error.to_string().into()))?);
        // One way to it is enough. Nothing is left then, whatever ends us.
        switch.folder = None;
        Ok(switch)
    }

    fn await_ready(&mut self, stop: &Stop) -> Result<(), Halt> {
        let since = Instant::now();
        loop {
            stop.check()?;
            match self.lines.recv_timeout(LOOK) {
                Ok(line) => {
                    let is_ready = line.starts_with("ready: ");
                    self.said.push(line);
                    if is_ready {
                        return Ok(());
                    }
                }
                Err(RecvTimeoutError::Timeout) if since.elapsed() < READY => {}
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!("it was not ready in {} s", READY.as_secs()).into());
                }
                // One that does not start says why.
                Err(_) if !self.said.is_empty() => return Err(self.said.join("\n").into()),
                Err(_) => return Err(self.explained("it said nothing".to_string().into())),
            }
        }
    }

    pub fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// Why a run failed: that the switch has ended, if it has, since all else
    /// follows from it.
    pub fn explained(&mut self, halt: Halt) -> Halt {
        let Halt::Error(why) = halt else { return halt };
        let since = Instant::now();
        // Its connections are closed a moment before it has ended.
        while since.elapsed() < LAST_WORDS {
            if let Ok(Some(status)) = self.child.try_wait() {
                self.said.extend(self.lines.try_iter());
                let said = self.said.last().map_or("nothing", |line| line.trim());
                return Halt::Error(format!(
                    "the switch ended early ({status}); its last line: {said}"
                ));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Halt::Error(why)
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The way to its handlers.
    pub fn control(&mut self) -> &mut Control {
        self.control.as_mut().expect("it is ready")
    }

    /// Which engine it runs on.
    pub fn engine(&self) -> String {
        let ready = self.said.last().map(String::as_str).unwrap_or_default();
        ready.split_once(", ").map_or(ready, |(_, engine)| engine).to_string()
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        self.control = None;
        child::terminate(self.child.id());
        let since = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if since.elapsed() > END {
                let _ = self.child.kill();
                let _ = self.child.wait();
            }
            // Its last words: the end of them is its end, mostly.
            let _ = self.lines.recv_timeout(Duration::from_millis(1));
        }
    }
}
