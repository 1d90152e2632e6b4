//! Elements that store packets, and the tasks that empty them.

mod prio_sched;
mod queue;
mod round_robin_sched;
mod thread_safe_queue;
mod unqueue;

pub use prio_sched::PrioSched;
pub use queue::Queue;
pub use round_robin_sched::RoundRobinSched;
pub use thread_safe_queue::ThreadSafeQueue;
pub use unqueue::Unqueue;
