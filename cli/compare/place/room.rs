//! A thread that does what it is asked to: so that what it opens and starts is
//! in its namespace and on its CPUs, and ends with it.

use pkgraph_runtime::{CpuList, Latency, child};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

type Task = Box<dyn FnOnce() + Send>;

/// The thread. When this is dropped it ends, and with it programs that it has
/// started, and its namespace.
pub struct Room {
    tasks: Option<Sender<Task>>,
    thread: Option<JoinHandle<()>>,
    /// The thread's number, by which others find its namespace.
    pub id: i32,
}

impl Room {
    /// A room on these CPUs, or on all; with `is_apart` in a network namespace
    /// of its own. The error says why there is none.
    pub fn open(cpus: Option<CpuList>, is_apart: bool) -> Result<Room, String> {
        let (tasks, to_do) = channel::<Task>();
        let (opened, outcome) = channel();
        let enter = move || {
            if is_apart {
                child::enter_network_namespace()
                    .map_err(|error| format!("no network namespace: {error}"))?;
            }
            Latency { cpus, ..Latency::default() }.apply().map_err(|error| error.to_string())?;
            Ok::<_, String>(child::thread_id())
        };
        let run = move || {
            let entered = enter();
            let is_open = entered.is_ok();
            let _ = opened.send(entered);
            if is_open {
                to_do.into_iter().for_each(|task| task());
            }
        };
        let thread = std::thread::Builder::new()
            .name("room".into())
            .spawn(run)
            .map_err(|error| format!("no thread: {error}"))?;
        match outcome.recv() {
            Ok(Ok(id)) => Ok(Room { tasks: Some(tasks), thread: Some(thread), id }),
            Ok(Err(why)) => {
                // A process with other threads cannot enter a user namespace.
                let _ = thread.join();
                Err(why)
            }
            Err(_) => Err("a thread died".into()),
        }
    }

    /// Does it there, and returns what came of it.
    pub fn run<T: Send + 'static>(&self, task: impl FnOnce() -> T + Send + 'static) -> T {
        let (done, outcome) = channel();
        let task = move || _ = done.send(task());
        let tasks = self.tasks.as_ref().expect("a room that is not dropped");
        tasks.send(Box::new(task)).expect("the thread lasts as long as the room");
        outcome.recv().expect("the task does not panic")
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
