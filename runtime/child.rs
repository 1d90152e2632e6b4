//! Programs and threads in surroundings of their own: namespaces that vanish
//! with whoever is in them, and children that end with their parent.

#![allow(unsafe_code)]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Gives the calling thread a network namespace of its own, and so all threads
/// and programs that it starts from now on. It has no name: it is gone when
/// the last of them is. Needs CAP_SYS_ADMIN.
pub fn enter_network_namespace() -> io::Result<()> {
    // SAFETY: numbers alone.
    check(unsafe { libc::unshare(libc::CLONE_NEWNET) })
}

/// Gives the process a user namespace in which it is root: with all
/// capabilities over namespaces made from now on, and no more rights than
/// before to anything else. Only for a process with one thread.
pub fn enter_user_namespace() -> io::Result<()> {
    let (uid, gid) = crate::effective_user();
    // A thread that has been joined may count for a moment still.
    let mut tries = 0;
    // SAFETY: numbers alone.
    while let Err(error) = check(unsafe { libc::unshare(libc::CLONE_NEWUSER) }) {
        tries += 1;
        if error.raw_os_error() != Some(libc::EINVAL) || tries == 100 {
            return Err(error);
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    // Groups are mapped only by those who cannot change them (user_namespaces(7)).
    std::fs::write("/proc/self/setgroups", "deny")?;
    std::fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    std::fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}

/// The number by which the kernel knows the calling thread.
pub fn thread_id() -> i32 {
    // SAFETY: the call has no arguments.
    unsafe { libc::gettid() }
}

/// Has the program end (SIGTERM) as soon as the thread that starts it has,
/// whatever ended that.
pub fn end_with_parent(command: &mut Command) {
    let parent = std::process::id();
    // SAFETY: between fork and exec the closure makes two system calls, which
    // are safe there, and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            check(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM))?;
            // It may have ended before the call.
            match libc::getppid() as u32 == parent {
                true => Ok(()),
                false => Err(io::Error::from_raw_os_error(libc::ESRCH)),
            }
        });
    }
}

/// Asks a program to end.
pub fn terminate(id: u32) {
    // SAFETY: numbers alone. One that has ended is what is wanted.
    unsafe { libc::kill(id as libc::pid_t, libc::SIGTERM) };
}

fn check(result: i32) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::process::Stdio;

    #[test]
    fn a_program_ends_with_the_thread_that_started_it() {
        let start = || {
            let mut command = Command::new("sleep");
            end_with_parent(command.arg("600").stdout(Stdio::piped()));
            command.spawn().unwrap()
        };
        let mut child = std::thread::spawn(start).join().unwrap();
        // Its end of the pipe closes.
        assert_eq!(child.stdout.take().unwrap().read(&mut [0]).unwrap(), 0);
        assert!(!child.wait().unwrap().success());
    }
}
