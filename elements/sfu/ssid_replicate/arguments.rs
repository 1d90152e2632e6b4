//! The arguments of `SsidReplicate`, and how it starts from them.

use super::super::copies::Copies;
use super::super::key;
use super::super::look_up::LookUp;
use super::super::own_addresses::OwnAddresses;
use super::super::table::{Config, NoRandomNumbers, Random, StaticClient, Table};
use super::super::wire::Key;
use super::{Sending, SsidReplicate};
use pkgraph::elements::{Arguments, Start};
use pkgraph::runtime::{ArgError, BoxError, Context, Nanos};
use std::path::Path;
use std::time::Duration;

/// The arguments of SsidReplicate.
#[derive(Arguments)]
#[arguments(validate = SsidReplicateArgs::check)]
pub struct SsidReplicateArgs {
    /// Static clients, one each.
    #[arg(rest, name = "CLIENT")]
    statics: Vec<StaticClient>,
    /// Clients at most, up to 65,536.
    #[arg(keyword, default = "1024")]
    clients_max: usize,
    /// Clients of one host, an IPv4 address or an IPv6 /64, at most.
    #[arg(keyword, default = "64")]
    clients_per_host: usize,
    /// Clients of one IPv6 /48, at most.
    #[arg(keyword, default = "256")]
    clients_per_network: usize,
    /// Control messages a second of one client, at most.
    #[arg(keyword, default = "256")]
    control_rate: u32,
    /// REGISTERs a second of one host, at most.
    #[arg(keyword, default = "64")]
    register_rate: u32,
    /// HELLOs a second in all, at most.
    #[arg(keyword, default = "10000")]
    hello_rate: u32,
    /// RTCP datagrams a second that are forwarded from one client, at most.
    #[arg(keyword, default = "64")]
    rtcp_rate: u32,
    /// The session's key, 16 to 64 octets: control messages have to be signed.
    #[arg(keyword)]
    key: Option<Key>,
    /// The path of a file whose one line is the key, so that it need not stand
    /// in a graph.
    #[arg(keyword)]
    key_file: Option<String>,
    /// The DSCP of ASQ copies, 0 to 63; everything else has 0.
    #[arg(keyword, default = "46")]
    dscp: u8,
    /// How long copies wait for a buffer before they are dropped.
    #[arg(keyword, default = "10ms")]
    hold: Duration,
    /// Whether UDP datagrams that are sent in frames have a checksum on IPv4;
    /// on IPv6 they always do.
    #[arg(keyword, default = "true")]
    checksum: bool,
    /// The switch's own addresses, ADDRESS:PORT separated by spaces, which no
    /// client can have. Those that a client writes to need not be given,
    /// unless a socket is bound to all addresses.
    #[arg(keyword, default = "")]
    own: OwnAddresses,
    /// For tests only: makes SSIDs, tokens and cookies follow from this
    /// number, and so known to whoever knows it.
    #[arg(keyword)]
    seed: Option<u64>,
}

impl SsidReplicateArgs {
    fn check(&mut self) -> Result<(), ArgError> {
        if !(1..=Config::CLIENTS_MAX).contains(&self.clients_max) {
            let message = format!("{} is out of range: 1 to 65536", self.clients_max);
            return Err(ArgError::argument("CLIENTS_MAX", message));
        }
        if self.dscp > 63 {
            let message = format!("{} is out of range: 0 to 63", self.dscp);
            return Err(ArgError::argument("DSCP", message));
        }
        if self.key.is_some() && self.key_file.is_some() {
            let message = "the key is given by KEY already: leave one of the two out";
            return Err(ArgError::argument("KEY_FILE", message));
        }
        // On a table of its own, so that a graph is checked without a start.
        let mut table = Table::new(self.config(None), Random::from_seed(0));
        for (n, client) in self.statics.iter().enumerate() {
            if let Err(why) = table.add_static(client, 0) {
                let name = Some(("CLIENT".to_string(), n));
                return Err(ArgError { name, message: why.to_string() });
            }
        }
        Ok(())
    }

    fn config(&self, key: Option<Key>) -> Config {
        Config {
            clients: self.clients_max,
            clients_per_host: self.clients_per_host,
            clients_per_network: self.clients_per_network,
            control_rate: self.control_rate,
            register_rate: self.register_rate,
            hello_rate: self.hello_rate,
            rtcp_rate: self.rtcp_rate,
            key,
            own: self.own.0.clone(),
        }
    }
}

impl Start for SsidReplicate {
    fn start(
        mut args: SsidReplicateArgs,
        context: &mut Context,
    ) -> Result<SsidReplicate, BoxError> {
        let random = match args.seed {
            Some(seed) => Random::from_seed(seed),
            None => Random::from_key(&context.secret().map_err(NoRandomNumbers)?),
        };
        let key = match &args.key_file {
            Some(path) => {
                Some(key::read(Path::new(path)).map_err(|why| format!("KEY_FILE {why}"))?)
            }
            None => args.key.take(),
        };
        let clock = context.clock();
        let mut table = Table::new(args.config(key), random);
        for client in &args.statics {
            table.add_static(client, clock.now()).map_err(|why| format!("CLIENT: {why}"))?;
        }
        let hold = Nanos::try_from(args.hold.as_nanos()).unwrap_or(Nanos::MAX / 2);
        Ok(SsidReplicate {
            table,
            copies: Copies::with_capacity(args.clients_max),
            delay: Box::default(),
            look_up: LookUp::new(context),
            sending: Sending { dscp: args.dscp, hold, checksum: args.checksum },
            clock,
            pool: context.pool(),
            octets: Vec::new(),
        })
    }
}
