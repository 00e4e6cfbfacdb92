use base::Timestamp;
use serde::{Deserialize, Serialize};

/// The most pairs that are kept; of more, the one goes whose neighbours are closest in wall time.
const MOST: usize = 1_024;

/// How the wall clock and the monitor's clock went together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Pairs of wall time and the monitor's time, oldest first.
    pairs: Vec<(Timestamp, Timestamp)>,
}

impl Times {
    /// Notes what the monitor's clock shows now.
    pub(super) fn note(&mut self, wall: Timestamp, clock: Timestamp) {
        if self.pairs.last().is_some_and(|(last, shown)| *last >= wall || *shown == clock) {
            return;
        }
        self.pairs.push((wall, clock));
        if self.pairs.len() > MOST {
            self.thin();
        }
    }

    fn thin(&mut self) {
        let wall = |place: usize| self.pairs[place].0.micros();
        let between = |place: &usize| wall(place + 1) - wall(place - 1);
        if let Some(place) = (1..self.pairs.len() - 1).min_by_key(between) {
            self.pairs.remove(place);
        }
    }

    /// What the monitor's clock showed at a wall time; nothing for times before it ran.
    pub(super) fn clock_at(&self, wall: Timestamp) -> Option<Timestamp> {
        let after = self.pairs.partition_point(|(other, _)| *other <= wall);
        self.pairs.get(after.checked_sub(1)?).map(|(_, clock)| *clock)
    }
}

#[cfg(test)]
mod tests {
    use base::Timestamp;

    use super::{MOST, Times};

    fn time(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    #[test]
    fn a_wall_time_is_what_the_monitor_s_clock_showed_then() {
        let mut times = Times::default();
        for step in 0..10 {
            times.note(time(1_000 + step), time(step * 7));
        }
        assert_eq!(times.clock_at(time(999)), None);
        assert_eq!(times.clock_at(time(1_003)), Some(time(21)));
        assert_eq!(times.clock_at(time(5_000)), Some(time(63)));
    }

    #[test]
    fn it_takes_bounded_memory_however_long_it_runs() {
        let mut times = Times::default();
        (0..10_000).for_each(|step| times.note(time(step), time(step)));
        assert!(times.pairs.len() <= MOST);
        let found = times.clock_at(time(5_000)).unwrap().micros();
        assert!((found - 5_000).abs() < 40, "{found}");
    }
}
