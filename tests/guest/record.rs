//! Traces of netmap's rings, recorded inside of the guest by this test program
//! itself, which goes there for it.

#[path = "../traces/player.rs"]
mod player;

use crate::parts;
use pkgraph::compare::guest::{Machine, run};
use pkgraph_runtime::netmap::{DriverChoice, Port, PortOptions};
use pkgraph_runtime::{Clock, Context, FromArg, Region};
use player::{Player, Step, normal, steps};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::env;
use std::fs;
use std::net::UdpSocket;
use std::path::Path;

/// Tells this program in the guest what to play: the name of a trace.
const PLAY: &str = "PKGRAPH_PLAY";
/// Names the trace that the test writes anew, from a new script.
const RECORD: &str = "PKGRAPH_GUEST_RECORD";
/// Packets kept at once.
const KEPT: usize = 6;

fn ports(trace: &str) -> &'static [&'static str] {
    match trace {
        "pipe" => &["vale1:p{1", "vale1:p}1"],
        "vale" => &["vale0:a", "vale0:b", "vale0:c"],
        "host" => &["eth0^"],
        _ => panic!("no trace is called {trace}"),
    }
}

/// Random steps, so that rings fill, run empty, and go round several times.
fn script(trace: &str, seed: u64) -> Vec<Step> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let count = ports(trace).len();
    let mut script = Vec::new();
    let mut kept = 0;
    for _ in 0..if trace == "host" { 200 } else { 600 } {
        let port = rng.random_range(0..count);
        let len = rng.random_range(60..200);
        let mut times = 1;
        let step = match rng.random_range(0..16) {
            0..=4 => {
                // The address of a port, one that no port has, or all.
                let to = *[0, 1, 2, 5, 8].get(rng.random_range(0..5)).expect("five");
                Step::Put { port, to, len }
            }
            5..=7 if kept < KEPT => {
                kept += 1;
                Step::Take { port }
            }
            5..=8 => {
                kept = kept.saturating_sub(1);
                Step::Drop
            }
            9..=11 => Step::Tx { port },
            12..=14 => Step::Rx { port },
            // A host ring is large: much at once, also more than it takes.
            _ if trace == "host" => {
                times = rng.random_range(1..90);
                Step::Host { len }
            }
            _ => Step::Rx { port },
        };
        if let Step::Put { .. } = step
            && trace == "host"
        {
            times = rng.random_range(1..20);
        }
        script.extend((0..times).map(|_| step));
        if trace == "host" && rng.random_range(0..8) == 0 {
            for _ in 0..rng.random_range(1..150) {
                script.extend([Step::Take { port }, Step::Drop]);
            }
        }
    }
    script
}

fn driver(name: &str) -> DriverChoice {
    DriverChoice::from_arg(name).expect("a driver")
}

fn play(trace: &str, driver: DriverChoice, script: impl Iterator<Item = Step>) -> String {
    let mut context = Context::new(Clock::manual(), Region::new(1, 2048));
    context.set_driver(driver);
    let options = PortOptions { slots: 8, bufs: 24, ..PortOptions::default() };
    let mut open = |name: &&str| Port::open(&mut context, name, &options).expect(name);
    // While the interface itself is not open, the host sends through it.
    let _interface = (trace == "host").then(|| open(&"eth0"));
    let ports: Vec<_> = ports(trace).iter().map(open).collect();
    let stack = (trace == "host").then(|| {
        let socket = UdpSocket::bind("10.9.9.1:9").expect("eth0 has this address");
        socket.connect("10.9.9.2:9").expect("there is a route");
        socket
    });
    let mut host = |frame: &[u8]| {
        // What is no header is payload.
        let _ = stack.as_ref().expect("a host").send(&frame[42..]);
    };
    let mut player = Player::new(ports, &mut host);
    if trace == "host" {
        player.await_host();
    }
    script.for_each(|step| player.play(step));
    player.finish()
}

/// Here, a script does all there is to do on the model; in the guest, this plays
/// one on netmap's module.
#[test]
fn a_script_is_played() {
    if let Ok(trace) = env::var(PLAY) {
        let script = fs::read_to_string("/script.txt").expect("a script");
        fs::write("/tmp/trace", play(&trace, driver("kernel"), steps(&script))).unwrap();
        return;
    }
    for trace in ["pipe", "vale"] {
        let text = play(trace, driver("sim"), script(trace, 1).into_iter());
        for part in [": Some(Full)", ": Empty", " octets", "\n  1 rx of 8: "] {
            assert!(text.contains(part), "{trace} has no '{part}'");
        }
    }
}

/// The module does again what it did when the traces were recorded.
#[test]
fn rings_go_through_the_states_on_record() {
    let Some(parts) = parts::find() else { return };
    for (trace, machine) in [
        ("host", Machine { cable: true, ..Machine::default() }),
        ("pipe", Machine::default()),
        ("vale", Machine::default()),
    ] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/traces/{trace}.txt"));
        let record = env::var(RECORD).is_ok_and(|name| name == trace);
        let on_record = if record { String::new() } else { fs::read_to_string(&file).unwrap() };
        let steps: Vec<Step> = match record {
            true => script(trace, 1),
            // What shows that the host is there comes of itself.
            false => steps(&on_record).skip(if trace == "host" { 2 } else { 0 }).collect(),
        };
        let steps: String = steps.iter().map(|step| step.text() + "\n").collect();
        let script = format!(
            "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6\n\
             test {trace} = host && ip link set eth1 up && ip addr add 10.9.9.1/24 dev eth0 \\\n\
             && ip link set eth0 up && arp -i eth0 -s 10.9.9.2 02:00:00:00:00:09\n\
             {PLAY}={trace} play --exact record::a_script_is_played > /tmp/log 2>&1 || cat /tmp/log\n\
             uname -r\n\
             cat /tmp/trace"
        );
        let program = env::current_exe().unwrap();
        let machine = Machine { programs: vec![("bin/play".into(), program)], ..machine };
        let files = [("script.txt", &*steps)];
        let printed = run(&parts, &machine, &files, &script);
        let (kernel, printed) = printed.split_once('\n').expect("a version and a trace");
        if record {
            let text = format!("# Recorded on Linux {kernel}, netmap 89607e14.\n{printed}");
            fs::write(&file, text).unwrap();
        } else {
            assert_eq!(normal(printed), normal(&on_record), "{trace}");
        }
    }
}
