//! `pkgraph new`: a crate with an element of one's own.

use super::{cache, set::Set};
use crate::program;
use pkgraph_runtime::say;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

/// Makes a crate with an element of your own, a graph that uses it, and a test.
#[derive(clap::Args, Debug)]
pub struct NewArgs {
    /// The folder of the new crate. Its name becomes that of the crate and of
    /// the element: `my-filter` has the element MyFilter.
    #[arg(value_name = "NAME")]
    folder: PathBuf,
    /// The sources of pkgraph that the crate shall build against. Without it:
    /// those that this program was built from, or a copy of them in the cache.
    #[arg(long, value_name = "FOLDER")]
    pkgraph: Option<PathBuf>,
}

/// The files of the crate; `NAME`, `MODULE`, `CLASS` and `PKGRAPH` are
/// replaced.
const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("new/manifest.txt")),
    (".gitignore", "/target\n"),
    // The versions that this program was built with and cargo has at hand.
    ("Cargo.lock", include_str!("../../Cargo.lock")),
    ("src/lib.rs", include_str!("new/lib.txt")),
    ("src/main.rs", include_str!("new/main.txt")),
    ("src/MODULE.rs", include_str!("new/element.txt")),
    ("graphs/main.click", include_str!("new/graph.txt")),
];

pub fn main(args: &NewArgs, set: &Set) -> ExitCode {
    match create(args, set) {
        Ok(class) => {
            let folder = args.folder.display();
            program::print(&format!(
                "{folder} has the element {class} in src. Next:\n\n    cd {folder}\n    \
                 cargo test\n    cargo run -- run graphs/main.click\n"
            ))
        }
        Err(why) => {
            say!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Makes the crate; returns the class of its element.
fn create(args: &NewArgs, set: &Set) -> Result<String, String> {
    let path = &args.folder;
    let Some(name) = path.file_name() else {
        return Err(format!("{} is there: name a folder to be made", path.display()));
    };
    let names = Names::new(name.to_str().unwrap_or_default())?;
    if set.catalogue.get(&names.class).is_some() {
        let class = &names.class;
        return Err(format!("there is an element {class}: choose another name for yours"));
    }
    if path.exists() {
        return Err(format!("{} exists", path.display()));
    }
    let place = |error: io::Error| format!("{}: {error}", path.display());
    let around = path.parent().filter(|around| *around != Path::new("")).unwrap_or(Path::new("."));
    fs::create_dir_all(around).map_err(place)?;
    let folder = fs::canonicalize(around).map_err(place)?.join(name);
    let pkgraph = dependency(args.pkgraph.as_deref(), &folder)?;
    // Beside its place, which it takes when it is whole.
    let made = tempfile::Builder::new()
        .prefix(".pkgraph-")
        .permissions(Permissions::from_mode(0o777))
        .tempdir_in(around)
        .map_err(place)?;
    for (file, text) in FILES {
        let file = made.path().join(names.replace(file));
        let text = match file.extension().is_some_and(|extension| extension == "lock") {
            true => text.to_string(),
            false => names.replace(text).replace("PKGRAPH", &pkgraph),
        };
        let folder = file.parent().expect("a file is in a folder");
        fs::create_dir_all(folder).and_then(|()| fs::write(&file, text)).map_err(place)?;
    }
    fs::rename(made.path(), path).map_err(place)?;
    // Under this name it is there no more.
    _ = made.keep();
    Ok(names.class)
}

/// What the crate and its element are called.
struct Names<'a> {
    package: &'a str,
    module: String,
    class: String,
}

impl Names<'_> {
    /// The error says what is wrong with `package` as the name of a crate.
    fn new(package: &str) -> Result<Names<'_>, String> {
        let letters = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !package.starts_with(|c: char| c.is_ascii_alphabetic()) || !package.chars().all(letters)
        {
            return Err(format!(
                "{package:?} cannot be the name of a crate: it starts with a letter and has \
                 only letters, digits, - and _"
            ));
        }
        let module = package.replace('-', "_").to_ascii_lowercase();
        // The crate's own names, and those of crates that it is built with.
        if matches!(module.as_str(), "pkgraph" | "lib" | "main" | "test" | "core" | "std" | "alloc")
            || KEYWORDS.contains(&module.as_str())
        {
            return Err(format!("{package:?} means something else in Rust: choose another name"));
        }
        let class = package.split(['-', '_']).fold(String::new(), |mut class, word| {
            let mut letters = word.chars();
            class.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            class.push_str(letters.as_str());
            class
        });
        Ok(Names { package, module, class })
    }

    fn replace(&self, text: &str) -> String {
        let text = text.replace("NAME", self.package);
        text.replace("MODULE", &self.module).replace("CLASS", &self.class)
    }
}

/// Rust's keywords in lower case (the Rust reference, "Keywords").
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// The sources of pkgraph that the crate in `folder` depends on: those that this
/// program was built from or, where they are gone, the copy that it carries.
fn dependency(given: Option<&Path>, of: &Path) -> Result<String, String> {
    // A package alone, as a registry gives it, has not the other packages.
    let whole = |folder: &Path| folder.join("lang/Cargo.toml").exists();
    let folder = match given {
        Some(folder) if whole(folder) => {
            let folder = std::path::absolute(folder);
            folder.map_err(|error| format!("the folder of pkgraph: {error}"))?
        }
        Some(folder) => return Err(format!("{} are not pkgraph's sources", folder.display())),
        None => match PathBuf::from(env!("CARGO_MANIFEST_DIR")) {
            folder if whole(&folder) => folder,
            _ => cache::carried_sources()?,
        },
    };
    let folder =
        fs::canonicalize(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(format!("path = {:?}", relative(of, &folder).display().to_string()))
}

/// The way from one absolute folder without links to another, so that the two can
/// move together. It stays absolute where they have nothing but the root in common.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let common = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    // The root is the first component.
    if common < 2 {
        return to.to_path_buf();
    }
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    up.chain(to.components().skip(common)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_move_together_are_named_relatively() {
        for (from, to, expected) in [
            ("/home/me/shout", "/home/me/pkgraph", "../pkgraph"),
            ("/home/me/a/b", "/home/me/pkgraph", "../../pkgraph"),
            ("/home/me/pkgraph/own", "/home/me/pkgraph", ".."),
            ("/tmp/shout", "/home/me/pkgraph", "/home/me/pkgraph"),
        ] {
            assert_eq!(relative(Path::new(from), Path::new(to)), Path::new(expected), "{from}");
        }
    }

    #[test]
    fn names_are_those_of_rust() {
        for (package, module, class) in
            [("shout", "shout", "Shout"), ("my-filter_2", "my_filter_2", "MyFilter2")]
        {
            let names = Names::new(package).unwrap();
            assert_eq!((&*names.module, &*names.class), (module, class));
        }
        for wrong in ["", "2x", "a b", "ü", "type", "pkgraph", "../"] {
            assert!(Names::new(wrong).is_err(), "{wrong}");
        }
    }
}
