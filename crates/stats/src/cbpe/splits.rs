//! The random splits on which calibration must prove itself, row for row those of NannyML.
//!
//! Whether a model's scores are corrected can hang on the draw. NannyML draws with scikit-learn's `StratifiedShuffleSplit` and seed 42,
//! that is with the Mersenne Twister of NumPy's `RandomState`; so do we, for the same decision on the same rows.

const LENGTH: usize = 624;
const MIDDLE: usize = 397;

/// MT19937 (Matsumoto and Nishimura, "Mersenne Twister", ACM Transactions on Modeling and Computer Simulation 8, 1998).
struct Twister {
    state: Vec<u32>,
    next: usize,
}

impl Twister {
    fn new(seed: u32) -> Self {
        let mut state = vec![seed; LENGTH];
        for place in 1..LENGTH {
            let before: u32 = state[place - 1];
            let mixed = (before ^ (before >> 30)).wrapping_mul(1_812_433_253);
            state[place] = mixed.wrapping_add(place as u32);
        }
        Self { state, next: LENGTH }
    }

    fn bits(&mut self) -> u32 {
        if self.next == LENGTH {
            self.turn();
        }
        let mut bits = self.state[self.next];
        self.next += 1;
        bits ^= bits >> 11;
        bits ^= (bits << 7) & 0x9d2c_5680;
        bits ^= (bits << 15) & 0xefc6_0000;
        bits ^ (bits >> 18)
    }

    fn turn(&mut self) {
        for place in 0..LENGTH {
            let joined = (self.state[place] & 0x8000_0000) | (self.state[(place + 1) % LENGTH] & 0x7fff_ffff);
            let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[place] = self.state[(place + MIDDLE) % LENGTH] ^ (joined >> 1) ^ odd;
        }
        self.next = 0;
    }

    /// A number up to `most`, drawn again while the bits that it needs say more.
    fn up_to(&mut self, most: u32) -> u32 {
        let mask = u32::MAX.checked_shr(most.leading_zeros()).unwrap_or(0);
        loop {
            let drawn = self.bits() & mask;
            if drawn <= most {
                return drawn;
            }
        }
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.up_to(last as u32) as usize);
        }
    }
}

/// The rows that each of `count` splits holds back: a tenth, of either class in proportion.
pub(super) fn held_back(labels: &[bool], count: usize) -> Vec<Vec<usize>> {
    let rows_of = |class: bool| (0..labels.len()).filter(|row| labels[*row] == class).collect::<Vec<_>>();
    let classes = [rows_of(false), rows_of(true)];
    let counts = [classes[0].len(), classes[1].len()];
    let tested = (labels.len() as f64 * 0.1).ceil() as usize;
    let mut twister = Twister::new(42);
    let mut splits = Vec::with_capacity(count);
    for _ in 0..count {
        let trained = shared(counts, labels.len() - tested, &mut twister);
        let left = [counts[0] - trained[0], counts[1] - trained[1]];
        let drawn = shared(left, tested, &mut twister);
        let (mut train, mut test) = (Vec::new(), Vec::new());
        for (class, rows) in classes.iter().enumerate() {
            let mut rows = rows.clone();
            twister.shuffle(&mut rows);
            train.extend_from_slice(&rows[..trained[class]]);
            test.extend_from_slice(&rows[trained[class]..trained[class] + drawn[class]]);
        }
        // Their order does not matter, but the generator must move on as it does there.
        twister.shuffle(&mut train);
        twister.shuffle(&mut test);
        splits.push(test);
    }
    splits
}

/// How many of `whole` rows fall to each of two classes: in proportion, the odd one to the larger remainder, by lot
/// when both are equal.
fn shared(counts: [usize; 2], whole: usize, twister: &mut Twister) -> [usize; 2] {
    let all = (counts[0] + counts[1]) as f64;
    let exact = counts.map(|count| count as f64 / all * whole as f64);
    let mut parts = exact.map(|part| part.floor() as usize);
    if parts[0] + parts[1] < whole {
        let remainders = [exact[0] - exact[0].floor(), exact[1] - exact[1].floor()];
        let mut by_lot = [0, 1];
        if remainders[0] == remainders[1] {
            twister.shuffle(&mut by_lot);
        } else if remainders[1] > remainders[0] {
            by_lot = [1, 0];
        }
        parts[by_lot[0]] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{Twister, held_back};

    #[test]
    fn the_generator_is_numpys() {
        // numpy.random.RandomState(42).randint(0, 2**32, 3, "uint32") and .permutation(10)
        let mut twister = Twister::new(42);
        assert_eq!(
            [twister.bits(), twister.bits(), twister.bits()],
            [1_608_637_542, 3_421_126_067, 4_083_286_876]
        );
        let mut items: Vec<u32> = (0..10).collect();
        Twister::new(42).shuffle(&mut items);
        assert_eq!(items, [8, 1, 5, 0, 7, 2, 9, 4, 3, 6]);
    }

    #[test]
    fn the_splits_are_scikit_learns() {
        // StratifiedShuffleSplit(10, test_size=0.1, random_state=42), the tests of the first two splits, sorted.
        let labels: Vec<bool> = (0..57).map(|row| row % 3 == 0).collect();
        let mut splits = held_back(&labels, 10);
        splits.iter_mut().for_each(|rows| rows.sort_unstable());
        assert_eq!(splits[0], [11, 18, 22, 24, 31, 43]);
        assert_eq!(splits[1], [10, 11, 13, 18, 36, 41]);
        assert_eq!(splits[9], [4, 16, 19, 24, 30, 53]);
    }
}
