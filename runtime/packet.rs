//! `Packet`: a small handle on a buffer of a [`Region`].

// A packet is a view of memory that a region has, kept valid by its count.
#![allow(unsafe_code)]

use crate::{Address, Annotations, BufIdx, Region};
use std::fmt;

/// A packet: octets in a buffer, and annotations on it.
///
/// 16 octets: region, buffer index, offset and length. Dropping it returns
/// the buffer. Offset and length belong to the handle, so stripping a header
/// from one of several shared packets leaves the others as they are; octets
/// and annotations belong to the buffer, so writing them copies a shared
/// packet first.
pub struct Packet {
    region: &'static Region,
    /// Buffer index, offset and length in 32, 16 and 16 bits, the lowest first:
    /// a packet of two words is passed and returned in registers.
    place: u64,
}

const _: () = assert!(size_of::<Packet>() == 16 && size_of::<Option<Packet>>() == 16);

/// A write to a shared packet found no free buffer to copy it into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolEmpty;

impl Packet {
    #[inline]
    pub(crate) fn new(region: &'static Region, index: u32, offset: u16, len: u16) -> Packet {
        let mut packet = Packet { region, place: u64::from(index) };
        packet.set(offset, len);
        packet
    }

    #[inline]
    fn index(&self) -> u32 {
        self.place as u32
    }

    #[inline]
    fn offset(&self) -> u16 {
        (self.place >> 32) as u16
    }

    #[inline]
    fn set(&mut self, offset: u16, len: u16) {
        let index = u64::from(self.index());
        self.place = index | u64::from(offset) << 32 | u64::from(len) << 48;
    }

    /// Moves the start of the data: `n` octets back, none of which leave the
    /// buffer, or forward, none of which pass the end.
    #[inline]
    fn grow_front(&mut self, n: usize) {
        self.place = self.place.wrapping_add((n as u64) << 48).wrapping_sub((n as u64) << 32);
    }

    #[inline]
    fn shrink_front(&mut self, n: usize) {
        self.place = self.place.wrapping_sub((n as u64) << 48).wrapping_add((n as u64) << 32);
    }

    /// Makes a packet of a buffer that was in a ring slot: `len` octets from
    /// `offset` octets into the buffer. It has no annotations.
    ///
    /// `None` when offset and length leave the buffer: the slot was corrupt,
    /// and the buffer goes to the free list.
    #[inline]
    pub(crate) fn from_slot(
        region: &'static Region,
        buffer: BufIdx,
        offset: u16,
        len: u16,
    ) -> Option<Packet> {
        if usize::from(offset) + usize::from(len) > region.buffer_size() {
            region.free_from_slot(buffer);
            return None;
        }
        let index = buffer.into_slot();
        region.claim(index);
        Some(Packet::new(region, index, offset, len))
    }

    /// Gives the buffer up to a ring slot: index, offset into the buffer, and
    /// length. A shared packet comes back: its buffer is not this holder's to
    /// give.
    #[inline]
    pub(crate) fn into_slot(self) -> Result<(BufIdx, u16, u16), Packet> {
        if self.is_shared() {
            return Err(self);
        }
        let parts = (BufIdx::from_slot(self.index()), self.offset(), self.len() as u16);
        std::mem::forget(self);
        Ok(parts)
    }

    /// The octets.
    #[inline]
    pub fn data(&self) -> &[u8] {
        // SAFETY: offset + len lies within the buffer (kept by every method
        // that changes them); the region's memory is initialised; while `self`
        // is borrowed nobody writes, since writing takes `&mut` of the only
        // packet of this buffer.
        unsafe {
            let start = self.region.buffer(self.index()).add(usize::from(self.offset()));
            std::slice::from_raw_parts(start.as_ptr(), self.len())
        }
    }

    /// The octets, for writing. A shared packet is copied first.
    #[inline]
    pub fn data_mut(&mut self) -> Result<&mut [u8], PoolEmpty> {
        self.unshare()?;
        Ok(self.octets_mut())
    }

    /// The UDP payload: the octets from the payload annotation on, or all of
    /// them when there is none.
    #[inline]
    pub fn payload(&self) -> &[u8] {
        let data = self.data();
        match self.annotations().payload() {
            Some(at) => {
                let start = usize::from(at.saturating_sub(self.offset())).min(data.len());
                &data[start..]
            }
            None => data,
        }
    }

    /// Notes that the UDP payload starts `at` octets into the data.
    #[inline]
    pub fn set_payload(&mut self, at: usize) -> Result<(), PoolEmpty> {
        let offset = self.offset() + at.min(self.len()) as u16;
        self.annotations_mut()?.set_payload(offset);
        Ok(())
    }

    /// The octets from the Ethernet header annotation on. `None` when there is
    /// none, or the header has been stripped.
    #[inline]
    pub fn ethernet_header(&self) -> Option<&[u8]> {
        let at = self.annotations().ethernet()?.checked_sub(self.offset())?;
        self.data().get(usize::from(at)..)
    }

    /// Notes that the Ethernet header starts `at` octets into the data.
    #[inline]
    pub fn set_ethernet_header(&mut self, at: usize) -> Result<(), PoolEmpty> {
        let offset = self.offset() + at.min(self.len()) as u16;
        self.annotations_mut()?.set_ethernet(offset);
        Ok(())
    }

    /// The octets from the network header annotation on. `None` when there is
    /// none, or the header has been stripped.
    #[inline]
    pub fn network_header(&self) -> Option<&[u8]> {
        let at = self.annotations().network()?.checked_sub(self.offset())?;
        self.data().get(usize::from(at)..)
    }

    /// Where the network header is, counted from the data: below 0 when it has
    /// been stripped.
    #[inline]
    pub fn network_offset(&self) -> Option<i32> {
        self.annotations().network().map(|at| i32::from(at) - i32::from(self.offset()))
    }

    /// Notes that the network header starts `at` octets into the data.
    #[inline]
    pub fn set_network_header(&mut self, at: usize) -> Result<(), PoolEmpty> {
        let offset = |packet: &Packet| packet.offset() + at.min(packet.len()) as u16;
        // A shared packet is not copied to say what is said already.
        if self.annotations().network() != Some(offset(self)) {
            self.unshare()?;
            let offset = offset(self);
            self.notes_mut().set_network(offset);
        }
        Ok(())
    }

    /// The number of octets.
    #[inline]
    pub fn len(&self) -> usize {
        (self.place >> 48) as usize
    }

    /// Whether there are no octets.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The region the buffer belongs to.
    #[inline]
    pub fn region(&self) -> &'static Region {
        self.region
    }

    /// Whether another packet uses the same buffer.
    #[inline]
    pub fn is_shared(&self) -> bool {
        self.region.is_shared(self.index())
    }

    /// A second packet on the same buffer. Costs a count, at any size.
    #[inline]
    pub fn share(&self) -> Packet {
        self.region.share(self.index(), 1);
        Packet { ..*self }
    }

    /// `n` packets on the buffer of this one, which is among them. They are
    /// counted in at once.
    #[inline]
    pub fn shares(self, n: u32) -> Shares {
        let shares = Shares { region: self.region, place: self.place, left: n };
        if n > 0 {
            self.region.share(self.index(), n - 1);
            std::mem::forget(self);
        }
        shares
    }

    /// A copy, annotations included, in a buffer of `region` and at the same
    /// offset where that fits, else behind the region's headroom. `None` when
    /// no buffer is free or the octets do not fit.
    #[inline]
    pub fn copy_to(&self, region: &'static Region) -> Option<Packet> {
        let mut copy = region.alloc()?;
        if usize::from(self.offset()) + self.len() <= region.buffer_size() {
            copy.set(self.offset(), 0);
        }
        copy.extend_fresh(self.len())?;
        copy.octets_mut().copy_from_slice(self.data());
        // The copy is fresh and unshared.
        let to = copy.offset();
        let annotations = copy.notes_mut();
        annotations.clone_from(self.annotations());
        annotations.octets_moved(self.offset(), to);
        Some(copy)
    }

    /// What copies of the [payload](Packet::payload) are made from, which are
    /// sent with `dscp`.
    #[inline]
    pub fn original(&self, dscp: u8) -> Original<'_> {
        let payload = self.payload();
        let from = self.offset() + (self.len() - payload.len()) as u16;
        let notes = self.annotations().of_copies(dscp);
        Original { region: self.region, payload, from, notes }
    }

    /// Adds `n` octets behind the data and returns them; their content is
    /// whatever the buffer last held. `None` when the packet is shared or the
    /// buffer has no room.
    #[inline]
    pub fn append(&mut self, n: usize) -> Option<&mut [u8]> {
        let end = usize::from(self.offset()) + self.len();
        if self.is_shared() || n > self.region.buffer_size() - end {
            return None;
        }
        let old = self.len();
        self.set(self.offset(), (old + n) as u16);
        Some(&mut self.octets_mut()[old..])
    }

    /// Makes a fresh packet, which has no octets and shares no buffer, `len`
    /// octets long. `None` when the buffer has no room.
    #[inline]
    pub(crate) fn extend_fresh(&mut self, len: usize) -> Option<()> {
        debug_assert!(self.is_empty() && !self.is_shared());
        // A packet starts in its buffer, so this is what the buffer has left.
        if len > self.region.buffer_size() - usize::from(self.offset()) {
            return None;
        }
        self.set(self.offset(), len as u16);
        Some(())
    }

    /// Adds `n` octets before the data and returns all of it, those first.
    /// `None` when the packet is shared or the headroom is smaller.
    #[inline]
    pub fn push_front(&mut self, n: usize) -> Option<&mut [u8]> {
        if self.is_shared() || n > usize::from(self.offset()) {
            return None;
        }
        self.grow_front(n);
        Some(self.octets_mut())
    }

    /// As [`push_front`](Packet::push_front), but a shared packet is copied
    /// first, and octets that have less than `n` octets of headroom are moved
    /// back in their buffer. `None` when no buffer is free for the copy or
    /// this one is too small; the packet is then as it was.
    #[inline]
    pub fn prepend(&mut self, n: usize) -> Option<&mut [u8]> {
        self.unshare().ok()?;
        if n > usize::from(self.offset()) {
            self.move_back(n)?;
        }
        self.push_front(n)
    }

    /// Moves the octets so that `headroom` octets are before them.
    #[cold]
    fn move_back(&mut self, headroom: usize) -> Option<()> {
        let (len, from) = (self.len(), self.offset());
        let by = headroom - usize::from(from);
        self.append(by)?;
        self.octets_mut().copy_within(..len, by);
        self.pull_front(by);
        let to = self.offset();
        self.notes_mut().octets_moved(from, to);
        Some(())
    }

    /// Takes `n` octets before the data back that were stripped, whatever they
    /// are now; false, and nothing done, when the buffer has not so many. The
    /// offset belongs to the handle, so a shared packet stays shared.
    #[inline]
    pub fn unpull_front(&mut self, n: usize) -> bool {
        if n > usize::from(self.offset()) {
            return false;
        }
        self.grow_front(n);
        true
    }

    /// Removes `n` octets, or all, from the front.
    #[inline]
    pub fn pull_front(&mut self, n: usize) {
        // A branch, since a minimum would make each of several wait for the
        // one before.
        if n > self.len() {
            std::hint::cold_path();
            return self.shrink_front(self.len());
        }
        self.shrink_front(n);
    }

    /// Cuts the packet to at most `len` octets.
    #[inline]
    pub fn truncate(&mut self, len: usize) {
        self.set(self.offset(), self.len().min(len) as u16);
    }

    /// The annotations.
    #[inline]
    pub fn annotations(&self) -> &Annotations {
        // SAFETY: as for `data`: writers hold `&mut` of an unshared packet.
        unsafe { &*self.region.annotations(self.index()).get() }
    }

    /// The annotations, for writing. A shared packet is copied first.
    #[inline]
    pub fn annotations_mut(&mut self) -> Result<&mut Annotations, PoolEmpty> {
        self.unshare()?;
        Ok(self.notes_mut())
    }

    #[inline]
    fn unshare(&mut self) -> Result<(), PoolEmpty> {
        if self.is_shared() {
            *self = self.copy_whole().ok_or(PoolEmpty)?;
        }
        Ok(())
    }

    /// A copy in a buffer of the same region, with the octets before the data
    /// too: those that were stripped can be taken back from it.
    fn copy_whole(&self) -> Option<Packet> {
        let mut whole = self.share();
        whole.grow_front(usize::from(self.offset()));
        let mut copy = self.region.alloc()?;
        copy.set(0, 0);
        copy.append(whole.len())?.copy_from_slice(whole.data());
        copy.pull_front(usize::from(self.offset()));
        *copy.notes_mut() = self.annotations().clone();
        Some(copy)
    }

    #[inline]
    pub(crate) fn octets_mut(&mut self) -> &mut [u8] {
        debug_assert!(!self.is_shared());
        // SAFETY: within the buffer as for `data`; unshared, and `self` is
        // borrowed mutably, so nothing else reaches the buffer.
        unsafe {
            let start = self.region.buffer(self.index()).add(usize::from(self.offset()));
            std::slice::from_raw_parts_mut(start.as_ptr(), self.len())
        }
    }

    #[inline]
    fn notes_mut(&mut self) -> &mut Annotations {
        debug_assert!(!self.is_shared());
        // SAFETY: unshared and mutably borrowed, as for `octets_mut`.
        unsafe { &mut *self.region.annotations(self.index()).get() }
    }
}

impl Drop for Packet {
    #[inline]
    fn drop(&mut self) {
        self.region.release(self.index());
    }
}

/// A packet whose payload is copied, see [`Packet::original`].
pub struct Original<'a> {
    region: &'static Region,
    payload: &'a [u8],
    /// Where the payload is in the packet's buffer.
    from: u16,
    /// Those of the copies, but for where they are and for their addresses.
    notes: Annotations,
}

impl<'a> Original<'a> {
    /// The payload.
    #[inline]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// A copy of the payload in a fresh buffer of the same region, behind
    /// `headers` octets for new headers, which hold whatever the buffer last
    /// held. It has the packet's annotations, but these addresses, and if the
    /// packet has an Ethernet header the copy's is at its start; where its
    /// network header will be is not known.
    ///
    /// It is behind the region's headroom where the copy takes least, or, if
    /// there is none or it does not fit there, where the payload is in the
    /// packet's buffer. `None` when no buffer is free or it does not fit.
    #[inline]
    pub fn copy(&self, headers: usize, from: &Address, to: &Address) -> Option<Packet> {
        let at = self.place_behind(headers)?;
        let start = (at - headers) as u16;
        let mut copy = self.region.alloc()?;
        copy.set(start, (headers + self.payload.len()) as u16);
        copy.notes_mut().set_copied(&self.notes, (start, at as u16), from, to);
        crate::copy::copy(&mut copy.octets_mut()[headers..], self.payload);
        Some(copy)
    }

    /// Where the payload goes.
    #[inline]
    fn place_behind(&self, headers: usize) -> Option<usize> {
        let (headroom, size) = (self.region.headroom(), self.region.buffer_size());
        // Where the payload starts at most: it is no longer than a buffer.
        let most = size - self.payload.len();
        // Behind headers that are longer than a buffer there is no place, and
        // the sums below do not overflow.
        if headers > most {
            return None;
        }
        let behind = (headroom + headers).next_multiple_of(crate::copy::ALIGN);
        if headroom > 0 && behind <= most {
            return Some(behind);
        }
        let there = usize::from(self.from).max(headers);
        (there <= most).then_some(there)
    }
}

/// Packets on one buffer, see [`Packet::shares`].
pub struct Shares {
    region: &'static Region,
    place: u64,
    /// Those that are counted and not yet given out.
    left: u32,
}

impl Iterator for Shares {
    type Item = Packet;

    #[inline]
    fn next(&mut self) -> Option<Packet> {
        self.left = self.left.checked_sub(1)?;
        Some(Packet { region: self.region, place: self.place })
    }
}

impl Drop for Shares {
    #[inline]
    fn drop(&mut self) {
        while self.next().is_some() {}
    }
}

impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packet({} octets, buffer {})", self.len(), self.index())
    }
}

#[cfg(test)]
#[path = "packet_tests.rs"]
mod tests;
