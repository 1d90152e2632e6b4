//! What `element_set!` needs besides the set itself.

/// Makes a set of the built-in elements and those of the crate, for the
/// dynamic engine and `pkgraph::main`. See [`pkgraph_elements::element_set!`].
#[macro_export]
macro_rules! element_set {
    ($($tokens:tt)*) => {
        $crate::elements::element_set! { $($tokens)* }

        // Compiled graphs use the very pkgraph that the elements were built with.
        #[doc(hidden)]
        pub use $crate as __pkgraph;
    };
}
