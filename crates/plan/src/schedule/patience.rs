//! How often each waiting action was overtaken: one that was overtaken too often lets nothing behind it pass.

/// So many actions behind it may start before a waiting one; then none, until it has started.
pub(crate) const PATIENCE: i64 = 64;

/// Below any count, and so far that counting never brings it near one.
const NOT_WAITING: i64 = i64::MIN / 2;

/// A count for each rank that waits, and whose is too high. A tree, so that one start, which counts for every rank
/// before it, costs no more than its depth.
pub(super) struct Patience {
    /// The first leaf: the root is 1, the children of a knot are at twice its place and the next.
    width: usize,
    /// The highest count below each knot, less what was counted for the knots above it.
    highest: Vec<i64>,
    /// What was counted for all below a knot at once.
    counted: Vec<i64>,
}

impl Patience {
    pub(super) fn new(ranks: usize) -> Self {
        let width = ranks.next_power_of_two();
        Self { width, highest: vec![NOT_WAITING; 2 * width], counted: vec![0; 2 * width] }
    }

    /// This rank waits from now on.
    pub(super) fn begin(&mut self, rank: usize) {
        self.set(rank, 0);
    }

    /// This rank waits no more.
    pub(super) fn end(&mut self, rank: usize) {
        self.set(rank, NOT_WAITING);
    }

    /// This rank starts: all that wait before it are overtaken.
    pub(super) fn starts(&mut self, rank: usize) {
        let mut place = self.width + rank;
        while place > 1 {
            if !place.is_multiple_of(2) {
                self.highest[place - 1] += 1;
                self.counted[place - 1] += 1;
            }
            place /= 2;
            self.refresh(place);
        }
    }

    /// The first rank whose patience has ended.
    pub(super) fn ended(&self) -> Option<usize> {
        let mut limit = PATIENCE;
        let mut place = 1;
        if self.highest[place] < limit {
            return None;
        }
        while place < self.width {
            limit -= self.counted[place];
            place *= 2;
            if self.highest[place] < limit {
                place += 1;
            }
        }
        Some(place - self.width)
    }

    fn set(&mut self, rank: usize, count: i64) {
        let leaf = self.width + rank;
        let above =
            std::iter::successors(Some(leaf / 2), |place| Some(place / 2)).take_while(|place| *place > 0);
        let counted: i64 = above.clone().map(|place| self.counted[place]).sum();
        self.highest[leaf] = count - counted;
        for place in above {
            self.refresh(place);
        }
    }

    fn refresh(&mut self, place: usize) {
        let below = self.highest[2 * place].max(self.highest[2 * place + 1]);
        self.highest[place] = self.counted[place] + below;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{PATIENCE, Patience};

    #[derive(Debug, Clone)]
    enum Step {
        Begin(usize),
        End(usize),
        Starts(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            1 => (0..21usize).prop_map(Step::Begin),
            1 => (0..21usize).prop_map(Step::End),
            12 => (0..21usize).prop_map(Step::Starts),
        ]
    }

    proptest! {
        #[test]
        fn the_first_that_was_overtaken_too_often_is_found(
            steps in proptest::collection::vec(step(), 0..1_000),
        ) {
            let mut patience = Patience::new(21);
            let mut counts = [None; 21];
            for step in steps {
                match step {
                    Step::Begin(rank) => {
                        patience.begin(rank);
                        counts[rank] = Some(0);
                    }
                    Step::End(rank) => {
                        patience.end(rank);
                        counts[rank] = None;
                    }
                    Step::Starts(rank) => {
                        patience.starts(rank);
                        counts[..rank].iter_mut().flatten().for_each(|count| *count += 1);
                    }
                }
                let ended = counts.iter().position(|count| count.is_some_and(|count| count >= PATIENCE));
                prop_assert_eq!(patience.ended(), ended);
            }
        }
    }
}
