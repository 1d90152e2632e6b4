//! An interface is asked for what it is, and set up.

use super::network::Network;
use pkgraph_runtime::sys::{Device, LinkNews, Offload, readable};
use std::os::fd::AsRawFd;
use std::time::Duration;

#[test]
fn an_interface_is_set_up_as_asked() {
    let Some(network) = Network::new(1) else { return };
    network.ip(0, "link add left type veth peer name right");
    network.inside(0, || {
        let [left, right] = ["left", "right"].map(|name| Device::find(name).unwrap());
        assert_eq!(left.driver().unwrap(), "veth");
        let mut news = LinkNews::open().unwrap();
        // Its peer is up first, so that it has a link from the start.
        for device in [&right, &left] {
            assert!(!device.is_up().unwrap() && !device.is_running().unwrap());
            device.set_up(true).unwrap();
            assert!(device.is_up().unwrap());
            loop {
                let limit = Some(Duration::from_secs(10));
                assert_eq!(readable([news.as_raw_fd()], limit), [true]);
                if news.receive().unwrap().any(|s| s.index == device.index && s.is_up) {
                    break;
                }
            }
        }
        assert!(left.is_running().unwrap());
        for offload in [Offload::Gro, Offload::Tso, Offload::TxChecksum] {
            for on in [false, true] {
                left.set_offload(offload, on).unwrap();
                assert_eq!(left.has_offload(offload).unwrap(), on, "{offload:?}");
            }
        }
        let is_promiscuous = || network.ip(0, "-d link show left").contains("promiscuity 1");
        let holder = left.make_promiscuous().unwrap();
        assert!(is_promiscuous());
        drop(holder);
        assert!(!is_promiscuous());
        left.set_up(false).unwrap();
        assert!(!left.is_up().unwrap());
    });
}
