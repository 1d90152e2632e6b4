//! The corpus: cases that every engine passes. README.md says how a case is
//! written; whoever adds a file below this folder has added a case.

mod case;
#[path = "../engines/generated.rs"]
mod generated;
mod planted;
mod run;

use case::Case;
use pkgraph::elements::{Builtin, Dynamic, ElementSet};
use pkgraph::lang::{Catalogue, Source, compile, emit};
use pkgraph::runtime::Plan;
use std::collections::HashSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// A case and what it becomes.
struct Entry {
    /// The file, from the folder of the corpus.
    name: String,
    text: String,
    /// The whole graph.
    graph: String,
    plan: Plan,
}

/// Ways to run a case.
#[derive(Clone, Copy, Debug)]
enum Engine {
    /// Walks the Plan.
    Dynamic,
    /// The emitted Rust.
    Compiled,
    /// The same, made by `graph!`.
    Macro,
}

impl Engine {
    const ALL: [Engine; 3] = [Engine::Dynamic, Engine::Compiled, Engine::Macro];

    /// What each case fails with, if it does.
    fn run(self, name: &str, entries: &[Entry]) -> Vec<Option<String>> {
        match self {
            Engine::Dynamic => entries
                .iter()
                .map(|entry| run::run(&entry.text, &entry.plan, Dynamic::<Builtin>::start).err())
                .collect(),
            Engine::Compiled => {
                let catalogue = Catalogue::new(Builtin::CATALOGUE);
                crate_of(name, entries, |i, entry| {
                    let plan = format!("serde_json::from_str(include_str!(\"case_{i}.json\"))");
                    (emit(&entry.plan, &catalogue), plan)
                })
            }
            Engine::Macro => crate_of(&format!("{name}-macro"), entries, |i, _| {
                let code = format!("pkgraph::graph!(\"case_{i}.click\");\n");
                (code, format!("case_{i}::Compiled::plan(&[])"))
            }),
        }
    }

    /// Every case that fails: its file, the engine, and why.
    fn failures(self, name: &str, entries: &[Entry]) -> Vec<String> {
        let outcomes = self.run(name, entries);
        assert_eq!(outcomes.len(), entries.len());
        let failed = entries.iter().zip(outcomes).filter_map(|(entry, why)| Some((entry, why?)));
        failed.map(|(entry, why)| format!("{}: {self:?}: {why}", entry.name)).collect()
    }
}

/// Runs a crate with a module for each case; `module` gives its text and what
/// makes the Plan.
fn crate_of(
    name: &str,
    entries: &[Entry],
    module: impl Fn(usize, &Entry) -> (String, String),
) -> Vec<Option<String>> {
    let mut files = vec![
        ("case.rs".to_string(), include_str!("case.rs").to_string()),
        ("run.rs".to_string(), include_str!("run.rs").to_string()),
    ];
    let (mut main, mut body) = ("mod case;\nmod run;\n".to_string(), String::new());
    for (i, entry) in entries.iter().enumerate() {
        let (code, plan) = module(i, entry);
        files.push((format!("case_{i}.rs"), code));
        files.push((format!("case_{i}.json"), serde_json::to_string(&entry.plan).unwrap()));
        files.push((format!("case_{i}.case"), entry.text.clone()));
        files.push((format!("case_{i}.click"), entry.graph.clone()));
        let _ = writeln!(main, "mod case_{i};");
        let _ = writeln!(
            body,
            "    let plan = {plan}.unwrap();\n    \
             let outcome = run::run(include_str!(\"case_{i}.case\"), &plan, case_{i}::Compiled::start);\n    \
             print!(\"{{}}\\0\", outcome.err().unwrap_or_default());"
        );
    }
    let _ = write!(main, "\nfn main() {{\n{body}}}\n");
    files.push(("main.rs".into(), main));
    let outcomes = generated::run(name, &files);
    outcomes.into_iter().map(|why| Some(why).filter(|why| !why.is_empty())).collect()
}

/// Reads and compiles a case; its inputs become files of the test's own.
fn entry(name: &str, text: String) -> Result<Entry, String> {
    let case = Case::read(&text)?;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("corpus-inputs");
    fs::create_dir_all(&folder).unwrap();
    let mut dumps = Vec::new();
    for (n, input) in case.inputs.iter().enumerate() {
        let path = folder.join(format!("{}.{n}.pcap", name.replace('/', "-")));
        // Another test may be reading the same file: it is replaced as a whole.
        let new = path.with_extension(format!("{:?}", std::thread::current().id()));
        fs::write(&new, input.dump()).unwrap();
        fs::rename(&new, &path).unwrap();
        dumps.push(path.display().to_string());
    }
    let graph = case.text(&dumps);
    let source = Source { name: name.to_string(), text: graph.clone() };
    let plan = compile(&source, &[], &Catalogue::new(Builtin::CATALOGUE))
        .map_err(|errors| format!("{}\n{graph}", errors[0].message))?;
    Ok(Entry { name: name.to_string(), text, graph, plan })
}

/// All cases, in the order of their names.
fn corpus() -> Vec<Entry> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "case" => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    let (mut entries, mut errors) = (Vec::new(), Vec::new());
    for path in files {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        match entry(&name, fs::read_to_string(&path).unwrap()) {
            Ok(entry) => entries.push(entry),
            Err(why) => errors.push(format!("{name}: {why}")),
        }
    }
    assert!(errors.is_empty(), "\n{}", errors.join("\n"));
    entries
}

#[test]
fn the_dynamic_engine_passes() {
    let failures = Engine::Dynamic.failures("corpus", &corpus());
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn the_compiled_engine_passes() {
    let failures = Engine::Compiled.failures("corpus", &corpus());
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn graphs_compiled_into_a_crate_pass() {
    let failures = Engine::Macro.failures("corpus", &corpus());
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// An element that no case has is not tested on every engine.
#[test]
fn every_element_stands_in_a_case() {
    let mut classes = HashSet::new();
    for entry in corpus() {
        let own = entry.plan.nodes.into_iter().filter(|node| node.name.starts_with("case/"));
        classes.extend(own.map(|node| node.class));
    }
    let missing: Vec<&str> = Builtin::CATALOGUE
        .iter()
        .filter(|info| !info.sockets && !classes.contains(info.name))
        .map(|info| info.name)
        .collect();
    assert!(missing.is_empty(), "no case has {}", missing.join(", "));
}
