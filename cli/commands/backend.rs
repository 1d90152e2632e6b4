//! `--backend socket`: a graph for netmap ports, on UDP sockets instead.
//!
//! The swap is made in the flattened text, where every element has one line.
//! The rest of the graph stays as it is: addresses are annotations, whether or
//! not headers come before the payload.
//!
//! The build script has this file too, so it knows nothing of the command line.

use pkgraph_lang::{Catalogue, Diagnostic, Program, Source, flatten};
use pkgraph_runtime::netmap::xdp::Take;
use pkgraph_runtime::unquote;

/// Why a graph has no form on sockets.
pub enum NoSockets {
    /// What is wrong with the graph itself.
    Graph(Vec<Diagnostic>),
    /// What cannot be swapped, and why.
    Element(String),
}

/// The graph of `program` with sockets in place of netmap ports, as text.
///
/// FromNetmap becomes a FromSocket for each UDP port that its TAKE names,
/// ToNetmap becomes ToSocket, with `batch` in their mode BATCH. The host's side of an interface is the host's
/// own: from there comes nothing, and nothing goes there.
pub fn on_sockets(
    program: &Program,
    defines: &[(String, String)],
    catalogue: &Catalogue,
    name: &str,
    batch: bool,
) -> Result<Source, NoSockets> {
    let flat = flatten(program, defines, catalogue).map_err(NoSockets::Graph)?;
    let lines: Result<Vec<String>, String> = flat.lines().map(|line| swap(line, batch)).collect();
    let lines = lines.map_err(NoSockets::Element)?;
    Ok(Source { name: format!("{name} on sockets"), text: lines.join("\n") + "\n" })
}

fn swap(line: &str, batch: bool) -> Result<String, String> {
    let Some((name, class, config)) = declaration(line) else { return Ok(line.to_string()) };
    let words: Vec<&str> = config.split(',').map(str::trim).collect();
    let is_host = words[0].ends_with('^');
    let class = match (class, is_host) {
        ("FromNetmap", true) => "Idle".to_string(),
        ("FromNetmap", false) => sockets(name, &words, batch)?,
        ("ToNetmap", true) => "Discard".to_string(),
        ("ToNetmap", false) if batch => "ToSocket(BATCH true)".to_string(),
        ("ToNetmap", false) => "ToSocket".to_string(),
        _ => return Ok(line.to_string()),
    };
    Ok(format!("{name} :: {class};"))
}

/// Name, class and arguments, if the line declares an element with arguments.
fn declaration(line: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = line.split_once(" :: ")?;
    let (class, config) = rest.strip_suffix(");")?.split_once('(')?;
    let is_word = |text: &str| !text.is_empty() && !text.contains([' ', '"', '(']);
    (is_word(name) && is_word(class)).then_some((name, class, config))
}

/// A socket for each UDP port that TAKE names, as one element.
fn sockets(name: &str, arguments: &[&str], batch: bool) -> Result<String, String> {
    let take = arguments.iter().find_map(|argument| argument.strip_prefix("TAKE "));
    let take = take.map(unquote).and_then(Result::ok).and_then(|text| String::from_utf8(text).ok());
    match take.as_deref().map(str::parse) {
        Some(Ok(Take::Udp(ports))) => {
            let mode = if batch { ", BATCH true" } else { "" };
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
            assert_eq!(swap(line, false).unwrap(), swapped);
        }
        let line = "in :: FromNetmap(veth0, TAKE \"udp dst port 1\");";
        let swapped = "in :: { FromSocket(::, 1, BATCH true) -> output; };";
        assert_eq!(swap(line, true).unwrap(), swapped);
        assert_eq!(swap("o :: ToNetmap(v);", true).unwrap(), "o :: ToSocket(BATCH true);");
        for line in ["in :: FromNetmap(veth0);", "in :: FromNetmap(veth0, TAKE all);"] {
            assert!(swap(line, false).unwrap_err().contains("in takes everything"));
        }
    }
}
