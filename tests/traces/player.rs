//! Plays a script on ports and writes down the states of their rings.

use pkgraph_runtime::netmap::{Port, Put, Taken};
use pkgraph_runtime::{Packet, Region};
use std::collections::HashMap;
use std::fmt::Write;
use std::rc::Rc;

/// One step of a script.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Put a frame of so many octets for a port (or for all: past the last).
    Put { port: usize, to: usize, len: usize },
    /// Take a packet and keep it.
    Take { port: usize },
    /// Drop the packet kept longest.
    Drop,
    /// NIOCTXSYNC.
    Tx { port: usize },
    /// NIOCRXSYNC.
    Rx { port: usize },
    /// The host's stack sends a frame of so many octets.
    Host { len: usize },
}

impl Step {
    /// Reads a step as a trace writes it.
    pub fn parse(text: &str) -> Step {
        let words: Vec<&str> = text.split(' ').collect();
        let number = |n: usize| words[n].parse().unwrap_or_else(|_| panic!("a number: {text}"));
        match words[0] {
            "put" => Step::Put { port: number(1), to: number(2), len: number(3) },
            "take" => Step::Take { port: number(1) },
            "drop" => Step::Drop,
            "tx" => Step::Tx { port: number(1) },
            "rx" => Step::Rx { port: number(1) },
            "host" => Step::Host { len: number(1) },
            _ => panic!("a step: {text}"),
        }
    }

    /// The step as a trace writes it.
    pub fn text(self) -> String {
        match self {
            Step::Put { port, to, len } => format!("put {port} {to} {len}"),
            Step::Take { port } => format!("take {port}"),
            Step::Drop => "drop".into(),
            Step::Tx { port } => format!("tx {port}"),
            Step::Rx { port } => format!("rx {port}"),
            Step::Host { len } => format!("host {len}"),
        }
    }
}

/// A slot as it is written: buffer, length, flags.
type Slot = (u32, u16, u16);

/// The ports of a trace, and what has been written of them.
pub struct Player<'a> {
    ports: Vec<Rc<Port>>,
    host: &'a mut dyn FnMut(&[u8]),
    kept: Vec<Packet>,
    written: HashMap<(usize, bool), Vec<Slot>>,
    text: String,
}

impl<'a> Player<'a> {
    /// Begins a trace with the rings as they were opened.
    pub fn new(ports: Vec<Rc<Port>>, host: &'a mut dyn FnMut(&[u8])) -> Player<'a> {
        let (kept, written, text) = (Vec::new(), HashMap::new(), String::new());
        let mut player = Player { ports, host, kept, written, text };
        for port in 0..player.ports.len() {
            player.state(port, true);
            player.state(port, false);
        }
        player
    }

    /// Plays a step and writes it down.
    pub fn play(&mut self, step: Step) {
        let _ = write!(self.text, "{}", step.text());
        match step {
            Step::Put { port, to, len } => {
                let result = self.frame(port, to, len).map(|packet| self.ports[port].put(packet));
                let _ = writeln!(self.text, ": {result:?}");
                assert_ne!(result, Some(Put::Copied), "buffers are swapped");
            }
            Step::Take { port } => {
                let taken = match self.ports[port].take() {
                    Taken::Packet(packet) => {
                        let len = packet.len();
                        self.kept.push(packet);
                        format!("{len} octets")
                    }
                    other => format!("{other:?}"),
                };
                let _ = writeln!(self.text, ": {taken}");
            }
            Step::Drop => {
                if !self.kept.is_empty() {
                    drop(self.kept.remove(0));
                }
                self.text.push('\n');
            }
            Step::Tx { port } => {
                self.text.push('\n');
                self.ports[port].tx_sync().expect("the ring is as it should be");
                self.state(port, true);
            }
            Step::Rx { port } => {
                self.text.push('\n');
                self.ports[port].rx_sync().expect("the ring is as it should be");
                self.state(port, false);
            }
            Step::Host { len } => {
                self.text.push('\n');
                (self.host)(&octets(9, 8, len));
            }
        }
    }

    /// Lets the host's stack send until a frame arrives at port 0: what it sends
    /// before its link is up, nobody gets.
    pub fn await_host(&mut self) {
        let step = Step::Host { len: 60 };
        while self.ports[0].rx()[0].available() == 0 {
            (self.host)(&octets(9, 8, 60));
            self.ports[0].rx_sync().expect("the ring is as it should be");
        }
        let _ = writeln!(self.text, "{}\n{}", step.text(), Step::Rx { port: 0 }.text());
        self.state(0, false);
    }

    /// The trace.
    pub fn finish(self) -> String {
        self.text
    }

    /// A line with head, cur and tail of a ring, and the slots that differ from what
    /// was written of them before.
    fn state(&mut self, port: usize, is_tx: bool) {
        let tx = &self.ports[port].tx()[0];
        let rx = &self.ports[port].rx()[0];
        let plain =
            |slot: pkgraph_runtime::netmap::abi::netmap_slot| (slot.buf_idx, slot.len, slot.flags);
        let slots: Vec<Slot> =
            if is_tx { tx.peek().map(plain).collect() } else { rx.peek().map(plain).collect() };
        let [head, cur, tail] = if is_tx { tx.indices() } else { rx.indices() };
        let kind = if is_tx { "tx" } else { "rx" };
        let _ = write!(self.text, "  {port} {kind} of {}: {head} {cur} {tail}", slots.len());
        let before = self.written.insert((port, is_tx), slots.clone());
        for (index, slot @ (buffer, len, flags)) in slots.into_iter().enumerate() {
            if before.as_ref().is_none_or(|before| before[index] != slot) {
                let _ = write!(self.text, " {index}={buffer}/{len}/{flags:x}");
            }
        }
        self.text.push('\n');
    }

    fn frame(&self, from: usize, to: usize, len: usize) -> Option<Packet> {
        let region: &'static Region = self.ports[from].region();
        region.packet(&octets(to, from, len))
    }
}

/// A frame between ports; of the highest numbers, for all. Its type is one that
/// nobody speaks.
fn octets(to: usize, from: usize, len: usize) -> Vec<u8> {
    let mac = |n: usize| if n > 7 { [0xff; 6] } else { [2, 0, 0, 0, 0, n as u8] };
    let source = if from > 7 { [2, 0, 0, 0, 0, from as u8] } else { mac(from) };
    let mut frame = [&mac(to)[..], &source, &[0x88, 0xb5]].concat();
    frame.resize(len, 0x5a);
    frame
}

/// A trace with buffers numbered as they come, since no two memories give the
/// same.
pub fn normal(text: &str) -> String {
    let mut numbers = HashMap::new();
    let word = |word: &str| match word.split_once('=') {
        Some((index, slot)) => {
            let (buffer, rest) = slot.split_once('/').expect("buffer/length/flags");
            let next = numbers.len();
            let number = *numbers.entry(buffer.to_string()).or_insert(next);
            format!("{index}={number}/{rest}")
        }
        None => word.into(),
    };
    let mut word = word;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split(' ').map(&mut word).collect::<Vec<_>>().join(" ") + "\n").collect()
}

/// The steps of a trace.
pub fn steps(text: &str) -> impl Iterator<Item = Step> {
    let steps = text.lines().filter(|line| !line.starts_with([' ', '#']));
    steps.map(|line| Step::parse(line.split(": ").next().expect("a first part")))
}
