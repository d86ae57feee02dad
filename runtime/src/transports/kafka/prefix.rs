//! What may be committed: the contiguous settled prefix of one partition. Pure bookkeeping, no client.

use std::collections::VecDeque;

/// The deliveries of one partition since it was assigned, from the first unsettled one on.
#[derive(Debug, Default)]
pub(super) struct Prefix {
    /// Delivered, from the first that is not acknowledged. Offsets ascend, with gaps (compaction, transaction marks).
    open: VecDeque<(i64, Fate)>,
    /// One past the last offset of the acknowledged prefix; none before the first acknowledgement.
    position: Option<i64>,
    /// Deliveries in work: neither acknowledged nor released.
    in_work: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    InWork,
    Acked,
    Released,
}

impl Prefix {
    /// The message at `offset` has been handed out.
    pub(super) fn delivered(&mut self, offset: i64) {
        self.open.push_back((offset, Fate::InWork));
        self.in_work += 1;
    }

    /// Its fate is known. A second word on the same delivery, or on one that was never handed out, changes nothing.
    pub(super) fn settled(&mut self, offset: i64, ack: bool) {
        let index = match self.open.front() {
            // The common case: in order.
            Some(&(first, _)) if first == offset => 0,
            _ => match self.open.binary_search_by_key(&offset, |&(offset, _)| offset) {
                Ok(index) => index,
                Err(_) => return,
            },
        };
        let Some((_, fate @ Fate::InWork)) = self.open.get_mut(index) else { return };
        *fate = if ack { Fate::Acked } else { Fate::Released };
        self.in_work -= 1;
        while let Some(&(offset, Fate::Acked)) = self.open.front() {
            self.open.pop_front();
            self.position = Some(offset + 1);
        }
    }

    /// The position to commit: everything before it is acknowledged.
    pub(super) fn position(&self) -> Option<i64> {
        self.position
    }

    /// Deliveries from the first unacknowledged one on.
    pub(super) fn span(&self) -> usize {
        self.open.len()
    }

    /// Deliveries that somebody still works on.
    pub(super) fn in_work(&self) -> usize {
        self.in_work
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivered(offsets: &[i64]) -> Prefix {
        let mut prefix = Prefix::default();
        for &offset in offsets {
            prefix.delivered(offset);
        }
        prefix
    }

    #[test]
    fn the_position_never_passes_an_unsettled_message() {
        let mut prefix = delivered(&[5, 6, 9]);
        assert_eq!(prefix.position(), None);
        prefix.settled(6, true);
        prefix.settled(9, true);
        assert_eq!((prefix.position(), prefix.span()), (None, 3));
        prefix.settled(5, true);
        assert_eq!((prefix.position(), prefix.span(), prefix.in_work()), (Some(10), 0, 0));
    }

    #[test]
    fn a_released_message_stays_in_the_way() {
        let mut prefix = delivered(&[1, 2, 3]);
        prefix.settled(1, true);
        prefix.settled(2, false);
        prefix.settled(3, true);
        assert_eq!((prefix.position(), prefix.span(), prefix.in_work()), (Some(2), 2, 0));
        prefix.settled(2, true);
        assert_eq!(prefix.position(), Some(2), "released is final");
    }

    #[test]
    fn settling_twice_or_out_of_thin_air_changes_nothing() {
        let mut prefix = delivered(&[1, 2]);
        prefix.settled(7, true);
        prefix.settled(2, true);
        prefix.settled(2, true);
        assert_eq!((prefix.position(), prefix.in_work()), (None, 1));
        prefix.settled(1, true);
        prefix.settled(1, false);
        assert_eq!((prefix.position(), prefix.in_work()), (Some(3), 0));
    }

    #[test]
    fn any_order_of_settling_ends_at_the_same_position() {
        // All permutations of five deliveries.
        fn permute(rest: &mut Vec<i64>, taken: &mut Vec<i64>, check: &mut dyn FnMut(&[i64])) {
            if rest.is_empty() {
                check(taken);
            }
            for index in 0..rest.len() {
                let offset = rest.remove(index);
                taken.push(offset);
                permute(rest, taken, check);
                taken.pop();
                rest.insert(index, offset);
            }
        }
        let offsets = [0, 1, 4, 5, 8];
        permute(&mut offsets.to_vec(), &mut Vec::new(), &mut |order| {
            let mut prefix = delivered(&offsets);
            for (count, &offset) in order.iter().enumerate() {
                prefix.settled(offset, true);
                let first_open = offsets.iter().find(|offset| !order[..=count].contains(offset));
                if let (Some(position), Some(&first_open)) = (prefix.position(), first_open) {
                    assert!(position <= first_open, "{order:?} after {count}");
                }
            }
            assert_eq!(prefix.position(), Some(9));
        });
    }
}
