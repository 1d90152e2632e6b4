//! docs/architecture.md: its files are there, and have the names that it says. So has
//! what docs/netmap.md says of drivers.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// What stands in backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Whether `name`, without what is before a `::`, is a word of `source`.
fn has(source: &str, name: &str) -> bool {
    let name = name.rsplit("::").next().unwrap();
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    source.match_indices(name).any(|(at, _)| {
        let before = source[..at].chars().next_back();
        let behind = source[at + name.len()..].chars().next();
        !before.is_some_and(is_word) && !behind.is_some_and(is_word)
    })
}

#[test]
fn the_walks_go_forward_by_files_and_names_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = include_str!("../docs/architecture.md");
    let walks: Vec<&str> = page.split("\n## ").skip(1).collect();
    assert_eq!(walks.len(), 4);
    for walk in walks {
        let mut seen = HashSet::new();
        let rows = walk.lines().filter(|line| line.starts_with("| `"));
        for row in rows {
            let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
            let [file, names, what] = cells[..] else { panic!("three cells: {row}") };
            let [file] = quoted(file)[..] else { panic!("one file: {row}") };
            let source =
                fs::read_to_string(root.join(file)).unwrap_or_else(|_| panic!("no {file}"));
            assert!(!quoted(names).is_empty() && !what.trim().is_empty(), "{row}");
            for name in quoted(names) {
                assert!(has(&source, name), "{file} has no {name}");
            }
            assert!(seen.insert(file), "a walk that comes to {file} again");
        }
        assert!(seen.len() >= 9, "{walk}");
    }
    // Files outside of the tables.
    for path in quoted(page).into_iter().filter(|text| text.contains('/') && text.contains(".rs")) {
        assert!(root.join(path).is_file(), "no {path}");
    }
}

#[test]
fn a_driver_of_your_own_fills_the_row_that_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = include_str!("../docs/netmap.md");
    let section = page.split("\n## ").find(|of| of.starts_with("A driver of your own")).unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let told: Vec<&str> = rows.flat_map(|row| quoted(row.split(" | ").next().unwrap())).collect();
    let source = include_str!("../runtime/netmap/row.rs");
    let row = source.split("pub struct DriverRow {").nth(1).unwrap().split("\n}").next().unwrap();
    let fields = row.lines().filter_map(|line| line.trim().strip_prefix("pub"));
    let fields: Vec<&str> = fields
        .map(|field| field.trim_start_matches("(super)").trim().split(':').next().unwrap())
        .collect();
    assert_eq!(told, fields);
    let files = quoted(section).into_iter().filter(|text| text.ends_with(".rs"));
    assert_eq!(files.filter(|path| root.join(path).is_file()).count(), 4);
}
