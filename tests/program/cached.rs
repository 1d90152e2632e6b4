//! What is run from the cache: only what is whole, and what nobody else can have
//! put there.

use crate::toolchain::{Fake, dynamic};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

/// A user who is not this one.
const OTHER: u32 = 65534;

/// A cache with a program in it, which does nothing.
fn filled(name: &str) -> (Fake, PathBuf) {
    let fake = Fake::called(name, "good");
    runs_the_program(&fake);
    let cache = fake.folder.join("cache");
    let entries = fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().path());
    let programs: Vec<PathBuf> =
        entries.map(|path| path.join("programs")).filter(|path| path.exists()).collect();
    let [programs] = &programs[..] else { panic!("{programs:?}") };
    let program = fs::read_dir(programs).unwrap().next().unwrap().unwrap().path();
    (fake, program)
}

#[track_caller]
fn runs_the_program(fake: &Fake) {
    let output = fake.command().output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    // The dynamic engine would print a handler.
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "{err}");
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_damaged_program_is_made_anew() {
    let (fake, program) = filled("damage");
    let whole = fs::read(&program).unwrap();
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    for (n, damaged) in [&whole[..whole.len() / 2], &[], &changed].into_iter().enumerate() {
        fs::write(&program, damaged).unwrap();
        for _ in 0..2 {
            runs_the_program(&fake);
            assert_eq!(fake.builds(), n + 2);
        }
        assert!(fs::read(&program).unwrap() == whole);
    }
}

#[test]
fn new_folders_are_for_this_user_alone() {
    let (fake, program) = filled("modes");
    let cache = fake.folder.join("cache");
    let within = program.ancestors().take_while(|path| path.starts_with(&cache));
    for path in within.chain([&*cache.join("target")]) {
        let mode = fs::metadata(path).unwrap().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
}

#[test]
fn what_others_can_change_is_not_run() {
    let (fake, program) = filled("others");
    let refused = |path: &Path| {
        let line = dynamic(fake.command());
        let why = format!("{} is not used: others can change it", path.display());
        assert!(line.contains(&why), "{line}");
    };
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    // From the program to the folder around the cache.
    for path in program.ancestors().take_while(|path| path.starts_with(&fake.folder)) {
        let found = fs::metadata(path).unwrap();
        set_mode(path, 0o707);
        refused(path);
        if path != fake.folder {
            set_mode(path, 0o770);
            refused(path);
        }
        set_mode(path, found.mode() & 0o7777);
        if is_root {
            chown(path, Some(OTHER), None).unwrap();
            refused(path);
            chown(path, Some(0), None).unwrap();
        }
        runs_the_program(&fake);
    }
    assert_eq!(fake.builds(), 1);
}

#[test]
fn a_link_in_the_cache_is_not_followed_and_one_to_it_is() {
    let (fake, program) = filled("links");
    let cache = fake.folder.join("cache");
    for path in [&*program, program.parent().unwrap(), program.parent().unwrap().parent().unwrap()]
    {
        let aside = cache.join("aside");
        fs::rename(path, &aside).unwrap();
        symlink(&aside, path).unwrap();
        let line = dynamic(fake.command());
        assert!(line.contains(&format!("{} is not used", path.display())), "{line}");
        fs::remove_file(path).unwrap();
        fs::rename(&aside, path).unwrap();
    }
    // What compiles is not put where a link leads.
    let target = cache.join("target");
    fs::remove_dir_all(&target).unwrap();
    symlink("/", &target).unwrap();
    fs::remove_file(&program).unwrap();
    let line = dynamic(fake.command());
    assert!(line.contains(&format!("{} is not used", target.display())), "{line}");
    fs::remove_file(&target).unwrap();

    fs::rename(&cache, fake.folder.join("elsewhere")).unwrap();
    symlink("elsewhere", &cache).unwrap();
    runs_the_program(&fake);
    assert_eq!(fake.builds(), 2);
}
