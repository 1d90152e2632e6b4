//! Crates with elements of their own, from `pkgraph new` to a program.

use crate::process::{cache, pkgraph};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A crate that `pkgraph new` or a test has made.
pub struct Crate(pub PathBuf);

impl Crate {
    fn new(name: &str) -> Crate {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        let made = pkgraph(&["new", &folder.display().to_string()]).output().unwrap();
        assert!(made.status.success(), "{}", text(&made));
        Crate(folder)
    }

    /// Runs cargo there. What the project's own tests have built serves again.
    pub fn cargo(&self, arguments: &[&str]) -> Output {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(&self.0).env("CARGO_TARGET_DIR", target);
        command.env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
        command.env("PKGRAPH_CACHE", cache()).output().unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let run = ["run", "--quiet", "--", "run", "graphs/main.click", "-h", "it.count"];
        self.cargo(&[&run, arguments].concat())
    }

    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.0.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(path, text.replace(from, to)).unwrap();
    }
}

pub fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

/// That it ran, with what must be in its output.
#[track_caller]
pub fn ran(output: &Output, parts: &[&str]) {
    let text = text(output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    for part in parts {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn a_new_crate_has_the_whole_command_line() {
    let own = Crate::new("shout");
    ran(&own.cargo(&["test", "--quiet"]), &["2 passed"]);
    // Without the Rust toolchain, on the dynamic engine.
    ran(&own.run(&["--engine", "dynamic"]), &["5\n", "dynamic engine", "HELLO"]);
    ran(&own.run(&[]), &["5\n", "compiled engine (compiled now)", "HELLO, W ORLD"]);
    ran(&own.run(&[]), &["5\n", "compiled engine (cached)", "HELLO, W ORLD"]);

    // Another element is another loop.
    own.edit("src/shout.rs", "make_ascii_uppercase", "fill(b'x'); data.make_ascii_lowercase");
    ran(&own.run(&[]), &["compiled engine (compiled now)", "xxxxxxxx"]);

    // The program was built before the element broke: rustc says where.
    let program = own.0.join("before");
    let built = Path::new(env!("CARGO_BIN_EXE_pkgraph")).with_file_name("shout");
    fs::copy(built, &program).unwrap();
    own.edit("src/shout.rs", "fill(b'x')", "fill('x')");
    let run = Command::new(&program)
        .args(["run", "graphs/main.click", "-h", "it.count"])
        .current_dir(&own.0)
        .env("PKGRAPH_CACHE", cache())
        .output();
    ran(&run.unwrap(), &["5\n", "dynamic engine (error[E0308]", "src/shout.rs:"]);
    own.edit("src/shout.rs", "fill('x'); data.make_ascii_lowercase", "make_ascii_uppercase");

    // A second element, as docs/first-element.md has it.
    for (file, start) in
        [("src/by_length.rs", "//! `ByLength`."), ("graphs/sorted.click", "// Short packets")]
    {
        fs::write(own.0.join(file), block(start)).unwrap();
    }
    own.edit(
        "src/lib.rs",
        "mod shout;",
        "mod by_length;\nmod shout;\npub use by_length::ByLength;",
    );
    own.edit("src/lib.rs", "{ Shout }", "{ Shout, ByLength }");
    ran(&own.cargo(&["test", "--quiet"]), &["4 passed"]);
    let sorted = ["run", "--quiet", "--", "run", "graphs/sorted.click", "-h", "by.long"];
    ran(&own.cargo(&sorted), &["2\n", "compiled engine (compiled now)", "SHORT"]);

    // A program of its own, with values for variables, and on sockets.
    own.edit("graphs/sorted.click", "ByLength(10)", "ByLength($MOST)");
    own.edit("graphs/sorted.click", "// Short packets", "define($MOST 10);\n// Short packets");
    own.edit(
        "graphs/sorted.click",
        "// Short packets",
        "Idle -> ToNetmap(none0);\n// Short packets",
    );
    let build = ["run", "--quiet", "--", "build", "graphs/sorted.click", "-o", "sorted"];
    ran(&own.cargo(&[&build[..], &["--backend", "socket"]].concat()), &[]);
    let sorted = |arguments: &[&str]| {
        let mut command = Command::new(own.0.join("sorted"));
        command.args(arguments).args(["-h", "by.long"]).output().unwrap()
    };
    ran(&sorted(&[]), &["2\n", "compiled engine (this program)"]);
    ran(&sorted(&["MOST=20"]), &["0\n"]);
    let wrong = sorted(&["MOST=few"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong).contains("graphs/sorted.click:"), "{}", text(&wrong));

    // Output that cannot be written is to it what it is to the command line.
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for arguments in [&["-h", "by.long"][..], &["--help"]] {
        let mut command = Command::new(own.0.join("sorted"));
        command.args(arguments);
        let unwritten = command.stdout(full()).output().unwrap();
        assert_eq!(unwritten.status.code(), Some(1), "{}", text(&unwritten));
        assert!(text(&unwritten).contains("standard output: No space left"), "{arguments:?}");
        let unheard = command.stdout(Stdio::piped()).stderr(full()).output().unwrap();
        assert_eq!(unheard.status.code(), Some(0));
        assert!(!unheard.stdout.is_empty());
    }

    // Its elements are documented and checked like those of the library.
    let elements = own.cargo(&["run", "--quiet", "--", "elements", "Shout"]);
    ran(&elements, &["Octets at the start of a packet that stay as they are."]);
    own.edit("graphs/main.click", "Shout", "Shoot");
    let check = own.cargo(&["run", "--quiet", "--", "check", "graphs/main.click"]);
    assert!(text(&check).contains("`Shout`"), "{}", text(&check));
}

/// The code of docs/first-element.md that starts with `start`.
fn block(start: &str) -> String {
    let text = include_str!("../../docs/first-element.md");
    let begin = text.find(start).unwrap_or_else(|| panic!("no {start} in the page"));
    text[begin..].split("```").next().unwrap().into()
}

#[test]
fn what_cannot_be_a_crate_is_refused() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (name, why) in [
        ("2x", "cannot be the name of a crate"),
        ("counter", "there is an element Counter"),
        ("type", "something else in Rust"),
        ("..", "name a folder to be made"),
    ] {
        let name = folder.join(name).display().to_string();
        let output = pkgraph(&["new", &name]).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output).contains(why), "{name}: {}", text(&output));
    }
}
