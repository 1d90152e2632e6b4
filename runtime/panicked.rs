//! Which element of a graph panicked.

use crate::NodeId;
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// The innermost element that a panic has left on this thread.
    static LEFT: Cell<Option<NodeId>> = const { Cell::new(None) };
}

/// An element of a graph panicked, or the loop around the elements did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panicked {
    /// The element, unless it was the loop.
    pub node: Option<NodeId>,
    /// What the panic said.
    pub message: String,
}

/// Calls an element of a graph. If the call panics, [`caught`] further out says that it was
/// the element `node` says. A call that returns does not ask `node`.
#[inline(always)]
pub fn within<T>(node: impl Fn() -> NodeId, call: impl FnOnce() -> T) -> T {
    let leaving = Leaving(node);
    let value = call();
    std::mem::forget(leaving);
    value
}

/// Is dropped only when a call does not return.
struct Leaving<N: Fn() -> NodeId>(N);

impl<N: Fn() -> NodeId> Drop for Leaving<N> {
    #[inline]
    fn drop(&mut self) {
        left((self.0)());
    }
}

/// Notes that a panic leaves an element. [`within`] calls it.
#[cold]
#[inline(never)]
pub fn left(node: NodeId) {
    LEFT.set(LEFT.get().or(Some(node)));
}

/// Calls a function that calls elements by [`within`], and says which one of them panicked.
pub fn caught<T>(call: impl FnOnce() -> T) -> Result<T, Panicked> {
    LEFT.set(None);
    // What `call` has borrowed is not used after a panic, but dropped.
    catch_unwind(AssertUnwindSafe(call))
        .map_err(|panic| Panicked { node: LEFT.take(), message: message(&*panic) })
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it gave no message").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_element_is_named() {
        let two = caught(|| within(|| 1, || within(|| 2, || panic!("number {}", 2))));
        assert_eq!(two, Err::<(), _>(Panicked { node: Some(2), message: "number 2".into() }));
        // What was left before is not taken for the culprit.
        let _ = catch_unwind(|| within(|| 3, || panic!("nobody looks")));
        let none = caught(|| panic!("in the loop"));
        assert_eq!(none, Err::<(), _>(Panicked { node: None, message: "in the loop".into() }));
        assert_eq!(caught(|| within(|| 4, || 5)), Ok(5));
    }
}
