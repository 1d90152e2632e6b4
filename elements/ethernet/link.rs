//! The two ends of an Ethernet link.

use super::EtherAddress;

/// Who a frame came from and to whom: what a frame in answer needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The address of the other station.
    pub peer: EtherAddress,
    /// The own address.
    pub own: EtherAddress,
    /// The IEEE 802.1Q tag (its TCI: priority and VLAN), if there is one.
    pub tag: Option<u16>,
}

/// `ETH_P_8021Q`.
pub const ETHERTYPE_VLAN: u16 = 0x8100;

impl Link {
    /// The link that `frame` came by; `None` when it is no whole header.
    #[inline]
    pub fn of(frame: &[u8]) -> Option<Link> {
        let (to, rest) = frame.split_first_chunk()?;
        let (from, rest) = rest.split_first_chunk()?;
        let (kind, rest) = rest.split_first_chunk()?;
        let tag = match u16::from_be_bytes(*kind) == ETHERTYPE_VLAN {
            true => Some(u16::from_be_bytes(*rest.first_chunk()?)),
            false => None,
        };
        Some(Link { peer: EtherAddress(*from), own: EtherAddress(*to), tag })
    }

    /// Octets of the header that [`write`](Link::write) writes.
    #[inline]
    pub fn header_len(&self) -> usize {
        if self.tag.is_some() { 18 } else { 14 }
    }

    /// Writes the header of a frame to the other station at the start of
    /// `frame`, which is long enough.
    #[inline]
    pub fn write(&self, frame: &mut [u8], ethertype: u16) {
        let stations = |header: &mut [u8]| {
            header[..6].copy_from_slice(&self.peer.0);
            header[6..12].copy_from_slice(&self.own.0);
        };
        match self.tag {
            None => {
                let header: &mut [u8; 14] = frame.first_chunk_mut().expect("as said above");
                stations(header);
                header[12..].copy_from_slice(&ethertype.to_be_bytes());
            }
            Some(tag) => {
                let header: &mut [u8; 18] = frame.first_chunk_mut().expect("as said above");
                stations(header);
                header[12..14].copy_from_slice(&ETHERTYPE_VLAN.to_be_bytes());
                header[14..16].copy_from_slice(&tag.to_be_bytes());
                header[16..].copy_from_slice(&ethertype.to_be_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_goes_back_the_way_it_came() {
        for tag in [None, Some(0xa007)] {
            let (peer, own) = (EtherAddress([2, 0, 0, 0, 0, 1]), EtherAddress([2, 0, 0, 0, 0, 2]));
            let link = Link { peer, own, tag };
            let mut frame = [0; 18];
            link.write(&mut frame, 0x0800);
            assert_eq!(Link::of(&frame), Some(Link { peer: own, own: peer, tag }));
            assert_eq!(frame[link.header_len() - 2..][..2], [8, 0]);
            assert_eq!(Link::of(&frame[..link.header_len() - 3]), None);
        }
    }
}
