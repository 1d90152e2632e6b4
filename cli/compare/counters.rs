//! What a switch has counted: read from its handlers, before and after.

use super::distribution::Values;
use super::results::Counts;
use super::wiring;
use pkgraph_serve::Reading;
use pkgraph_serve::control::Control;
use std::collections::BTreeMap;

/// A way to the handlers of a graph.
pub trait Handlers {
    fn read(&mut self, handler: &str) -> Result<Reading, String>;
    fn write(&mut self, handler: &str, value: &str) -> Result<(), String>;
}

impl Handlers for Control {
    fn read(&mut self, handler: &str) -> Result<Reading, String> {
        Control::reading(self, handler).map_err(|error| error.to_string())
    }

    fn write(&mut self, handler: &str, value: &str) -> Result<(), String> {
        Control::write(self, handler, value).map_err(|error| error.to_string())
    }
}

/// The counts of a switch at one moment, all of them since its start.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Media packets that came to the switch, and copies of them that left.
    pub media: u64,
    pub copies: u64,
    /// RTP octets of both, from the first octet of the header.
    media_octets: u64,
    copied_octets: u64,
    /// Packets and octets that devices received and sent.
    received: Flow,
    sent: Flow,
    /// Frames that had to be copied into a ring, and not moved.
    ring_copies: u64,
    /// System calls of devices.
    calls: u64,
    /// Waits of the engine.
    waits: u64,
    allocations: Option<u64>,
    pub ticks_per_microsecond: f64,
    pub delay: Values,
    pub delay_with_kick: Values,
}

#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    packets: u64,
    octets: u64,
}

/// The handlers of a switch that are read.
pub struct Probes {
    /// Names and classes.
    nodes: Vec<(String, String)>,
    switch: String,
    /// Copies of a packet between the kernel and the program, each way.
    kernel_copies: u64,
    /// Whether a sink tells the kernel of packets at the end of a burst, and not
    /// of each at once.
    has_kick: bool,
}

impl Probes {
    /// Finds the elements of a running switch, and turns exact measurement on.
    pub fn start(control: &mut dyn Handlers) -> Result<Probes, String> {
        let nodes = wiring::elements(&control.read("list")?);
        let switch =
            wiring::switch_name(&nodes).ok_or("the graph has no SsidReplicate")?.to_string();
        control.write(&format!("{switch}.measure"), "true")?;
        let mut has_kick = false;
        for (name, class) in &nodes {
            has_kick |= match class.as_str() {
                "ToNetmap" | "ToPacket" => true,
                "ToSocket" => text(control, &format!("{name}.batch"))? == "true",
                _ => false,
            };
        }
        let mut probes = Probes { nodes, switch, kernel_copies: 1, has_kick };
        if let Some((name, _)) = probes.nodes.iter().find(|(_, class)| class == "FromNetmap") {
            let copies = format!("{name}.kernel_copies");
            probes.kernel_copies = number(&control.read(&copies)?, &copies)?;
        }
        Ok(probes)
    }

    /// Reads all. What reading itself adds to comes last before the time that is
    /// measured, and first after it.
    pub fn read(&self, control: &mut dyn Handlers, is_after: bool) -> Result<Snapshot, String> {
        let mut now = Snapshot::default();
        if is_after {
            self.read_engine(control, &mut now)?;
        }
        self.read_switch(control, &mut now)?;
        self.read_devices(control, &mut now)?;
        if !is_after {
            self.read_engine(control, &mut now)?;
        }
        Ok(now)
    }

    fn read_engine(&self, control: &mut dyn Handlers, now: &mut Snapshot) -> Result<(), String> {
        now.waits = number(&control.read("waits")?, "waits")?;
        now.allocations = control.read("allocations")?.natural();
        Ok(())
    }

    fn read_switch(&self, control: &mut dyn Handlers, now: &mut Snapshot) -> Result<(), String> {
        let mut read = |handler: &str| control.read(&format!("{}.{handler}", self.switch));
        let metrics = read("metrics")?;
        let rows = metrics.value.rows();
        let sum = |column| rows.iter().filter_map(|row| metrics.count(row, column)).sum();
        (now.media, now.media_octets) = (sum("in_packets"), sum("in_octets"));
        (now.copies, now.copied_octets) = (sum("out_packets"), sum("out_octets"));
        let values = |table: Reading| Values::of_table(&table).ok_or("a histogram cannot be read");
        now.delay = values(read("delay_values")?)?;
        now.delay_with_kick = match self.has_kick {
            true => values(read("kick_values")?)?,
            // The kernel knows of the last copy when it has been handed on.
            false => now.delay.clone(),
        };
        let ticks = read("ticks")?;
        let ticks = ticks.value.number().ok_or("ticks is no number")?;
        now.ticks_per_microsecond = ticks.as_f64();
        Ok(())
    }

    fn read_devices(&self, control: &mut dyn Handlers, now: &mut Snapshot) -> Result<(), String> {
        let mut read = |name: &str, handler: &str| {
            let handler = format!("{name}.{handler}");
            control.read(&handler).and_then(|reading| number(&reading, &handler))
        };
        let (mut rings, mut settings) = (Vec::new(), 0);
        for (name, class) in &self.nodes {
            let (is_source, is_ring) = match class.as_str() {
                "FromSocket" | "FromPacket" => (true, false),
                "ToSocket" | "ToPacket" => (false, false),
                "FromNetmap" => (true, true),
                "ToNetmap" => (false, true),
                _ => continue,
            };
            let flow = if is_source { &mut now.received } else { &mut now.sent };
            flow.packets += read(name, "count")?;
            flow.octets += read(name, "byte_count")?;
            if class == "ToSocket" {
                // Of all sockets of the graph.
                settings = read(name, "settings")?;
            }
            if !is_ring {
                now.calls += read(name, "calls")?;
                continue;
            }
            if class == "ToNetmap" {
                now.ring_copies += read(name, "copies")?;
            }
            rings.push((name, read(name, "calls")?));
        }
        // Elements of one port say the same.
        let mut ports = BTreeMap::new();
        for (name, calls) in rings {
            ports.insert(text(control, &format!("{name}.device"))?, calls);
        }
        now.calls += settings + ports.values().sum::<u64>();
        Ok(())
    }
}

/// How the driver of a switch's port runs, where it can run in several ways.
pub fn mode(control: &mut dyn Handlers) -> Result<Option<String>, String> {
    let nodes = wiring::elements(&control.read("list")?);
    let Some((name, _)) = nodes.iter().find(|(_, class)| class == "FromNetmap") else {
        return Ok(None);
    };
    let mode = text(control, &format!("{name}.mode"))?;
    Ok(Some(mode).filter(|mode| !mode.is_empty()))
}

fn number(reading: &Reading, name: &str) -> Result<u64, String> {
    reading.natural().ok_or_else(|| format!("{name} is no number: '{}'", reading.value))
}

fn text(control: &mut dyn Handlers, handler: &str) -> Result<String, String> {
    control.read(handler).map(|reading| reading.value.to_string())
}

impl Snapshot {
    fn per_packet(&self, earlier: &Snapshot, of: fn(&Snapshot) -> u64) -> f64 {
        let packets = self.media.saturating_sub(earlier.media).max(1);
        of(self).saturating_sub(of(earlier)) as f64 / packets as f64
    }

    /// How often the engine waited since `earlier`, per media packet.
    pub fn waits_since(&self, earlier: &Snapshot) -> f64 {
        self.per_packet(earlier, |s| s.waits)
    }

    /// Whether nothing has come or gone since `earlier`.
    pub fn is_quiet_since(&self, earlier: &Snapshot) -> bool {
        let flow = |s: &Snapshot| (s.media, s.received.packets, s.sent.packets);
        flow(self) == flow(earlier)
    }

    /// Whether the program counts what it allocates.
    pub fn counts_allocations(&self) -> bool {
        self.allocations.is_some()
    }

    /// What a media packet took since `earlier`. Exact if no media was on its way
    /// at either moment, since counts are read one after the other.
    pub fn counts_since(&self, earlier: &Snapshot, probes: &Probes) -> Counts {
        let per_packet = |of: fn(&Snapshot) -> u64| self.per_packet(earlier, of);
        let kernel = probes.kernel_copies as f64;
        let received = per_packet(|s| s.received.packets) + per_packet(|s| s.sent.packets);
        let octets = per_packet(|s| s.received.octets) + per_packet(|s| s.sent.octets);
        // Each copy but the last, which is the packet itself.
        let made = (per_packet(|s| s.copies) - 1.0).max(0.0);
        let made_octets =
            (per_packet(|s| s.copied_octets) - per_packet(|s| s.media_octets)).max(0.0);
        let ring = per_packet(|s| s.ring_copies);
        let sent = self.sent.packets.saturating_sub(earlier.sent.packets).max(1) as f64;
        let frame = self.sent.octets.saturating_sub(earlier.sent.octets) as f64 / sent;
        Counts {
            kernel_crossings: per_packet(|s| s.calls) + per_packet(|s| s.waits),
            allocations: per_packet(|s| s.allocations.unwrap_or(0)),
            copies: kernel * received + made + ring,
            octets_copied: kernel * octets + made_octets + ring * frame,
        }
    }
}
