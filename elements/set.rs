//! The built-in set: the one list of the library's elements.

/// Makes a set of the built-in elements and those of the crate, for the
/// dynamic engine and `pkgraph::main`.
///
/// It stands in the root of the crate's library, where the elements are public
/// too: compiled graphs name them `::library::Class`. An element that is named
/// like a built-in one takes its place.
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
    ($(#[$attribute:meta])* pub enum $set:ident { $($class:ident),* $(,)? }) => {
        $crate::element_set! {
            #[set(home)]
            $(#[$attribute])*
            pub enum $set: $crate::Builtin { $($class),* }
        }
    };
    // Elements of this crate, and some more: one enum, so that a packet costs one
    // look at which element it has come to.
    (
        $(#[$attribute:meta])*
        pub enum $set:ident: [$($(#[$where:meta])* $held:ident,)*] { $($class:ident),* }
    ) => {
        // Which element it is stands in a number of its own: the number that the compiler
        // would put into an unused value of a field takes four more instructions to read.
        #[repr(u16)]
        #[allow(clippy::large_enum_variant, missing_docs)]
        #[derive($crate::DeriveElementSet)]
        $(#[$attribute])*
        pub enum $set {
            $($(#[$where])* $held($crate::$held),)*
            $($class(crate::$class),)*
        }
    };
    // All the elements of another set, and some more.
    ($(#[$attribute:meta])* pub enum $set:ident: $inner:ty { $($class:ident),* }) => {
        // The table of the switch is large and a graph has one of it: boxing it
        // would cost every packet an indirection to save a few octets.
        #[allow(clippy::large_enum_variant, missing_docs)]
        #[derive($crate::DeriveElementSet)]
        $(#[$attribute])*
        pub enum $set {
            #[set]
            Inner($inner),
            $($class(crate::$class),)*
        }
    };
}

element_set! {
    /// An element of pkgraph: those of the general library, and the switch.
    pub enum Builtin: [
        Burn,
        CheckIPHeader,
        Classifier,
        Counter,
        Delay,
        DelayUnqueue,
        Discard,
        DriverManager,
        EtherEncap,
        FromDump,
        #[cfg(feature = "device")]
        FromNetmap,
        #[cfg(feature = "device")]
        FromPacket,
        #[cfg(feature = "device")]
        FromSocket,
        Idle,
        InfiniteSource,
        Loss,
        MarkIPHeader,
        Null,
        Paint,
        PaintSwitch,
        Print,
        PrioSched,
        PullNull,
        PushNull,
        Queue,
        RandomSample,
        RatedSource,
        Record,
        Reorder,
        RoundRobinSched,
        RoundRobinSwitch,
        StaticSwitch,
        StoreData,
        Strip,
        StripToNetworkHeader,
        Switch,
        Tee,
        ThreadSafeQueue,
        TimedSource,
        ToDump,
        #[cfg(feature = "device")]
        ToNetmap,
        #[cfg(feature = "device")]
        ToPacket,
        #[cfg(feature = "device")]
        ToSocket,
        UDPIPEncap,
        Unqueue,
        Unstrip,
    ] { SsidReplicate }
}
