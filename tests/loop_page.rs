//! That pages of docs show what the program has: docs/loop.md and
//! docs/experiment.md what the emitter prints, docs/declaration.md every option.

use pkgraph::elements::{Builtin, ElementSet};
use pkgraph::lang::{Catalogue, Source, compile, emit};

/// The blocks of a page in a language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("```{language}\n");
    page.split(&start).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// That the Rust blocks of a page are of the code of this graph, and that they
/// are that many.
fn shows(page: &str, name: &str, graph: &str, count: std::ops::RangeFrom<usize>) {
    let catalogue = Catalogue::new(Builtin::CATALOGUE);
    let source = Source { name: name.into(), text: graph.into() };
    let plan = compile(&source, &[], &catalogue).unwrap();
    let code = emit(&plan, &catalogue);
    let rust = blocks(page, "rust");
    assert!(count.contains(&rust.len()));
    for block in rust {
        // A block may be the beginning of what is in braces.
        let block = block.trim_end();
        assert!(code.contains(block), "not in the code:\n{block}\nwhich is\n{code}");
    }
}

#[test]
fn the_code_of_the_page_is_what_is_emitted() {
    let page = include_str!("../docs/loop.md");
    shows(page, "count.click", blocks(page, "click")[0], 6..);
}

#[test]
fn the_experiment_shows_graphs_as_they_are() {
    let page = include_str!("../docs/experiment.md");
    let socket = include_str!("../graphs/sfu_socket.click");
    shows(page, "graphs/sfu_socket.click", socket, 1..);
    let [of_sockets, rings] = blocks(page, "click")[..] else { panic!("not two graphs") };
    assert!(socket.contains(of_sockets.trim_end()));
    let rings = Source { name: "rings.click".into(), text: rings.into() };
    compile(&rings, &[], &Catalogue::new(Builtin::CATALOGUE)).unwrap();
}

/// The options of `#[element(...)]`, as the message about a wrong one lists them.
#[test]
fn every_option_of_a_declaration_has_its_line() {
    let page = include_str!("../docs/declaration.md");
    let source = include_str!("../elements/declaration/lib.rs");
    let list = source.split("const OPTIONS: &str = \"").nth(1).unwrap().split('"').next().unwrap();
    let options: Vec<&str> =
        list.split([',', '\\']).map(str::trim).filter(|name| !name.is_empty()).collect();
    assert!(options.len() > 20, "{options:?}");
    for option in options {
        assert!(page.contains(&format!("`{option}`")), "docs/declaration.md has no {option}");
    }
}
