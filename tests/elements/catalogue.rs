//! What holds for every element of the library, whoever adds it.

use crate::bench::{Bench, MS};
use pkgraph::elements::{Builtin, ElementSet};
use pkgraph::runtime::ElementInfo;
use std::collections::HashSet;
use std::path::PathBuf;

/// Classes that need the network, and whose examples end by a signal.
const ENDLESS: [&str; 3] = ["FromSocket", "ToSocket", "SsidReplicate"];

fn catalogue() -> impl Iterator<Item = &'static ElementInfo> {
    Builtin::CATALOGUE.iter().copied()
}

/// A folder for the files of examples.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("pkgraph-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// The example of an element, with its files in this folder.
    fn example(&self, info: &ElementInfo) -> String {
        info.example.replace("trace.pcap", &self.0.join("trace.pcap").display().to_string())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a graph until it ends, for five seconds of its time at most.
fn run_to_the_end(text: &str) -> Bench {
    let mut bench = Bench::new(text, 256);
    bench.settle();
    while !bench.stopped() && bench.now() < 5000 * MS {
        bench.advance(MS);
    }
    bench
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

#[test]
fn every_example_runs_to_its_end() {
    let folder = Folder::new("examples");
    // Others read the file that this one writes.
    let first = catalogue().filter(|info| info.name == "ToDump");
    let rest = catalogue().filter(|info| info.name != "ToDump");
    let mut handlers = 0;
    for info in first.chain(rest) {
        let text = folder.example(info);
        if ENDLESS.contains(&info.name) {
            crate::bench::plan(&text);
            continue;
        }
        let bench = run_to_the_end(&text);
        assert!(bench.stopped(), "{}: its example does not end\n{text}", info.name);
        for node in bench.plan().nodes.iter() {
            for handler in node.handlers.iter().filter(|handler| handler.read) {
                bench.read(&format!("{}.{}", node.name, handler.name));
                handlers += 1;
            }
        }
    }
    assert!(handlers > 100, "{handlers}");
}

/// A handler that is declared for writing takes what it reads as.
#[test]
fn settings_can_be_written_back() {
    let folder = Folder::new("settings");
    run_to_the_end(&folder.example(catalogue().find(|info| info.name == "ToDump").unwrap()));
    for info in catalogue().filter(|info| !ENDLESS.contains(&info.name)) {
        let mut bench = run_to_the_end(&folder.example(info));
        let node = bench.plan().nodes.iter().find(|node| node.class == info.name).unwrap();
        let name = node.name.clone();
        for handler in info.handlers.iter().filter(|handler| handler.read && handler.write) {
            let path = format!("{name}.{}", handler.name);
            let value = bench.read(&path);
            assert_eq!(bench.write(&path, &value), Ok(()), "{}: {path} = {value}", info.name);
            assert_eq!(bench.read(&path), value, "{}: {path}", info.name);
        }
    }
}
