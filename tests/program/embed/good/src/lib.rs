//! Elements for graphs of this crate and of others.

pub mod inner {
    use pkgraph::elements::{Declare, Element};
    use pkgraph::runtime::{ArgError, Args, Edges, FromArg, Packet, PortInfo, Ports};

    /// A letter.
    pub struct Letter(u8);

    impl FromArg for Letter {
        const TYPE: &'static str = "letter";

        fn from_arg(text: &str) -> Result<Letter, String> {
            match text.as_bytes() {
                [letter] if letter.is_ascii_alphabetic() => Ok(Letter(*letter)),
                _ => Err(format!("expected a letter, not '{text}'")),
            }
        }
    }

    /// Sends packets by turns, to as many outputs as it has letters.
    #[derive(Declare)]
    #[element(
        subject = "own",
        ports = "1/1-",
        processing = "h/h",
        ports_with = Deal::ports,
        read_handler(letters = Deal::letters, "All letters.")
    )]
    pub struct Deal {
        /// The letters.
        #[arg(rest)]
        letters: Vec<Letter>,
        next: usize,
    }

    impl Deal {
        fn ports(ports: Ports, args: &Args) -> Ports {
            Ports { outputs: PortInfo::exactly(ports.outputs, args.all("LETTERS").count()), ..ports }
        }

        fn letters(&self) -> String {
            self.letters.iter().map(|letter| letter.0 as char).collect()
        }
    }

    impl Element for Deal {
        fn push<E: Edges>(&mut self, _: usize, packet: Packet, edges: &mut E) {
            edges.push(self.next, packet);
            self.next = (self.next + 1) % self.letters.len();
        }
    }

    /// Takes the place of the library's element.
    #[derive(Declare)]
    #[element(subject = "own", ports = "1/1", processing = "a/a", validate = Counter::check)]
    pub struct Counter {
        /// Packets.
        #[handler]
        #[arg(keyword, default = "1000")]
        count: u64,
    }

    impl Counter {
        fn check(&mut self) -> Result<(), ArgError> {
            match self.count {
                13 => Err(ArgError::argument("COUNT", "an unlucky number")),
                _ => Ok(()),
            }
        }
    }

    impl Element for Counter {
        fn simple_action(&mut self, packet: Packet) -> Option<Packet> {
            assert_ne!(self.count, 7777, "too many packets");
            self.count += 1;
            Some(packet)
        }
    }
}

pub use inner::Deal;

// From within the crate, by other paths than from outside.
mod again {
    pub mod graph {
        use super::super::inner as things;

        pkgraph::graph!("graphs/main.click", crate::Deal, things::Counter);
    }
}

pub use again::graph::Compiled;
