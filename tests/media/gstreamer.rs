//! GStreamer to GStreamer: `gst-launch-1.0` with rtpbin at both ends.

use crate::switch::{Switch, count, free_pair};
use crate::tool::{Tool, are_here, folder};
use std::fs::read;
use std::path::Path;

/// Audio packets and video frames a second, and what they hold.
const AUDIO_RATE: usize = 100;
const VIDEO_RATE: usize = 25;
const AUDIO_OCTETS: usize = 960;
const FRAME_OCTETS: usize = 160 * 120 * 3 / 2;
/// One way delay of video that the lip-sync has to undo, in ms.
const VIDEO_DELAY: u64 = 300;

const SENDER: u32 = 0x10;
const LISTENER: u32 = 0x20;
const VIEWER: u32 = 0x30;

/// What a sender streams: noise as L16, which RTP carries as it is, and a ball
/// as VP8 with no key frame but the first and those that are asked for. Next
/// to what is sent it writes the samples, and the frames as they decode.
struct Sender<'a> {
    seconds: usize,
    /// Whether its sender reports leave.
    has_reports: bool,
    /// Video's way to the network.
    video: &'a str,
}

impl Sender<'_> {
    fn start(&self, switch: &Switch, udp_port: u16, folder: &Path) -> Tool {
        let Sender { seconds, video, .. } = self;
        let (packets, frames) = (AUDIO_RATE * seconds, VIDEO_RATE * seconds);
        let to = switch.media;
        let reports = match self.has_reports {
            true => "b.send_rtcp_src_0 ! f. b.send_rtcp_src_1 ! f.",
            false => "b.send_rtcp_src_0 ! fakesink sync=false async=false
                      b.send_rtcp_src_1 ! fakesink sync=false async=false",
        };
        let pipeline = format!(
            "-v rtpbin name=b rtp-profile=avpf
             audiotestsrc is-live=true wave=white-noise num-buffers={packets} samplesperbuffer=480
             ! audio/x-raw,format=S16BE,rate=48000,channels=1 ! tee name=a
             a. ! queue ! filesink location=audio.sent
             a. ! queue ! rtpL16pay pt=96 min-ptime=10000000 max-ptime=10000000
             ! b.send_rtp_sink_0
             videotestsrc is-live=true pattern=ball num-buffers={frames}
             ! video/x-raw,format=I420,width=160,height=120,framerate={VIDEO_RATE}/1
             ! vp8enc deadline=1 keyframe-max-dist=100000 ! identity name=encoded silent=false
             ! tee name=v
             v. ! queue ! vp8dec ! filesink location=video.sent
             v. ! queue ! rtpvp8pay pt=97 mtu=1200 ! b.send_rtp_sink_1
             funnel name=f ! udpsink host=127.0.0.1 port={to} bind-port={udp_port}
             sync=false async=false
             b.send_rtp_src_0 ! f. b.send_rtp_src_1 ! {video} f. {reports}
             udpsrc address=127.0.0.1 port={udp_port} caps=application/x-rtcp ! tee name=t
             t. ! queue ! b.recv_rtcp_sink_0 t. ! queue ! b.recv_rtcp_sink_1"
        );
        Tool::start("gst-launch-1.0", &pipeline, folder)
    }
}

/// RTP and RTCP from one UDP port to session `session` of rtpbin `b`, and its
/// RTCP to the switch from the port above.
fn session(session: u8, udp_port: u16, switch: &Switch, caps: &str) -> String {
    let (above, control) = (udp_port + 1, switch.control);
    format!(
        "udpsrc address=127.0.0.1 port={udp_port} caps=application/x-rtp,{caps}
         ! tee name=t{session}
         t{session}. ! queue ! b.recv_rtp_sink_{session}
         t{session}. ! queue ! capssetter replace=true join=false caps=application/x-rtcp
         ! b.recv_rtcp_sink_{session}
         b.send_rtcp_src_{session} ! udpsink host=127.0.0.1 port={control} bind-port={above}
         sync=false async=false "
    )
}

const AUDIO: &str = "media=audio,clock-rate=48000,encoding-name=L16,channels=1,payload=96";
const VIDEO: &str = "media=video,clock-rate=90000,encoding-name=VP8,payload=97";

/// Plays `packets` of audio into audio.got and `frames` of video into
/// video.got, and ends. It says the time at which it plays each.
fn start_receiver(
    switch: &Switch,
    [audio, video]: [u16; 2],
    [packets, frames]: [usize; 2],
    folder: &Path,
) -> Tool {
    // identity ends the stream in place of the buffer of this number.
    let (packets, frames) = (packets + 1, frames + 1);
    let sessions = session(0, audio, switch, AUDIO) + &session(1, video, switch, VIDEO);
    let pipeline = format!(
        "-v rtpbin name=b rtp-profile=avpf {sessions}
         b. ! rtpL16depay ! identity name=audio silent=false eos-after={packets}
         ! filesink location=audio.got
         b. ! rtpvp8depay ! vp8dec ! identity name=video silent=false eos-after={frames}
         ! filesink location=video.got"
    );
    start_playing(&pipeline, folder)
}

/// Starts a pipeline and waits until it receives.
fn start_playing(pipeline: &str, folder: &Path) -> Tool {
    let mut tool = Tool::start("gst-launch-1.0", pipeline, folder);
    tool.wait_for(|line| line.starts_with("Setting pipeline to PLAYING"));
    tool
}

/// The buffers that came to the identity `name`: when they play, in ns, and
/// whether one can be decoded without those before.
fn buffers(said: &str, name: &str) -> Vec<(u64, bool)> {
    let at = format!("({name}:sink)");
    let lines = said.lines().filter(|line| line.contains("= chain ") && line.contains(&at));
    lines.map(|line| (play_time(line), !line.contains("delta-unit"))).collect()
}

/// `pts: H:MM:SS.nnnnnnnnn` in ns.
fn play_time(line: &str) -> u64 {
    let text = line.split_once("pts: ").unwrap().1.split_once(',').unwrap().0;
    let mut parts = text.split([':', '.']).map(|part| part.parse::<u64>().unwrap());
    let [hours, minutes, seconds, nanos] = [(); 4].map(|()| parts.next().unwrap());
    ((hours * 60 + minutes) * 60 + seconds) * 1_000_000_000 + nanos
}

/// Sends `seconds` of both media from one client to two, which are one
/// program, and checks that what is played is what was sent. By how much video
/// plays after the audio that was taken at the same time, in ms.
fn exchange(name: &str, seconds: usize, has_reports: bool) -> f64 {
    let folder = folder(name);
    let switch = Switch::start(&folder);
    let (from, to) = (free_pair(), [free_pair(), free_pair()]);
    switch.add_client(SENDER, from, "learn=96:asq,97:vsq");
    switch.add_client(LISTENER, to[0], "wants=asq");
    switch.add_client(VIEWER, to[1], "wants=vsq");
    // The last second is for the packet after the last that is played.
    let most = [AUDIO_RATE * (seconds - 1), VIDEO_RATE * (seconds - 1)];
    let receiver = start_receiver(&switch, to, most, &folder);
    let delay = format!(
        "queue max-size-time=0 max-size-buffers=0 max-size-bytes=0
         min-threshold-time={VIDEO_DELAY}000000 !"
    );
    let sender = Sender { seconds, has_reports, video: &delay }.start(&switch, from, &folder);
    let played = receiver.finish();
    sender.finish();

    let counters = switch.end();
    assert_eq!(count(&counters, "media"), count(&counters, "copies"), "{counters}");
    for reason in ["malformed", "unknown_type", "unknown_source", "spoofed", "full", "no_room"] {
        assert_eq!(count(&counters, reason), 0, "{counters}");
    }
    for (media, octets) in [("audio", most[0] * AUDIO_OCTETS), ("video", most[1] * FRAME_OCTETS)] {
        let [sent, got] = ["sent", "got"].map(|what| read(folder.join(format!("{media}.{what}"))).unwrap());
        assert_eq!(got.len(), octets, "{media}");
        assert!(sent.starts_with(&got), "{media} is not played as it was sent");
    }
    let last = |media: &str, rate: usize| {
        let buffers = buffers(&played, media);
        // The last second, as nothing is in step before the first reports.
        let ahead = |n: usize| buffers[n].0 as f64 / 1e6 - (n * 1000) as f64 / rate as f64;
        let times = (buffers.len() - rate..buffers.len()).map(ahead);
        times.sum::<f64>() / rate as f64
    };
    last("video", VIDEO_RATE) - last("audio", AUDIO_RATE)
}

#[test]
fn media_is_played_as_sent_and_sender_reports_keep_it_in_step() {
    if !are_here(&["gst-launch-1.0"]) {
        return;
    }
    let skew = exchange("in_step", 4, true);
    assert!(skew.abs() < 20.0, "video plays {skew} ms after audio");
}

/// The same without reports: the delay of video shows, so it is the reports,
/// forwarded by the switch, that undo it.
#[test]
fn without_sender_reports_media_is_out_of_step() {
    if !are_here(&["gst-launch-1.0"]) {
        return;
    }
    let skew = exchange("out_of_step", 3, false);
    assert!(skew > VIDEO_DELAY as f64 / 2.0, "video plays {skew} ms after audio");
}

#[test]
fn who_joins_late_gets_a_key_frame_by_asking() {
    if !are_here(&["gst-launch-1.0"]) {
        return;
    }
    let folder = folder("late");
    let switch = Switch::start(&folder);
    let from = free_pair();
    switch.add_client(SENDER, from, "learn=96:asq,97:vsq");
    let mut sender =
        Sender { seconds: 9, has_reports: true, video: "" }.start(&switch, from, &folder);
    let is_frame = |line: &str| line.contains("(encoded:sink)") && line.contains("= chain");
    // By PLI (RFC 4585 §6.3.1), then by FIR (RFC 5104 §4.3.1).
    let asks = [(LISTENER, "rtcp-fb-nack-pli"), (VIEWER, "rtcp-fb-ccm-fir")];
    let viewed = asks.map(|(ssid, feedback)| {
        let udp_port = free_pair();
        switch.add_client(ssid, udp_port, "wants=vsq");
        let pipeline = format!(
            "rtpbin name=b rtp-profile=avpf {}
             b. ! rtpvp8depay request-keyframe=true wait-for-keyframe=true ! vp8dec
             ! identity eos-after=11 ! filesink location={feedback}",
            session(0, udp_port, &switch, &format!("{VIDEO},{feedback}=(boolean)true"))
        );
        let viewer = start_playing(&pipeline, &folder);
        sender.catch_up();
        for _ in 0..VIDEO_RATE {
            // A second at least after the key frame before.
            sender.wait_for(is_frame);
        }
        let joined = buffers(&sender.said, "encoded").len() - VIDEO_RATE;
        viewer.finish();
        (feedback, joined)
    });
    let encoded = buffers(&sender.finish(), "encoded");
    let sent = read(folder.join("video.sent")).unwrap();
    for (feedback, joined) in viewed {
        let got = read(folder.join(feedback)).unwrap();
        assert_eq!(got.len(), 10 * FRAME_OCTETS);
        let mut starts = (0..sent.len()).step_by(FRAME_OCTETS);
        let first = starts.find(|at| sent[*at..].starts_with(&got)).expect("frames not as sent");
        let first = first / FRAME_OCTETS;
        assert!(encoded[first].1, "{feedback}: frame {first} is no key frame");
        // The encoder makes no other for an hour.
        let soon = joined..=joined + 2 * VIDEO_RATE;
        assert!(first > 0 && soon.contains(&first), "{feedback}: {first} is not in {soon:?}");
    }
    let keys = encoded.iter().filter(|(_, is_key)| *is_key).count();
    assert!((3..8).contains(&keys), "{keys} key frames");
    let counters = switch.end();
    assert!(count(&counters, "rtcp_copies") >= 2, "{counters}");
}
