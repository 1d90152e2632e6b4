//! A case of the corpus: a graph, what goes in, what has to come out. README.md
//! beside this file says how one is written. This file is also part of the
//! crate of compiled cases, so it uses the runtime alone.

use pkgraph_runtime::{FromArg, Nanos, unquote};
use std::fmt::Write;
use std::time::Duration;

/// A case, as its file says.
pub struct Case {
    /// The graph. `input` and `output` are its open ends.
    pub graph: String,
    /// Buffers in the pool.
    pub buffers: u32,
    /// The packets that go in, in the order in which their sections stand.
    pub inputs: Vec<Input>,
    /// What is done and looked at, in order, with the lines of the file.
    pub steps: Vec<(usize, Step)>,
}

/// Packets in a file of dumps.
pub struct Input {
    /// The input that they go into; `None` for a file of the case's own.
    pub port: Option<usize>,
    /// Octets, and the time at which they come, from the start of the input.
    pub packets: Vec<(Nanos, Vec<u8>)>,
}

/// A section of a case, or a line of one.
pub enum Step {
    /// The packets of an input start to come in.
    Input(usize),
    /// Handlers are written.
    Write(Vec<Assignment>),
    /// Handlers are written, and refuse the values.
    Refuse(Vec<Assignment>),
    /// The clock moves.
    Run(Nanos),
    /// What has come out of an output since the last look.
    Output(usize, Vec<String>),
    /// What has come out of all outputs since the last look, in order.
    Outputs(Vec<String>),
    /// What handlers read as.
    Handlers(Vec<Assignment>),
}

/// `NAME.HANDLER = VALUE`, or `NAME.HANDLER has VALUE`.
pub struct Assignment {
    pub handler: String,
    pub value: String,
    /// Whether the value is one line of several.
    pub is_line: bool,
}

/// The buffers of a case that does not say how many.
const BUFFERS: u32 = 64;

impl Case {
    /// Reads the text of a case. The error starts with the line that is wrong.
    pub fn read(text: &str) -> Result<Case, String> {
        let mut case =
            Case { graph: String::new(), buffers: BUFFERS, inputs: Vec::new(), steps: Vec::new() };
        let mut lines = text.lines().zip(1..).peekable();
        // What is before the first section is for readers.
        while lines.next_if(|(line, _)| !line.starts_with("---")).is_some() {}
        while let Some((title, at)) = lines.next() {
            let mut body = Vec::new();
            while let Some(line) = lines.next_if(|(line, _)| !line.starts_with("---")) {
                body.push(line);
            }
            let title = title.trim_start_matches('-').trim();
            case.section(title, at, &body).map_err(|why| match why.starts_with("line ") {
                true => why,
                false => format!("line {at}: {why}"),
            })?;
        }
        if case.graph.trim().is_empty() {
            return Err("line 1: there is no section `--- graph`".into());
        }
        let looks =
            |step: &Step| matches!(step, Step::Output(..) | Step::Outputs(_) | Step::Handlers(_));
        match case.steps.iter().any(|(_, step)| looks(step)) {
            true => Ok(case),
            false => Err("line 1: nothing is expected of the graph".into()),
        }
    }

    fn section(&mut self, title: &str, at: usize, body: &[(&str, usize)]) -> Result<(), String> {
        let (name, number) = title.split_once(' ').unwrap_or((title, ""));
        let port = || number.parse::<usize>().map_err(|_| format!("`{name}` of which port?"));
        let step = match name {
            "graph" => {
                self.graph = body.iter().map(|(line, _)| format!("{line}\n")).collect();
                return Ok(());
            }
            "buffers" => {
                self.buffers = number.parse().map_err(|_| "how many buffers?".to_string())?;
                return Ok(());
            }
            "input" | "dump" => {
                let packets = each(body, input)?.into_iter().flatten().collect();
                let port = (name == "input").then(port).transpose()?;
                self.inputs.push(Input { port, packets });
                if name == "dump" {
                    return Ok(());
                }
                Step::Input(self.inputs.len() - 1)
            }
            "write" => Step::Write(assignments(body)?),
            "refuse" => Step::Refuse(assignments(body)?),
            "handlers" => Step::Handlers(assignments(body)?),
            "run" => Step::Run(Duration::from_arg(number)?.as_nanos() as Nanos),
            "output" => {
                let lines = each(body, output)?;
                Step::Output(port()?, lines.into_iter().flatten().collect())
            }
            "outputs" => {
                let lines = each(body, |words| {
                    let [port, rest @ ..] = words else { return Err("no packet".into()) };
                    let packets = output(rest)?;
                    Ok(packets.into_iter().map(|packet| format!("{port} {packet}")).collect())
                })?;
                let lines: Vec<Vec<String>> = lines;
                Step::Outputs(lines.into_iter().flatten().collect())
            }
            _ => return Err(format!("there is no section `{title}`")),
        };
        self.steps.push((at, step));
        Ok(())
    }

    /// How many outputs the expectations name.
    pub fn outputs(&self) -> usize {
        let highest = |step: &Step| match step {
            Step::Output(port, _) => port + 1,
            Step::Outputs(lines) => {
                let port = |line: &String| line[1..].split(']').next()?.parse::<usize>().ok();
                lines.iter().filter_map(port).map(|port| port + 1).max().unwrap_or(0)
            }
            _ => 0,
        };
        self.steps.iter().map(|(_, step)| highest(step)).max().unwrap_or(0)
    }

    /// The whole graph: the case's own in a compound, the files `dumps` as its
    /// inputs or its variable `$DUMP`, and a Record behind each output.
    pub fn text(&self, dumps: &[String]) -> String {
        let (mut text, mut sources) = (String::new(), String::new());
        // Writing to a String does not fail.
        for (n, (input, dump)) in self.inputs.iter().zip(dumps).enumerate() {
            let source = format!("in{n} :: FromDump({dump:?}, TIMING true, ACTIVE false)");
            let _ = match input.port {
                Some(port) => writeln!(sources, "{source} -> [{port}] case;"),
                None => writeln!(text, "define($DUMP {dump:?});"),
            };
        }
        let _ = writeln!(text, "case :: {{\n{}}};\n{sources}", self.graph);
        for port in 0..self.outputs() {
            let _ = writeln!(text, "case [{port}] -> out{port} :: Record(1000000) -> Discard;");
        }
        text
    }
}

impl Input {
    /// The packets as a file that FromDump reads: pcap, with nanoseconds
    /// (draft-ietf-opsawg-pcap §4).
    pub fn dump(&self) -> Vec<u8> {
        const LINKTYPE_ETHERNET: u32 = 1;
        let header = [0xa1b2_3c4d, 0x0002_0004, 0, 0, 65_535, LINKTYPE_ETHERNET];
        let mut octets: Vec<u8> = header.into_iter().flat_map(u32::to_be_bytes).collect();
        for (time, data) in &self.packets {
            let (seconds, nanos) = (time / 1_000_000_000, time % 1_000_000_000);
            let record = [seconds as u32, nanos as u32, data.len() as u32, data.len() as u32];
            octets.extend(record.into_iter().flat_map(u32::to_be_bytes));
            octets.extend(data);
        }
        octets
    }
}

/// `of` for the words of each line that has some.
fn each<T>(
    body: &[(&str, usize)],
    of: impl Fn(&[String]) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let lines = body.iter().map(|(line, at)| (words(line), at));
    let some = lines.filter(|(words, _)| !words.is_empty());
    some.map(|(words, at)| of(&words).map_err(|why| format!("line {at}: {why}"))).collect()
}

/// The words of a line, those in quotes as one, without a comment.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        quoted ^= c == '"';
        match c {
            '#' if !quoted => break,
            c if c.is_whitespace() && !quoted => words.push(String::new()),
            c => words.last_mut().expect("never empty").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn assignments(body: &[(&str, usize)]) -> Result<Vec<Assignment>, String> {
    each(body, |words| match words {
        [handler, is, value @ ..] if ["=", "has"].contains(&is.as_str()) => {
            let value = value.join(" ").replace("\\t", "\t").replace("\\n", "\n");
            Ok(Assignment { handler: handler.clone(), value, is_line: is == "has" })
        }
        _ => Err("expected NAME.HANDLER = VALUE".into()),
    })
}

/// The packets of a line `[@TIME] OCTETS [times=N]`.
fn input(words: &[String]) -> Result<Vec<(Nanos, Vec<u8>)>, String> {
    let (time, words) = match words {
        [at, rest @ ..] if at.starts_with('@') => (Duration::from_arg(&at[1..])?, rest),
        _ => (Duration::ZERO, words),
    };
    let (times, octets) = packet(words)?;
    Ok(vec![(time.as_nanos() as Nanos, octets); times])
}

/// The packets of a line `OCTETS [paint=N] [times=N]`, as [`seen`] has them.
fn output(words: &[String]) -> Result<Vec<String>, String> {
    let (paint, words): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| word.starts_with("paint="));
    let paint = paint.first().map(|word| word["paint=".len()..].parse::<u8>());
    let paint = paint.transpose().map_err(|_| "paint is 0 to 255".to_string())?;
    let words: Vec<String> = words.into_iter().cloned().collect();
    let (times, octets) = packet(&words)?;
    Ok(vec![seen(&hex(&octets), paint); times])
}

/// A packet that came out, as text.
pub fn seen(octets: &str, paint: Option<u8>) -> String {
    let octets = if octets.is_empty() { "-" } else { octets };
    match paint {
        Some(paint) => format!("{octets} paint={paint}"),
        None => octets.to_string(),
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// How often, and the octets: `0102`, `ff*40`, `"text"`, or `-` for none.
fn packet(words: &[String]) -> Result<(usize, Vec<u8>), String> {
    let (mut times, mut octets) = (1, Vec::new());
    for word in words {
        if let Some(number) = word.strip_prefix("times=") {
            times = number.parse().map_err(|_| format!("`{word}`: how often?"))?;
        } else if word.starts_with('"') {
            octets.extend(unquote(word)?);
        } else if word != "-" {
            let (digits, repeat) = match word.split_once('*') {
                Some((digits, repeat)) => (digits, repeat.parse().ok()),
                None => (word.as_str(), Some(1)),
            };
            let repeat = repeat.ok_or_else(|| format!("`{word}`: how often?"))?;
            octets.extend(unquote(&format!("\\<{digits}>"))?.repeat(repeat));
        }
    }
    match words.is_empty() {
        true => Err("no packet; `-` is an empty one".into()),
        false => Ok((times, octets)),
    }
}
