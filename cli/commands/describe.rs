//! An element's declaration in words, as the page and the reference say it.

use pkgraph_runtime::{
    Annotation, ArgInfo, ArgPlace, Args, ElementInfo, HandlerInfo, PortInfo, Processing,
};

/// How a graph writes the element: required arguments bare, others in
/// brackets.
pub fn usage(info: &ElementInfo) -> String {
    let mut parts: Vec<String> = Vec::new();
    for arg in info.args {
        match (arg.place, arg.required) {
            (ArgPlace::Positional, true) => parts.push(arg.name.to_string()),
            (ArgPlace::Positional, false) => parts.push(format!("[{}]", arg.name)),
            (ArgPlace::Rest, _) => parts.push(format!("[{}, ...]", arg.name)),
            (ArgPlace::Keyword, true) => parts.push(format!("{} value", arg.name)),
            (ArgPlace::Keyword, false) => {}
        }
    }
    if info.args.iter().any(|arg| arg.place == ArgPlace::Keyword && !arg.required) {
        parts.push("[KEYWORD value, ...]".into());
    }
    match parts.is_empty() {
        true => info.name.to_string(),
        false => format!("{}({})", info.name, parts.join(", ")),
    }
}

/// How an argument is given, and what holds without it.
pub fn how(arg: &ArgInfo) -> String {
    let place = match arg.place {
        ArgPlace::Positional => "",
        ArgPlace::Keyword => "by name, ",
        ArgPlace::Rest => "any number, ",
    };
    let otherwise = match (arg.required, arg.default) {
        (true, _) => "required".to_string(),
        (false, "") if arg.place == ArgPlace::Rest => return "any number".into(),
        (false, "") => "optional".to_string(),
        (false, default) => format!("default {default}"),
    };
    format!("{place}{otherwise}")
}

/// What the element needs of the machine, in a sentence.
pub fn needs(info: &ElementInfo) -> Option<&'static str> {
    match (info.sockets, info.outside) {
        (true, _) => Some("It opens sockets when it starts."),
        (_, true) => Some("It opens interfaces when it starts."),
        _ => None,
    }
}

/// A port, or all from one on that are alike.
pub struct Port {
    /// Its number, and its name if it has one.
    pub label: String,
    /// Push, pull or agnostic, and whether it may stay unconnected.
    pub kind: String,
    /// What it carries.
    pub doc: &'static str,
}

/// The inputs and the outputs of an element without arguments.
pub fn ports(info: &ElementInfo) -> [Vec<Port>; 2] {
    let ports = (info.ports)(&Args::default());
    [side(&ports.inputs), side(&ports.outputs)]
}

fn side(ports: &PortInfo) -> Vec<Port> {
    // From here on all are alike.
    let distinct = ports.names.len().max(ports.docs.len()).max(ports.processing.len());
    let listed = distinct.max(ports.min).min(ports.max);
    let port = |number: usize| {
        let more = number + 1 == listed && ports.max > listed;
        let label = match ports.names.get(number) {
            Some(name) => format!("{number} `{name}`"),
            None if more && ports.max == usize::MAX => format!("{number}, ..."),
            None if more => format!("{number} to {}", ports.max - 1),
            None => number.to_string(),
        };
        let processing = match ports.processing(number) {
            Processing::Push => "push",
            Processing::Pull => "pull",
            Processing::Agnostic => "push or pull",
        };
        let optional = match number >= ports.min || number >= ports.optional_from {
            true => ", optional",
            false => "",
        };
        let last = ports.docs.len().saturating_sub(1);
        let doc = ports.docs.get(number.min(last)).copied().unwrap_or_default();
        Port { label, kind: format!("{processing}{optional}"), doc }
    };
    (0..listed).map(port).collect()
}

/// Whether a handler can be read, written or both.
pub fn access(handler: &HandlerInfo) -> &'static str {
    match (handler.read, handler.write) {
        (true, true) => "read, write",
        (true, false) => "read",
        _ => "write",
    }
}

/// The names of annotations; `None` when there are none.
pub fn annotations(annotations: &[Annotation]) -> Option<String> {
    let names: Vec<String> = annotations.iter().map(Annotation::to_string).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Documentation for readers outside of rustdoc: links to items become what
/// `link` makes of the item's name.
pub fn plain(text: &str, link: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("[`") {
        let Some((name, after)) = behind.split_once("`]") else { break };
        out.push_str(before);
        out.push_str(&link(name));
        let target = after.strip_prefix('(').and_then(|after| after.split_once(')'));
        rest = target.map_or(after, |(_, after)| after);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_rustdoc_are_taken_out() {
        for (text, expected) in [
            ("as [`Strip`](crate::Strip) does", "as <Strip> does"),
            ("[`A`] and\n[`B`](b)", "<A> and\n<B>"),
            ("an array[`, `that` is none", "an array[`, `that` is none"),
        ] {
            assert_eq!(plain(text, |name| format!("<{name}>")), expected);
        }
    }
}
