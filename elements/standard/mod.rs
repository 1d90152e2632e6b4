//! Sources, sinks, counters, switches: elements of every graph.

mod classifier;
mod counter;
mod discard;
mod infinite_source;
mod null;
mod paint;
mod paint_switch;
mod pattern;
mod print;
mod record;
mod tee;

pub use classifier::Classifier;
pub use counter::Counter;
pub use discard::Discard;
pub use infinite_source::InfiniteSource;
pub use null::Null;
pub use paint::Paint;
pub use paint_switch::PaintSwitch;
pub use print::Print;
pub use record::Record;
pub use tee::Tee;
