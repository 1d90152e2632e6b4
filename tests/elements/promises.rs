//! What `check_elements` finds, each in an element that breaks one promise.

use pkgraph::elements::{Declare, Element};
use pkgraph::runtime::{Edges, Packet, Progress};
use pkgraph::testing::check_elements;
use std::panic::catch_unwind;

/// An element of the crate with an example that ends.
macro_rules! passes_on {
    ($name:ident, [$($option:tt)*], { $($field:tt)* }, { $($method:tt)* }) => {
        /// Passes packets on.
        #[derive(Declare)]
        #[element(subject = "own", ports = "1/1", processing = "a/a", $($option)*)]
        pub struct $name { $($field)* }

        impl Element for $name { $($method)* }
    };
}

passes_on!(WrongDefault, [example = "InfiniteSource(LIMIT 1, STOP true) -> WrongDefault -> Discard"], {
    /// A number.
    #[handler]
    #[arg(keyword, default = "many")]
    number: u64,
}, {});

passes_on!(
    UndeclaredRun,
    [example = "InfiniteSource(LIMIT 1, STOP true) -> UndeclaredRun -> Discard"],
    {},
    {
        fn run<E: Edges>(&mut self, _: &mut E) -> Progress {
            Progress::Idle
        }
    }
);

passes_on!(
    UndeclaredFlush,
    [example = "InfiniteSource(LIMIT 1, STOP true) -> UndeclaredFlush -> Discard"],
    {},
    {
        fn flush<E: Edges>(&mut self, _: &mut E) {}
    }
);

passes_on!(
    MissingFlush,
    [flush, example = "InfiniteSource(LIMIT 1, STOP true) -> MissingFlush -> Discard"],
    {},
    {}
);

passes_on!(WrongExample, [example = "InfiniteSource -> WrongExample -> Discrd"], {}, {});

passes_on!(NotInExample, [example = "InfiniteSource(LIMIT 1, STOP true) -> Discard"], {}, {});

passes_on!(
    EndlessExample,
    [example = "InfiniteSource(LIMIT 1) -> EndlessExample -> Discard"],
    {},
    {}
);

passes_on!(
    WrongOutput,
    [
        example = "InfiniteSource(LIMIT 3, STOP true) -> c :: WrongOutput -> Discard",
        output = "c.count: 4"
    ],
    {
        /// Packets.
        #[handler]
        count: u64,
    },
    {
        fn simple_action(&mut self, packet: Packet) -> Option<Packet> {
            self.count += 1;
            Some(packet)
        }
    }
);

passes_on!(Counter, [example = "InfiniteSource(LIMIT 1, STOP true) -> Counter -> Discard"], {}, {});

pkgraph::element_set! {
    pub enum Wrong {
        WrongDefault,
        UndeclaredRun,
        UndeclaredFlush,
        MissingFlush,
        WrongExample,
        NotInExample,
        EndlessExample,
        WrongOutput,
        Counter,
    }
}

#[test]
fn each_broken_promise_is_told() {
    let panic = catch_unwind(check_elements::<Wrong>).expect_err("nothing is found");
    let told = panic.downcast_ref::<String>().unwrap();
    for (element, fault) in [
        ("WrongDefault", "the default of NUMBER: expected"),
        ("UndeclaredRun", "it has a `run` that nobody calls: declare `task`"),
        ("UndeclaredFlush", "it has a `flush` that nobody calls: declare `flush`"),
        ("MissingFlush", "it declares `flush` and has no `flush`"),
        ("WrongExample", "its example: there is no element class `Discrd`"),
        ("NotInExample", "its example: it does not have the element"),
        ("EndlessExample", "its example: it does not end within 5 s"),
        ("WrongOutput", "its example: c.count is 3, not 4"),
        ("Counter", "there is a built-in element of this name: choose another, or declare"),
    ] {
        let found = told.lines().any(|line| line.starts_with(&format!("{element}: {fault}")));
        assert!(found, "{element}: {fault}\n--- told{told}");
    }
    // A default that is none fails its example, too.
    assert_eq!(told.trim().lines().count(), 10, "{told}");
}

mod kept {
    pkgraph::element_set! { pub enum Kept { Panics } }
}

/// So a promise that is kept is not told, either.
#[test]
fn what_is_right_is_not_told() {
    check_elements::<kept::Kept>();
}
