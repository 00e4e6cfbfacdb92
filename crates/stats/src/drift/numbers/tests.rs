use proptest::prelude::*;

use super::NumberCounts;

#[test]
fn missing_and_infinite_rows_are_counted_apart() {
    let counted = NumberCounts::of(&[2.0, f64::NAN, 1.0, f64::INFINITY, 2.0, f64::NEG_INFINITY]);
    assert_eq!(counted.iter().collect::<Vec<_>>(), [(1.0, 1), (2.0, 2)]);
    assert_eq!((counted.total(), counted.missing(), counted.infinite(), counted.rows()), (3, 1, 2, 6));
}

#[test]
fn distinct_numbers_need_no_counts() {
    assert!(NumberCounts::of(&[3.0, 1.0, 2.0]).counts.is_none());
    assert_eq!(NumberCounts::from_sorted(vec![1.0, 2.0], vec![1, 1], 0, 0).counts, None);
}

#[test]
fn zero_has_one_sign() {
    assert_eq!(NumberCounts::of(&[-0.0, 0.0]).iter().collect::<Vec<_>>(), [(0.0, 2)]);
}

#[test]
fn moments_and_quantiles_are_those_of_numpy() {
    let counted = NumberCounts::of(&[4.0, 1.0, 2.0, 2.0]);
    assert_eq!(counted.mean(), Some(2.25));
    assert!((counted.deviation().unwrap() - 1.089_724_735_885_168_3).abs() < 1e-15);
    assert_eq!(
        counted.quantiles(&[0.0, 0.25, 0.9, 1.0]),
        Some(vec![1.0, 1.75, 3.400_000_000_000_000_4, 4.0])
    );
}

#[test]
fn no_rows_have_no_moments() {
    let empty = NumberCounts::of(&[f64::NAN]);
    assert_eq!(
        (empty.mean(), empty.deviation(), empty.quantile(0.5), empty.range()),
        (None, None, None, None)
    );
}

#[test]
fn counts_survive_json_and_broken_ones_are_refused() {
    let counted = NumberCounts::of(&[0.1, 0.1, 1e300, f64::NAN]);
    let text = serde_json::to_string(&counted).unwrap();
    assert_eq!(serde_json::from_str::<NumberCounts>(&text).unwrap(), counted);
    assert!(serde_json::from_str::<NumberCounts>(r#"{"values":[2,1]}"#).is_err());
    assert!(serde_json::from_str::<NumberCounts>(r#"{"values":[1,2],"counts":[1]}"#).is_err());
}

proptest! {
    #[test]
    fn merged_parts_count_as_the_whole_does(
        values in prop::collection::vec(prop_oneof![(-5i8..5).prop_map(f64::from), Just(f64::NAN), Just(f64::INFINITY)], 0..60),
        cut in 0usize..60,
    ) {
        let cut = cut.min(values.len());
        let mut merged = NumberCounts::of(&values[..cut]);
        merged.merge(NumberCounts::of(&values[cut..]));
        prop_assert_eq!(merged, NumberCounts::of(&values));
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_rows(values in prop::collection::vec(-5i8..5, 1..60), share in 0.0f64..=1.0) {
        let mut values: Vec<f64> = values.into_iter().map(f64::from).collect();
        let found = NumberCounts::of(&values).quantile(share).unwrap();
        values.sort_by(f64::total_cmp);
        prop_assert!((found - crate::quantile(&values, share).unwrap()).abs() < 1e-12);
    }
}
