use base::Random;
use stats::{
    drift::{Binned, CategoryCounts, NumberCounts, ks, psi, total_variation},
    sketch::{Frequent, Quantiles},
};

const ROWS: usize = 60_000;

fn uniform(rows: usize, seed: u64) -> Vec<f64> {
    let mut random = Random::new(seed);
    (0..rows).map(|_| random.unit()).collect()
}

/// The same numbers in orders that are hard on a sketch.
fn orders(seed: u64) -> Vec<(&'static str, Vec<f64>)> {
    let random = uniform(ROWS, seed);
    let mut ascending = random.clone();
    ascending.sort_by(f64::total_cmp);
    let descending: Vec<f64> = ascending.iter().rev().copied().collect();
    let half = ROWS / 2;
    let outside_in = (0..half).flat_map(|row| [ascending[row], descending[row]]).collect();
    let inside_out = (0..half).rev().flat_map(|row| [ascending[row], descending[row]]).collect();
    let skewed = random.iter().map(|value| (1.0 / (1.0 - value)).powi(6)).collect();
    vec![
        ("random", random),
        ("ascending", ascending),
        ("descending", descending),
        ("outside in", outside_in),
        ("inside out", inside_out),
        ("skewed", skewed),
    ]
}

/// The largest error of the share of rows below any number.
fn worst(values: &[f64], sketch: &Quantiles) -> f64 {
    ks(&NumberCounts::of(values), &sketch.counts()).unwrap().statistic
}

#[test]
fn the_rank_error_holds_in_every_order_and_after_merges() {
    for room in [256, 1_024] {
        let (mut tried, mut beyond) = (0, 0);
        for seed in 0..6 {
            for (order, values) in orders(seed) {
                let mut whole = Quantiles::new(room);
                whole.extend(values.iter().copied());
                let mut merged = Quantiles::new(room);
                for part in values.chunks(7_001) {
                    let mut sketch = Quantiles::new(room);
                    sketch.extend(part.iter().copied());
                    merged.merge(sketch);
                }
                for sketch in [whole, merged] {
                    let error = worst(&values, &sketch);
                    tried += 1;
                    beyond += usize::from(error > sketch.rank_error());
                    assert!(error <= 1.5 * sketch.rank_error(), "{order} {room}: {error}");
                    assert_eq!(sketch.counts().total(), ROWS as u64);
                    assert!(sketch.held() <= 3 * room + 100, "{}", sketch.held());
                }
            }
        }
        assert!(beyond * 100 <= tried, "{room}: {beyond} of {tried} beyond the stated error");
    }
}

#[test]
fn a_small_column_is_kept_exactly() {
    let mut values = uniform(4_000, 3);
    values.extend([f64::NAN, f64::INFINITY, 0.5, 0.5]);
    let mut sketch = Quantiles::default();
    sketch.extend(values.iter().copied());
    assert_eq!(sketch.rank_error(), 0.0);
    assert_eq!(sketch.counts(), NumberCounts::of(&values));
}

#[test]
fn the_ends_of_a_column_survive() {
    let mut values = uniform(ROWS, 4);
    values[123] = -9.0;
    values[4_567] = 9.0;
    let mut sketch = Quantiles::new(64);
    sketch.extend(values);
    assert_eq!(sketch.counts().range(), Some((-9.0, 9.0)));
}

#[test]
fn drift_on_sketches_is_within_their_error_of_the_exact() {
    let (reference, mut current) = (uniform(ROWS, 5), uniform(ROWS, 6));
    current.iter_mut().for_each(|value| *value = value.powf(1.2));
    let (mut old, mut new) = (Quantiles::default(), Quantiles::default());
    old.extend(reference.iter().copied());
    new.extend(current.iter().copied());
    let exact = (NumberCounts::of(&reference), NumberCounts::of(&current));
    let error = old.rank_error() + new.rank_error();
    let statistic = |pair: (&NumberCounts, &NumberCounts)| ks(pair.0, pair.1).unwrap().statistic;
    let sketched = (old.counts(), new.counts());
    assert!((statistic((&exact.0, &exact.1)) - statistic((&sketched.0, &sketched.1))).abs() <= error);
    let index = |pair: (&NumberCounts, &NumberCounts)| psi(&Binned::by_deciles(pair.0, pair.1).unwrap());
    // Ten bins whose shares of a tenth are each off by no more than twice the error.
    assert!((index((&exact.0, &exact.1)) - index((&sketched.0, &sketched.1))).abs() <= 10.0 * 2.0 * error);
}

/// A category by Zipf's law, so that a few come often and most hardly ever.
fn category(random: &mut Random) -> String {
    format!("c{}", (1.0 / (1.0 - random.unit()).max(1e-6)) as u64)
}

#[test]
fn frequent_categories_are_counted_within_the_stated_error() {
    let mut random = Random::new(8);
    let values: Vec<String> = (0..ROWS).map(|_| category(&mut random)).collect();
    let exact = CategoryCounts::of(values.iter().map(|value| Some(value.as_str())));
    let mut merged = Frequent::new(100);
    for part in values.chunks(9_000) {
        let mut sketch = Frequent::new(100);
        part.iter().for_each(|value| sketch.add(Some(value)));
        merged.merge(sketch);
    }
    assert!(merged.error() <= ROWS as u64 / 101);
    assert!(merged.held() <= 200);
    let counts = merged.counts();
    assert_eq!(counts.total(), ROWS as u64);
    for (category, rows) in exact.iter() {
        let found = counts.count(category);
        assert!(found <= rows && rows - found <= merged.error(), "{category}: {found} of {rows}");
    }
    let apart = total_variation(&Binned::by_category(&exact, &counts).unwrap());
    assert!(apart <= merged.error() as f64 * merged.held() as f64 / ROWS as f64, "{apart}");
}

#[test]
fn a_million_categories_take_bounded_memory() {
    let mut sketch = Frequent::new(1_000);
    for number in 0..1_000_000 {
        sketch.add(Some(&format!("id{number}")));
    }
    sketch.add(None);
    assert!(sketch.held() <= 2_000);
    assert_eq!((sketch.counts().total(), sketch.counts().missing()), (1_000_000, 1));
}
