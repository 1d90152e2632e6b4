//! GStreamer to GStreamer: `gst-launch-1.0` with rtpbin at both ends.

use crate::gdp::{Buffer, buffers};
use crate::switch::{Switch, count, free_pair};
use crate::tool::{Tool, folder, turn};
use std::path::Path;

/// Audio packets and video frames a second.
const AUDIO_RATE: usize = 100;
const VIDEO_RATE: usize = 25;
/// What delays video on its way to the switch, in ms. The reports undo it, so
/// it is less than the second that rtpbin lets a report be ahead of its media.
const VIDEO_DELAY: u64 = 700;

/// Reports every half second, so that a short test has some.
const OFTEN: &str = "rtpsession0::rtcp-min-interval=500000000
    rtpsession1::rtcp-min-interval=500000000";

const SENDER: u32 = 0x10;
const LISTENER: u32 = 0x20;
const VIEWER: u32 = 0x30;

/// What a sender streams: noise as L16, which RTP carries as it is, and a ball
/// as VP8 with no key frame but the first and those that are asked for. It
/// writes what it sends to files at once, the frames also as they decode.
struct Sender<'a> {
    seconds: usize,
    /// Whether its sender reports leave.
    has_reports: bool,
    /// Video's way to the network.
    video: &'a str,
}

impl Sender<'_> {
    /// Audio packets and video frames that it sends in all.
    fn all(&self) -> [usize; 2] {
        [AUDIO_RATE * self.seconds, VIDEO_RATE * self.seconds]
    }

    fn start(&self, switch: &Switch, udp_port: u16, folder: &Path) -> Tool {
        let [packets, frames] = self.all();
        let video = self.video;
        let to = switch.media;
        let reports = match self.has_reports {
            true => "b.send_rtcp_src_0 ! f. b.send_rtcp_src_1 ! f.",
            false => {
                "b.send_rtcp_src_0 ! fakesink sync=false async=false
                      b.send_rtcp_src_1 ! fakesink sync=false async=false"
            }
        };
        let pipeline = format!(
            "rtpbin name=b rtp-profile=avpf rtcp-sync-send-time=false {OFTEN}
             audiotestsrc is-live=true wave=white-noise num-buffers={packets} samplesperbuffer=480
             ! audio/x-raw,format=S16BE,rate=48000,channels=1 ! tee name=a
             a. ! queue ! gdppay ! filesink location=audio.sent buffer-mode=unbuffered
             a. ! queue ! rtpL16pay pt=96 min-ptime=10000000 max-ptime=10000000
             ! b.send_rtp_sink_0
             videotestsrc is-live=true pattern=ball num-buffers={frames}
             ! video/x-raw,format=I420,width=160,height=120,framerate={VIDEO_RATE}/1
             ! vp8enc deadline=1 keyframe-max-dist=100000 ! tee name=v
             v. ! queue ! gdppay ! filesink location=video.encoded buffer-mode=unbuffered
             v. ! queue ! vp8dec ! gdppay ! filesink location=video.sent buffer-mode=unbuffered
             v. ! queue ! rtpvp8pay pt=97 mtu=1200 ! b.send_rtp_sink_1
             funnel name=f ! udpsink host=127.0.0.1 port={to} bind-port={udp_port}
             sync=false async=false
             b.send_rtp_src_0 ! f. b.send_rtp_src_1 ! {video} f. {reports}
             udpsrc address=127.0.0.1 port={udp_port} caps=application/x-rtcp ! tee name=t
             t. ! queue ! b.recv_rtcp_sink_0 t. ! queue ! b.recv_rtcp_sink_1"
        );
        Tool::start("gst-launch-1.0", &pipeline, folder)
    }

    /// Ends `tool` when it has sent everything. It does not end by itself every time: on a
    /// busy machine rtpbin (1.22) sometimes keeps the end of the stream from its RTCP, and
    /// the pipeline waits for that.
    fn end(&self, tool: Tool, folder: &Path) {
        tool.end_when(|| {
            let written = |file: &str| buffers(&folder.join(file)).len();
            let [packets, frames] = self.all();
            written("audio.sent") == packets
                && ["video.encoded", "video.sent"].iter().all(|file| written(file) == frames)
        });
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
/// video.got, each with the time at which it plays, and ends.
pub fn start_receiver(
    switch: &Switch,
    [audio, video]: [u16; 2],
    [packets, frames]: [usize; 2],
    folder: &Path,
) -> Tool {
    // identity ends the stream in place of the buffer of this number.
    let (packets, frames) = (packets + 1, frames + 1);
    let sessions = session(0, audio, switch, AUDIO) + &session(1, video, switch, VIDEO);
    let pipeline = format!(
        "rtpbin name=b rtp-profile=avpf {sessions}
         b. ! rtpL16depay ! identity eos-after={packets} ! gdppay ! filesink location=audio.got
         b. ! rtpvp8depay ! vp8dec ! identity eos-after={frames} ! gdppay
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
    let sender = Sender { seconds, has_reports, video: &delay };
    let sending = sender.start(&switch, from, &folder);
    receiver.finish();
    sender.end(sending, &folder);

    let counters = switch.end();
    assert_eq!(count(&counters, "media"), count(&counters, "copies"), "{counters}");
    for reason in ["malformed", "unknown_type", "unknown_source", "spoofed", "full", "no_room"] {
        assert_eq!(count(&counters, reason), 0, "{counters}");
    }
    let delays = [("audio", AUDIO_RATE), ("video", VIDEO_RATE)].map(|(media, rate)| {
        let [sent, got] =
            ["sent", "got"].map(|what| buffers(&folder.join(format!("{media}.{what}"))));
        assert_eq!((sent.len(), got.len()), (rate * seconds, rate * (seconds - 1)), "{media}");
        let is_same = |(sent, got): (&Buffer, &Buffer)| sent.octets == got.octets;
        assert!(sent.iter().zip(&got).all(is_same), "{media} is not played as it was sent");
        // The last second, as nothing is in step before the first reports.
        let delays = sent.iter().zip(&got).map(|(sent, got)| got.time as f64 - sent.time as f64);
        delays.skip(got.len() - rate).sum::<f64>() / rate as f64 / 1e6
    });
    delays[1] - delays[0]
}

#[test]
fn media_is_played_as_sent_and_sender_reports_keep_it_in_step() {
    let Some(_turn) = turn(&["gst-launch-1.0"]) else { return };
    let skew = exchange("in_step", 4, true);
    assert!(skew.abs() < 20.0, "video plays {skew} ms after audio");
}

/// The same without reports: the delay of video shows, so it is the reports,
/// forwarded by the switch, that undo it.
#[test]
fn without_sender_reports_media_is_out_of_step() {
    let Some(_turn) = turn(&["gst-launch-1.0"]) else { return };
    let skew = exchange("out_of_step", 3, false);
    assert!(skew > 100.0, "video plays {skew} ms after audio");
}

#[test]
fn who_joins_late_gets_a_key_frame_by_asking() {
    let Some(_turn) = turn(&["gst-launch-1.0"]) else { return };
    const SECONDS: usize = 9;
    let folder = folder("late");
    let switch = Switch::start(&folder);
    let from = free_pair();
    switch.add_client(SENDER, from, "learn=96:asq,97:vsq");
    let sender = Sender { seconds: SECONDS, has_reports: true, video: "" };
    let sending = sender.start(&switch, from, &folder);
    // By PLI (RFC 4585 §6.3.1), then by FIR (RFC 5104 §4.3.1).
    let asks = [(LISTENER, "rtcp-fb-nack-pli"), (VIEWER, "rtcp-fb-ccm-fir")];
    let viewed = asks.map(|(ssid, feedback)| {
        let udp_port = free_pair();
        switch.add_client(ssid, udp_port, "wants=vsq");
        let pipeline = format!(
            "rtpbin name=b rtp-profile=avpf {OFTEN} {}
             b. ! rtpvp8depay request-keyframe=true wait-for-keyframe=true ! vp8dec
             ! identity eos-after=11 ! gdppay ! filesink location={feedback}",
            session(0, udp_port, &switch, &format!("{VIDEO},{feedback}=(boolean)true"))
        );
        // A second at least after the key frame before.
        let so_far = count(&switch.read("sfu.counters"), "media");
        switch.wait_for("media", so_far + (AUDIO_RATE + VIDEO_RATE) as u64);
        let joined = buffers(&folder.join("video.encoded")).len();
        start_playing(&pipeline, &folder).finish();
        (feedback, joined)
    });
    sender.end(sending, &folder);
    let counters = switch.end();
    let encoded = buffers(&folder.join("video.encoded"));
    let sent = buffers(&folder.join("video.sent"));
    assert_eq!((encoded.len(), sent.len()), (SECONDS * VIDEO_RATE, SECONDS * VIDEO_RATE));
    for (feedback, joined) in viewed {
        let got = buffers(&folder.join(feedback));
        assert_eq!(got.len(), 10);
        let is_same = |(sent, got): (&Buffer, &Buffer)| sent.octets == got.octets;
        let mut places = sent.windows(got.len());
        let first = places.position(|sent| sent.iter().zip(&got).all(is_same));
        let first = first.expect("frames are not played as they were sent");
        // The encoder makes no other for an hour.
        assert!(encoded[first].is_key, "{feedback}: frame {first} is no key frame");
        let soon = joined..=joined + 2 * VIDEO_RATE;
        assert!(soon.contains(&first), "{feedback}: {first} is not in {soon:?}");
    }
    let keys = encoded.iter().filter(|frame| frame.is_key).count();
    assert!((3..8).contains(&keys), "{keys} key frames");
    assert!(count(&counters, "rtcp_copies") >= 2, "{counters}");
}
