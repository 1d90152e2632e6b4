//! Sources, sinks, counters, switches: elements of every graph.
//!
//! They know no header of a packet, and no element of another subject.

mod counter;
mod discard;
mod driver_manager;
mod idle;
mod infinite_source;
mod moving_rate;
mod null;
mod paint;
mod paint_switch;
mod print;
mod pull_null;
mod push_null;
mod record;
mod round_robin_switch;
mod static_switch;
mod store_data;
mod strip;
mod strip_to_network_header;
mod switch;
mod tee;
mod unstrip;

pub use counter::Counter;
pub use discard::Discard;
pub use driver_manager::DriverManager;
pub use idle::Idle;
pub use infinite_source::InfiniteSource;
pub use null::Null;
pub use paint::Paint;
pub use paint_switch::PaintSwitch;
pub use print::Print;
pub use pull_null::PullNull;
pub use push_null::PushNull;
pub use record::Record;
pub use round_robin_switch::RoundRobinSwitch;
pub use static_switch::StaticSwitch;
pub use store_data::StoreData;
pub use strip::Strip;
pub use strip_to_network_header::StripToNetworkHeader;
pub use switch::Switch;
pub use tee::Tee;
pub use unstrip::Unstrip;
