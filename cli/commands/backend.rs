//! `--backend`: a graph for netmap ports, on sockets of the kernel's instead.
//!
//! The swap is made in the flattened text, where every element has one line.
//! The rest of the graph stays as it is: addresses are annotations, whether or
//! not headers come before the payload.
//!
//! The build script has this file too, so it knows nothing of the command line.

use pkgraph_lang::{Catalogue, Diagnostic, Program, Source, flatten};
use pkgraph_runtime::netmap::kernel::PortName;
use pkgraph_runtime::netmap::xdp::Take;
use pkgraph_runtime::unquote;

/// What takes the place of netmap ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// UDP sockets, one call per packet.
    Socket,
    /// UDP sockets in their mode BATCH.
    SocketBatch,
    /// Packet sockets, which carry whole frames.
    Packet,
}

/// Why a graph has no form on sockets.
pub enum NoSockets {
    /// What is wrong with the graph itself.
    Graph(Vec<Diagnostic>),
    /// What cannot be swapped, and why.
    Element(String),
}

/// The graph of `program` with sockets in place of netmap ports, as text.
///
/// On UDP sockets FromNetmap becomes a FromSocket for each UDP port that its
/// TAKE names, and ToNetmap becomes ToSocket; on packet sockets they are FromPacket
/// and ToPacket. The host's side of an interface is the host's own: from there
/// comes nothing, and nothing goes there.
pub fn on_sockets(
    program: &Program,
    defines: &[(String, String)],
    catalogue: &Catalogue,
    name: &str,
    form: Form,
) -> Result<Source, NoSockets> {
    let flat = flatten(program, defines, catalogue).map_err(NoSockets::Graph)?;
    let lines: Result<Vec<String>, String> = flat.lines().map(|line| swap(line, form)).collect();
    let lines = lines.map_err(NoSockets::Element)?;
    Ok(Source { name: format!("{name} on sockets"), text: lines.join("\n") + "\n" })
}

fn swap(line: &str, form: Form) -> Result<String, String> {
    let Some((name, class, config)) = declaration(line) else { return Ok(line.to_string()) };
    let words: Vec<&str> = config.split(',').map(str::trim).collect();
    let is_host = words[0].ends_with('^');
    let class = match (class, form) {
        ("FromNetmap", _) if is_host => "Idle".to_string(),
        ("ToNetmap", _) if is_host => "Discard".to_string(),
        ("FromNetmap", Form::Packet) => from_packet(name, &words)?,
        ("FromNetmap", _) => sockets(name, &words, form)?,
        ("ToNetmap", Form::Socket) => "ToSocket".to_string(),
        ("ToNetmap", Form::SocketBatch) => "ToSocket(BATCH true)".to_string(),
        ("ToNetmap", Form::Packet) => format!("ToPacket({})", interface(name, words[0])?),
        _ => return Ok(line.to_string()),
    };
    Ok(format!("{name} :: {class};"))
}

/// A packet socket with those of the arguments that it has, too.
fn from_packet(name: &str, arguments: &[&str]) -> Result<String, String> {
    let mut of = vec![interface(name, arguments[0])?];
    for argument in &arguments[1..] {
        match argument.split_once(' ').map(|(keyword, value)| (keyword, value.trim())) {
            Some(("TAKE" | "BURST", _)) => of.push(argument.to_string()),
            Some(("GONE", value)) if value.eq_ignore_ascii_case("wait") => {
                return Err(format!("{name} has GONE wait, and a packet socket cannot wait"));
            }
            // Of rings, which there are not.
            _ => {}
        }
    }
    Ok(format!("FromPacket({})", of.join(", ")))
}

/// The interface that `port` is, whole.
fn interface(name: &str, port: &str) -> Result<String, String> {
    let of = PortName::parse(port).ok().and_then(|of| of.whole_device().map(str::to_string));
    of.ok_or_else(|| format!("{name} opens {port}, and a packet socket has whole interfaces alone"))
}

/// Name, class and arguments, if the line declares an element with arguments.
fn declaration(line: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = line.split_once(" :: ")?;
    let (class, config) = rest.strip_suffix(");")?.split_once('(')?;
    let is_word = |text: &str| !text.is_empty() && !text.contains([' ', '"', '(']);
    (is_word(name) && is_word(class)).then_some((name, class, config))
}

/// A socket for each UDP port that TAKE names, as one element.
fn sockets(name: &str, arguments: &[&str], form: Form) -> Result<String, String> {
    let take = arguments.iter().find_map(|argument| argument.strip_prefix("TAKE "));
    let take = take.map(unquote).and_then(Result::ok).and_then(|text| String::from_utf8(text).ok());
    match take.as_deref().map(str::parse) {
        Some(Ok(Take::Udp(ports))) => {
            let mode = if form == Form::SocketBatch { ", BATCH true" } else { "" };
            let one = |port: &u16| format!("FromSocket(::, {port}{mode}) -> output;");
            Ok(format!("{{ {} }}", ports.iter().map(one).collect::<Vec<_>>().join(" ")))
        }
        _ => Err(format!(
            "{name} takes everything, and sockets have UDP ports: say which it takes, as in \
             TAKE \"udp dst port 5004\""
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_swapped_and_nothing_else() {
        for (line, swapped) in [
            (
                "in :: FromNetmap(veth0, TAKE \"udp dst port 1 or udp dst port 2\", SLOTS 64);",
                "in :: { FromSocket(::, 1) -> output; FromSocket(::, 2) -> output; };",
            ),
            ("out :: ToNetmap(veth0, FULL drop);", "out :: ToSocket;"),
            ("ToNetmap@5 :: ToNetmap(veth0^);", "ToNetmap@5 :: Discard;"),
            ("a/b :: FromNetmap(veth0^);", "a/b :: Idle;"),
            ("c :: Counter;", "c :: Counter;"),
            ("p :: Print(\"x :: ToNetmap(y);\");", "p :: Print(\"x :: ToNetmap(y);\");"),
            ("in -> out;", "in -> out;"),
        ] {
            assert_eq!(swap(line, Form::Socket).unwrap(), swapped);
        }
        let line = "in :: FromNetmap(veth0, TAKE \"udp dst port 1\");";
        let swapped = "in :: { FromSocket(::, 1, BATCH true) -> output; };";
        assert_eq!(swap(line, Form::SocketBatch).unwrap(), swapped);
        assert_eq!(
            swap("o :: ToNetmap(v);", Form::SocketBatch).unwrap(),
            "o :: ToSocket(BATCH true);"
        );
        for line in ["in :: FromNetmap(veth0);", "in :: FromNetmap(veth0, TAKE all);"] {
            assert!(swap(line, Form::Socket).unwrap_err().contains("in takes everything"));
        }
    }

    #[test]
    fn on_packet_sockets_frames_stay_frames() {
        for (line, swapped) in [
            (
                "in :: FromNetmap(veth0, TAKE \"udp dst port 1\", SLOTS 64, BURST 8, GONE stop);",
                "in :: FromPacket(veth0, TAKE \"udp dst port 1\", BURST 8);",
            ),
            ("in :: FromNetmap(netmap:veth0/x);", "in :: FromPacket(veth0);"),
            ("out :: ToNetmap(veth0, FULL drop);", "out :: ToPacket(veth0);"),
            ("up :: ToNetmap(veth0^);", "up :: Discard;"),
            ("down :: FromNetmap(veth0^);", "down :: Idle;"),
        ] {
            assert_eq!(swap(line, Form::Packet).unwrap(), swapped);
        }
        for port in ["vale0:a", "veth0-1", "veth0*", "veth0{1", "sim0:a"] {
            let line = format!("out :: ToNetmap({port});");
            assert!(swap(&line, Form::Packet).unwrap_err().contains("whole interfaces"), "{port}");
        }
        let line = "in :: FromNetmap(veth0, GONE wait);";
        assert!(swap(line, Form::Packet).unwrap_err().contains("cannot wait"));
    }
}
