//! For how many writes it is worth to wait before a transaction begins.
//!
//! Clients that write one thing after the other, each as soon as it has an answer, would fall into two halves: one is
//! answered while the other waits for the disk, and each pays for a sync. A short wait brings them together. It is no longer
//! than a sync takes, so nobody waits longer than for the sync of others; and when it was in vain it is not tried again for
//! a while. A client that is alone never waits.

use std::time::Duration;

/// A shorter wait costs as much as it can bring.
const SHORTEST: Duration = Duration::from_micros(20);
const LONGEST: Duration = Duration::from_millis(1);
/// The most transactions without a wait after waits in vain.
const MOST_PAUSE: u32 = 63;

/// What is known of those who write.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    /// How many came to the last transaction.
    last: usize,
    /// How long that took.
    took: Duration,
    /// How many transactions do not wait after the next wait in vain.
    pause: u32,
    /// How many of them are left.
    resting: u32,
}

impl Crowd {
    /// How many to wait for, and how long at most, when so many are here. `were_waiting` says that they came while the
    /// last transaction was under way, so that those who were in that one are still to come.
    pub(super) fn wanted(&self, here: usize, were_waiting: bool) -> Option<(usize, Duration)> {
        let wanted = if were_waiting { self.last + here } else { self.last };
        let patience = self.took.min(LONGEST);
        (self.resting == 0 && wanted > here && patience >= SHORTEST).then_some((wanted, patience))
    }

    /// So many have come, of those who were waited for if that was so.
    pub(super) fn came(&mut self, count: usize, wanted: Option<usize>) {
        self.last = count;
        match wanted {
            None => self.resting = self.resting.saturating_sub(1),
            Some(wanted) if count >= wanted => self.pause = 0,
            Some(_) => {
                self.pause = (self.pause * 2 + 1).min(MOST_PAUSE);
                self.resting = self.pause;
            }
        }
    }

    /// Their transaction took so long.
    pub(super) fn done(&mut self, took: Duration) {
        self.took = took;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYNC: Duration = Duration::from_micros(400);

    fn after(last: usize) -> Crowd {
        let mut crowd = Crowd::default();
        crowd.came(last, None);
        crowd.done(SYNC);
        crowd
    }

    #[test]
    fn a_client_that_is_alone_never_waits() {
        let crowd = after(1);
        assert_eq!(crowd.wanted(1, false), None);
    }

    #[test]
    fn two_halves_become_one_crowd_and_stay_it() {
        let mut crowd = after(2);
        assert_eq!(crowd.wanted(2, true), Some((4, SYNC)));
        crowd.came(4, Some(4));
        crowd.done(SYNC);
        assert_eq!(crowd.wanted(1, false), Some((4, SYNC)));
        assert_eq!(crowd.wanted(4, false), None);
    }

    #[test]
    fn waits_in_vain_become_rare() {
        let mut crowd = after(1);
        let mut waits = 0;
        for _ in 0..1_000 {
            let wanted = crowd.wanted(1, true).map(|(wanted, _)| wanted);
            waits += usize::from(wanted.is_some());
            crowd.came(1, wanted);
        }
        assert!((7..25).contains(&waits), "{waits}");
    }

    #[test]
    fn a_wait_takes_no_longer_than_a_transaction() {
        let mut crowd = after(2);
        crowd.done(Duration::from_micros(10));
        assert_eq!(crowd.wanted(1, false), None);
        crowd.done(Duration::from_secs(1));
        assert_eq!(crowd.wanted(1, false), Some((2, LONGEST)));
    }
}
