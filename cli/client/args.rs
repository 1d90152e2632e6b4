//! The arguments of `pkgraph client`.

use super::error::ClientError;
use super::options::{ClientOptions, StreamOptions};
use super::server::Server;
use pkgraph_program::flags::duration;
use pkgraph_sfu::key as key_file;
use pkgraph_sfu::wire::{Key, StreamType, TypeMask};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Joins a switch's session: streams dummy media, and measures what comes
/// back.
#[derive(clap::Args, Clone, Debug)]
pub struct ClientArgs {
    /// The switch: HOST, `HOST:CONTROL-PORT` or `[IPv6]:CONTROL-PORT`.
    pub server: Server,
    /// The switch's UDP port for media.
    #[arg(long, value_name = "PORT", default_value_t = 5004)]
    pub media_port: u16,
    /// The switch's UDP port for control messages, if SERVER gives none.
    #[arg(long, value_name = "PORT", default_value_t = 5005)]
    pub control_port: u16,
    /// The local address, if it is not to be the routes' choice.
    #[arg(long, value_name = "IP")]
    pub bind: Option<IpAddr>,
    /// The streams to send: asq, vsq, vhq, or none.
    #[arg(long, value_name = "TYPES", value_parser = types, default_value = "asq,vsq,vhq")]
    pub streams: TypeMask,
    /// From one packet of a stream to the next.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "4ms")]
    pub interval: Duration,
    /// RTP payload of ASQ, VSQ and VHQ packets, or one for all, in octets.
    #[arg(long, value_name = "OCTETS", value_parser = payloads, default_value = "80,160,320")]
    pub payload: Payloads,
    /// What to receive from every other client: asq, vsq, vhq, or none.
    #[arg(long, value_name = "TYPES", value_parser = types, default_value = "asq,vsq,vhq")]
    pub want: TypeMask,
    /// Does not ask for the own packets, which tell their delay.
    #[arg(long)]
    pub no_echo: bool,
    /// The lease to ask for; the switch grants 5 s to 300 s. Without it, the
    /// switch chooses.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub lease: Option<Duration>,
    /// A file whose one line is the session's key: 0x and hexadecimal digits,
    /// or 16 to 64 octets.
    #[arg(long, value_name = "PATH", conflicts_with = "key")]
    pub key_file: Option<PathBuf>,
    /// The session's key itself, which every user of this machine can see.
    #[arg(long, value_name = "KEY", value_parser = key)]
    pub key: Option<Key>,
    /// How long to stream after the warm-up; without it, until SIGINT or
    /// SIGTERM.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub duration: Option<Duration>,
    /// How long to stream before rates and delays count for the last line.
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "0s")]
    pub warmup: Duration,
    /// Prints one JSON object a line; the last one has "final": true.
    #[arg(long)]
    pub json: bool,
    /// Prints the SSID alone on the first line.
    #[arg(long, conflicts_with = "json")]
    pub ssid: bool,
}

/// RTP payloads of ASQ, VSQ and VHQ, in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payloads(pub [usize; 3]);

fn key(text: &str) -> Result<Key, String> {
    Key::parse(text.as_bytes()).map_err(|bad| bad.to_string())
}

fn types(text: &str) -> Result<TypeMask, String> {
    if text == "none" {
        return Ok(TypeMask::NONE);
    }
    text.split(',').try_fold(TypeMask::NONE, |mask, name| {
        let is_named = |kind: &StreamType| kind.to_string().eq_ignore_ascii_case(name);
        let kind = StreamType::ALL.into_iter().find(is_named).ok_or_else(|| {
            format!(
                "'{name}' is no stream type: asq, vsq and vhq are, with commas between, or none"
            )
        })?;
        Ok(mask.with(kind))
    })
}

fn payloads(text: &str) -> Result<Payloads, String> {
    let bad = || format!("expected the octets of asq,vsq,vhq, such as 80,160,320, not '{text}'");
    let octets: Vec<usize> =
        text.split(',').map(str::parse).collect::<Result<_, _>>().map_err(|_| bad())?;
    match octets[..] {
        [all] => Ok(Payloads([all; 3])),
        [asq, vsq, vhq] => Ok(Payloads([asq, vsq, vhq])),
        _ => Err(bad()),
    }
}

impl ClientArgs {
    /// The options that these arguments mean, the host looked up.
    ///
    /// # Errors
    /// [`ClientError::Key`] if the key's file cannot be read or holds none,
    /// [`ClientError::Resolve`] if the host has no address.
    pub fn options(&self) -> Result<ClientOptions, ClientError> {
        let key = match &self.key_file {
            Some(path) => Some(key_file::read(path).map_err(ClientError::Key)?),
            None => self.key.clone(),
        };
        let (control, media) =
            self.server.resolve(self.control_port, self.media_port, self.bind)?;
        let Payloads(payloads) = self.payload;
        let stream = |kind: StreamType| StreamOptions { kind, payload: payloads[kind.index()] };
        // Whole seconds, and not 0, which would leave it to the switch.
        let lease = self.lease.map_or(0, |lease| lease.as_secs().clamp(1, u64::from(u32::MAX)));
        Ok(ClientOptions {
            local: self.bind,
            streams: self.streams.iter().map(stream).collect(),
            interval: self.interval,
            wants: self.want,
            echo: !self.no_echo,
            lease: lease as u32,
            key,
            ..ClientOptions::new(control, media)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{INTERVAL, PAYLOADS};
    use clap::Parser;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        args: ClientArgs,
    }

    fn parse(line: &str) -> Result<ClientArgs, String> {
        let words = std::iter::once("client").chain(line.split_whitespace());
        Program::try_parse_from(words).map(|program| program.args).map_err(|e| e.to_string())
    }

    #[test]
    fn the_defaults_are_the_papers() {
        let options = parse("127.0.0.1").unwrap().options().unwrap();
        let at = |text: &str| text.parse().unwrap();
        assert_eq!(options, ClientOptions::new(at("127.0.0.1:5005"), at("127.0.0.1:5004")));
        assert_eq!((options.interval, PAYLOADS), (INTERVAL, [80, 160, 320]));
    }

    #[test]
    fn everything_can_be_said() {
        let line = "[::1]:6005 --media-port 6004 --bind ::1 --streams VSQ --payload 100 \
                    --interval 2ms --want asq,vhq --no-echo --lease 60s --for 10s --warmup 2";
        let args = parse(line).unwrap();
        let options = args.options().unwrap();
        assert_eq!(options.control.to_string(), "[::1]:6005");
        assert_eq!(options.media.to_string(), "[::1]:6004");
        let stream = StreamOptions { kind: StreamType::Vsq, payload: 100 };
        assert_eq!(options.streams, [stream]);
        assert_eq!((options.interval, options.lease), (Duration::from_millis(2), 60));
        assert_eq!((options.wants.to_string(), options.echo), ("ASQ+VHQ".to_owned(), false));
        let both = (args.duration, args.warmup);
        assert_eq!(both, (Some(Duration::from_secs(10)), Duration::from_secs(2)));
        let nothing = parse("::1 --streams none --want none").unwrap().options().unwrap();
        assert_eq!((nothing.streams.len(), nothing.wants), (0, TypeMask::NONE));
    }

    #[test]
    fn a_key_is_given_or_read() {
        let path = std::env::temp_dir().join(format!("pkgraph-{}-client.key", std::process::id()));
        std::fs::write(&path, "sixteen-octets-!\n").unwrap();
        let line = format!("::1 --key-file {}", path.display());
        let read = parse(&line).unwrap().options().unwrap().key;
        let given = parse("::1 --key sixteen-octets-!").unwrap().options().unwrap().key;
        assert!(read.is_some() && read == given);
        std::fs::remove_file(path).unwrap();
        let why = parse(&line).unwrap().options().unwrap_err().to_string();
        assert!(why.contains("client.key: ") && why.contains("--key-file"), "{why}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, named) in [
            ("host --streams audio", "asq, vsq and vhq are"),
            ("host --payload 80,160", "80,160,320"),
            ("host --interval fast", "10ms"),
            ("host:0", "1 to 65535"),
            ("host --json --ssid", "cannot be used with"),
            ("host --key short", "16 to 64 octets, this one 5"),
            ("host --key sixteen-octets-!! --key-file f", "cannot be used with"),
        ] {
            let message = parse(line).unwrap_err();
            assert!(message.contains(named), "{message}");
        }
    }
}
