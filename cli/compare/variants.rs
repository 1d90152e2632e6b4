//! From graphs to what runs: each on every backend that works here.

use super::place::{INTERFACE, Place};
use super::results::{LeftOut, PlaceKind};
use super::wiring;
use pkgraph_lang::{Catalogue, Program, Source, compile_program};
use pkgraph_program::{BAD_GRAPH, diagnostics, files};
use pkgraph_runtime::Plan;
use pkgraph_runtime::netmap::{Compared, DRIVERS, DriverRow};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};

/// A graph on a backend, not tried yet.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub name: String,
    /// Its file; `None` for one that comes with pkgraph, whose text is given.
    pub file: Option<String>,
    pub shown_file: String,
    pub text: String,
    pub backend: Backend,
    /// For `pkgraph run`.
    pub arguments: Vec<String>,
    /// Where its clients find it.
    pub media: SocketAddr,
    pub control: SocketAddr,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Backend {
    Socket,
    Packet,
    /// Rings of this driver.
    Driver(&'static DriverRow),
}

impl Backend {
    pub fn name(self) -> &'static str {
        match self {
            Backend::Socket => "socket",
            Backend::Packet => "packet",
            Backend::Driver(row) => row.name,
        }
    }
}

/// Why graphs do not become variants.
pub enum Refusal {
    /// The reason, in words.
    Why(String),
    /// The graph has errors, which have been printed: the exit code.
    Graph(u8),
}

impl From<String> for Refusal {
    fn from(why: String) -> Refusal {
        Refusal::Why(why)
    }
}

/// What is to run, and what is not.
#[derive(Default)]
pub struct Variants {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) left_out: Vec<LeftOut>,
}

pub(crate) const SOCKET: &str = include_str!("../../graphs/sfu_socket.click");
pub(crate) const NETMAP: &str = include_str!("../../graphs/sfu_netmap.click");

/// The graph on sockets, in their mode BATCH.
pub fn batch() -> String {
    SOCKET
        .replace("$MEDIA) ->", "$MEDIA, BATCH true) ->")
        .replace("-> ToSocket", "-> ToSocket(BATCH true)")
}

/// The graphs that come with pkgraph, or those of the user, in this place. Their
/// elements are those of `catalogue`; `engine` is for `pkgraph run`, if it is not to
/// choose.
pub fn find(
    graphs: &[PathBuf],
    place: &Place,
    engine: Option<&str>,
    catalogue: &Catalogue,
) -> Result<Variants, Refusal> {
    let mut variants = Variants::default();
    let mut finder = Finder { place, engine, catalogue, variants: &mut variants };
    if graphs.is_empty() {
        finder.add("sockets", None, "graphs/sfu_socket.click", SOCKET.into())?;
        finder.add("sockets BATCH", None, "graphs/sfu_socket.click with BATCH", batch())?;
        finder.add("", None, "graphs/sfu_netmap.click", NETMAP.into())?;
    }
    for path in graphs {
        let Source { text, .. } = files::source(path)?;
        let file = path.display().to_string();
        let name = path.file_stem().map_or(file.clone(), |stem| stem.to_string_lossy().into());
        finder.add(&name, Some(path), &file, text)?;
    }
    // The same graph twice is a test of the method.
    for n in 1..variants.candidates.len() {
        let (before, rest) = variants.candidates.split_at_mut(n);
        let same = before.iter().filter(|other| other.name == rest[0].name).count();
        if same > 0 {
            rest[0].name = format!("{} ({})", rest[0].name, same + 1);
        }
    }
    Ok(variants)
}

struct Finder<'a> {
    place: &'a Place,
    engine: Option<&'a str>,
    catalogue: &'a Catalogue,
    variants: &'a mut Variants,
}

impl Finder<'_> {
    fn add(
        &mut self,
        name: &str,
        path: Option<&Path>,
        file: &str,
        text: String,
    ) -> Result<(), Refusal> {
        let source = Source { name: file.to_string(), text: text.clone() };
        let program = Program::read(&source, &mut files::library);
        let defines = self.defines(&program)?;
        let plan = compile_program(&program, &defines, self.catalogue).map_err(|errors| {
            diagnostics::print(&program.sources, &errors);
            Refusal::Graph(BAD_GRAPH)
        })?;
        let wired = wiring::switch(&plan).map_err(|why| format!("{file}: {why}"))?;
        let address = self.place.switch_address();
        let of_port = |(host, udp_port): (Option<IpAddr>, u16)| {
            let ip = host.filter(|ip| !ip.is_unspecified()).unwrap_or(address);
            SocketAddr::new(ip, udp_port)
        };
        let mut arguments: Vec<String> =
            defines.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if let Some(engine) = self.engine {
            arguments.push(format!("--engine={engine}"));
        }
        let candidate = Candidate {
            name: name.to_string(),
            file: path.map(|path| path.display().to_string()),
            shown_file: file.to_string(),
            text,
            backend: Backend::Socket,
            arguments,
            media: of_port(wired.media),
            control: of_port(wired.control),
        };
        if !uses(&plan, "FromNetmap") {
            let backend = if uses(&plan, "FromPacket") { Backend::Packet } else { Backend::Socket };
            self.variants.candidates.push(Candidate { backend, ..candidate });
            return Ok(());
        }
        let prefix = if name.is_empty() { String::new() } else { format!("{name}, ") };
        let mut add = |what: &str, backend, works: Result<(), String>, more: String| {
            let name = format!("{prefix}{what}");
            match works {
                Err(why) => self.variants.left_out.push(LeftOut { name, why, from: None }),
                Ok(()) => {
                    let mut of = Candidate { name, backend, ..candidate.clone() };
                    of.arguments.push(more);
                    self.variants.candidates.push(of);
                }
            }
        };
        for row in DRIVERS {
            if let Some(Compared::OnInterface { title, only_root, .. }) = row.compared {
                let works = works(self.place, row, only_root);
                add(title, Backend::Driver(row), works, format!("--driver={}", row.name));
            }
        }
        let works = has_interface(self.place);
        add("packet sockets", Backend::Packet, works, "--backend=packet".into());
        Ok(())
    }

    /// Values for those of the usual variables that the graph has.
    fn defines(&self, program: &Program) -> Result<Vec<(String, String)>, String> {
        let is_apart = self.place.has_interface();
        let [media, control] = if is_apart { [5004, 5005] } else { free_udp_ports()? };
        let values = [
            ("HOST", self.place.switch_address().to_string()),
            ("DEV", INTERFACE.to_string()),
            ("MEDIA", media.to_string()),
            ("CONTROL", control.to_string()),
        ];
        let has = |name: &str, value: &str| {
            let alone = [(name.to_string(), value.to_string())];
            let unknown = format!("the graph does not define `{name}`");
            match compile_program(program, &alone, self.catalogue) {
                Ok(_) => true,
                Err(errors) => !errors.iter().any(|error| error.message == unknown),
            }
        };
        let own = values.into_iter().filter(|(name, value)| has(name, value));
        Ok(own.map(|(name, value)| (name.to_string(), value)).collect())
    }
}

/// Whether a graph on an interface can run here. The error says why not.
fn has_interface(place: &Place) -> Result<(), String> {
    match place.has_interface() {
        true => Ok(()),
        false => Err("it needs a network namespace with an interface of its own".into()),
    }
}

/// Whether a graph can run with this driver here. The error says why not.
fn works(place: &Place, row: &DriverRow, only_root: bool) -> Result<(), String> {
    has_interface(place)?;
    place.switch.run(row.probe).map_err(|missing| missing.what)?;
    match only_root && place.kind == PlaceKind::UserNamespace {
        true => Err("it needs root of the machine".into()),
        false => Ok(()),
    }
}

fn uses(plan: &Plan, class: &str) -> bool {
    plan.nodes.iter().any(|node| node.class == class)
}

/// Two UDP ports of loopback that were free a moment ago.
fn free_udp_ports() -> Result<[u16; 2], String> {
    let failed = |error| format!("no free UDP port on loopback: {error}");
    let bind = || UdpSocket::bind(("127.0.0.1", 0)).map_err(failed);
    let (one, other) = (bind()?, bind()?);
    Ok([one.local_addr().map_err(failed)?.port(), other.local_addr().map_err(failed)?.port()])
}
