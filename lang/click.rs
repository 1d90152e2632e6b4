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
    ("AddressInfo", "give addresses as variables: `define($NAME address)`"),
    ("Align", "leave it out: packets are read octet by octet here"),
    ("AverageCounter", "use `Counter`"),
    ("BalancedThreadSched", "leave it out: a graph runs on one thread"),
    ("CPUQueue", "use `Queue`"),
    ("ChatterSocket", "messages go to standard error"),
    ("ControlSocket", "handlers are called through the program's own control socket"),
    ("DynamicUDPIPEncap", "use `ToSocket`, where the kernel makes the headers"),
    ("FromDevice", "use `FromNetmap(DEVICE)` or, with the kernel's sockets, `FromPacket(DEVICE)`"),
    ("FromHost", "use the host rings of a port: `FromNetmap(DEVICE^)`"),
    ("FromUserDevice", "use `FromNetmap(DEVICE^)`"),
    ("FrontDropQueue", "use `Queue`, which drops the newest packet when it is full"),
    ("FullNoteQueue", "use `Queue`"),
    ("IPClassifier", "use `Classifier` with patterns of octets"),
    ("IPFilter", "use `Classifier` with patterns of octets"),
    ("KernelFilter", "use the `TAKE` argument of `FromNetmap`"),
    ("KernelTap", "use the host rings of a port: `FromNetmap(DEVICE^)` and `ToNetmap(DEVICE^)`"),
    ("KernelTun", "use the host rings of a port: `FromNetmap(DEVICE^)` and `ToNetmap(DEVICE^)`"),
    ("LinearIPLookup", "use `Classifier` with patterns of octets"),
    ("MSQueue", "use `Queue`"),
    ("Message", "use `Print` on packets, or read handlers after the run with `-h`"),
    ("MixedQueue", "use `Queue`"),
    ("NotifierQueue", "use `Queue`"),
    ("PollDevice", "use `FromNetmap(DEVICE)`, which polls while there are packets"),
    ("PullTee", "use `Unqueue -> Tee`"),
    ("PushTee", "use `Tee`"),
    ("Script", "call handlers from outside while the graph runs"),
    ("SimpleQueue", "use `Queue`"),
    ("Socket", "use `FromSocket` and `ToSocket`"),
    ("StaticThreadSched", "leave it out: a graph runs on one thread"),
    ("Suppressor", "use `PaintSwitch` or `Discard`"),
    ("ToDevice", "use `ToNetmap(DEVICE)` or, with the kernel's sockets, `ToPacket(DEVICE)`"),
    ("ToHost", "use the host rings of a port: `ToNetmap(DEVICE^)`"),
    ("ToHostSniffers", "use the host rings of a port: `ToNetmap(DEVICE^)`"),
    ("ToUserDevice", "use `ToNetmap(DEVICE^)`"),
    ("TokenQueue", "use `Queue`"),
    ("UDPSource", "use `FromSocket`"),
    ("Unqueue2", "use `Unqueue`"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(INSTEAD.is_sorted_by(|(a, _), (b, _)| a < b));
        assert!(NAMES.lines().is_sorted());
    }
}
