//! Elements that store packets, and the tasks that empty them.
//!
//! They know no header of a packet, and no element of another subject.

mod prio_sched;
mod queue;
mod round_robin_sched;
mod unqueue;

pub use prio_sched::PrioSched;
pub use queue::{Queue, ThreadSafeQueue};
pub use round_robin_sched::RoundRobinSched;
pub use unqueue::Unqueue;
