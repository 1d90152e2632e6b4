//! Sets of element classes, which the dynamic engine dispatches over.

use crate::{Element, Handlers};
use pkgraph_runtime::{Args, BoxError, Context, ElementInfo};

/// A closed set of element classes. Implemented by `#[derive(ElementSet)]` for
/// an enum with a variant for each class, named like the class; a variant
/// marked `#[set]` holds another set.
pub trait ElementSet: Element + Handlers + Sized {
    /// The declarations of the classes. Of two of one name the later holds.
    const CATALOGUE: &'static [&'static ElementInfo];

    /// The crate of the set's own elements; `None` for the built-in set.
    const HOME: Option<Home> = None;

    /// Declares and starts an element of class `class`; `None` when the set has
    /// no such class.
    fn start(class: &str, args: &Args, context: &mut Context) -> Option<Result<Self, BoxError>>;
}

/// The crate that a set's own elements are in. A compiled graph links it.
#[derive(Clone, Copy, Debug)]
pub struct Home {
    /// The package's name.
    pub package: &'static str,
    /// The name of its library, as Rust writes it.
    pub library: &'static str,
    /// The folder of its manifest.
    pub folder: &'static str,
    /// The name of the set in the library's root.
    pub set: &'static str,
}

/// The declarations in `inner`, and `own` behind them. `N` is the length of both.
#[doc(hidden)]
pub const fn joined<const N: usize>(
    inner: &[&'static ElementInfo],
    own: &[&'static ElementInfo],
) -> [&'static ElementInfo; N] {
    assert!(N == inner.len() + own.len());
    let mut all = [if inner.is_empty() { own[0] } else { inner[0] }; N];
    let mut i = 0;
    while i < N {
        all[i] = if i < inner.len() { inner[i] } else { own[i - inner.len()] };
        i += 1;
    }
    all
}
