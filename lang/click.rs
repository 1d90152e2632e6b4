//! Click's elements that graphs in the wild use and this library has not.

/// What to use instead of Click's element class `class`.
pub(crate) fn advice(class: &str) -> Option<&'static str> {
    INSTEAD.iter().find(|(name, _)| *name == class).map(|(_, advice)| *advice)
}

/// Whether Click has an element class `class`.
pub(crate) fn has(class: &str) -> bool {
    advice(class).is_some() || NAMES.lines().any(|name| name == class)
}

/// The names of Click's element classes, one a line.
const NAMES: &str = include_str!("click.txt");

/// Sorted by name.
const INSTEAD: &[(&str, &str)] = &[
    (
        "DriverManager",
        "the loop runs until it is interrupted, or until a handler or element stops it",
    ),
    ("FromDevice", "use `FromNetmap(DEVICE)` or, with the kernel's sockets, `FromSocket`"),
    ("FromHost", "use the host rings of a port: `FromNetmap(DEVICE^)`"),
    ("KernelTap", "use the host rings of a port: `FromNetmap(DEVICE^)` and `ToNetmap(DEVICE^)`"),
    ("KernelTun", "use the host rings of a port: `FromNetmap(DEVICE^)` and `ToNetmap(DEVICE^)`"),
    ("PollDevice", "use `FromNetmap(DEVICE)`, which polls while there are packets"),
    ("Script", "call handlers from outside while the graph runs"),
    ("Socket", "use `FromSocket` and `ToSocket`"),
    ("StaticThreadSched", "leave it out: a graph runs on one thread"),
    ("ToDevice", "use `ToNetmap(DEVICE)` or, with the kernel's sockets, `ToSocket`"),
    ("ToHost", "use the host rings of a port: `ToNetmap(DEVICE^)`"),
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
