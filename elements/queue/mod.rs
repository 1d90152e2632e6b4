//! Elements that store packets, and the tasks that empty them.

// The folder is the subject; the element that gave it its name lives in it.
#[allow(clippy::module_inception)]
mod queue;
mod unqueue;

pub use queue::Queue;
pub use unqueue::Unqueue;
