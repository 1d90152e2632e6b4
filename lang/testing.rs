//! Element classes and short notations for the tests.

use crate::graph::Graph;
use crate::wiring::Wiring;
use crate::{Catalogue, Diagnostic, Program, Source, compile, graph};
use petgraph::visit::EdgeRef;
use pkgraph_runtime::{
    Annotation, ArgError, ArgInfo, ArgPlace, Args, ElementInfo, Fan, FromArg, Plan, PortInfo,
    Ports, Processing,
};

pub(crate) const PUSH: PortInfo =
    PortInfo { min: 1, max: 1, processing: &[Processing::Push], ..PortInfo::NONE };
const PULL: PortInfo = PortInfo { processing: &[Processing::Pull], ..PUSH };
const AGNOSTIC: PortInfo = PortInfo { processing: &[Processing::Agnostic], ..PUSH };
const ANY: PortInfo = PortInfo { min: 0, max: usize::MAX, ..AGNOSTIC };
const MESH_PUSH: PortInfo = PortInfo { min: 0, max: usize::MAX, ..PUSH };
const MESH_PULL: PortInfo = PortInfo { min: 0, max: usize::MAX, ..PULL };
const NONE: PortInfo = PortInfo::NONE;

pub(crate) const BASE: ElementInfo = ElementInfo {
    name: "",
    path: "",
    subject: "fake",
    synopsis: "",
    description: "",
    example: "",
    args: &[],
    handlers: &[],
    ports: &|_| Ports { inputs: NONE, outputs: NONE },
    check: &|_| Ok(()),
    fan: Fan::One,
    task: false,
    flush: false,
    limited: false,
    sockets: false,
    outside: false,
    reads: &[],
    requires: &[],
    writes: &[],
    replaces: false,
    on_sockets: None,
    output: "",
};

const fn arg(name: &'static str, place: ArgPlace, doc: &'static str) -> ArgInfo {
    let parse = |text: &str| u32::from_arg(text).map(drop);
    let (type_name, default) = ("unsigned integer", "");
    ArgInfo { name, place, required: false, type_name, parse, default, doc }
}

const CAPACITY: ArgInfo = arg("CAPACITY", ArgPlace::Positional, "How many packets.");
const KEY: ArgInfo =
    ArgInfo { type_name: "string", parse: |_| Ok(()), ..arg("KEY", ArgPlace::Keyword, "The key.") };

fn check_numbers(args: &Args) -> Result<(), ArgError> {
    for name in ["A", "B", "CAPACITY"] {
        args.parse_opt::<u32>(name)?;
    }
    Ok(())
}

const CLASSES: &[&ElementInfo] = &[
    &ElementInfo {
        name: "Source",
        ports: &|_| Ports { inputs: NONE, outputs: PUSH },
        task: true,
        ..BASE
    },
    &ElementInfo { name: "Discard", ports: &|_| Ports { inputs: PUSH, outputs: NONE }, ..BASE },
    &ElementInfo {
        name: "Sink",
        ports: &|_| Ports { inputs: PUSH, outputs: PortInfo { min: 0, ..PUSH } },
        flush: true,
        limited: true,
        ..BASE
    },
    &ElementInfo {
        name: "Counter",
        ports: &|_| Ports { inputs: AGNOSTIC, outputs: AGNOSTIC },
        ..BASE
    },
    &ElementInfo {
        name: "Mark",
        ports: &|_| Ports { inputs: AGNOSTIC, outputs: AGNOSTIC },
        writes: &[Annotation::Network],
        ..BASE
    },
    &ElementInfo {
        name: "Needy",
        ports: &|_| Ports { inputs: AGNOSTIC, outputs: AGNOSTIC },
        requires: &[Annotation::Network],
        ..BASE
    },
    &ElementInfo {
        name: "MeshOne",
        ports: &|_| Ports { inputs: MESH_PUSH, outputs: MESH_PUSH },
        ..BASE
    },
    &ElementInfo {
        name: "MeshAll",
        ports: &|_| Ports { inputs: MESH_PUSH, outputs: MESH_PUSH },
        fan: Fan::All,
        ..BASE
    },
    &ElementInfo {
        name: "MeshSink",
        ports: &|_| Ports { inputs: MESH_PUSH, outputs: MESH_PUSH },
        limited: true,
        ..BASE
    },
    &ElementInfo {
        name: "MeshPuller",
        ports: &|_| Ports { inputs: MESH_PULL, outputs: MESH_PUSH },
        ..BASE
    },
    &ElementInfo {
        name: "MeshQueue",
        ports: &|_| Ports { inputs: MESH_PUSH, outputs: MESH_PULL },
        ..BASE
    },
    &ElementInfo {
        name: "MeshPull",
        ports: &|_| Ports { inputs: MESH_PULL, outputs: MESH_PULL },
        ..BASE
    },
    &ElementInfo {
        name: "FreeSource",
        ports: &|_| Ports { inputs: NONE, outputs: AGNOSTIC },
        task: true,
        ..BASE
    },
    &ElementInfo {
        name: "FreeSink",
        ports: &|_| Ports { inputs: AGNOSTIC, outputs: NONE },
        task: true,
        ..BASE
    },
    &ElementInfo { name: "Any", ports: &|_| Ports { inputs: ANY, outputs: ANY }, ..BASE },
    &ElementInfo {
        name: "Queue",
        ports: &|_| Ports { inputs: PUSH, outputs: PULL },
        args: &[CAPACITY],
        check: &check_numbers,
        ..BASE
    },
    &ElementInfo {
        name: "Unqueue",
        ports: &|_| Ports { inputs: PULL, outputs: PUSH },
        task: true,
        ..BASE
    },
    &ElementInfo {
        name: "Puller",
        ports: &|_| Ports { inputs: PULL, outputs: PortInfo { min: 0, ..PUSH } },
        task: true,
        ..BASE
    },
    &ElementInfo { name: "PullNull", ports: &|_| Ports { inputs: PULL, outputs: PULL }, ..BASE },
    &ElementInfo {
        name: "PullTee",
        ports: &|_| Ports {
            inputs: PULL,
            outputs: PortInfo {
                min: 2,
                max: 2,
                processing: &[Processing::Pull, Processing::Push],
                ..NONE
            },
        },
        ..BASE
    },
    &ElementInfo {
        name: "Gate",
        ports: &|_| Ports {
            inputs: PortInfo {
                min: 2,
                max: 2,
                processing: &[Processing::Push, Processing::Pull],
                ..NONE
            },
            outputs: PUSH,
        },
        ..BASE
    },
    &ElementInfo {
        name: "Tee",
        ports: &|_| Ports { inputs: PUSH, outputs: PortInfo { max: usize::MAX, ..PUSH } },
        fan: Fan::All,
        ..BASE
    },
    &ElementInfo {
        name: "Split",
        ports: &|_| Ports {
            inputs: PUSH,
            outputs: PortInfo {
                max: 3,
                names: &["media", "control", "host"],
                optional_from: 1,
                ..PUSH
            },
        },
        ..BASE
    },
    &ElementInfo {
        name: "Join",
        ports: &|_| Ports {
            inputs: PortInfo { names: &["media", "control"], ..PUSH }.exactly(2),
            outputs: PUSH,
        },
        ..BASE
    },
    &ElementInfo {
        name: "Match",
        args: &[ArgInfo { parse: |_| Ok(()), ..arg("PATTERN", ArgPlace::Rest, "A pattern.") }],
        ports: &|args| Ports { inputs: PUSH, outputs: PUSH.exactly(args.all("PATTERN").count()) },
        ..BASE
    },
    &ElementInfo {
        name: "Config",
        args: &[
            arg("A", ArgPlace::Positional, "The first."),
            arg("B", ArgPlace::Positional, "The second."),
            KEY,
        ],
        check: &check_numbers,
        ..BASE
    },
    &ElementInfo {
        name: "Many",
        args: &[ArgInfo { parse: |_| Ok(()), ..arg("R", ArgPlace::Rest, "Each.") }, KEY],
        ..BASE
    },
    &ElementInfo {
        name: "Required",
        args: &[ArgInfo { required: true, ..CAPACITY }],
        check: &check_numbers,
        ..BASE
    },
    &ElementInfo { name: "None", ..BASE },
];

/// The classes of the tests.
pub(crate) fn catalogue() -> Catalogue {
    Catalogue::new(CLASSES)
}

pub(crate) fn compile_with(text: &str, defines: &[(&str, &str)]) -> Result<Plan, Vec<Diagnostic>> {
    let source = Source { name: "test.click".into(), text: text.into() };
    let defines: Vec<_> =
        defines.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    compile(&source, &defines, &catalogue())
}

/// The Plan of a graph without errors.
pub(crate) fn plan(text: &str) -> Plan {
    compile_with(text, &[]).unwrap_or_else(|errors| panic!("{text}: {errors:#?}"))
}

pub(crate) fn diagnostics(text: &str) -> Vec<Diagnostic> {
    compile_with(text, &[]).err().unwrap_or_default()
}

/// The messages of a graph's errors.
pub(crate) fn errors(text: &str) -> Vec<String> {
    diagnostics(text).into_iter().map(|error| error.message).collect()
}

/// The graph, whatever the ports and arguments are like.
fn graph(text: &str) -> Graph {
    let source = Source { name: "test.click".into(), text: text.into() };
    let program = Program::read(&source, &mut |_, _| Err("no files".into()));
    let mut errors = program.errors;
    let graph = graph::build(&program.file, text, &[], &catalogue(), &mut errors).graph;
    assert_eq!(errors, [], "{text}");
    graph
}

/// The names of a graph's elements.
pub(crate) fn names(text: &str) -> String {
    let graph = graph(text);
    graph.node_weights().map(|element| element.name.as_str()).collect::<Vec<_>>().join(" ")
}

/// The connections of a graph as `a.0-b.media`.
pub(crate) fn connections(text: &str) -> String {
    let graph = graph(text);
    let connections = graph.edge_references().map(|edge| {
        let (from, to) = (&graph[edge.source()].name, &graph[edge.target()].name);
        format!("{from}.{}-{to}.{}", edge.weight().output.id, edge.weight().input.id)
    });
    connections.collect::<Vec<_>>().join(" ")
}

/// The links of a graph without errors as `a.0-b.1`.
pub(crate) fn links(text: &str) -> String {
    let graph = graph(text);
    let mut errors = Vec::new();
    let args: Vec<_> =
        graph.node_weights().map(|e| crate::arguments::bind(e, &mut errors)).collect();
    let wiring = Wiring::new(&graph, &args, &mut errors);
    assert_eq!(errors, [], "{text}");
    let name = |node: usize| &graph[crate::wiring::node_index(node)].name;
    let links = wiring.links.iter().map(|link| {
        let ((from, output), (to, input)) = (link.from, link.to);
        format!("{}.{output}-{}.{input}", name(from), name(to))
    });
    links.collect::<Vec<_>>().join(" ")
}

/// What the elements called `a` and `b` have become.
pub(crate) fn kinds(text: &str) -> String {
    let plan = plan(text);
    let kinds = ["a", "b"].map(|name| {
        let node = &plan.nodes[plan.find(name).unwrap()];
        let kind = node.outputs[0].processing;
        assert_eq!(kind, node.inputs[0].processing);
        format!("{name} {}", format!("{kind:?}").to_lowercase())
    });
    kinds.join(", ")
}
