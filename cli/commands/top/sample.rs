//! What a switch says of itself at one moment.

use pkgraph_serve::control::Control;
use std::time::Instant;

/// The handlers of a switch, read at one moment.
#[derive(Clone, Debug)]
pub struct Sample {
    /// When.
    pub at: Instant,
    /// A client per line of the handler `clients`.
    pub clients: Vec<ClientLine>,
    /// Names and values of the handler `counters`, in its order.
    pub counters: Vec<(String, u64)>,
    /// Names and values (µs) of the handler `delay`, in its order.
    pub delay: Vec<(String, String)>,
}

/// A client: its SSID, and the `key=value` words that follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientLine {
    /// As the switch writes it.
    pub ssid: String,
    words: Vec<(String, String)>,
}

impl ClientLine {
    fn parse(line: &str) -> Option<ClientLine> {
        let mut words = line.split_whitespace();
        let ssid = words.next()?.to_string();
        let pair = |word: &str| word.split_once('=').map(|(k, v)| (k.to_string(), v.to_string()));
        Some(ClientLine { ssid, words: words.filter_map(pair).collect() })
    }

    /// What the line says of `key`; empty when it says nothing.
    pub fn get(&self, key: &str) -> &str {
        self.words.iter().find(|(k, _)| k == key).map_or("", |(_, value)| value)
    }

    /// The packets of `in` or `out`, which is `packets/octets`.
    pub fn packets(&self, key: &str) -> u64 {
        self.pair(key).0
    }

    /// The octets of `in` or `out`.
    pub fn octets(&self, key: &str) -> u64 {
        self.pair(key).1
    }

    fn pair(&self, key: &str) -> (u64, u64) {
        let (packets, octets) = self.get(key).split_once('/').unwrap_or(("0", "0"));
        (packets.parse().unwrap_or(0), octets.parse().unwrap_or(0))
    }
}

impl Sample {
    /// Reads the switch called `switch`.
    pub fn read(control: &mut Control, switch: &str) -> Result<Sample, String> {
        let clients = control.read(&format!("{switch}.clients"))?;
        let counters = control.read(&format!("{switch}.counters"))?;
        let delay = control.read(&format!("{switch}.delay"))?;
        let count = |line: &str| {
            let (name, value) = line.split_once(' ')?;
            Some((name.to_string(), value.trim().parse().ok()?))
        };
        let pair = |line: &str| {
            line.split_once(' ').map(|(name, value)| (name.to_string(), value.trim().to_string()))
        };
        Ok(Sample {
            at: Instant::now(),
            clients: clients.lines().filter_map(ClientLine::parse).collect(),
            counters: counters.lines().filter_map(count).collect(),
            delay: delay.lines().filter_map(pair).collect(),
        })
    }

    /// The client with this SSID.
    pub fn client(&self, ssid: &str) -> Option<&ClientLine> {
        self.clients.iter().find(|client| client.ssid == ssid)
    }

    /// A counter by its name.
    pub fn counter(&self, name: &str) -> u64 {
        self.counters.iter().find(|(n, _)| n == name).map_or(0, |(_, value)| *value)
    }
}

/// The name of the graph's switch. The error says what is wrong.
pub fn find_switch(control: &mut Control) -> Result<String, String> {
    let list = control.read("list")?;
    for name in list.lines().skip(1) {
        if control.read(&format!("{name}.class"))? == "SsidReplicate" {
            return Ok(name.to_string());
        }
    }
    Err("the graph has no SsidReplicate; `pkgraph ctl` reads the handlers of any graph".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_handler_clients() {
        let line = "0x07649740 control=10.0.0.1:6005 lease=30.0 wants=ASQ+echo in=2/30 out=14/210";
        let client = ClientLine::parse(line).unwrap();
        assert_eq!((client.ssid.as_str(), client.get("wants")), ("0x07649740", "ASQ+echo"));
        assert_eq!((client.packets("in"), client.octets("out"), client.get("x")), (2, 210, ""));
        assert_eq!(ClientLine::parse(""), None);
    }
}
