//! Compiles the graph of the switch in memory, as a module.

use pkgraph_elements::{Builtin, ElementSet};
use pkgraph_lang::{Catalogue, Source, compile, emit_within};
use std::path::PathBuf;
use std::{env, fs};

const GRAPH: &str = "../../benches/devices/sim.click";
const LIBRARY: &str = "::pkgraph_elements";

fn main() {
    println!("cargo::rerun-if-changed={GRAPH}");
    let text = fs::read_to_string(GRAPH).expect("the whole project is here");
    let source = Source { name: GRAPH.into(), text };
    let plan = compile(&source, &[], &Catalogue::new(Builtin::CATALOGUE))
        .unwrap_or_else(|errors| panic!("{GRAPH}: {errors:#?}"));
    let code = emit_within(&plan, LIBRARY, |class| format!("{LIBRARY}::{class}"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let file = out.join("sim_click.rs");
    fs::write(&file, code).expect("OUT_DIR is writable");
    let module = format!("#[path = {file:?}]\nmod sim_click;\n");
    fs::write(out.join("sim.rs"), module).expect("OUT_DIR is writable");
}
