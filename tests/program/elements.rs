//! What the program says of its elements, and what shells complete.

use crate::process::output;
use pkgraph::elements::{Builtin, ElementSet};
use std::io::Write;
use std::process::{Command, Stdio};

#[test]
fn the_reference_is_what_the_declarations_say() {
    let made = output(&["elements", "--markdown"]).1;
    let kept = include_str!("../../docs/elements.md");
    let differs = made.lines().zip(kept.lines()).zip(1..).find(|((made, kept), _)| made != kept);
    assert!(
        made == kept,
        "docs/elements.md is not up to date (line, now, before: {differs:?}): write it anew by\n  \
         cargo run -- elements --markdown > docs/elements.md"
    );
    assert!(!made.contains("](crate"), "a link of rustdoc is left");
}

#[test]
fn every_element_is_listed_once_and_has_a_page() {
    let (code, list, _) = output(&["elements"]);
    assert_eq!(code, Some(0));
    for info in Builtin::CATALOGUE {
        let lines = list.lines().filter(|line| line.starts_with(&format!("  {} ", info.name)));
        assert_eq!(lines.count(), 1, "{}", info.name);
        let (code, page, _) = output(&["elements", info.name]);
        assert_eq!(code, Some(0));
        let synopsis = page.lines().nth(2).unwrap_or_default();
        assert!(page.starts_with(info.name) && !synopsis.is_empty(), "{page}");
        let items = (info.args.iter().map(|arg| arg.name))
            .chain(info.handlers.iter().map(|handler| handler.name));
        for item in items {
            assert!(page.contains(&format!("\n  {item}: ")), "{}: {item}\n{page}", info.name);
        }
        assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
        assert!(!page.contains("](crate"), "{page}");
    }
}

#[test]
fn a_page_says_it_all() {
    let page = output(&["elements", "CheckIPHeader"]).1;
    for line in [
        "CheckIPHeader([OFFSET], [KEYWORD value, ...]) (ip)",
        "  OFFSET: unsigned integer, default 0",
        "  CHECKSUM: boolean, by name, default true",
        "  0: push or pull",
        "  1: push, optional",
        "      All other packets, as they came.",
        "  drops: read",
        "  class, config, handlers, name, ports: those of every element",
        "  writes network",
        "  c[0] -> Discard;",
    ] {
        assert!(page.lines().any(|l| l == line), "no line '{line}':\n{page}");
    }
    let needs = "It opens sockets when it starts.";
    assert!(output(&["elements", "ToSocket"]).1.contains(needs));
    assert!(!page.contains(needs));
}

#[test]
fn a_wrong_name_is_told_what_a_graph_would_be() {
    for (name, message) in [
        ("Conuter", "there is no element class `Conuter`\nhelp: did you mean `Counter`?\n"),
        (
            "NotifierQueue",
            "Click's element class `NotifierQueue` is not in this library\nhelp: use `Queue`\n",
        ),
        (
            "Something",
            "there is no element class `Something`\nhelp: `pkgraph elements` lists them\n",
        ),
    ] {
        let (code, out, error) = output(&["elements", "Queue", name]);
        assert_eq!((code, out.as_str(), error.as_str()), (Some(2), "", message));
    }
}

#[test]
fn every_shell_completes_commands_and_elements() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, script, _) = output(&["completions", shell]);
        assert_eq!(code, Some(0));
        let commands = ["run", "check", "elements", "completions", "markdown"];
        let names = Builtin::CATALOGUE.iter().map(|info| info.name);
        // What clap_complete makes for these two completes no values of arguments.
        let names = names.filter(|_| !["elvish", "powershell"].contains(&shell));
        for word in commands.into_iter().chain(names) {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
}

/// Bash itself, with the script.
#[test]
fn bash_completes_the_name_of_an_element() {
    let script = output(&["completions", "bash"]).1;
    for (line, word, expected) in [
        ("pkgraph elements Paint", "Paint", "Paint PaintSwitch"),
        ("pkgraph elements Queue Unq", "Unq", "Unqueue"),
        ("pkgraph ele", "ele", "elements"),
        ("pkgraph completions po", "po", "powershell"),
    ] {
        let count = line.split(' ').count();
        let text = format!(
            "{script}\nCOMP_WORDS=({line}); COMP_CWORD={}\n\
             _pkgraph pkgraph {word} elements; echo \"${{COMPREPLY[*]}}\"\n",
            count - 1
        );
        let mut bash = Command::new("bash")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("bash starts");
        bash.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = bash.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said.trim(), expected, "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
