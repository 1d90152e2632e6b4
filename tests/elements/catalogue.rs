//! What holds for every element of the library, whoever adds it. What is said
//! of all is derived from the catalogue; no list is kept here.

use crate::bench::{self, Bench};
use crate::{example, generated};
use pkgraph::elements::{Builtin, Dynamic, ElementSet};
use pkgraph::lang::ast::Identifier;
use pkgraph::lang::checks::names::NameError;
use pkgraph::lang::{Catalogue, Diagnostic, Span, emit};
use pkgraph::runtime::{
    Args, Clock, Context, ElementInfo, Graph, HandlerError, Kind, Plan, Region, Value,
};
use pkgraph::serve::handlers::COMMON;
use std::collections::HashSet;
use std::fmt::Write;
use std::path::PathBuf;

fn catalogue() -> impl Iterator<Item = &'static ElementInfo> {
    Builtin::CATALOGUE.iter().copied()
}

fn info(class: &str) -> &'static ElementInfo {
    Catalogue::new(Builtin::CATALOGUE).get(class).expect("a class of the library")
}

/// A folder for the files of examples.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// The example of an element, with its files in this folder.
    fn example(&self, info: &ElementInfo) -> Plan {
        bench::plan(&self.text(info))
    }

    /// The same as text.
    fn text(&self, info: &ElementInfo) -> String {
        let file = self.0.join("trace.pcap").display().to_string();
        info.example.replace("trace.pcap", &file)
    }

    /// The examples that run without the network; first those that write the
    /// files that others read.
    fn examples(&self) -> Vec<(&'static ElementInfo, Plan)> {
        let has = |plan: &Plan, class: &str| plan.nodes.iter().any(|node| node.class == class);
        let all = catalogue().map(|info| (info, self.example(info)));
        let closed = |plan: &Plan| plan.nodes.iter().all(|node| !info(&node.class).sockets);
        let mut examples: Vec<_> = all.filter(|(_, plan)| closed(plan)).collect();
        examples.sort_by_key(|(_, plan)| has(plan, "FromDump"));
        examples
    }
}

#[test]
fn every_element_is_documented() {
    for info in catalogue() {
        let name = info.name;
        assert!(info.synopsis.ends_with('.'), "{name}: the synopsis is a sentence");
        assert!(!info.subject.is_empty(), "{name}: no subject");
        assert!(info.example.contains(name), "{name}: its example does not use it");
        let mut seen = HashSet::new();
        for (item, doc) in (info.args.iter().map(|arg| (arg.name, arg.doc)))
            .chain(info.handlers.iter().map(|handler| (handler.name, handler.doc)))
        {
            assert!(doc.ends_with('.'), "{name}.{item}: its documentation is a sentence");
            assert!(seen.insert(item), "{name}.{item} is declared twice");
        }
        for handler in info.handlers {
            assert!(handler.read || handler.write, "{name}.{}", handler.name);
        }
    }
}

/// Ports say what they carry, and no more ports are described than there are.
#[test]
fn every_port_is_documented() {
    for info in catalogue() {
        let ports = (info.ports)(&Args::default());
        for (side, ports) in [("input", ports.inputs), ("output", ports.outputs)] {
            assert_eq!(ports.docs.is_empty(), ports.max == 0, "{}: {side}s", info.name);
            assert!(ports.docs.len() <= ports.max, "{}: {side}s", info.name);
            assert!(ports.names.len() <= ports.max, "{}: {side}s", info.name);
            for doc in ports.docs {
                assert!(doc.ends_with('.'), "{}: {side}s: '{doc}' is no sentence", info.name);
            }
        }
    }
}

#[test]
fn nothing_is_declared_twice() {
    // The switch joins the general library as elements of other crates do.
    let names = catalogue().map(|info| info.name).filter(|name| *name != "SsidReplicate");
    let names: Vec<&str> = names.collect();
    assert!(names.is_sorted_by(|a, b| a.to_lowercase() < b.to_lowercase()), "{names:?}");
    for info in catalogue() {
        for handler in info.handlers {
            let common = COMMON.iter().any(|common| common.name == handler.name);
            assert!(!common, "{}.{} hides that of every element", info.name, handler.name);
        }
        for annotations in [info.reads, info.requires, info.writes] {
            let different: HashSet<_> = annotations.iter().collect();
            assert_eq!(different.len(), annotations.len(), "{}: {annotations:?}", info.name);
        }
    }
}

/// What is declared is served, and nothing else.
#[test]
fn every_handler_exists() {
    let folder = Folder::new("handlers");
    // What reads a file comes after what writes it.
    let mut infos: Vec<_> = catalogue().collect();
    infos.sort_by_key(|info| info.name == "FromDump");
    for info in infos {
        // Any free port serves.
        let text = folder.text(info).replace("127.0.0.1, 5004", "127.0.0.1, 0");
        let plan = bench::plan(&text.replace("127.0.0.1, 5005", "127.0.0.1, 0"));
        let pool = Region::new(256, Region::BUFFER_SIZE);
        let mut context = Context::new(Clock::manual(), pool);
        let mut graph = match Dynamic::<Builtin>::start(&plan, &mut context) {
            Ok(graph) => graph,
            // An ordinary user has no packet sockets, which tests/namespaces has.
            Err(error) => {
                assert!(info.name.ends_with("Packet"), "{}: {error}", info.name);
                assert!(error.to_string().contains("CAP_NET_RAW"), "{}: {error}", info.name);
                continue;
            }
        };
        let node = plan.nodes.iter().position(|node| node.class == info.name).unwrap();
        for handler in info.handlers {
            let path = format!("{}.{}", info.name, handler.name);
            match graph.read(node, handler.name) {
                Ok(value) => {
                    assert!(handler.read, "{path} can be read");
                    let is_declared = match (&value, &handler.kind) {
                        (Value::Number(_), Kind::Number) | (Value::Text(_), Kind::Text) => true,
                        (Value::Table(table), Kind::Table(columns)) => {
                            table.rows.iter().all(|row| row.len() == columns.len())
                        }
                        _ => false,
                    };
                    assert!(is_declared, "{path} is declared as {:?}: {value:?}", handler.kind);
                }
                Err(error) => {
                    assert!(!handler.read && error == HandlerError::NotReadable, "{path}: {error}")
                }
            }
            match graph.write(node, handler.name, "") {
                Ok(()) | Err(HandlerError::Refused(_)) => assert!(handler.write, "{path}"),
                Err(error) => {
                    assert!(!handler.write && error == HandlerError::NotWritable, "{path}: {error}")
                }
            }
        }
        assert_eq!(graph.read(node, "nothing"), Err(HandlerError::Unknown), "{}", info.name);
    }
}

/// Examples end by themselves, with the same handler values on both engines.
#[test]
fn every_example_runs_to_its_end() {
    let examples = Folder::new("examples").examples();
    let mut files = vec![("example.rs".to_string(), include_str!("example.rs").to_string())];
    let (mut main, mut body) = ("mod example;\n".to_string(), String::new());
    let mut dynamic = Vec::new();
    for (i, (element, plan)) in examples.iter().enumerate() {
        let text = example::run(plan, Dynamic::<Builtin>::start);
        dynamic.push(text.unwrap_or_else(|why| panic!("{}: its example: {why}", element.name)));
        files.push((format!("g{i}.rs"), emit(plan, &Catalogue::new(Builtin::CATALOGUE))));
        files.push((format!("g{i}.json"), serde_json::to_string(plan).unwrap()));
        let _ = writeln!(main, "mod g{i};");
        let _ = writeln!(
            body,
            "    let plan = serde_json::from_str(include_str!(\"g{i}.json\")).unwrap();\n    \
             print!(\"{{}}\\0\", example::run(&plan, g{i}::Compiled::start).unwrap_or_else(|e| e));"
        );
    }
    files.push(("main.rs".into(), format!("{main}\nfn main() {{\n{body}}}\n")));
    let compiled = generated::run("elements-examples", &files);
    assert_eq!(compiled.len(), examples.len());
    for ((element, _), (compiled, dynamic)) in examples.iter().zip(compiled.iter().zip(&dynamic)) {
        assert_eq!(compiled, dynamic, "{}: its example", element.name);
    }
    // All but those that need the network, and each reads something.
    let networked = catalogue().filter(|info| info.sockets).count();
    assert!(examples.len() + networked + 2 > catalogue().count(), "{} examples", examples.len());
    let handlers: usize = dynamic.iter().map(|text| text.lines().count()).sum();
    assert!(handlers > 2 * examples.len(), "{handlers} handlers");
}

/// A handler that is declared for writing takes what it reads as.
#[test]
fn settings_can_be_written_back() {
    let folder = Folder::new("settings");
    for (info, plan) in folder.examples() {
        let name = plan.nodes.iter().find(|node| node.class == info.name).unwrap().name.clone();
        let mut bench = Bench::of(plan, 256);
        bench.settle();
        for handler in info.handlers.iter().filter(|handler| handler.read && handler.write) {
            let path = format!("{name}.{}", handler.name);
            let value = bench.read(&path);
            assert_eq!(bench.write(&path, &value), Ok(()), "{}: {path} = {value}", info.name);
            assert_eq!(bench.read(&path), value, "{}: {path}", info.name);
        }
    }
}

/// The language's advice for Click's classes is not for those that the library
/// has, and names only elements that it has.
#[test]
fn advice_names_elements_that_there_are() {
    let advice = |class: &str| {
        let word = Identifier { text: class.into(), span: Span::default() };
        Diagnostic::from(NameError::unknown_class(&word, std::iter::empty())).help
    };
    let none = advice("ACKResponder");
    let names: HashSet<&str> = catalogue().map(|info| info.name).collect();
    let mut named = 0;
    for class in include_str!("../../lang/click.txt").lines() {
        let Some(advice) = advice(class).filter(|advice| Some(advice) != none.as_ref()) else {
            continue;
        };
        assert!(!names.contains(class), "advice for {class}, which there is: {advice}");
        for code in advice.split('`').skip(1).step_by(2) {
            let words = code.split(|c: char| !c.is_ascii_alphanumeric());
            let is_class = |word: &&str| {
                word.starts_with(char::is_uppercase) && word.contains(char::is_lowercase)
            };
            for word in words.filter(is_class) {
                assert!(names.contains(word), "{class}: {advice}: there is no {word}");
                named += 1;
            }
        }
    }
    assert!(named > 20, "{named}");
}
