//! Traffic: sources with a rate, and what a network does to packets.
//!
//! These elements know no header of a packet, and no element of another subject.

mod bandwidth;
mod burn;
mod delay;
mod delay_unqueue;
mod loss;
mod maker;
mod random_sample;
mod rated_source;
mod reorder;
mod seconds;
mod timed_source;
mod token_bucket;

pub use burn::Burn;
pub use delay::Delay;
pub use delay_unqueue::DelayUnqueue;
pub use loss::Loss;
pub use random_sample::RandomSample;
pub use rated_source::RatedSource;
pub use reorder::Reorder;
pub use timed_source::TimedSource;
