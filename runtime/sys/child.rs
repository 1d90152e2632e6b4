//! Programs and threads in surroundings of their own: namespaces that vanish
//! with whoever is in them, and children that end with their parent.

use crate::result::check;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Gives the calling thread a network namespace of its own, and so all threads
/// and programs that it starts from now on. It has no name: it is gone when
/// the last of them is. Needs CAP_SYS_ADMIN.
pub fn enter_network_namespace() -> io::Result<()> {
    // SAFETY: the call takes a number only.
    check(unsafe { libc::unshare(libc::CLONE_NEWNET) }).map(drop)
}

/// Moves the calling thread into a network namespace that there is, such as one
/// of `/run/netns`. Needs CAP_SYS_ADMIN.
pub fn join_network_namespace(namespace: BorrowedFd) -> io::Result<()> {
    // SAFETY: the call takes numbers only.
    check(unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) }).map(drop)
}

/// Gives the process a user namespace in which it is root: with all
/// capabilities over namespaces made from now on, and no more rights than
/// before to anything else. Only for a process with one thread.
pub fn enter_user_namespace() -> io::Result<()> {
    let (uid, gid) = crate::effective_user();
    // A thread that has been joined may count for a moment still.
    let mut tries = 0;
    // SAFETY: the call takes numbers only.
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

/// Has the program run with this limit on locked memory, in octets, and without
/// the capability that goes past it.
pub fn limit_locked_memory(command: &mut Command, octets: u64) {
    // SAFETY: between fork and exec the closure makes two system calls, which
    // are safe there, and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            const CAP_IPC_LOCK: libc::c_ulong = 14;
            let limit = libc::rlimit { rlim_cur: octets, rlim_max: octets };
            check(libc::prctl(libc::PR_CAPBSET_DROP, CAP_IPC_LOCK, 0, 0, 0))?;
            check(libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const limit)).map(drop)
        });
    }
}

/// Asks a program to end.
pub fn terminate(id: u32) {
    // SAFETY: the call takes numbers only. One that has ended is what is wanted.
    unsafe { libc::kill(id as libc::pid_t, libc::SIGTERM) };
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
