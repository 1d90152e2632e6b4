//! Click's elements that graphs in the wild use and this library has not.

/// What to use instead of Click's element class `class`.
pub(crate) fn advice(class: &str) -> Option<&'static str> {
    INSTEAD.iter().find(|(name, _)| *name == class).map(|(_, advice)| *advice)
}

/// Sorted by name.
const INSTEAD: &[(&str, &str)] = &[
    ("DriverManager", "the loop runs until it is interrupted; handlers stop it"),
    ("FromDevice", "use `FromNetmap` or `FromSocket`"),
    ("InfiniteSource", "use `FromNetmap` or `FromSocket`, or a source of this library"),
    ("PollDevice", "use `FromNetmap`, which polls"),
    ("RatedSource", "use `FromNetmap` or `FromSocket`, or a source of this library"),
    ("Script", "handlers can be called from outside while the graph runs"),
    ("Socket", "use `FromSocket` and `ToSocket`"),
    ("StaticThreadSched", "a graph runs on one thread"),
    ("ToDevice", "use `ToNetmap` or `ToSocket`"),
    ("UDPSource", "use `FromSocket`"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(INSTEAD.is_sorted_by(|(a, _), (b, _)| a < b));
    }
}
