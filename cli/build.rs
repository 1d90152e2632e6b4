//! What the build script does for the command line: compiles the shipped
//! graphs into the program, and packs the sources that graphs compiled later
//! build against.

use pkgraph_elements::{Builtin, ElementSet};
use pkgraph_lang::{Catalogue, Program, Source, compile, compile_program, emit_within};
use pkgraph_runtime::{Plan, Sockets};
use std::collections::HashSet;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs};

const LIBRARY: &str = "::pkgraph_elements";

pub fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    shipped(&root, &out);
    benches(&root, &out);
    devices(&root, &out);
    sources(&root, &out);
}

/// A module per shipped graph, and the list of them.
fn shipped(root: &Path, out: &Path) {
    let (mut modules, mut list) = (String::new(), String::new());
    let mut graphs = emit_all(root, out, "graphs");
    graphs.extend(on_sockets(root, out, Sockets::Udp));
    graphs.extend(on_sockets(root, out, Sockets::Packet));
    // Two graphs may be one on sockets.
    let mut seen = HashSet::new();
    graphs.retain(|graph| seen.insert(graph.topology.clone()));
    for graph in graphs {
        let Emitted { module, code, .. } = graph;
        let _ = writeln!(modules, "#[path = {code:?}]\nmod {module};");
        let _ = writeln!(
            list,
            "    Shipped {{ topology: {module}::TOPOLOGY, \
             start: |plan, context| {module}::Compiled::start(plan, context).map(|graph| Box::new(graph) as _) }},"
        );
    }
    let text = format!("{modules}\npub static SHIPPED: &[Shipped] = &[\n{list}];\n");
    fs::write(out.join("shipped.rs"), text).expect("OUT_DIR is writable");
}

/// The graphs of the benches, for the bench that runs them.
fn benches(root: &Path, out: &Path) {
    let (mut modules, mut arms) = (String::new(), String::new());
    for Emitted { file, module, code, .. } in emit_all(root, out, "benches/graphs") {
        let name = Path::new(&file).file_stem().expect("a file name").display().to_string();
        let _ = writeln!(modules, "#[path = {code:?}]\nmod {module};");
        let _ =
            writeln!(arms, "        {name:?} => looped(plan, region, {module}::Compiled::start),");
    }
    let text = format!(
        "{modules}\nfn compiled(graph: &str, plan: &Plan, region: &'static Region) -> Turn {{\n    \
         match graph {{\n{arms}        \
         _ => panic!(\"no bench graph {{graph}}\"),\n    }}\n}}\n"
    );
    fs::write(out.join("benches.rs"), text).expect("OUT_DIR is writable");
}

/// The graphs of the bench of devices, as modules.
fn devices(root: &Path, out: &Path) {
    let module = |Emitted { module, code, .. }| format!("#[path = {code:?}]\nmod {module};\n");
    let modules: String = emit_all(root, out, "benches/devices").into_iter().map(module).collect();
    fs::write(out.join("devices.rs"), modules).expect("OUT_DIR is writable");
}

/// A graph that has become a Rust module.
struct Emitted {
    /// The graph, below the project's folder.
    file: String,
    module: String,
    /// The module's file.
    code: PathBuf,
    topology: String,
}

/// The shipped graphs that run on these sockets, too.
fn on_sockets(root: &Path, out: &Path, sockets: Sockets) -> Vec<Emitted> {
    let catalogue = Catalogue::new(Builtin::CATALOGUE);
    let one = |path: PathBuf| {
        let source = read(root, &path);
        let program = Program::read(&source, &mut |_, _| Err("no libraries here".into()));
        let program = Program { sockets: Some(sockets), ..program };
        match compile_program(&program, &[], &catalogue) {
            // Its name is that of a module, and there is one for each kind.
            Ok(plan) => Some(emit_plan(&plan, format!("{} on {sockets:?}", source.name), out)),
            // As it is written it compiles: it has nothing that stands for a device.
            Err(errors) => {
                let why: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
                println!("cargo::warning={} does not run on sockets: {why:?}", source.name);
                None
            }
        }
    };
    files(&root.join("graphs"), "click").into_iter().filter_map(one).collect()
}

/// A graph, with its name below the project's folder.
fn read(root: &Path, path: &Path) -> Source {
    let name = path.strip_prefix(root).expect("below the root").display().to_string();
    Source { name, text: fs::read_to_string(path).expect("a graph can be read") }
}

/// Makes a graph, which is called `file`, a module of its own.
fn emit_plan(plan: &Plan, file: String, out: &Path) -> Emitted {
    // This crate has the library by one name.
    let text = emit_within(plan, LIBRARY, |class| format!("{LIBRARY}::{class}"));
    let word = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let module: String = file.chars().map(word).collect();
    let code = out.join(format!("{module}.rs"));
    fs::write(&code, text).expect("OUT_DIR is writable");
    Emitted { file, module, code, topology: plan.topology() }
}

fn emit_all(root: &Path, out: &Path, folder: &str) -> Vec<Emitted> {
    let catalogue = Catalogue::new(Builtin::CATALOGUE);
    let emit_one = |path: PathBuf| {
        println!("cargo::rerun-if-changed={}", path.display());
        let source = read(root, &path);
        match compile(&source, &[], &catalogue) {
            Ok(plan) => emit_plan(&plan, source.name, out),
            Err(errors) => panic!("{}: {errors:#?}", source.name),
        }
    };
    files(&root.join(folder), "click").into_iter().map(emit_one).collect()
}

/// The whole program, as (path, text): compiled graphs build against it.
fn sources(root: &Path, out: &Path) {
    const FOLDERS: [&str; 7] =
        ["runtime", "elements", "lang", "cli", "graphs", "benches", "examples"];
    const EXTENSIONS: [&str; 5] = ["rs", "toml", "txt", "click", "css"];
    let mut paths: Vec<PathBuf> =
        ["Cargo.toml", "Cargo.lock", "build.rs"].map(|name| root.join(name)).into();
    for folder in FOLDERS {
        for extension in EXTENSIONS {
            paths.extend(files(&root.join(folder), extension));
        }
    }
    // A package from a registry has none of the other packages' files.
    let has = |start: &str| paths.iter().any(|path| path.starts_with(root.join(start)));
    assert!(FOLDERS.into_iter().all(has), "build from the whole project, not from one package");
    let (mut list, mut hasher) = (String::new(), DefaultHasher::new());
    for path in paths {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.strip_prefix(root).expect("below the root").display().to_string();
        let _ = writeln!(list, "    ({name:?}, include_str!({path:?})),");
        (name, fs::read(&path).expect("a source can be read")).hash(&mut hasher);
    }
    let text = format!(
        "const SOURCES: &[(&str, &str)] = &[\n{list}];\n\n\
         const VERSION: &str = \"{:016x}\";\n",
        hasher.finish()
    );
    fs::write(out.join("sources.rs"), text).expect("OUT_DIR is writable");
}

/// All files below `folder` with this extension, sorted.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}
