//! The switch with tools that know nothing of it: GStreamer and FFmpeg send
//! and receive through it, tcpdump records it, and Wireshark reads the record.

mod capture;
mod ffmpeg;
mod gdp;
mod gstreamer;
#[path = "../program/process.rs"]
#[allow(dead_code, reason = "shared with the tests of the program, which use all of it")]
mod process;
mod switch;
mod tool;
mod wireshark;
