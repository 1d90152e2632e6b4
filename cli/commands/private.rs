//! Which folders and files are this user's: nobody else can change them or put
//! others in their place. What is run from the cache is such.

use pkgraph_runtime::effective_user;
use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
/// In such a folder everybody renames and removes only what is theirs.
const STICKY: u32 = 0o1000;

/// Makes the folder, and those around it that are not there, for this user
/// alone.
pub fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The path of a folder that is there, without symbolic links. The error says
/// what is wrong with it or with a folder around it.
pub fn root(path: &Path) -> Result<PathBuf, String> {
    let path = path.canonicalize().map_err(|error| about(path, error))?;
    for around in path.ancestors().skip(1) {
        let found = fs::symlink_metadata(around).map_err(|error| about(around, error))?;
        let is_shared = found.mode() & OTHERS_WRITE != 0
            // Of a user's own group there is mostly nobody else.
            || found.mode() & GROUP_WRITES != 0 && found.gid() != effective_user().1;
        if !is_own(&found) && !is_outside(&found) || is_shared && found.mode() & STICKY == 0 {
            return Err(others(around));
        }
    }
    own(&path)?;
    Ok(path)
}

/// Makes a folder in one that has been looked at, if it is not there. Nobody
/// else can enter it, so what is in it need not be looked at.
pub fn folder(path: &Path) -> Result<(), String> {
    let failed = |error| about(path, error);
    make(path).map_err(failed)?;
    let found = own(path)?;
    match found.mode() & 0o077 {
        0 => Ok(()),
        // Older versions left it open to readers.
        _ => fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(failed),
    }
}

/// What is known of a file or folder that nobody else can change. A symbolic
/// link is none. The error says why it is not.
pub fn own(path: &Path) -> Result<Metadata, String> {
    let found = fs::symlink_metadata(path).map_err(|error| about(path, error))?;
    let is_plain = found.is_dir() || found.is_file();
    match is_plain && is_own(&found) && found.mode() & (GROUP_WRITES | OTHERS_WRITE) == 0 {
        true => Ok(found),
        false => Err(others(path)),
    }
}

/// This user and root can be trusted.
fn is_own(found: &Metadata) -> bool {
    [effective_user().0, 0].contains(&found.uid())
}

/// Whether it belongs to a user whom this namespace does not know: in one that
/// `pkgraph compare` makes, that is root's, too.
fn is_outside(found: &Metadata) -> bool {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let nobody = read("/proc/sys/kernel/overflowuid").trim().parse().unwrap_or(65534);
    // The first namespace knows them all.
    let all = read("/proc/self/uid_map").split_whitespace().eq(["0", "0", "4294967295"]);
    found.uid() == nobody && !all
}

fn others(path: &Path) -> String {
    let path = path.display();
    format!(
        "{path} is not used: others can change it, or it is a link: it has to be yours, and \
         `chmod go-w` for nobody else to write (or set PKGRAPH_CACHE)"
    )
}

fn about(path: &Path, error: io::Error) -> String {
    format!("{}: {error}", path.display())
}
