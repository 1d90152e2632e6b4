//! `RandomSample`.

use pkgraph::elements::{Arguments, Declare, Element, Probability, Random, Start, pull_until};
use pkgraph::runtime::{ArgError, BoxError, Context, Edges, FromArg, Packet};

/// Lets packets pass with a probability.
///
/// P, SAMPLE or DROP says which: one of them has to be given. The other
/// packets leave by output 1 where that is connected, and are else dropped;
/// both are counted as drops.
///
/// With the same SEED the same packets pass in every run.
#[derive(Declare)]
#[element(
    subject = "traffic",
    ports = "1/1-2",
    processing = "a/ah",
    input_docs("Packets to choose from."),
    output_docs("The chosen packets.", "All other packets."),
    declared = RandomSampleArgs,
    example = "InfiniteSource(LIMIT 100, STOP true) -> s :: RandomSample(0.25);
s[0] -> Counter -> Discard;
s[1] -> Counter -> Discard",
    read_handler(sampling_prob = RandomSample::sampling, "The probability of passing."),
    write_handler(sampling_prob = RandomSample::set_sampling, "Sets the probability of passing."),
    read_handler(drop_prob = RandomSample::dropping, "The probability of not passing."),
    write_handler(drop_prob = RandomSample::set_dropping, "Sets the probability of not passing.")
)]
pub struct RandomSample {
    /// The probability of passing.
    sampling: Probability,
    /// Whether it chooses; otherwise all packets pass.
    #[handler(write)]
    active: bool,
    /// Packets that did not pass.
    #[handler(unit = "packets", grows)]
    drops: u64,
    random: Random,
}

/// The arguments of [`RandomSample`].
#[derive(Arguments)]
#[arguments(validate = RandomSampleArgs::check)]
pub struct RandomSampleArgs {
    /// The probability of passing.
    #[arg(position)]
    p: Option<Probability>,
    /// The same as P.
    #[arg(keyword)]
    sample: Option<Probability>,
    /// The probability of not passing.
    #[arg(keyword)]
    drop: Option<Probability>,
    /// Whether it chooses; otherwise all packets pass.
    #[arg(keyword, default = "true")]
    active: bool,
    /// Where its choices start; without it, at the element's number in the graph.
    #[arg(keyword)]
    seed: Option<u64>,
}

impl RandomSampleArgs {
    /// The probability of passing, by whichever argument says it.
    fn sampling(&self) -> Result<Probability, ArgError> {
        if self.sample.is_some() && self.drop.is_some() {
            return Err(ArgError::argument("DROP", "give SAMPLE or DROP, not both"));
        }
        let passing = self.drop.map(Probability::complement).or(self.sample).or(self.p);
        passing.ok_or_else(|| ArgError::element("give P, SAMPLE or DROP: a number from 0 to 1"))
    }

    fn check(&mut self) -> Result<(), ArgError> {
        self.sampling().map(drop)
    }
}

impl RandomSample {
    fn sampling(&self) -> Probability {
        self.sampling
    }

    fn dropping(&self) -> Probability {
        self.sampling.complement()
    }

    fn set_sampling(&mut self, value: &str) -> Result<(), String> {
        self.sampling = Probability::from_arg(value.trim())?;
        Ok(())
    }

    fn set_dropping(&mut self, value: &str) -> Result<(), String> {
        self.sampling = Probability::from_arg(value.trim())?.complement();
        Ok(())
    }

    #[inline]
    fn sort<E: Edges>(&mut self, packet: Packet, edges: &mut E) -> Option<Packet> {
        if !self.active || self.sampling.happens(&mut self.random) {
            return Some(packet);
        }
        self.drops += 1;
        if edges.outputs() > 1 {
            edges.push(1, packet);
        }
        None
    }
}

impl Start for RandomSample {
    fn start(args: RandomSampleArgs, context: &mut Context) -> Result<RandomSample, BoxError> {
        let sampling = args.sampling()?;
        let random = Random::of(args.seed, context);
        Ok(RandomSample { sampling, active: args.active, drops: 0, random })
    }
}

impl Element for RandomSample {
    #[inline]
    fn push<E: Edges>(&mut self, _: usize, packet: Packet, edges: &mut E) {
        if let Some(packet) = self.sort(packet, edges) {
            edges.push(0, packet);
        }
    }

    #[inline]
    fn pull<E: Edges>(&mut self, _: usize, edges: &mut E) -> Option<Packet> {
        pull_until(0, edges, |packet, edges| self.sort(packet, edges))
    }
}
