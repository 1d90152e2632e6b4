//! A client of the ControlSocket protocol: how programs of ours reach the
//! handlers of a graph in another process.

use super::protocol::{GREETING, MOST};
use crate::{Place, Reading, Stream};
use std::io::{self, BufRead, BufReader, Read, Write};
use thiserror::Error;

/// The largest value of a handler that a client reads, in octets.
const MOST_DATA: u64 = 64 << 20;

/// A client of the ControlSocket protocol.
pub struct Control {
    connection: BufReader<Connection>,
}

impl Control {
    /// Connects.
    pub fn connect(place: &Place) -> Result<Control, ControlError> {
        let no = |error| ControlError::NoGraph { place: place.clone(), error };
        let connection = BufReader::new(Connection(place.connect().map_err(no)?));
        let mut control = Control { connection };
        let greeting = control.line()?;
        if greeting.split('.').next() != GREETING.split('.').next() {
            return Err(ControlError::Greeting { place: place.clone(), greeting });
        }
        Ok(control)
    }

    /// Reads a handler as text.
    pub fn read(&mut self, handler: &str) -> Result<String, ControlError> {
        self.ask("READ", handler)
    }

    /// Reads a handler as what it is.
    pub fn reading(&mut self, handler: &str) -> Result<Reading, ControlError> {
        let line = self.ask("READV", handler)?;
        Reading::from_json(&line)
            .ok_or_else(|| ControlError::NoValue { handler: handler.into(), line })
    }

    fn ask(&mut self, command: &str, handler: &str) -> Result<String, ControlError> {
        self.send(format!("{command} {handler}\r\n").as_bytes())?;
        self.outcome()?;
        let line = self.line()?;
        let length = line.strip_prefix("DATA ").and_then(|length| length.parse().ok());
        let length: u64 = length.ok_or(ControlError::NoData(line))?;
        if length > MOST_DATA {
            return Err(ControlError::Long { handler: handler.into(), length });
        }
        let mut data = Vec::new();
        self.connection
            .by_ref()
            .take(length)
            .read_to_end(&mut data)
            .map_err(ControlError::Broken)?;
        Ok(String::from_utf8_lossy(&data).into_owned())
    }

    /// Writes a handler.
    pub fn write(&mut self, handler: &str, value: &str) -> Result<(), ControlError> {
        let command = format!("WRITEDATA {handler} {}\r\n{value}", value.len());
        self.send(command.as_bytes())?;
        self.outcome()
    }

    fn send(&mut self, octets: &[u8]) -> Result<(), ControlError> {
        let mut stream = &self.connection.get_ref().0;
        stream.write_all(octets).map_err(ControlError::Broken)
    }

    fn line(&mut self) -> Result<String, ControlError> {
        let mut line = String::new();
        let mut from = self.connection.by_ref().take(MOST);
        if from.read_line(&mut line).map_err(ControlError::Broken)? == 0 {
            return Err(ControlError::Ended);
        }
        if !line.ends_with('\n') {
            return Err(ControlError::NoLine(line.len()));
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_string())
    }

    /// The lines of an answer: an error unless their code is 2xy.
    fn outcome(&mut self) -> Result<(), ControlError> {
        let mut message = String::new();
        loop {
            let line = self.line()?;
            let (code, text) = line.split_at_checked(3).unwrap_or((&line, ""));
            message.push_str(text.get(1..).unwrap_or(""));
            if text.starts_with('-') {
                message.push('\n');
            } else if code.starts_with('2') {
                return Ok(());
            } else {
                return Err(ControlError::Refused(message));
            }
        }
    }
}

/// Why a handler of another process is not reached.
#[derive(Debug, Error)]
pub enum ControlError {
    /// Nothing listens there.
    #[error("no graph at {place}: {error}; is one running with --control {place}?")]
    NoGraph {
        /// Where.
        place: Place,
        /// The kernel's answer.
        error: io::Error,
    },
    /// What listens there is something else.
    #[error("{place} does not speak the control protocol: '{greeting}'")]
    Greeting {
        /// Where.
        place: Place,
        /// Its first line.
        greeting: String,
    },
    /// An answer is longer than any line of the protocol, which is so many octets.
    #[error("what answers does not speak the control protocol: {0} octets without an end of line")]
    NoLine(usize),
    /// An answer has no data: the line in its place.
    #[error("expected DATA, not '{0}'")]
    NoData(String),
    /// The value is too long.
    #[error("{handler} reads as {length} octets: more than this program takes")]
    Long {
        /// The handler.
        handler: String,
        /// Octets of its value.
        length: u64,
    },
    /// The value is none.
    #[error("{handler} reads as no value: {line}")]
    NoValue {
        /// The handler.
        handler: String,
        /// What came.
        line: String,
    },
    /// The graph does not do it: its words.
    #[error("{0}")]
    Refused(String),
    /// The graph has ended.
    #[error("the graph has ended")]
    Ended,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(io::Error),
}

/// The end of a connection that is read here and written elsewhere.
struct Connection(Stream);

impl Read for Connection {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        (&self.0).read(octets)
    }
}
