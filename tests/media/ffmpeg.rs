//! FFmpeg to FFmpeg, and to GStreamer: a file sent in real time, and received
//! by a session description.

use crate::gdp::buffers;
use crate::gstreamer::start_receiver;
use crate::switch::{Switch, count, free_pair};
use crate::tool::{Tool, folder, turn};
use std::fs::{read, read_to_string, write};
use std::path::Path;

const SECONDS: usize = 3;
const VIDEO_RATE: usize = 25;
const FRAME_OCTETS: usize = 160 * 120 * 3 / 2;

/// The clients: one for each medium and way, as FFmpeg has a UDP port each.
const SPEAKER: u32 = 0x10;
const CAMERA: u32 = 0x20;
const LISTENER: u32 = 0x30;
const VIEWER: u32 = 0x40;

/// Runs FFmpeg to its end.
fn ffmpeg(arguments: &str, folder: &Path) {
    start_ffmpeg(arguments, folder).finish();
}

fn start_ffmpeg(arguments: &str, folder: &Path) -> Tool {
    Tool::start("ffmpeg", &format!("-nostdin -hide_banner -v verbose -y {arguments}"), folder)
}

/// Makes media.nut: noise as L16, and a test picture as VP8. What it holds is
/// in audio.sent, and decoded in video.sent.
fn make_media(folder: &Path) {
    ffmpeg(
        &format!(
            "-f lavfi -i anoisesrc=sample_rate=48000:seed=1:duration={SECONDS}
             -f lavfi -i testsrc=size=160x120:rate={VIDEO_RATE}:duration={SECONDS}
             -c:a pcm_s16be -ac 1 -c:v libvpx -deadline realtime -cpu-used 8 -g 1000 media.nut"
        ),
        folder,
    );
    ffmpeg("-i media.nut -map 0:a -c copy -f s16be audio.sent", folder);
    ffmpeg("-i media.nut -map 0:v -pix_fmt yuv420p -f rawvideo video.sent", folder);
    ffmpeg("-i media.nut -map 0:v -c copy -f framehash packets.sent", folder);
}

/// Sends media.nut, audio with the SSRC that its SSID makes, video with one
/// that the switch learns.
fn start_sender(switch: &Switch, folder: &Path) -> Tool {
    let [audio, video] = [free_pair(), free_pair()];
    switch.add_client(SPEAKER, audio, "");
    switch.add_client(CAMERA, video, "learn=97:vsq");
    let to = format!("rtp://127.0.0.1:{}?rtcpport={}&localrtpport=", switch.media, switch.control);
    let ssrc = SPEAKER | 1;
    start_ffmpeg(
        &format!(
            "-re -i media.nut
             -map 0:a -c copy -f rtp -rtpflags send_bye -payload_type 96 -ssrc {ssrc} {to}{audio}
             -map 0:v -c copy -f rtp -rtpflags send_bye -payload_type 97 {to}{video}"
        ),
        folder,
    )
}

/// A switch, and two free pairs of UDP ports of clients that receive audio and
/// video. They say where their copies come from, so that the reports which
/// FFmpeg sends before any media reach them.
fn receivers(folder: &Path) -> (Switch, [u16; 2]) {
    let switch = Switch::start(folder);
    let ports = [free_pair(), free_pair()];
    for (ssid, udp_port, wants) in [(LISTENER, ports[0], "asq"), (VIEWER, ports[1], "vsq")] {
        let own = format!("wants={wants} own=127.0.0.1:{}", switch.media);
        switch.add_client(ssid, udp_port, &own);
    }
    (switch, ports)
}

fn end(switch: Switch) {
    let counters = switch.end();
    assert_eq!(count(&counters, "media"), count(&counters, "copies"), "{counters}");
    // Audio's report before the media, and one with the BYE of each stream.
    // Video's first comes before its SSRC can be learned.
    assert!(count(&counters, "rtcp_copies") >= 3, "{counters}");
    for reason in ["malformed", "unknown_type", "unknown_source", "spoofed", "full", "no_room"] {
        assert_eq!(count(&counters, reason), 0, "{counters}");
    }
}

/// Length and hash of each packet that FFmpeg's framehash lists. Side data, of
/// which a receiver has some from sender reports, is left out.
fn hashes(file: &Path) -> Vec<String> {
    let text = read_to_string(file).unwrap();
    let packets = text.lines().filter(|line| !line.starts_with('#'));
    let fields = packets.map(|line| line.split(',').skip(4).take(2).collect::<Vec<_>>());
    fields.map(|fields| fields.concat()).collect()
}

/// Waits until a program has bound a UDP port.
fn wait_for_udp_port(udp_port: u16) {
    let address = format!(":{udp_port:04X} ");
    let is_bound = || {
        let table = read_to_string("/proc/net/udp").unwrap();
        // Fields of a line: number, local address, remote address.
        let mut locals = table.lines().filter_map(|line| line.split_once(": ").map(|(_, l)| l));
        locals.any(|line| line.get(8..).is_some_and(|line| line.starts_with(&address)))
    };
    assert!((0..100_000).any(|_| is_bound()), "nobody binds UDP port {udp_port}");
}

#[test]
fn ffmpeg_receives_what_ffmpeg_sends() {
    let Some(_turn) = turn(&["ffmpeg"]) else { return };
    let folder = folder("ffmpeg");
    make_media(&folder);
    let (switch, [audio, video]) = receivers(&folder);
    let description = format!(
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\n\
         m=audio {audio} RTP/AVP 96\na=rtpmap:96 L16/48000/1\n\
         m=video {video} RTP/AVP 97\na=rtpmap:97 VP8/90000\n"
    );
    write(folder.join("session.sdp"), description).unwrap();
    let receiver = start_ffmpeg(
        "-protocol_whitelist file,udp,rtp -i session.sdp -map 0:a -c copy -f s16be audio.got
         -map 0:v -c copy -f framehash packets.got",
        &folder,
    );
    for udp_port in [audio, audio + 1, video, video + 1] {
        wait_for_udp_port(udp_port);
    }
    start_sender(&switch, &folder).finish();
    // The BYEs end it, which are the last that the switch forwards.
    receiver.finish();
    let [sent, got] = ["audio.sent", "audio.got"].map(|name| read(folder.join(name)).unwrap());
    assert_eq!(sent.len(), SECONDS * 48_000 * 2);
    assert!(sent == got, "audio: {} of {} octets", got.len(), sent.len());
    let [sent, got] = ["packets.sent", "packets.got"].map(|name| hashes(&folder.join(name)));
    assert_eq!(sent.len(), SECONDS * VIDEO_RATE);
    assert_eq!(sent, got);
    end(switch);
}

#[test]
fn gstreamer_plays_what_ffmpeg_sends() {
    let Some(_turn) = turn(&["ffmpeg", "gst-launch-1.0"]) else { return };
    let folder = folder("ffmpeg_gstreamer");
    make_media(&folder);
    let (switch, ports) = receivers(&folder);
    let [packets, frames] = [SECONDS * 50, (SECONDS - 1) * VIDEO_RATE];
    let receiver = start_receiver(&switch, ports, [packets, frames], &folder);
    let sender = start_sender(&switch, &folder);
    receiver.finish();
    sender.finish();
    // FFmpeg sends the file's blocks of 2,048 octets of audio in two packets.
    for (media, octets) in [("audio", packets * 1024), ("video", frames * FRAME_OCTETS)] {
        let sent = read(folder.join(format!("{media}.sent"))).unwrap();
        let got = buffers(&folder.join(format!("{media}.got")));
        let got: Vec<u8> = got.into_iter().flat_map(|buffer| buffer.octets).collect();
        assert_eq!(got.len(), octets, "{media}");
        assert!(sent.starts_with(&got), "{media} is not played as it was sent");
    }
    end(switch);
}
