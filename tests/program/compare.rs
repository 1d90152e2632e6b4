//! `pkgraph compare`, as root, as an ordinary user and on loopback: what it
//! finds, what it says, and that it leaves nothing behind.

use crate::process::{graph, output, pkgraph};
use pkgraph::compare::results::{Cell, Comparison, PlaceKind, Results, Verdict};
use pkgraph_runtime::netmap::{Compared, DRIVERS};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const NOBODY: u32 = 65_534;

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    status.lines().any(|line| line.starts_with("Uid:\t0\t"))
}

/// A folder that every user may enter and write to, with the program in it.
fn everybodys() -> &'static (tempfile::TempDir, PathBuf) {
    static FOLDER: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o777)).unwrap();
        let program = folder.path().join("pkgraph");
        std::fs::copy(env!("CARGO_BIN_EXE_pkgraph"), &program).unwrap();
        (folder, program)
    })
}

/// Runs a comparison to the end, and reads what it has written.
fn compared(command: &mut Command, name: &str) -> (Results, String) {
    let path = everybodys().0.path().join(name);
    let output = command.args(["--json", path.to_str().unwrap()]).output().unwrap();
    let text = |octets| String::from_utf8(octets).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(0), "{err}");
    let json = std::fs::read_to_string(&path).unwrap();
    (serde_json::from_str(&json).expect("what results.rs says"), out)
}

/// That every copy arrived, and that what a packet took is what it takes.
fn check(results: &Results) {
    let real = |cell: &&Cell| !results.variants[cell.variant].is_simulated;
    for cell in results.cells.iter().filter(real) {
        let name = &results.variants[cell.variant].name;
        let n = cell.clients as f64;
        assert_eq!(cell.repeats.len(), results.load.repeats);
        for repeat in &cell.repeats {
            assert!(repeat.packets_in > 0 && repeat.received > 0, "{name}: {repeat:?}");
            assert_eq!((repeat.received, repeat.lost), (repeat.expected, 0), "{name}");
            assert_eq!((repeat.reordered, repeat.duplicated), (0, 0), "{name}");
            assert_eq!(repeat.packets_out, repeat.packets_in * cell.clients as u64, "{name}");
            for delays in [&repeat.delay, &repeat.delay_with_kick, &repeat.echo] {
                assert!(delays.count > 0 && delays.min > 0.0 && delays.p50 >= delays.min);
                assert!(delays.max >= delays.p999 && delays.p999 >= delays.p50);
                let sum: u64 = delays.values.iter().map(|(_, count)| count).sum();
                assert_eq!(sum, delays.count);
            }
            assert!(repeat.delay_with_kick.p50 >= repeat.delay.p50, "{name}");
            assert!(repeat.cpu > 0.0 && repeat.cpu_of_machine > 0.0, "{name}");
        }
        // A few control messages are counted, too.
        let near = |value: f64, low: f64, high: f64| {
            assert!((0.95 * low..1.1 * high).contains(&value), "{name}: {:?}", cell.counts);
        };
        // One to the program, one for each sent, and one for each but the last.
        near(cell.counts.copies, 2.0 * n, 2.0 * n);
        near(cell.counts.octets_copied, 2.0 * n * 100.0, 2.0 * n * 400.0);
        if name == "sockets" {
            // Besides: a change of DSCP, a receive that finds nothing, a wait.
            near(cell.counts.kernel_crossings, 1.0 + n, 1.0 + n + 4.0);
        }
        // Nothing per packet; reading the counts allocates a little itself.
        assert!(cell.counts.allocations < 0.5, "{name}: {:?}", cell.counts);
    }
    for Comparison { variant, base, delay, .. } in &results.comparisons {
        assert!(!results.variants[*variant].is_simulated && *base == 0);
        assert!(delay.estimate.low <= delay.estimate.high);
        // Two repeats decide nothing.
        assert!(!matches!(delay.verdict, Verdict::Less | Verdict::More));
    }
    assert!(results.variants.iter().any(|variant| variant.is_simulated));
    let uncounted = results.warnings.iter().find(|text| text.contains("does not count"));
    assert_eq!(uncounted, None);
}

const SHORT: [&str; 8] =
    ["--rates", "300", "--duration", "300ms", "--warm-up", "100ms", "--repeats", "2"];

#[test]
fn an_ordinary_user_compares_what_is_to_be_had() {
    let (folder, program) = everybodys();
    let mut command = Command::new(program);
    command.arg("compare").args(SHORT).args(["--clients", "2,3"]);
    command.current_dir(folder.path()).env("TMPDIR", folder.path());
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let (results, out) = compared(&mut command, "user.json");
    assert_ne!(results.place.kind, PlaceKind::Namespaces);
    assert_eq!(results.models.len(), results.variants.len());
    let names: Vec<&str> = results.variants.iter().map(|v| &*v.name).collect();
    assert_eq!(&names[..2], ["sockets", "sockets BATCH"]);
    check(&results);
    // For a file there are no colours.
    assert!(out.contains("sockets BATCH") && !out.contains('\x1b'), "{out}");
}

#[test]
fn root_compares_in_namespaces() {
    if !is_root() {
        eprintln!("SKIPPED: a comparison in namespaces: it needs root");
        return;
    }
    let (results, out) = compared(
        pkgraph(&["compare", "--clients", "2"]).args(SHORT).args(["--seed", "7"]),
        "root.json",
    );
    if results.place.kind != PlaceKind::Namespaces {
        eprintln!("SKIPPED: a comparison in namespaces: {}", results.place.means);
        return;
    }
    assert_eq!(results.seed, 7);
    let has = |backend: &str| results.variants.iter().any(|v| v.backend == backend);
    assert!(has("socket") && has("packet") && has("sim"), "{out}");
    // Whatever is not here is said to be missing.
    let is_left_out = |title: &str| results.left_out.iter().any(|out| out.name == title);
    let mut seen = 0;
    for row in DRIVERS {
        let Some(compared) = &row.compared else {
            assert!(!has(row.name), "{out}");
            continue;
        };
        seen += 1;
        match compared {
            Compared::OnInterface { title, .. } => {
                assert!(has(row.name) != is_left_out(title), "{title}: {out}");
            }
            Compared::InMemory { title, .. } => {
                let of_it = results.variants.iter().find(|variant| variant.backend == row.name);
                assert!(of_it.is_some_and(|v| v.name == *title && v.is_simulated), "{out}");
            }
        }
    }
    assert!(seen > 2, "{out}");
    assert!(results.models.is_empty(), "one number of clients makes no line");
    check(&results);
}

/// A switch on sockets with something on the way of its media.
fn switch(name: &str, media: &str) -> String {
    let text = format!(
        "define($HOST 0.0.0.0, $MEDIA 5004, $CONTROL 5005)
         FromSocket($HOST, $MEDIA) {media} -> [media] sfu :: SsidReplicate;
         FromSocket($HOST, $CONTROL) -> [control] sfu; sfu -> ToSocket;"
    );
    graph(name, &text)
}

/// A comparison of these graphs on loopback, without a program `ip`.
fn on_loopback(graphs: &[&str]) -> Command {
    let mut command = pkgraph(&["compare", "--engine", "dynamic", "--clients", "2"]);
    command.args(graphs).args(["--rates", "150", "--warm-up", "50ms"]).env("PATH", "");
    command
}

#[test]
fn what_is_planted_is_found() {
    let plain = switch("compared_plain.click", "");
    let slow = switch("compared_slow.click", "-> Burn(1ms)");
    let lossy = switch("compared_lossy.click", "-> Loss(0.2, SEED 7)");
    let (results, out) = compared(
        on_loopback(&[&plain, &slow, &lossy]).args(["--duration", "300ms", "--repeats", "5"]),
        "planted.json",
    );
    assert_eq!(results.place.kind, PlaceKind::Loopback);
    assert!(results.place.means.contains("install iproute2"), "{}", results.place.means);
    let cell = |n: usize| results.cells.iter().find(|cell| cell.variant == n).unwrap();
    // The least of a run is what nothing else had a part in.
    let least = |n: usize| cell(n).repeats.iter().map(|r| r.delay.min).fold(f64::MAX, f64::min);
    let planted = least(1) - least(0);
    assert!((0.95e6..1.3e6).contains(&planted), "{planted} ns");
    let comparison = |n: usize| results.comparisons.iter().find(|c| c.variant == n).unwrap();
    assert!(comparison(1).delay.estimate.median > 2.0, "{out}");
    for repeat in cell(0).repeats.iter().chain(&cell(1).repeats) {
        assert_eq!(repeat.lost, 0);
    }
    let sum = |of: fn(&pkgraph::compare::results::Repeat) -> u64| {
        cell(2).repeats.iter().map(of).sum::<u64>()
    };
    let share = sum(|r| r.lost) as f64 / sum(|r| r.expected) as f64;
    assert!((0.1..0.3).contains(&share), "{share}");
    let warned = |start: &str| results.warnings.iter().any(|warning| warning.starts_with(start));
    let words: Vec<&str> = out.split_whitespace().collect();
    assert!(warned("compared_lossy: ") && words.join(" ").contains("copies were lost"), "{out}");
    // What casts doubt comes before the figures, and all of it fits a terminal.
    assert!(out.find("warning:") < out.find("2 clients"), "{out}");
    let widest = out.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{out}");
}

#[test]
fn a_graph_is_as_good_as_itself() {
    let plain = switch("compared_itself.click", "");
    let verdict = || {
        let (results, out) = compared(
            on_loopback(&[&plain, &plain]).args(["--duration", "100ms", "--repeats", "10"]),
            "itself.json",
        );
        assert_eq!(results.variants[1].name, "compared_itself (2)");
        assert!(results.comparisons[0].delay.estimate.confidence > 0.99);
        let is_none = results.comparisons[0].delay.verdict == Verdict::NoDifference;
        assert!(!is_none || out.contains("no difference"), "{out}");
        is_none
    };
    // Ten repeats are all on one side once in five hundred times.
    assert!(verdict() || verdict(), "it differs from itself");
}

/// Programs that `id` has started.
fn children(id: u32) -> Vec<u32> {
    let parent = |entry: &std::fs::DirEntry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    all.filter(|entry| parent(entry) == Some(id))
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// Whether a thread of the process `id` has this name.
fn has_thread(id: u32, name: &str) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{id}/task")).unwrap().flatten();
    let mut names = threads.map(|thread| std::fs::read_to_string(thread.path().join("comm")));
    names.any(|comm| comm.is_ok_and(|comm| comm.trim() == name))
}

/// Whether a process runs: one that has ended and that nobody has asked about
/// does not.
fn runs(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn soon(is_so: impl Fn() -> bool, what: &str) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Ends a comparison in the middle: the exit code, if it had one.
fn ended_by(signal: &str, folder: &Path) -> Option<i32> {
    let mut command = pkgraph(&["compare", "--clients", "2", "--rates", "150"]);
    command.args(["--duration", "600s", "--warm-up", "0s"]).env("TMPDIR", folder);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    assert!(lines.any(|line| line.contains("runs, about")));
    // Once there are clients, the switch is ready.
    soon(|| has_thread(child.id(), "pk-engine"), "no client is started");
    let switches = children(child.id());
    assert!(!switches.is_empty());
    let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    lines.for_each(drop);
    let code = child.wait().unwrap().code();
    for switch in switches {
        soon(|| !runs(switch), "the switch goes on");
    }
    code
}

#[test]
fn whatever_ends_it_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(ended_by("INT", folder.path()), Some(130));
    assert_eq!(ended_by("TERM", folder.path()), Some(143));
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
    // Nobody is there to clear away.
    assert_eq!(ended_by("KILL", folder.path()), None);
    assert!(!Path::new("/sys/class/net/sw0").exists());
}

/// A comparison of two graphs on loopback that has begun: it writes to `json`.
fn begun(graphs: &[&str], json: &Path) -> std::process::Child {
    let mut command = on_loopback(graphs);
    command.args(["--duration", "300ms", "--repeats", "3", "--seed", "7", "--json"]);
    command.arg(json).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn read(json: &Path) -> Results {
    serde_json::from_slice(&std::fs::read(json).unwrap()).expect("a whole file")
}

fn kill(signal: &str, id: u32) {
    // It may have ended already.
    let _ =
        Command::new("kill").args(["-s", signal, &id.to_string()]).stderr(Stdio::null()).status();
}

/// A text without its line breaks.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn went_on(json: &Path, graphs: &[&str]) -> (Option<i32>, String) {
    let mut command = pkgraph(&["compare", "--resume"]);
    let output = command.arg(json).args(graphs).env("PATH", "").output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_variant_that_fails_leaves_the_others() {
    let plain = switch("compared_left.click", "");
    let text = std::fs::read_to_string(&plain).unwrap();
    let small = text.replace("SsidReplicate", "SsidReplicate(CLIENTS_MAX 2)");
    let small = graph("compared_small.click", &small);
    let ends = format!("{text} InfiniteSource(LIMIT 1, STOP true) -> Discard;");
    let ends = graph("compared_ends.click", &ends);
    // Answers leave, media (RTP, version 2) does not.
    let silent = "sfu -> c :: Classifier(0/80, -); c[0] -> Discard; c[1] -> ToSocket";
    let silent = graph("compared_silent.click", &text.replace("sfu -> ToSocket", silent));
    let mut command = on_loopback(&[&plain, &small, &ends, &silent]);
    command.args(["--clients", "2,3", "--duration", "100ms", "--repeats", "2"]);
    let (results, out) = compared(&mut command, "left.json");
    assert!(results.partial.is_none(), "it is whole");
    let repeats = |name: &str, clients| {
        let of_it = |c: &&Cell| results.variants[c.variant].name == name && c.clients == clients;
        results.cells.iter().find(of_it).map_or(0, |cell| cell.repeats.len())
    };
    let all = ["compared_left", "compared_small"].map(|name| [repeats(name, 2), repeats(name, 3)]);
    assert_eq!(all, [[2, 2], [2, 0]], "{out}");
    let why = |name: &str| results.left_out.iter().find(|out| out.name == name).unwrap();
    let ends = why("compared_ends");
    assert!(ends.why.contains("ended early (exit status: 0)") && ends.from.is_none(), "{out}");
    let silent = why("compared_silent");
    assert!(silent.why.contains("it forwards nothing") && silent.from.is_none(), "{out}");
    let small = why("compared_small");
    assert!(small.why.contains("no room for another client"), "{out}");
    let from = small.from.map(|from| (from.clients, from.packets_per_second, from.round));
    assert_eq!(from, Some((3, 150.0, 1)));
    let words = words(&out);
    assert!(words.contains("with 3 clients at 150 packets/s, from round 1 of 2 on"), "{out}");
    assert!(
        results.warnings.iter().any(|warning| warning.starts_with("compared_small: it failed"))
    );
}

#[test]
fn a_switch_that_is_killed_costs_its_own_rounds() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("killed.json");
    let plain = switch("compared_lives.click", "");
    let killed = switch("compared_dies.click", "");
    let mut child = begun(&[&plain, &killed], &json);
    soon(|| json.exists(), "no round is written");
    // From now on every switch of the second graph.
    while child.try_wait().unwrap().is_none() {
        for id in children(child.id()) {
            let command = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            if String::from_utf8_lossy(&command).contains("compared_dies.click") {
                kill("KILL", id);
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let results = read(&json);
    let repeats: Vec<usize> = results.cells.iter().map(|cell| cell.repeats.len()).collect();
    let died = results.left_out.iter().find(|out| out.name == "compared_dies").unwrap();
    let round = died.from.unwrap().round;
    assert!((2..=3).contains(&round) && repeats[..2] == [3, round - 1], "{repeats:?}, {died:?}");
    assert!(died.why.contains("SIGKILL"), "{died:?}");
}

#[test]
fn what_is_cut_off_is_kept_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("cut.json");
    let graphs = [switch("compared_one.click", ""), switch("compared_other.click", "")];
    let graphs = [&*graphs[0], &*graphs[1]];
    let cut_off = |signal: &str| {
        let _ = std::fs::remove_file(&json);
        let child = begun(&graphs, &json);
        soon(|| json.exists(), "no round is written");
        kill(signal, child.id());
        let output = child.wait_with_output().unwrap();
        let results = read(&json);
        let partial = results.partial.as_ref().expect("it is partial");
        assert!((1..3).contains(&partial.rounds_done) && partial.rounds == 3, "{partial:?}");
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), results)
    };
    let (code, out, _) = cut_off("INT");
    assert_eq!(code, Some(130));
    let out = words(&out);
    assert!(out.contains("2 clients, 150 packets/s") && out.contains("of 3 rounds"), "{out}");
    let (code, _, before) = cut_off("KILL");
    assert_eq!(code, None);

    // What cannot go on says why, and stays as it is.
    let whole = std::fs::read(&json).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    let other = folder.path().join("other.json");
    let of_other_text = text.replace("[media] sfu", "[media]  sfu");
    for (text, graphs, part) in [
        (&text[..text.len() / 2], &[][..], "it is cut off in the middle"),
        ("", &[], "it is cut off in the middle"),
        ("no json", &[], "it is no file of `pkgraph compare --json`"),
        ("{\"schema\":1}", &[], "it is no file of `pkgraph compare --json`"),
        (&text.replace("\"schema\":1", "\"schema\":2"), &[], "it has schema 2"),
        (&text.replace("\"variant\":1", "\"variant\":9"), &[], "contradict each other"),
        (&text.replace("\"repeats\":3", "\"repeats\":0"), &[], "contradict each other"),
        (&text, &[graphs[1]], "it compares other graphs: "),
        (&of_other_text, &[], "compared_one is another graph now"),
    ] {
        std::fs::write(&other, text).unwrap();
        let (code, err) = went_on(&other, graphs);
        let is_of_file = err.starts_with(&format!("{}: ", other.display()));
        assert!(code == Some(1) && is_of_file && err.contains(part), "{part}: {err}");
        assert_eq!(std::fs::read_to_string(&other).unwrap(), text, "{part}");
    }

    let (code, err) = went_on(&json, &graphs);
    assert_eq!(code, Some(0), "{err}");
    let after = read(&json);
    assert!(after.partial.is_none() && after.seed == 7 && after.started == before.started);
    for (cell, old) in after.cells.iter().zip(&before.cells) {
        assert_eq!(cell.repeats.len(), 3);
        for (repeat, old) in cell.repeats.iter().zip(&old.repeats) {
            assert_eq!((repeat.turn, repeat.seconds), (old.turn, old.seconds), "it is kept");
        }
    }
    let real = after.cells.iter().filter(|cell| !after.variants[cell.variant].is_simulated);
    let mut turns: Vec<usize> = real.flat_map(|c| c.repeats.iter().map(|r| r.turn)).collect();
    turns.sort_unstable();
    assert_eq!(turns, [0, 1, 2, 3, 4, 5]);
    let (code, err) = went_on(&json, &[]);
    assert!(code == Some(1) && err.contains("it is whole"), "{err}");
}

#[test]
fn one_core_is_warned_of() {
    let plain = switch("compared_core.click", "");
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", "0", env!("CARGO_BIN_EXE_pkgraph"), "compare", &plain]);
    command.args(["--engine", "dynamic", "--clients", "2", "--rates", "150", "--repeats", "1"]);
    command.args(["--duration", "100ms", "--warm-up", "50ms"]);
    let (results, out) = compared(&mut command, "core.json");
    assert!(words(&out).contains("there is one core") && !results.cells.is_empty(), "{out}");
}

#[test]
fn what_cannot_be_compared_is_told_before_anything_runs() {
    let no_switch = graph("compared_no_switch.click", "FromSocket(127.0.0.1, 0) -> Discard;");
    let wrong = graph("compared_wrong.click", "FromSocket(127.0.0.1, 0) -> Discrad;");
    for (arguments, code, part) in [
        (&["compare", &no_switch][..], 1, "it is no switch"),
        (&["compare", &wrong], 2, "Discrad"),
        (&["compare", "missing.click"], 1, "no such file"),
        (&["compare", "--clients", "0"], 1, "1 to 60"),
        (&["compare", "--rates", "0"], 1, "1 to 30000"),
        (&["compare", "--repeats", "0"], 1, "1 to 1000"),
        (&["compare", "--duration", "1ms"], 1, "at least 100ms"),
        (&["compare", "--cpu", "9999"], 1, "--cpu: there is no CPU 9999"),
        (&["compare", "--json", "/no/such/folder/a.json"], 1, "/no/such/folder/a.json"),
    ] {
        let (found, out, err) = output(arguments);
        assert_eq!(found, Some(code), "{arguments:?}: {err}");
        assert!(err.contains(part) && out.is_empty(), "{arguments:?}: {err}");
    }
}
