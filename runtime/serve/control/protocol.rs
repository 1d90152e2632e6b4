//! The commands of Click's ControlSocket protocol, version 1.3, from the
//! server's side.

use crate::Stream;
use crate::handlers::{self, ResolveError, Resolved};
use pkgraph_runtime::{EngineHandle, HandlerError};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

/// The first line that a client gets.
pub const GREETING: &str = "Click::ControlSocket/1.3";

/// The longest line and the largest value that either side may send, in octets.
pub const MOST: u64 = 1 << 20;

/// Response codes of the protocol.
#[derive(Clone, Copy)]
enum Code {
    Ok = 200,
    Syntax = 500,
    Unimplemented = 501,
    NoElement = 510,
    NoHandler = 511,
    Handler = 520,
    Permission = 530,
}

/// Serves one client until it quits or goes, and says so after each command.
pub fn serve(engine: &EngineHandle, stream: &Stream, served: impl Fn()) -> io::Result<()> {
    let (mut from, mut to) = (BufReader::new(stream), BufWriter::new(stream));
    write!(to, "{GREETING}\r\n")?;
    to.flush()?;
    let mut commands = || -> io::Result<()> {
        while let Some(line) = read_line(&mut from)? {
            let mut answer = Answer { to: &mut to };
            let go_on = command(engine, &line, &mut from, &mut answer)?;
            to.flush()?;
            served();
            if !go_on {
                break;
            }
        }
        Ok(())
    };
    let outcome = commands();
    if outcome.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::FileTooLarge) {
        Answer { to: &mut to }.line(Code::Syntax, &format!("A line has at most {MOST} octets"))?;
        to.flush()?;
    }
    outcome
}

/// Carries out one command; whether the connection goes on.
fn command<W: Write>(
    engine: &EngineHandle,
    line: &str,
    from: &mut impl BufRead,
    answer: &mut Answer<'_, W>,
) -> io::Result<bool> {
    let (command, rest) = word(line);
    let command = command.to_ascii_uppercase();
    let (handler, value) = word(rest);
    match command.as_str() {
        "" => return Ok(true),
        "QUIT" | "CLOSE" => {
            answer.line(Code::Ok, "Goodbye!")?;
            return Ok(false);
        }
        "HELP" => answer.lines(Code::Ok, &HELP)?,
        "LLRPC" => answer.line(Code::Unimplemented, "There are no LLRPCs here")?,
        "READ" | "GET" | "READV" | "READDATA" | "READUNTIL" | "WRITE" | "SET" | "WRITEDATA"
        | "SETDATA" | "WRITEUNTIL" | "CHECKREAD" | "CHECKWRITE"
            if handler.is_empty() =>
        {
            answer.line(Code::Syntax, "Wrong number of arguments")?;
        }
        // Read handlers take no parameters here, but a client that sends them
        // must not have them taken for commands.
        "READ" | "GET" => answer.read(engine, handler)?,
        "READV" => answer.read_value(engine, handler)?,
        "READDATA" | "READUNTIL" => match data(&command, value, from)? {
            Some(_) => answer.read(engine, handler)?,
            None => answer.line(Code::Syntax, "Syntax error in the length of the data")?,
        },
        "WRITE" | "SET" => answer.write(engine, handler, value)?,
        "WRITEDATA" | "SETDATA" | "WRITEUNTIL" => match data(&command, value, from)? {
            Some(value) => answer.write(engine, handler, &value)?,
            None => answer.line(Code::Syntax, "Syntax error in the length of the data")?,
        },
        "CHECKREAD" | "CHECKWRITE" => answer.check(engine, handler, command == "CHECKWRITE")?,
        _ => answer.line(Code::Unimplemented, &format!("Command '{command}' unimplemented"))?,
    }
    Ok(true)
}

/// The data that follows a command's line: so many octets, or the lines up to
/// a terminator. `None` when the length is none.
fn data(command: &str, argument: &str, from: &mut impl BufRead) -> io::Result<Option<String>> {
    if command.ends_with("UNTIL") {
        let mut text = String::new();
        while let Some(line) = read_line(from)? {
            if line.trim_end() == argument.trim_end() {
                break;
            }
            if (text.len() + line.len()) as u64 > MOST {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            text.push_str(&line);
            text.push('\n');
        }
        return Ok(Some(text));
    }
    let Some(length) = argument.trim().parse().ok().filter(|length| *length <= MOST) else {
        return Ok(None);
    };
    let mut octets = Vec::new();
    from.take(length).read_to_end(&mut octets)?;
    Ok(Some(String::from_utf8_lossy(&octets).into_owned()))
}

/// Splits off the first word.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_once(char::is_whitespace).unwrap_or((text, ""))
}

/// A line that ends in CR, LF or both, without its end. `None` at the end of
/// the input.
fn read_line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    loop {
        let buffer = match from.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            buffer => buffer?,
        };
        if buffer.is_empty() {
            return Ok((!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned()));
        }
        let end = buffer.iter().position(|octet| matches!(octet, b'\n' | b'\r'));
        let taken = end.unwrap_or(buffer.len());
        line.extend_from_slice(&buffer[..taken]);
        if line.len() as u64 > MOST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let Some(at) = end else {
            from.consume(taken);
            continue;
        };
        // The LF of a CRLF may be in the next buffer; there it is an empty
        // line, which is no command.
        let crlf = buffer[at] == b'\r' && buffer.get(at + 1) == Some(&b'\n');
        from.consume(taken + 1 + usize::from(crlf));
        return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
    }
}

/// Where answers go.
struct Answer<'a, W> {
    to: &'a mut W,
}

impl<W: Write> Answer<'_, W> {
    fn line(&mut self, code: Code, message: &str) -> io::Result<()> {
        let lines: Vec<&str> = message.lines().collect();
        self.lines(code, &lines)
    }

    /// All lines but the last have a hyphen after the code.
    fn lines(&mut self, code: Code, lines: &[&str]) -> io::Result<()> {
        let code = code as u16;
        let (last, others) = lines.split_last().unwrap_or((&"", &[]));
        for line in others {
            write!(self.to, "{code}-{line}\r\n")?;
        }
        write!(self.to, "{code} {last}\r\n")
    }

    fn resolve<'n>(
        &mut self,
        engine: &EngineHandle,
        name: &'n str,
    ) -> io::Result<Option<Resolved<'n>>> {
        match handlers::resolve(engine.plan(), name) {
            Ok(handler) => return Ok(Some(handler)),
            Err(ResolveError::NoElement(why)) => self.line(Code::NoElement, &why)?,
            Err(ResolveError::NoHandler(why)) => self.line(Code::NoHandler, &why)?,
        }
        Ok(None)
    }

    fn read(&mut self, engine: &EngineHandle, name: &str) -> io::Result<()> {
        let Some(handler) = self.resolve(engine, name)? else { return Ok(()) };
        let text = handlers::read(engine, handler).map(|value| value.to_string());
        self.data(name, text)
    }

    /// The value as one line of JSON, which the protocol's own commands do not
    /// have.
    fn read_value(&mut self, engine: &EngineHandle, name: &str) -> io::Result<()> {
        let Some(handler) = self.resolve(engine, name)? else { return Ok(()) };
        let line = handlers::reading(engine, handler).map(|reading| reading.to_json() + "\n");
        self.data(name, line)
    }

    fn data(&mut self, name: &str, data: Result<String, HandlerError>) -> io::Result<()> {
        match data {
            Ok(data) => {
                self.line(Code::Ok, &format!("Read handler '{name}' OK"))?;
                write!(self.to, "DATA {}\r\n{data}", data.len())
            }
            Err(error) => self.refuse(name, &error),
        }
    }

    fn write(&mut self, engine: &EngineHandle, name: &str, value: &str) -> io::Result<()> {
        let Some(handler) = self.resolve(engine, name)? else { return Ok(()) };
        match handlers::write(engine, handler, value) {
            Ok(()) => self.line(Code::Ok, &format!("Write handler '{name}' OK")),
            Err(error) => self.refuse(name, &error),
        }
    }

    fn check(&mut self, engine: &EngineHandle, name: &str, write: bool) -> io::Result<()> {
        let Some(handler) = self.resolve(engine, name)? else { return Ok(()) };
        let (readable, writable) = handlers::access(engine.plan(), handler);
        match (write, readable, writable) {
            (false, true, _) => self.line(Code::Ok, &format!("Read handler '{name}' OK")),
            (true, _, true) => self.line(Code::Ok, &format!("Write handler '{name}' OK")),
            (false, ..) => self.line(Code::NoHandler, &format!("Handler '{name}' not readable")),
            (true, ..) => self.line(Code::NoHandler, &format!("Handler '{name}' not writable")),
        }
    }

    fn refuse(&mut self, name: &str, error: &HandlerError) -> io::Result<()> {
        match error {
            HandlerError::NotReadable => {
                self.line(Code::Permission, &format!("Handler '{name}' write-only"))
            }
            HandlerError::NotWritable => {
                self.line(Code::Permission, &format!("Handler '{name}' read-only"))
            }
            HandlerError::Unknown => {
                self.line(Code::NoHandler, &format!("No handler named '{name}'"))
            }
            HandlerError::Gone => self.line(Code::Handler, "The graph has ended"),
            HandlerError::Refused(why) => {
                self.line(Code::Handler, &format!("Handler '{name}' error:\n{why}"))
            }
        }
    }
}

const HELP: [&str; 11] = [
    "Commands:",
    "READ handler [value...]    reads a handler: DATA and its length follow",
    "READV handler              the same as a line of JSON: value, type, unit, columns",
    "READDATA handler length    the same; length octets follow the line",
    "READUNTIL handler [end]    the same; lines up to one that equals end follow",
    "WRITE handler [value...]   writes a handler",
    "WRITEDATA handler length   writes the length octets that follow the line",
    "WRITEUNTIL handler [end]   writes the lines that follow, up to one that equals end",
    "CHECKREAD handler          whether a handler can be read",
    "CHECKWRITE handler         whether a handler can be written",
    "QUIT                       closes the connection",
];
