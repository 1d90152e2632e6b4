//! `graph!` in crates of others: from the `.click` file to a program, and what
//! is said of files with errors.

use crate::own::{Crate, ran, text};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A crate of the files below `tests/program/embed/FOLDER`.
fn crate_of(folder: &str) -> Crate {
    let to = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("embed-{folder}"));
    let _ = fs::remove_dir_all(&to);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    copy(&root.join("tests/program/embed").join(folder), &to);
    let manifest = format!(
        "[package]\nname = \"embedding\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\npkgraph = {{ path = {root:?} }}\n\n[workspace]\n"
    );
    fs::write(to.join("Cargo.toml"), manifest).unwrap();
    fs::copy(root.join("Cargo.lock"), to.join("Cargo.lock")).unwrap();
    Crate(to)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &to),
            false => _ = fs::copy(path, to).unwrap(),
        }
    }
}

#[test]
fn a_graph_is_a_part_of_the_program() {
    let good = crate_of("good");
    let run = |arguments: &[&str]| {
        let run = ["run", "--quiet", "--", "-h", "c.count", "-h", "deal.letters"];
        good.cargo(&[&run, arguments].concat())
    };
    let output = run(&[]);
    ran(&output, &["c.count:\n1002\n", "deal.letters:\nabd\n", "compiled engine (this program)"]);
    assert!(!text(&output).contains("warning"), "{}", text(&output));
    ran(&run(&["LIMIT=7", "C=x"]), &["c.count:\n1003\n", "deal.letters:\nabx\n"]);

    // What only the elements themselves know, with its place in the graph.
    for (define, why, place) in [
        ("FROM=13", "an unlucky number", "graphs/main.click:5:25"),
        ("C=12", "expected a letter, not '12'", "graphs/main.click:4:29"),
        ("C=d, e", "output 3 of `deal` is not connected", "graphs/main.click:4:10"),
    ] {
        let output = run(&[define]);
        assert_eq!(output.status.code(), Some(2), "{define}: {}", text(&output));
        for part in [why, place] {
            assert!(text(&output).contains(part), "{define}: {}", text(&output));
        }
    }

    let output = run(&["FROM=7777"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let why = "graphs/main.click:5:12: c :: Counter: it panicked: assertion";
    assert!(text(&output).contains(why), "{}", text(&output));

    // A file of the graph is a file of the crate.
    good.edit("graphs/parts/ends.click", "STOP true", "STOP true, DATA x) -> Strip(1");
    good.edit("graphs/main.click", "$LIMIT 5", "$LIMIT 8");
    ran(&run(&[]), &["ready: 7 elements", "c.count:\n1003\n"]);
}

/// The errors that the macro makes, each with the place of the call, sorted:
/// what else rustc prints is not ours.
fn errors(of: &Crate) -> (String, String) {
    let output = of.cargo(&["build", "--quiet", "--color", "never"]);
    assert_eq!(output.status.code(), Some(101));
    let said = text(&output).replace(&of.0.display().to_string(), "CRATE");
    let blocks = said.split("\n\n").filter(|block| block.starts_with("error: "));
    let blocks: BTreeSet<String> = blocks
        .map(|block| {
            let place = block.lines().position(|line| line.trim_start().starts_with("--> "));
            let lines = block.lines().take(place.map_or(0, |line| line + 1));
            lines.map(|line| format!("{}\n", line.trim_start())).collect()
        })
        .filter(|block: &String| !block.is_empty())
        .collect();
    (blocks.into_iter().collect::<Vec<_>>().join("\n"), said)
}

#[test]
fn errors_in_graphs_are_errors_of_the_crate() {
    let (printed, said) = errors(&crate_of("broken"));
    let pinned = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/embed/errors.txt");
    if std::env::var_os("BLESS").is_some() {
        fs::write(pinned, &printed).unwrap();
    }
    let expected = fs::read_to_string(pinned).unwrap_or_default();
    assert!(printed == expected, "--- pinned\n{expected}--- printed\n{printed}\n--- all\n{said}");
    // A struct that is no element: rustc says so in its own words. Of what the
    // macro would have made nothing is said to be missing.
    assert!(said.contains("cannot find `Plain`"), "{said}");
    assert!(!said.contains("`Compiled`"), "{said}");
}
