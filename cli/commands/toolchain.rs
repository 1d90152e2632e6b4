//! Compiling emitted code with the user's Rust toolchain.

use pkgraph_elements::Home;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The cargo to call. The error says that there is none.
pub fn cargo() -> Result<OsString, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let version = Command::new(&cargo).arg("--version").output();
    if version.is_ok_and(|output| output.status.success()) {
        return Ok(cargo);
    }
    Err("no Rust toolchain: install one, and the graph is compiled once".into())
}

/// A generated crate.
pub struct Crate<'a> {
    /// Where it is written.
    pub folder: &'a Path,
    /// Where cargo builds it.
    pub target: &'a Path,
    /// The sources of pkgraph.
    pub sources: &'a Path,
    /// The crate of elements that are not pkgraph's.
    pub home: Option<Home>,
}

/// The loop of a graph.
pub struct Code {
    pub text: String,
    /// The folders below `elements` whose crates it names, where no crate with
    /// elements of its own brings the library.
    pub subjects: Vec<&'static str>,
}

impl Crate<'_> {
    /// Builds the program that `pkgraph run` becomes. It links what it runs
    /// and nothing of the command line.
    pub fn program(&self, cargo: &OsString, code: &Code) -> Result<PathBuf, String> {
        let (dependencies, runtime, serve) = match self.home {
            None => {
                let folder = self.sources.join("runtime").join("serve");
                let serve = dependency("pkgraph-serve", &folder, "");
                (
                    self.library(code) + &serve,
                    "pkgraph_core::runtime".into(),
                    "pkgraph_serve".into(),
                )
            }
            Some(home) => {
                let of = |name: &str| format!("{}::__pkgraph::{name}", home.library);
                (own(home, ""), of("runtime"), of("serve"))
            }
        };
        let (runtime, serve): (String, String) = (runtime, serve);
        let main = format!(
            "mod graph;\n\n#[global_allocator]\nstatic ALLOCATOR: ::{runtime}::CountingAllocator = \
             ::{runtime}::CountingAllocator;\n\nfn main() -> std::process::ExitCode {{\n    \
             ::{serve}::program::main(graph::TOPOLOGY, graph::Compiled::start)\n}}\n"
        );
        self.build(cargo, "graph", &dependencies, &code.text, &main)
    }

    /// Builds a program with a command line of its own.
    pub fn standalone(&self, cargo: &OsString, code: &Code, main: &str) -> Result<PathBuf, String> {
        let dependencies = match self.home {
            None => self.library(code) + &dependency("pkgraph", self.sources, "program"),
            Some(home) => own(home, "program"),
        };
        self.build(cargo, "standalone", &dependencies, &code.text, main)
    }

    /// Has cargo link the program of [`program`](Crate::program) anew.
    pub fn forget(&self) {
        let _ = fs::remove_file(self.folder.join("graph/graph.rs"));
    }

    /// What the graph's code names of the library, as dependencies.
    fn library(&self, code: &Code) -> String {
        let elements = self.sources.join("elements");
        let one = |folder: &&str| {
            // As it is by default, with what it needs of Linux.
            format!("pkgraph-{folder} = {{ path = {:?} }}\n", elements.join(folder))
        };
        ["core"].iter().chain(&code.subjects).map(one).collect()
    }

    fn build(
        &self,
        cargo: &OsString,
        name: &str,
        dependencies: &str,
        code: &str,
        main: &str,
    ) -> Result<PathBuf, String> {
        let folder = self.folder.join(name);
        let manifest = format!(
            "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [[bin]]\nname = {name:?}\npath = \"main.rs\"\n\n[workspace]\n\n\
             [dependencies]\n{dependencies}\n{PROFILE}"
        );
        let written = write_if_new(&folder.join("Cargo.toml"), &manifest)
            .and_then(|()| self.write_lock(&folder))
            .and_then(|()| write_if_new(&folder.join("graph.rs"), code))
            .and_then(|()| write_if_new(&folder.join("main.rs"), &format!("{LIMIT}{main}")));
        written.map_err(|error| format!("the cache {}: {error}", folder.display()))?;
        self.run_cargo(cargo, &folder)?;
        Ok(self.target.join("release").join(name))
    }

    /// The versions that the elements were built with, so that cargo finds
    /// them where it has put them then.
    fn write_lock(&self, folder: &Path) -> io::Result<()> {
        let lock = folder.join("Cargo.lock");
        let start = self.home.map_or(self.sources, |home| Path::new(home.folder));
        let theirs = start.ancestors().map(|at| at.join("Cargo.lock")).find(|path| path.exists());
        match theirs {
            Some(theirs) if !lock.exists() => fs::copy(theirs, lock).map(drop),
            _ => Ok(()),
        }
    }

    /// Runs cargo, without the network if it has what it needs.
    fn run_cargo(&self, cargo: &OsString, folder: &Path) -> Result<(), String> {
        let mut errors = String::new();
        for offline in [true, false] {
            let mut command = Command::new(cargo);
            command.args(["build", "--release", "--quiet"]);
            if offline {
                command.arg("--offline");
            }
            // Neither the settings of a cargo that runs this program nor a
            // configuration of the folder it runs in are the graph's.
            command.current_dir(folder).env("CARGO_TARGET_DIR", self.target);
            for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
                command.env_remove(variable);
            }
            // A network that does not answer must not hold up the run.
            command.env("CARGO_NET_RETRY", "0").env("CARGO_HTTP_TIMEOUT", "10");
            let output = command.output().map_err(|error| format!("cargo: {error}"))?;
            if output.status.success() {
                return Ok(());
            }
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            // Where the code is at fault, the network does not help.
            let of_rustc = text.contains("could not compile");
            errors = text;
            if of_rustc {
                break;
            }
        }
        let log = self.folder.join("errors.txt");
        let whole = match fs::write(&log, &errors) {
            Ok(()) => format!("; all of it is in {}", log.display()),
            Err(_) => String::new(),
        };
        Err(format!("{}{whole}", first_error(&errors, self.home.is_some())))
    }
}

/// What went wrong: the line that says it, or rustc's whole message where the
/// user's own file may be at fault.
fn first_error(errors: &str, whole: bool) -> String {
    let mut lines = errors.lines().skip_while(|line| !line.starts_with("error"));
    let first = lines.next().unwrap_or("cargo failed").to_string();
    match whole {
        false => first,
        true => lines
            .take_while(|line| !line.is_empty())
            .fold(first, |text, line| format!("{text}\n{line}")),
    }
}

/// The crate of own elements as a dependency.
fn own(home: Home, feature: &str) -> String {
    dependency(home.package, Path::new(home.folder), feature)
}

/// A package as a dependency, with a feature or none.
fn dependency(package: &str, folder: &Path, feature: &str) -> String {
    let features: Vec<&str> = [feature].into_iter().filter(|f| !f.is_empty()).collect();
    format!(
        "{package} = {{ path = {folder:?}, default-features = false, features = {features:?} }}\n"
    )
}

/// In a chain of elements of one class, its `push` is generic over itself as
/// often as there are elements.
const LIMIT: &str = "#![recursion_limit = \"8192\"]\n\n";

/// One unit lets the graph inline whole. What runs at build time alone (the
/// default for it is no optimization) is a third of the work otherwise.
const PROFILE: &str = "\
[profile.release]
codegen-units = 1
";

/// Writes a file and the folders around it. An unchanged file keeps its time,
/// so that cargo builds what depends on it once.
pub fn write_if_new(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().expect("a file is in a folder"))?;
    fs::write(path, text)
}
