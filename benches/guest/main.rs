//! The switch over netmap and over sockets, on one and the same interface of a
//! simulated machine (QEMU) that counts instructions: CPU of the process per
//! input packet, and the delay of a packet.
//!
//! `cargo bench --bench guest`, with the variables that `tests/guest` takes.

#[path = "../../tests/guest/guest.rs"]
mod guest;
#[path = "../../tests/guest/initramfs.rs"]
mod initramfs;
mod wire;

use guest::{Machine, Parts, run};
use pkgraph::elements::sfu::wire::StreamType;
use std::fmt::Write;
use std::path::Path;
use wire::Wire;

/// Copies of each input packet: the paper's clients, which get their own back.
const COPIES: [usize; 3] = [6, 8, 10];
/// Input packets that arrive together: one, and what a client sends at once.
const BURSTS: [usize; 2] = [1, 3];
/// Octets of media behind the RTP header, as the paper has them.
const PAYLOADS: [usize; 3] = [80, 160, 320];
/// Input packets before a measurement, and in it.
///
/// One of the first 256 is lost: netmap gives the e1000e a ring with one buffer too
/// few (`e1000e_netmap_init_buffers`, commit 89607e14).
const WARM_UP: usize = 300;
const MEASURED: usize = 300;

const NETMAP: &str = include_str!("../../graphs/sfu_netmap.click");
const SOCKET: &str = include_str!("../../graphs/sfu_socket.click");

/// The graph as it is shipped, with clients. A static one gets no echo, so there
/// is one more of them.
fn graph(text: &str, copies: usize) -> String {
    let mut clients = String::new();
    for n in 0..=copies {
        let mac: Vec<String> = wire::mac(n).iter().map(|octet| format!("{octet:x}")).collect();
        let _ = write!(
            clients,
            "{}CLIENT \"ssid={} media={}:{port} wants=asq,vsq,vhq own={}:{port} mac={}\"",
            if n == 0 { "" } else { ", " },
            wire::ssid(n).get(),
            wire::address(n),
            wire::SWITCH,
            mac.join(":"),
            port = wire::MEDIA_PORT,
        );
    }
    text.replace(":: SsidReplicate", &format!(":: SsidReplicate({clients})"))
}

/// $1 is the graph, the rest what it is given.
const MEASURE: &str = "
pkgraph run $* -h sfu.delay > /tmp/run 2>&1 & run=$!
# While nothing runs, the guest's time costs none.
until grep -q ready /tmp/run || ! kill -0 $run; do sleep 0.1; done
# Its driver may start the link anew.
until [ \"$(cat /sys/class/net/eth0/carrier)\" = 1 ]; do sleep 0.1; done
cpu() { cat /proc/$run/task/*/schedstat | while read ns rest; do echo cpu: $ns; done; }
echo ASK warm $1; read done
echo before:; cpu
echo ASK measure $1; read done
echo after:; cpu
kill -INT $run; wait $run; cat /tmp/run
";

fn script() -> String {
    let mut script = format!("ip addr add {}/24 dev eth0; ip link set eth0 up\n", wire::SWITCH);
    for n in 0..=*COPIES.iter().max().expect("not empty") {
        let mac: Vec<String> = wire::mac(n).iter().map(|octet| format!("{octet:02x}")).collect();
        let _ = writeln!(script, "arp -i eth0 -s {} {}", wire::address(n), mac.join(":"));
    }
    for burst in BURSTS {
        for copies in COPIES {
            for (name, arguments) in [("netmap", "--driver kernel"), ("socket", "HOST=10.0.0.1")] {
                let _ = writeln!(
                    script,
                    "echo CASE {name} {copies} {burst}; \
                     sh /measure.sh {name}{copies}.{burst}.click {arguments}"
                );
            }
        }
    }
    script
}

/// One case: what the process used per input packet, and the median delay of
/// one, both in instructions.
#[derive(Clone, Copy)]
struct Figures {
    cpu: f64,
    delay: f64,
}

fn figures(printed: &str, case: &str) -> Figures {
    let text = printed.split(&format!("CASE {case}\n")).nth(1);
    let text = text.and_then(|rest| rest.split("CASE ").next()).expect("the case ran");
    let (before, after) = text.split_once("after:").unwrap_or_else(|| panic!("{text}"));
    assert!(text.contains("compiled engine (built in)"), "{text}");
    let cpu = |text: &str| -> f64 {
        let lines = text.lines().filter_map(|line| line.strip_prefix("cpu: "));
        lines.map(|ns| ns.parse::<f64>().expect("a number")).sum()
    };
    let median = after.lines().find_map(|line| line.trim().strip_prefix("p50 "));
    let micros: f64 = median.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{text}"));
    Figures { cpu: (cpu(after) - cpu(before)) / MEASURED as f64, delay: micros * 1000.0 }
}

/// Plays the clients for one half of a case.
fn play(wire: &mut Wire, question: &str) {
    let (phase, file) = question.split_once(' ').expect("two words");
    let numbers = file.trim_start_matches(char::is_alphabetic);
    let mut numbers = numbers.split('.').map_while(|n| n.parse::<usize>().ok());
    let (copies, burst) = (numbers.next().expect("copies"), numbers.next().expect("burst"));
    let packets = if phase == "warm" { WARM_UP } else { MEASURED };
    for round in 0..packets / burst {
        let client = round % (copies + 1);
        let frame = |n: usize| {
            let kind = if burst == 1 { 1 } else { n % 3 };
            wire::media(
                client,
                StreamType::ALL[kind],
                PAYLOADS[kind],
                (round / (copies + 1)) as u16,
            )
        };
        let frames: Vec<Vec<u8>> = (0..burst).map(frame).collect();
        let came = wire.exchange(&frames, burst * copies);
        assert!(came || phase == "warm", "copies are missing: {question}");
    }
}

fn main() {
    let Some(parts) = Parts::find() else { return };
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guest-wire");
    let listener = Wire::listen(&path);
    let mut files = vec![("measure.sh".to_string(), MEASURE.to_string())];
    for copies in COPIES {
        for burst in BURSTS {
            files.push((format!("netmap{copies}.{burst}.click"), graph(NETMAP, copies)));
            files.push((format!("socket{copies}.{burst}.click"), graph(SOCKET, copies)));
        }
    }
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let machine = Machine { wire: Some(path), counts_instructions: true, ..Machine::default() };
    let mut wire = None;
    let printed = run(&parts, &machine, "bench", &files, &script(), |question| {
        play(wire.get_or_insert_with(|| Wire::accept(&listener)), question);
    });
    println!("instructions of a simulated machine (QEMU, one CPU, e1000e)");
    println!(
        "{:>6} {:>6} {:>12} {:>12} {:>6} {:>14} {:>14} {:>6}",
        "copies",
        "burst",
        "CPU sockets",
        "CPU netmap",
        "ratio",
        "delay sockets",
        "delay netmap",
        "ratio"
    );
    for burst in BURSTS {
        for copies in COPIES {
            let socket = figures(&printed, &format!("socket {copies} {burst}"));
            let netmap = figures(&printed, &format!("netmap {copies} {burst}"));
            println!(
                "{copies:>6} {burst:>6} {:>12.0} {:>12.0} {:>6.3} {:>14.0} {:>14.0} {:>6.3}",
                socket.cpu,
                netmap.cpu,
                netmap.cpu / socket.cpu,
                socket.delay,
                netmap.delay,
                netmap.delay / socket.delay
            );
        }
    }
}
