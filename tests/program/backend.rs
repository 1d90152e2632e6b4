//! `--backend`: other elements in the place of devices.

use crate::process::{graph, output};

fn flat(name: &str, text: &str, backend: &str) -> String {
    let (code, out, err) = output(&["flatten", &graph(name, text), "--backend", backend]);
    assert_eq!(code, Some(0), "{err}");
    out
}

#[test]
fn devices_are_swapped_and_nothing_else() {
    let text = "\
in :: FromNetmap(none0, TAKE \"udp dst port 1 or udp dst port 2\", SLOTS 64)
    -> Print(\"x
y :: ToNetmap(lo);
z\") -> ToNetmap(none0, FULL drop);
FromNetmap(none0^) -> ToNetmap(none0^);
";
    let (from, print) = ("in/FromSocket", "Print@2 :: Print(\"x\ny :: ToNetmap(lo);\nz\");\n");
    let rest = "FromNetmap@4 :: Idle;\nToNetmap@5 :: Discard;\n\n";
    let ways = format!(
        "{from}@1 -> Print@2\n    -> ToNetmap@3;\n{from}@2 -> Print@2;\nFromNetmap@4 -> ToNetmap@5;\n"
    );
    for (backend, from, to) in [
        (
            "socket",
            format!("{from}@1 :: FromSocket(::, 1);\n{from}@2 :: FromSocket(::, 2);\n"),
            "ToSocket",
        ),
        (
            "socket-batch",
            format!(
                "{from}@1 :: FromSocket(::, 1, BATCH true);\n\
                 {from}@2 :: FromSocket(::, 2, BATCH true);\n"
            ),
            "ToSocket(BATCH true)",
        ),
    ] {
        let expected = format!("{from}{print}ToNetmap@3 :: {to};\n{rest}{ways}");
        assert_eq!(flat("swapped.click", text, backend), expected);
    }
    let from = "in :: FromPacket(none0, TAKE \"udp dst port 1 or udp dst port 2\");\n";
    let ways = "in -> Print@2\n    -> ToNetmap@3;\nFromNetmap@4 -> ToNetmap@5;\n";
    let expected = format!("{from}{print}ToNetmap@3 :: ToPacket(none0);\n{rest}{ways}");
    assert_eq!(flat("swapped.click", text, "packet"), expected);
}

#[test]
fn arguments_have_names_and_any_order() {
    let text =
        "in :: FromNetmap(TAKE \"udp dst port 1\", PORT none0) -> out :: ToNetmap(PORT none0)";
    let expected = "in :: FromPacket(none0, TAKE \"udp dst port 1\");\nout :: ToPacket(none0);\n\n\
                    in -> out;\n";
    assert_eq!(flat("by_name.click", text, "packet"), expected);
    let expected = "in :: FromSocket(::, 1);\nout :: ToSocket;\n\nin -> out;\n";
    assert_eq!(flat("by_name.click", text, "socket"), expected);
}

/// That a graph is refused at this place of its own text, and why. Tests run at the
/// same time, so each has a file of its own.
fn refused(name: &str, text: &str, backend: &[&str], place: &str, why: &str) {
    let file = graph(name, text);
    // Nothing is started, whatever the graph says.
    for command in [&["graph", "--format", "dot", &file][..], &["check", &file]] {
        let (code, _, err) = output(&[command, backend].concat());
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains(&format!("{name}:{place}\n")) && err.contains(why), "{err}");
    }
}

#[test]
fn what_is_wrong_is_shown_in_the_text_of_the_user() {
    let (socket, packet) = (["--backend", "socket"], ["--backend", "packet"]);
    let text = "in :: FromNetmap(none0) -> Discard;";
    refused("refused.click", text, &socket, "1:1", "it takes everything");
    refused("refused.click", text, &socket, "1:1", "TAKE \"udp dst port 5004\"");
    let text = "Idle ->\n  ToNetmap(vale0:a);";
    refused("refused.click", text, &packet, "2:12", "packet sockets open whole interfaces");
    let text = "FromNetmap(none0, GONE wait) -> Discard;";
    refused("refused.click", text, &packet, "1:19", "cannot wait");
    // What has to do with no device.
    let text = "in :: FromNetmap(none0, TAKE \"udp dst port 5004\");\n\nin -> Queue;";
    refused("refused.click", text, &socket, "3:7", "output 0 of `Queue@2` is not connected");
    // What is wrong at an element that was put there.
    let text = "elementclass In {\n  FromNetmap(none0, TAKE \"udp dst port 5004\")\n}\nIn";
    refused("refused.click", text, &socket, "2:3", "is not connected");
}

#[test]
fn keywords_are_those_of_the_element() {
    let text = "FromNetmap(none0, take \"udp dst port 5004\") -> Discard;";
    let why = "too many arguments for `FromNetmap`";
    for backend in [&[][..], &["--backend", "socket"], &["--backend", "packet"]] {
        refused("keywords.click", text, backend, "1:19", why);
    }
}
