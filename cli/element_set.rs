//! Sets with elements of another crate.

use pkgraph_elements::{Builtin, ElementSet};
use pkgraph_runtime::ElementInfo;

/// Makes a set of the library's elements and those of the crate, for the
/// dynamic engine and `pkgraph::main`.
///
/// It stands in the root of the crate's library, where the elements are public
/// too: compiled graphs name them `::library::Class`. An element that is named
/// like one of the library takes its place.
///
/// ```ignore
/// mod shout;
/// pub use shout::Shout;
///
/// pkgraph::element_set! {
///     /// The elements of this program.
///     pub enum Elements { Shout }
/// }
/// ```
// The elements are in the crate that calls the macro.
#[allow(clippy::crate_in_macro_def)]
#[macro_export]
macro_rules! element_set {
    ($(#[$doc:meta])* pub enum $set:ident { $($class:ident),* $(,)? }) => {
        $(#[$doc])*
        #[allow(clippy::large_enum_variant, missing_docs)]
        pub enum $set {
            Builtin($crate::elements::Builtin),
            $($class(crate::$class),)*
        }

        // Compiled graphs use the very pkgraph that the elements were built with.
        #[doc(hidden)]
        pub use $crate as __pkgraph;

        impl $crate::elements::ElementSet for $set {
            const CATALOGUE: &'static [&'static $crate::elements::runtime::ElementInfo] = {
                const OWN: &[&$crate::elements::runtime::ElementInfo] =
                    &[$(&<crate::$class as $crate::elements::Declare>::INFO),*];
                const ALL: [&$crate::elements::runtime::ElementInfo; $crate::built_in_and(OWN.len())] =
                    $crate::with_built_in(OWN);
                &ALL
            };

            const HOME: Option<$crate::elements::Home> = Some($crate::elements::Home {
                package: env!("CARGO_PKG_NAME"),
                library: env!("CARGO_CRATE_NAME"),
                folder: env!("CARGO_MANIFEST_DIR"),
                set: stringify!($set),
            });

            fn create(
                class: &str,
                args: &$crate::elements::runtime::Args,
            ) -> Option<Result<Self, $crate::elements::runtime::ArgError>> {
                $(if class == <crate::$class as $crate::elements::Declare>::INFO.name {
                    let element = <crate::$class as $crate::elements::Declare>::configure(args);
                    return Some(element.map($set::$class));
                })*
                let element = <$crate::elements::Builtin as $crate::elements::ElementSet>::create(class, args)?;
                Some(element.map($set::Builtin))
            }
        }

        impl $crate::elements::Element for $set {
            fn init(&mut self, context: &mut $crate::elements::runtime::Context) -> Result<(), String> {
                $crate::element_set!(@one [$($class)*] self, e, $crate::elements::Element::init(e, context))
            }

            #[inline]
            fn simple_action(
                &mut self,
                packet: $crate::elements::runtime::Packet,
            ) -> Option<$crate::elements::runtime::Packet> {
                $crate::element_set!(@one [$($class)*] self, e,
                    $crate::elements::Element::simple_action(e, packet))
            }

            #[inline]
            fn push<E: $crate::elements::runtime::Edges>(
                &mut self,
                port: usize,
                packet: $crate::elements::runtime::Packet,
                edges: &mut E,
            ) {
                $crate::element_set!(@one [$($class)*] self, e,
                    $crate::elements::Element::push(e, port, packet, edges))
            }

            #[inline]
            fn pull<E: $crate::elements::runtime::Edges>(
                &mut self,
                port: usize,
                edges: &mut E,
            ) -> Option<$crate::elements::runtime::Packet> {
                $crate::element_set!(@one [$($class)*] self, e,
                    $crate::elements::Element::pull(e, port, edges))
            }

            #[inline]
            fn run<E: $crate::elements::runtime::Edges>(
                &mut self,
                edges: &mut E,
            ) -> $crate::elements::runtime::Progress {
                $crate::element_set!(@one [$($class)*] self, e, $crate::elements::Element::run(e, edges))
            }

            #[inline]
            fn flush<E: $crate::elements::runtime::Edges>(&mut self, edges: &mut E) {
                $crate::element_set!(@one [$($class)*] self, e, $crate::elements::Element::flush(e, edges))
            }

            #[inline]
            fn room(&self, port: usize, packets: usize) -> usize {
                $crate::element_set!(@one [$($class)*] self, e,
                    $crate::elements::Element::room(e, port, packets))
            }
        }

        impl $crate::elements::Handlers for $set {
            fn read_handler(&self, name: &str) -> Result<String, $crate::elements::runtime::HandlerError> {
                $crate::element_set!(@one [$($class)*] self, e,
                    $crate::elements::Handlers::read_handler(e, name))
            }

            fn write_handler(
                &mut self,
                name: &str,
                value: &str,
            ) -> Result<(), $crate::elements::runtime::HandlerError> {
                $crate::element_set!(@one [$($class)*] self, e,
                    $crate::elements::Handlers::write_handler(e, name, value))
            }
        }
    };
    // The same call for whichever element it is.
    (@one [$($class:ident)*] $self:expr, $element:ident, $call:expr) => {
        match $self {
            Self::Builtin($element) => $call,
            $(Self::$class($element) => $call,)*
        }
    };
}

/// The number of built-in classes and `own` more.
#[doc(hidden)]
pub const fn built_in_and(own: usize) -> usize {
    <Builtin as ElementSet>::CATALOGUE.len() + own
}

/// The built-in classes, and `own` behind them.
#[doc(hidden)]
pub const fn with_built_in<const N: usize>(
    own: &[&'static ElementInfo],
) -> [&'static ElementInfo; N] {
    let built_in = <Builtin as ElementSet>::CATALOGUE;
    let mut all = [built_in[0]; N];
    let mut i = 0;
    while i < N {
        all[i] = if i < built_in.len() { built_in[i] } else { own[i - built_in.len()] };
        i += 1;
    }
    all
}
