//! The checker of Wing and Gong, with the memory of Lowe: is there an order of the calls that keeps to real time and that the
//! [`model`](super::model) could have answered so?

use std::collections::HashSet;

use super::model::{Answer, Operation, State};

/// A call, with when it began and ended.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) begin: u64,
    pub(super) end: u64,
    pub(super) operation: Operation,
    pub(super) answer: Answer,
}

/// At most 64 calls.
pub(super) fn is_linearizable(calls: &[Call]) -> bool {
    assert!(calls.len() <= 64);
    let all = if calls.len() == 64 { u64::MAX } else { (1 << calls.len()) - 1 };
    search(calls, all, 0, &State::default(), &mut HashSet::new())
}

fn search(calls: &[Call], all: u64, done: u64, state: &State, seen: &mut HashSet<(u64, State)>) -> bool {
    if done == all {
        return true;
    }
    if !seen.insert((done, state.clone())) {
        return false;
    }
    let open = || calls.iter().enumerate().filter(|(index, _)| done & (1 << index) == 0);
    // Whoever ended first must not come after one that began later.
    let first_end = open().map(|(_, call)| call.end).min().unwrap_or(0);
    open().filter(|(_, call)| call.begin < first_end).any(|(index, call)| {
        let mut after = state.clone();
        let takes_place = match &call.answer {
            // It may have been done, or not.
            Answer::Failed(_) => {
                if search(calls, all, done | 1 << index, state, seen) {
                    return true;
                }
                after.perform(call.operation);
                true
            }
            answer => after.perform(call.operation) == *answer,
        };
        takes_place && search(calls, all, done | 1 << index, &after, seen)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(begin: u64, end: u64, operation: Operation, answer: Answer) -> Call {
        Call { begin, end, operation, answer }
    }

    #[test]
    fn what_ended_is_seen_by_what_begins_later_and_races_may_go_either_way() {
        let first = Answer::Registered { id: 1, version: 1 };
        let register = call(0, 3, Operation::Register(7), first.clone());
        let read = |begin, end, seen: &[u64]| call(begin, end, Operation::Versions, Answer::Versions(seen.to_vec()));
        assert!(is_linearizable(&[register.clone(), read(1, 2, &[])]));
        assert!(is_linearizable(&[register.clone(), read(1, 2, &[1])]));
        assert!(is_linearizable(&[register.clone(), read(4, 5, &[1])]));
        assert!(!is_linearizable(&[register.clone(), read(4, 5, &[])]));
        // Two schemas with one id.
        assert!(!is_linearizable(&[register.clone(), call(1, 2, Operation::Register(8), first)]));
        // Seen, and then not any more.
        assert!(!is_linearizable(&[register, read(1, 2, &[1]), read(4, 5, &[])]));
        // Without an answer it may be there or not.
        let unknown = call(0, 1, Operation::Register(7), Answer::Failed(503));
        assert!(is_linearizable(&[unknown.clone(), read(2, 3, &[])]));
        assert!(is_linearizable(&[unknown, read(2, 3, &[1])]));
    }
}
