//! What the files of libraries are called.

use std::path::{Component, Path, PathBuf};

/// The path of the library that the file `from` calls `name`.
/// Both are as users write them; no file is looked at.
pub fn library_path(from: &str, name: &str) -> PathBuf {
    let folder = Path::new(from).parent().unwrap_or(Path::new(""));
    plain(&folder.join(name))
}

/// The path without detours, so that a file has one name.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(plain.components().next_back(), Some(Component::Normal(_))) =>
            {
                plain.pop();
            }
            _ => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_name() {
        for (path, name) in [("a/./b", "a/b"), ("a/../b", "b"), ("../a", "../a"), ("/a/../b", "/b")]
        {
            assert_eq!(plain(Path::new(path)), Path::new(name));
        }
    }
}
