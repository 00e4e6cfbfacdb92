//! Text as the mean target of the rows that share it (Micci-Barreca, 2001).
//!
//! One number a category however many there are, an answer for categories never seen, and categories
//! with a like meaning end up side by side, where a tree can split them at once.

use std::collections::BTreeMap;

use table::Text;

/// Parts into which fitted rows are divided, to encode each from the others.
pub(crate) const FOLDS: usize = 5;
/// However little categories seem to differ or a category's rows agree, the prior weighs this many rows.
const SMOOTHING: std::ops::RangeInclusive<f64> = 1.0..=1e4;
/// A rarer category counts as unseen: it teaches little, and there may be millions of such.
pub(crate) const LEAST_ROWS: usize = 5;

/// The number for each known category.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Encoder {
    /// By text; a missing one is the empty text, as it is in the exported model.
    pub(crate) categories: BTreeMap<String, f32>,
    /// The number for every other text: the mean of all rows.
    pub(crate) prior: f32,
    /// The class whose share is the mean; nothing for the mean of the target itself.
    class: Option<f64>,
    /// How many rows the prior weighs.
    prior_weight: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    rows: f64,
    target: f64,
    squares: f64,
}

impl Sum {
    fn add(&mut self, target: f64) {
        self.rows += 1.0;
        self.target += target;
        self.squares += target * target;
    }

    fn without(self, other: Self) -> Self {
        Self {
            rows: self.rows - other.rows,
            target: self.target - other.target,
            squares: self.squares - other.squares,
        }
    }

    /// The mean drawn towards the prior, which weighs as much as `weight` rows.
    fn smoothed(self, prior: f64, weight: f64) -> f32 {
        ((self.target + weight * prior) / (self.rows + weight)) as f32
    }
}

/// How many rows the prior should weigh: the variance within categories over the variance between them.
///
/// Where categories hardly differ, their means are mostly noise and the prior says more. The variances
/// are the analysis-of-variance estimates of a random effect (Searle et al., 1992, section 3.6).
fn prior_weight(sums: &[Sum], prior: f64) -> f64 {
    let seen: Vec<&Sum> = sums.iter().filter(|sum| sum.rows > 0.0).collect();
    let (count, rows) = (seen.len() as f64, seen.iter().map(|sum| sum.rows).sum::<f64>());
    let squares_within: f64 = seen.iter().map(|sum| sum.squares - sum.target * sum.target / sum.rows).sum();
    let squares_between: f64 =
        seen.iter().map(|sum| sum.rows * (sum.target / sum.rows - prior).powi(2)).sum();
    let within = squares_within.max(0.0) / (rows - count).max(1.0);
    let typical = rows - seen.iter().map(|sum| sum.rows * sum.rows).sum::<f64>() / rows;
    let between = (squares_between - (count - 1.0) * within) / typical.max(1.0);
    // Without a difference between categories the ratio is infinite or has no value.
    let weight = if between > 0.0 { within / between } else { f64::INFINITY };
    weight.clamp(*SMOOTHING.start(), *SMOOTHING.end())
}

impl Encoder {
    /// Learns from these rows of a column and their targets.
    pub(crate) fn fit(text: &Text, rows: &[usize], targets: &[f64], class: Option<f64>) -> Self {
        let mut sums = vec![Sum::default(); text.dictionary().len() + 1];
        for (row, target) in rows.iter().zip(targets) {
            sums[slot(text, *row)].add(aim(class, *target));
        }
        let prior = prior(targets, class);
        let prior_weight = prior_weight(&sums, prior);
        let mut categories = BTreeMap::new();
        for (slot, sum) in sums.iter().enumerate() {
            if sum.rows >= LEAST_ROWS as f64 {
                let category = text.dictionary().get(slot).cloned().unwrap_or_default();
                categories.insert(category, sum.smoothed(prior, prior_weight));
            }
        }
        Self { categories, prior: prior as f32, class, prior_weight }
    }

    /// The numbers of rows it was not fitted on.
    pub(crate) fn apply(&self, text: &Text, rows: &[usize]) -> Vec<f32> {
        let known = self.by_slot(text);
        rows.iter().map(|row| known[slot(text, *row)].unwrap_or(self.prior)).collect()
    }

    /// The numbers of the rows it was fitted on, each from the folds that the row is not in.
    pub(crate) fn apply_out_of_fold(
        &self,
        text: &Text,
        rows: &[usize],
        targets: &[f64],
        folds: &[u8],
    ) -> Vec<f32> {
        let known = self.by_slot(text);
        let slots = known.len();
        let mut all = vec![Sum::default(); slots];
        let mut parts = vec![Sum::default(); slots * FOLDS];
        for ((row, target), fold) in rows.iter().zip(targets).zip(folds) {
            let slot = slot(text, *row);
            let target = aim(self.class, *target);
            all[slot].add(target);
            parts[slot * FOLDS + usize::from(*fold)].add(target);
        }
        let prior = prior(targets, self.class);
        let mut numbers = Vec::with_capacity(rows.len());
        for (row, fold) in rows.iter().zip(folds) {
            let slot = slot(text, *row);
            let others = all[slot].without(parts[slot * FOLDS + usize::from(*fold)]);
            numbers.push(if known[slot].is_some() {
                others.smoothed(prior, self.prior_weight)
            } else {
                self.prior
            });
        }
        numbers
    }

    /// The number of each text of a dictionary and, last, of a missing one.
    fn by_slot(&self, text: &Text) -> Vec<Option<f32>> {
        let texts = text.dictionary().iter().map(String::as_str).chain([""]);
        texts.map(|text| self.categories.get(text).copied()).collect()
    }
}

/// Where a row's text is counted; empty text is the same as none.
fn slot(text: &Text, row: usize) -> usize {
    let code = text.codes()[row];
    let missing = code == Text::MISSING || text.dictionary()[code as usize].is_empty();
    if missing { text.dictionary().len() } else { code as usize }
}

fn aim(class: Option<f64>, target: f64) -> f64 {
    class.map_or(target, |class| f64::from(u8::from(class == target)))
}

fn prior(targets: &[f64], class: Option<f64>) -> f64 {
    targets.iter().map(|target| aim(class, *target)).sum::<f64>() / targets.len() as f64
}

#[cfg(test)]
mod tests {
    use base::Random;
    use table::Text;

    use super::Encoder;

    fn example() -> (Text, Vec<usize>, Vec<f64>) {
        let text: Text = (0..40)
            .map(|row| match row % 4 {
                0 => Some("a"),
                1 => Some("b"),
                2 => None,
                _ => Some(""),
            })
            .collect();
        let targets = (0..40).map(|row| f64::from(u8::from(row % 4 == 0))).collect();
        (text, (0..40).collect(), targets)
    }

    #[test]
    fn a_category_is_its_mean_drawn_towards_the_prior() {
        let (text, rows, targets) = example();
        let encoder = Encoder::fit(&text, &rows, &targets, None);
        assert_eq!(encoder.prior, 0.25);
        // The rows of a category agree fully, so the prior weighs one row only.
        assert_eq!(encoder.categories["a"], ((10.0 + 0.25) / 11.0) as f32);
        assert_eq!(encoder.categories["b"], (0.25 / 11.0) as f32);
    }

    #[test]
    fn categories_that_differ_by_chance_alone_stay_near_the_prior() {
        let mut random = Random::new(2);
        let names: Vec<String> = (0..2_000).map(|row| format!("c{}", row % 100)).collect();
        let text: Text = names.iter().map(|name| Some(name.as_str())).collect();
        let rows: Vec<usize> = (0..2_000).collect();
        let noise: Vec<f64> = rows.iter().map(|_| random.unit()).collect();
        let spread = |targets: &[f64]| {
            let encoder = Encoder::fit(&text, &rows, targets, None);
            let numbers = || encoder.categories.values().copied();
            numbers().fold(f32::MIN, f32::max) - numbers().fold(f32::MAX, f32::min)
        };
        assert!(spread(&noise) < 0.1, "{}", spread(&noise));
        let signal: Vec<f64> = rows.iter().map(|row| noise[*row] + (row % 100) as f64 / 100.0).collect();
        assert!(spread(&signal) > 0.8, "{}", spread(&signal));
    }

    #[test]
    fn missing_and_empty_text_are_one_category() {
        let (text, rows, targets) = example();
        let encoder = Encoder::fit(&text, &rows, &targets, None);
        assert_eq!(encoder.categories[""], (0.25 / 21.0) as f32);
        let numbers = encoder.apply(&text, &[2, 3]);
        assert_eq!(numbers, [encoder.categories[""]; 2]);
    }

    #[test]
    fn an_unseen_or_rare_category_is_the_prior() {
        let text: Text = [Some("x"), Some("rare"), Some("rare")].into_iter().chain([Some("y"); 10]).collect();
        let targets: Vec<f64> = (0..13).map(f64::from).collect();
        let rows: Vec<usize> = (1..13).collect();
        let encoder = Encoder::fit(&text, &rows, &targets[1..], None);
        assert_eq!(encoder.apply(&text, &[0, 1]), [encoder.prior; 2]);
    }

    #[test]
    fn a_row_never_sees_its_own_target() {
        let (text, rows, targets) = example();
        let encoder = Encoder::fit(&text, &rows, &targets, None);
        let folds: Vec<u8> = rows.iter().map(|row| (row / 8) as u8).collect();
        let before = encoder.apply_out_of_fold(&text, &rows, &targets, &folds);
        let mut changed = targets;
        // One row's target moves to another row of its fold and category: its encoding must not notice.
        changed.swap(0, 1);
        let prior_kept = encoder.apply_out_of_fold(&text, &rows, &changed, &folds);
        assert_eq!(before[0], prior_kept[0]);
        assert_ne!(before[8], prior_kept[8]);
    }

    #[test]
    fn with_several_classes_each_has_its_own_share() {
        let text: Text = (0..30).map(|row| Some(if row < 15 { "a" } else { "b" })).collect();
        let targets: Vec<f64> = (0..30).map(|row| f64::from(row / 10)).collect();
        let rows: Vec<usize> = (0..30).collect();
        let shares: Vec<f32> = (0..3)
            .map(|class| Encoder::fit(&text, &rows, &targets, Some(f64::from(class))).categories["a"])
            .collect();
        assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!(shares[0] > shares[1] && shares[1] > shares[2]);
    }
}
