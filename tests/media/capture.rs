//! Recording what passes on loopback, with tcpdump.

use std::fs::write;
use std::io::{BufRead, BufReader, Read};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// What the last recorded datagram says.
const END: &[u8] = b"the end of the recording";

/// How long its end may take to be recorded.
const BOUND: Duration = Duration::from_secs(10);

/// tcpdump that records.
pub struct Capture {
    child: Child,
    records: Receiver<Vec<u8>>,
    said: BufReader<ChildStderr>,
    /// Sends itself the last datagram.
    end: UdpSocket,
}

impl Capture {
    /// Records all datagrams of these UDP ports.
    pub fn start(udp_ports: [u16; 2]) -> Capture {
        let end = UdpSocket::bind("127.0.0.1:0").unwrap();
        let ports = [udp_ports[0], udp_ports[1], end.local_addr().unwrap().port()];
        let filter = ports.map(|port| format!("udp port {port}")).join(" or ");
        let mut child = Command::new("tcpdump")
            // Room for 8,192 datagrams until they are read, in KiB and octets;
            // and it stays the user who started it.
            .args(["-i", "lo", "-U", "--immediate-mode", "-B", "16384", "-s", "2048", "-Z", "root"])
            .args(["-w", "-", &filter])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let records = read_all(child.stdout.take().unwrap());
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut text = String::new();
        while !text.contains("listening on lo") {
            assert!(said.read_line(&mut text).unwrap() > 0, "tcpdump cannot record: {text}");
        }
        Capture { child, records, said, end }
    }

    /// Ends it. The recording in a file of `folder`, without gaps.
    pub fn finish(mut self, folder: &Path) -> PathBuf {
        self.end.send_to(END, self.end.local_addr().unwrap()).unwrap();
        let mut recorded = Vec::new();
        let mut from = 0;
        while !recorded[from..].windows(END.len()).any(|octets| octets == END) {
            from = recorded.len().saturating_sub(END.len());
            let octets = self.records.recv_timeout(BOUND).expect("tcpdump missed the end");
            recorded.extend(octets);
        }
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", "INT", &id]).status().unwrap().success());
        let mut text = String::new();
        self.said.read_to_string(&mut text).unwrap();
        assert!(self.child.wait().unwrap().success(), "{text}");
        assert!(text.contains("\n0 packets dropped by kernel"), "{text}");
        let path = folder.join("session.pcap");
        write(&path, recorded).unwrap();
        path
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        // As of other programs that a test starts.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_all(mut from: ChildStdout) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut octets = vec![0; 1 << 16];
        while let Ok(read @ 1..) = from.read(&mut octets) {
            if sender.send(octets[..read].to_vec()).is_err() {
                return;
            }
        }
    });
    receiver
}
