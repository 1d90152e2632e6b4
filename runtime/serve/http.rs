//! HTTP/1.1 (RFC 9112) as far as pages need it that are read and never written:
//! answers to GET and HEAD, one at a time. Nothing that a client sends or keeps
//! from reading takes more than a head of memory and a page: heads are bounded,
//! bodies are never read, and both a head and an answer must end in time.

use crate::clients::Client;
use crate::timed::Timed;
use httparse::Status;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

/// Octets of a head at most, and its lines.
const MOST_OCTETS: usize = 8 << 10;
const MOST_HEADERS: usize = 64;

/// How long a connection may wait before its next request, how long a head may
/// take from its first octet on, and how long an answer may take.
const IDLE: Duration = Duration::from_secs(60);
const HEAD: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(10);

/// An answer.
pub struct Page {
    /// The status code and its phrase.
    pub status: &'static str,
    /// The media type of the body.
    pub kind: &'static str,
    /// The body.
    pub body: String,
}

impl Page {
    /// A page for people: one line.
    pub fn line(status: &'static str, text: &str) -> Page {
        Page { status, kind: "text/plain; charset=utf-8", body: format!("{text}\n") }
    }
}

/// Serves one client until it goes, is refused, or is too slow. `page` makes
/// the page of a path.
pub fn serve(client: &Client, page: impl Fn(&str) -> Page) -> io::Result<()> {
    let mut octets = Vec::new();
    loop {
        let answer = match read(client, &mut octets)? {
            None => return Ok(()),
            Some(Err(refusal)) => {
                return write(client, &Page::line(refusal, refusal), false, true);
            }
            Some(Ok(answer)) => answer,
        };
        write(client, &page(&answer.path), answer.head_only, answer.is_last)?;
        if answer.is_last {
            return Ok(());
        }
        octets.drain(..answer.length);
        client.is_served();
    }
}

/// A request, as far as the answer depends on it.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    path: String,
    /// Whether the client wants the head of the answer only.
    head_only: bool,
    /// Whether the connection ends with the answer.
    is_last: bool,
    /// The octets of its head.
    length: usize,
}

/// Why a request gets no page: status code and phrase.
type Refusal = &'static str;

/// Reads up to the end of a head. `octets` may hold a part of it from before,
/// and may hold some of what follows it afterwards. `None` when the client has
/// gone.
fn read(client: &Client, octets: &mut Vec<u8>) -> io::Result<Option<Result<Request, Refusal>>> {
    let (start, mut has_begun) = (Instant::now(), !octets.is_empty());
    let mut from =
        Timed { stream: client.stream(), until: start + if has_begun { HEAD } else { IDLE } };
    loop {
        match parse(octets) {
            Ok(None) if octets.len() == MOST_OCTETS => return Ok(Some(Err(TOO_LARGE))),
            Ok(None) => {}
            Ok(Some(request)) => return Ok(Some(Ok(request))),
            Err(refusal) => return Ok(Some(Err(refusal))),
        }
        let filled = octets.len();
        octets.resize(MOST_OCTETS, 0);
        let count = from.read(&mut octets[filled..]);
        octets.truncate(filled + *count.as_ref().unwrap_or(&0));
        if count? == 0 {
            return Ok(None);
        }
        if !has_begun {
            has_begun = true;
            from.until = Instant::now() + HEAD;
        }
    }
}

const TOO_LARGE: Refusal = "431 Request Header Fields Too Large";

/// The request at the start of `octets`; `None` if more is to come.
fn parse(octets: &[u8]) -> Result<Option<Request>, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(octets) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(TOO_LARGE),
        Err(_) => return Err("400 Bad Request"),
    };
    let head_only = match request.method {
        Some("GET") => false,
        Some("HEAD") => true,
        _ => return Err(NOT_ALLOWED),
    };
    let of = |name: &'static str| {
        let named = move |header: &&httparse::Header<'_>| header.name.eq_ignore_ascii_case(name);
        request.headers.iter().filter(named).map(|header| header.value.trim_ascii())
    };
    // What follows a body cannot be found without reading the body.
    let has_body = of("transfer-encoding").next().is_some()
        || of("content-length").any(|length| length != b"0");
    let closes = of("connection").any(|value| !value.eq_ignore_ascii_case(b"keep-alive"));
    let target = request.path.unwrap_or_default();
    let path = target.split_once('?').map_or(target, |(path, _)| path).to_string();
    let is_last = has_body || closes || request.version != Some(1);
    Ok(Some(Request { path, head_only, is_last, length }))
}

const NOT_ALLOWED: Refusal = "405 Method Not Allowed";

fn write(client: &Client, page: &Page, head_only: bool, is_last: bool) -> io::Result<()> {
    let Page { status, kind, body } = page;
    let mut text =
        format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
    if *status == NOT_ALLOWED {
        text.push_str("Allow: GET, HEAD\r\n");
    }
    if is_last {
        text.push_str("Connection: close\r\n");
    }
    text.push_str("\r\n");
    if !head_only {
        text.push_str(body);
    }
    let mut to = Timed { stream: client.stream(), until: Instant::now() + ANSWER };
    to.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read() {
        let one = |text: &str| {
            parse(text.as_bytes()).map(|request| request.map(|r| (r.path, r.head_only, r.is_last)))
        };
        let request =
            |path: &str, head_only, is_last| Ok(Some((path.to_string(), head_only, is_last)));
        assert_eq!(
            one("GET /metrics?x=1 HTTP/1.1\r\nHost: h\r\n\r\n"),
            request("/metrics", false, false)
        );
        assert_eq!(one("HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n"), request("/", true, true));
        assert_eq!(one("GET / HTTP/1.0\r\n\r\n"), request("/", false, true));
        assert_eq!(one("GET / HTTP/1.1\r\nContent-Length: 9\r\n\r\n"), request("/", false, true));
        assert_eq!(one("GET / HTTP/1.1\r\nHost"), Ok(None));
        assert_eq!(one("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"), Err(NOT_ALLOWED));
        assert_eq!(one("\0\r\n\r\n"), Err("400 Bad Request"));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(MOST_HEADERS + 1));
        assert_eq!(one(&many), Err(TOO_LARGE));
    }
}
