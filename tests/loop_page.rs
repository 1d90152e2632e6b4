//! That docs/loop.md shows what the emitter prints.

use pkgraph::elements::{Builtin, ElementSet};
use pkgraph::lang::{Catalogue, Source, compile, emit};

#[test]
fn the_code_of_the_page_is_what_is_emitted() {
    let page = include_str!("../docs/loop.md");
    let blocks = |language: &str| -> Vec<&str> {
        let start = format!("```{language}\n");
        page.split(&start).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
    };
    let catalogue = Catalogue::new(Builtin::CATALOGUE);
    let source = Source { name: "count.click".into(), text: blocks("click")[0].into() };
    let plan = compile(&source, &[], &catalogue).unwrap();
    let code = emit(&plan, |class| catalogue.get(class).unwrap().path);
    assert!(blocks("rust").len() > 5);
    for block in blocks("rust") {
        assert!(code.contains(block), "not in the code:\n{block}\nwhich is\n{code}");
    }
}
