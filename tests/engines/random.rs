//! Random graphs: joins, loops, pull paths, switches that write, tiny pools.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::fmt::Write;

/// The text of a graph, and the number of buffers to run it with.
pub fn graph(seed: u64) -> (String, u32) {
    let mut builder = Builder {
        random: SmallRng::seed_from_u64(seed),
        text: String::new(),
        elements: 0,
        push_inputs: Vec::new(),
        push_outputs: Vec::new(),
        pull_outputs: Vec::new(),
    };
    for _ in 0..builder.random.random_range(1..=3) {
        builder.source();
    }
    for _ in 0..builder.random.random_range(3..=24) {
        builder.grow();
    }
    builder.close();
    let buffers = *[2, 3, 5, 16, 64].get(builder.random.random_range(0..5)).unwrap_or(&64);
    (builder.text, buffers)
}

struct Builder {
    random: SmallRng,
    text: String,
    elements: usize,
    /// Elements that take packets pushed to input 0.
    push_inputs: Vec<usize>,
    /// Unconnected outputs: element and port.
    push_outputs: Vec<(usize, usize)>,
    pull_outputs: Vec<(usize, usize)>,
}

impl Builder {
    fn declare(&mut self, class: &str) -> usize {
        let _ = writeln!(self.text, "n{} :: {class};", self.elements);
        self.elements += 1;
        self.elements - 1
    }

    fn connect(&mut self, from: (usize, usize), to: usize) {
        let _ = writeln!(self.text, "n{}[{}] -> n{to};", from.0, from.1);
    }

    fn source(&mut self) {
        let octets: [u8; 4] = self.random.random();
        let (limit, burst) = (self.random.random_range(1..20), self.random.random_range(1..6));
        let data = octets.map(|octet| format!("{octet:02x}")).concat();
        let class = match self.random.random_range(0..6) {
            0 => format!("RatedSource(\\<{data}>, {burst}000, {limit})"),
            _ => format!("InfiniteSource(\\<{data}>, {limit}, {burst})"),
        };
        let node = self.declare(&class);
        self.push_outputs.push((node, 0));
    }

    fn take_push(&mut self) -> Option<(usize, usize)> {
        let at = self.random.random_range(0..self.push_outputs.len().max(1));
        (at < self.push_outputs.len()).then(|| self.push_outputs.swap_remove(at))
    }

    fn take_pull(&mut self) -> Option<(usize, usize)> {
        let at = self.random.random_range(0..self.pull_outputs.len().max(1));
        (at < self.pull_outputs.len()).then(|| self.pull_outputs.swap_remove(at))
    }

    fn grow(&mut self) {
        if !self.pull_outputs.is_empty() && self.random.random_bool(0.4) {
            self.grow_pull();
        } else if self.push_outputs.is_empty() {
            self.source();
        } else {
            self.grow_push();
        }
    }

    fn grow_push(&mut self) {
        let Some(from) = self.take_push() else { return };
        let outputs = self.random.random_range(2..=3);
        let paint = self.random.random_range(0..4);
        let (class, outputs) = match self.random.random_range(0..16) {
            0 => ("Counter".to_string(), 1),
            1 => ("Null".to_string(), 1),
            2 | 3 => (format!("Paint({paint})"), 1),
            4 => ("Record".to_string(), 1),
            5 => (format!("Tee({outputs})"), outputs),
            6 => ("PaintSwitch".to_string(), outputs),
            7 => ("Classifier(0/0?, 1/?8%0f, 3/80%80, -)".to_string(), 4),
            8 | 9 => {
                let class = ["Queue", "ThreadSafeQueue"][self.random.random_range(0..2)];
                let queue = format!("{class}({})", self.random.random_range(1..8));
                let queue = self.declare(&queue);
                self.push_inputs.push(queue);
                self.pull_outputs.push((queue, 0));
                return self.connect(from, queue);
            }
            // A pipe of few slots: what is upstream waits for room.
            10 => {
                let (pipe, slots) = (self.elements, self.random.random_range(2..6));
                let bufs = self.random.random_range(1..8);
                let sizes = format!("SLOTS {slots}, BUFS {bufs}");
                let to = self.declare(&format!("ToNetmap(sim{pipe}:a, {sizes})"));
                let source = self.declare(&format!("FromNetmap(sim{pipe}:b, {sizes})"));
                self.push_inputs.push(to);
                self.push_outputs.push((source, 0));
                return self.connect(from, to);
            }
            11..=14 => self.other(outputs),
            // A join, or a loop when the element is upstream.
            _ => {
                if self.push_inputs.is_empty() {
                    return self.push_outputs.push(from);
                }
                let at = self.random.random_range(0..self.push_inputs.len());
                return self.connect(from, self.push_inputs[at]);
            }
        };
        let node = self.declare(&class);
        self.push_inputs.push(node);
        self.push_outputs.extend((0..outputs).map(|port| (node, port)));
        self.connect(from, node);
    }

    /// An element of one push input, and how many outputs it has.
    fn other(&mut self, outputs: usize) -> (String, usize) {
        let n = self.random.random_range(1..4);
        let choices = [
            (format!("Strip({n})"), 1),
            (format!("Unstrip({n})"), 1),
            (format!("StoreData({n}, \\<0{n}>)"), 1),
            (format!("Switch({})", n - 1), outputs.max(n)),
            (format!("StaticSwitch({})", n as i32 - 2), outputs.max(n)),
            ("RoundRobinSwitch".to_string(), outputs),
            ("PushNull".to_string(), 1),
            (format!("Loss(0.{n})"), 1),
            (format!("RandomSample(0.{n})"), n.min(2)),
            (format!("Reorder(0.{n}, DISTANCE {n}, CAPACITY 4)"), 1),
            ("Delay(0, CAPACITY 4)".to_string(), 1),
            (format!("MarkIPHeader({n})"), 1),
            // Some packets are shorter, and stay without the mark.
            (format!("{{ input -> MarkIPHeader({n}) -> StripToNetworkHeader -> output }}"), 1),
            ("EtherEncap(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2)".to_string(), 1),
            ("UDPIPEncap(10.0.0.1, 1, 10.0.0.2, 2)".to_string(), 1),
            ("CheckIPHeader".to_string(), 2),
            (format!("DriverManager(AFTER {n}0)"), 1),
        ];
        choices[self.random.random_range(0..choices.len())].clone()
    }

    /// Two pull paths become one.
    fn schedule(&mut self, first: (usize, usize)) {
        let Some(second) = self.take_pull() else { return self.pull_outputs.push(first) };
        let class = ["RoundRobinSched", "PrioSched"][self.random.random_range(0..2)];
        let node = self.declare(class);
        for (input, from) in [first, second].into_iter().enumerate() {
            let _ = writeln!(self.text, "n{}[{}] -> [{input}] n{node};", from.0, from.1);
        }
        self.pull_outputs.push((node, 0));
    }

    fn grow_pull(&mut self) {
        let Some(from) = self.take_pull() else { return };
        let burst = self.random.random_range(1..5);
        let (class, pull) = match self.random.random_range(0..12) {
            0 => ("Counter".to_string(), true),
            1 => (format!("Paint({burst})"), true),
            2 => ("Record".to_string(), true),
            3 | 4 => return self.schedule(from),
            5 => (format!("Loss(0.{burst})"), true),
            6 => ("PullNull".to_string(), true),
            7 => {
                let node = self.declare(&format!("RandomSample(0.{burst})"));
                self.connect(from, node);
                self.push_outputs.push((node, 1));
                return self.pull_outputs.push((node, 0));
            }
            8 => ("DelayUnqueue(0)".to_string(), false),
            _ => (format!("Unqueue({burst})"), false),
        };
        let node = self.declare(&class);
        self.connect(from, node);
        let outputs = if pull { &mut self.pull_outputs } else { &mut self.push_outputs };
        outputs.push((node, 0));
    }

    /// Every output that is left gets a sink.
    fn close(&mut self) {
        while let Some(from) = self.take_push().or_else(|| self.take_pull()) {
            let record = self.declare("Record");
            let sink = self.declare("Discard");
            self.connect(from, record);
            self.connect((record, 0), sink);
        }
    }
}
