//! Dumps: what one graph writes another reads, and tcpdump reads too.

use crate::bench::{Bench, MS, real_time, refused, run};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("pkgraph-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const NAMES: [&str; 4] = ["t.pcap", "t.pcapng", "t.pcap.gz", "t.pcapng.gz"];

/// Writes three packets, 20 ms apart, to `file`; the octets of the packets.
fn write(file: &str, more: &str) -> Vec<String> {
    let mut bench = Bench::new(
        &format!(
            "RatedSource(abcdef, 50, 3) -> UDPIPEncap(10.0.0.1, 5004, 10.0.0.2, 5005)
             -> EtherEncap(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2) -> r :: Record
             -> d :: ToDump({file}{more}) -> Discard"
        ),
        16,
    );
    bench.settle();
    for _ in 0..2 {
        bench.advance(20 * MS);
    }
    assert_eq!((bench.read("d.count"), bench.read("d.filename")), ("3".into(), file.into()));
    bench.packets("r")
}

#[test]
fn dumps_come_back_with_their_times() {
    let folder = Folder::new("round-trip");
    for name in NAMES {
        let file = folder.file(name);
        let packets = write(&file, "");
        let text =
            format!("f :: FromDump({file}, TIMING true, STOP true) -> r :: Record -> Discard");
        for text in [text.clone(), text.replace("-> r", "-> PullNull -> r")] {
            let mut bench = Bench::new(&text, 16);
            // The dump's clock and this one need not agree.
            bench.advance(1000 * MS);
            assert_eq!(bench.read("r.count"), "1", "{name}");
            bench.advance(20 * MS - 1);
            assert_eq!(bench.read("r.count"), "1", "{name}");
            bench.advance(1);
            assert_eq!((bench.read("r.count"), bench.stopped()), ("2".into(), false), "{name}");
            bench.advance(20 * MS);
            assert_eq!((bench.packets("r"), bench.stopped()), (packets.clone(), true), "{name}");
            assert_eq!(
                (bench.read("f.encap"), bench.read("f.count")),
                ("ETHER".into(), "3".into())
            );
        }
        // A copy of the dump is the dump, but for the day.
        let copy = folder.file(&format!("copy-{name}"));
        run(&format!("FromDump({file}, STOP true) -> ToDump({copy})"));
        assert_eq!(std::fs::read(&copy).unwrap(), std::fs::read(&file).unwrap(), "{name}");
    }
}

#[test]
fn a_dump_keeps_its_time_on_the_real_clock() {
    let folder = Folder::new("real-time");
    let file = folder.file("t.pcap");
    write(&file, "");
    for pull in ["", "-> PullNull"] {
        let text = format!("FromDump({file}, TIMING true, STOP true) {pull} -> Discard");
        let took = real_time(&text);
        assert!(took >= Duration::from_millis(40), "{text}: {took:?}");
    }
}

#[test]
fn packets_are_cut_sampled_and_left_out() {
    let folder = Folder::new("cut");
    let file = folder.file("t.pcap");
    let packets = write(&file, ", 20, IP, NANO false");
    let bench = run(&format!("f :: FromDump({file}) -> r :: Record -> Discard"));
    let cut: Vec<&str> = packets.iter().map(|packet| &packet[..40]).collect();
    assert_eq!(bench.packets("r"), cut);
    assert_eq!((bench.read("f.encap"), bench.read("f.active")), ("IP".into(), "false".into()));
    assert!(!bench.stopped());

    run(&format!("InfiniteSource(x, 1000, STOP true) -> ToDump({file})"));
    let count = |args: &str| {
        let bench = run(&format!("f :: FromDump({file}{args}) -> Discard"));
        bench.read("f.count").parse::<usize>().unwrap()
    };
    assert_eq!(count(""), 1000);
    assert_eq!(count(", ACTIVE false"), 0);
    let sample = count(", SAMPLE 0.1, SEED 2");
    assert!((60..140).contains(&sample), "{sample}");
    assert_eq!(count(", SAMPLE 0.1, SEED 2"), sample);

    let encap = "UDPIPEncap(1.1.1.1, 1, 2.2.2.2, 2)";
    run(&format!(
        "InfiniteSource(LENGTH 1980, LIMIT 2, STOP true) -> {encap} -> ToDump({file}, 0)"
    ));
    let bench = run(&format!("f :: FromDump({file}) -> Discard"));
    assert_eq!((bench.read("f.count"), bench.read("f.drops")), ("0".into(), "2".into()));
}

#[test]
fn a_reader_waits_for_buffers() {
    let folder = Folder::new("buffers");
    let file = folder.file("t.pcap");
    write(&file, "");
    let text =
        format!("f :: FromDump({file}) -> q :: Queue -> u :: Unqueue(ACTIVE false) -> Discard");
    let mut bench = Bench::new(&text, 2);
    bench.settle();
    assert_eq!((bench.read("f.count"), bench.read("f.active")), ("2".into(), "true".into()));
    bench.write("u.active", "true").unwrap();
    bench.settle();
    assert_eq!((bench.read("u.count"), bench.read("f.active")), ("3".into(), "false".into()));
}

#[test]
fn a_dump_can_be_paused() {
    let folder = Folder::new("paused");
    let file = folder.file("t.pcap");
    write(&file, "");
    let mut bench = Bench::new(&format!("f :: FromDump({file}, TIMING true) -> Discard"), 16);
    bench.settle();
    bench.write("f.active", "false").unwrap();
    bench.advance(1000 * MS);
    assert_eq!(bench.read("f.count"), "1");
    bench.write("f.active", "true").unwrap();
    bench.settle();
    assert_eq!(bench.read("f.count"), "3");
    let mut bench = Bench::new(&format!("f :: FromDump({file}, TIMING true) -> Discard"), 16);
    bench.settle();
    bench.write("f.stop", "").unwrap();
    assert!(bench.stopped());
}

#[test]
fn a_dump_is_a_sink_a_tap_and_a_puller() {
    let folder = Folder::new("places");
    for (i, text) in [
        "InfiniteSource(x, 5) -> d :: ToDump(FILE)",
        "InfiniteSource(x, 5) -> d :: ToDump(FILE) -> c :: Counter -> Discard",
        "InfiniteSource(x, 5) -> Queue -> d :: ToDump(FILE)",
        "InfiniteSource(x, 5) -> Queue -> d :: ToDump(FILE) -> c :: Counter -> Discard",
    ]
    .iter()
    .enumerate()
    {
        let file = folder.file(&format!("{i}.pcap"));
        let bench = run(&text.replace("FILE", &file));
        assert_eq!(bench.read("d.count"), "5", "{text}");
        if text.contains("c ::") {
            assert_eq!(bench.read("c.count"), "5", "{text}");
        }
        drop(bench);
        assert_eq!(std::fs::metadata(&file).unwrap().len(), 24 + 5 * 17, "{text}");
    }
}

#[test]
fn unbuffered_dumps_are_in_the_file_at_once() {
    let folder = Folder::new("unbuffered");
    for (more, length) in [("", 0), (", UNBUFFERED true", 24 + 5 * 17)] {
        let file = folder.file("t.pcap");
        let _bench = run(&format!("InfiniteSource(x, 5) -> ToDump({file}{more})"));
        assert_eq!(std::fs::metadata(&file).unwrap().len(), length, "{more}");
    }
}

#[test]
fn what_cannot_be_opened_or_written_is_said() {
    let folder = Folder::new("errors");
    let start = |text: &str| {
        let plan = crate::bench::plan(text);
        use pkgraph::elements::{Builtin, Dynamic};
        use pkgraph::runtime::{Clock, Context, Region, Runner};
        let mut context = Context::new(Clock::manual(), Region::new(4, 256));
        let started = Runner::start(&plan, &mut context, Dynamic::<Builtin>::start);
        started.err().map(|error| error.to_string()).unwrap_or_default()
    };
    let missing = folder.file("missing/t.pcap");
    for text in [format!("FromDump({missing}) -> Discard"), format!("Idle -> ToDump({missing})")] {
        assert_eq!(start(&text), format!("{missing}: No such file or directory (os error 2)"));
    }
    let text = folder.file("text");
    std::fs::write(&text, "a text that is longer than the header of a dump").unwrap();
    let error = start(&format!("FromDump({text}) -> Discard"));
    assert_eq!(error, format!("{text}: it is neither a pcap nor a pcapng file"));
    let errors = refused("Idle -> ToDump(t.pcap.gz, UNBUFFERED true)");
    assert!(errors.contains("packet by packet"), "{errors}");
}

/// Nothing more is written when the device is full, which is said once; and
/// the graph goes on.
#[test]
fn a_full_device_ends_the_dump_and_not_the_graph() {
    let folder = Folder::new("full");
    let graph = folder.file("full.click");
    let text = "InfiniteSource(LENGTH 1500, LIMIT 1000, STOP true) -> d :: ToDump(/dev/full)
        -> c :: Counter -> Discard";
    std::fs::write(&graph, text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_pkgraph"))
        .args(["run", "--engine", "dynamic", &graph, "-h", "c.count", "-h", "d.count"])
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    let numbers: Vec<u32> = out.lines().filter_map(|line| line.parse().ok()).collect();
    assert!(output.status.success() && numbers[0] == 1000 && numbers[1] < 1000, "{out}{err}");
    assert_eq!(err.matches("nothing more is written").count(), 1, "{err}");
}

/// The lines that tcpdump prints of a dump; `None`, loudly, without tcpdump.
fn tcpdump(file: &str) -> Option<Vec<String>> {
    let output = Command::new("tcpdump").args(["-nn", "-vv", "-tt", "-r", file]).output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            eprintln!("\n*** NOT TESTED: tcpdump cannot be run ({error}); install it ***\n");
            return None;
        }
    };
    assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(|line| line.trim().to_string()).collect())
}

#[test]
fn tcpdump_reads_our_dumps() {
    let folder = Folder::new("tcpdump");
    for (name, more) in
        [("t.pcap", ""), ("t.pcap", ", NANO false"), ("t.pcapng", ""), ("t.pcapng", ", NANO false")]
    {
        let file = folder.file(name);
        write(&file, more);
        let Some(lines) = tcpdump(&file) else { return };
        assert_eq!(lines.len(), 6, "{name}{more}: {lines:#?}");
        for (i, pair) in lines.chunks(2).enumerate() {
            let time = format!("0.0{}0000", i * 2);
            assert!(pair[0].starts_with(&time), "{name}{more}: {pair:?}");
            assert!(pair[0].contains(&format!("ttl 250, id {i}, offset 0")), "{pair:?}");
            assert!(!pair[0].contains("bad cksum"), "{pair:?}");
            assert_eq!(pair[1], "10.0.0.1.5004 > 10.0.0.2.5005: [udp sum ok] UDP, length 6");
        }
    }
}

/// tcpdump writes what FromDump reads: its copy of a dump has the packets.
#[test]
fn we_read_what_tcpdump_writes() {
    let folder = Folder::new("from-tcpdump");
    let (file, copy) = (folder.file("t.pcapng"), folder.file("copy.pcap"));
    let packets = write(&file, "");
    if tcpdump(&file).is_none() {
        return;
    }
    let output = Command::new("tcpdump").args(["-r", &file, "-w", &copy]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let bench = run(&format!("FromDump({copy}) -> r :: Record -> Discard"));
    assert_eq!(bench.packets("r"), packets);
}
