use base::Random;
use monitor::drift::{Settings, reconstruct};
use table::{Column, Table, Values};

/// Two numbers that go together as far as `tie` says, one that does not, and a category.
fn table(rows: usize, tie: f64, random: &mut Random) -> Table {
    let first: Vec<f64> = (0..rows).map(|_| random.unit()).collect();
    let second =
        first.iter().map(|value| tie * value + (1.0 - tie) * random.unit() + 0.05 * random.unit()).collect();
    let third = (0..rows).map(|row| if row % 9 == 0 { f64::NAN } else { random.unit() }).collect();
    let texts: Vec<&str> = (0..rows).map(|_| ["a", "b", "b", "c"][random.below(4)]).collect();
    Table::new(vec![
        Column::new("first", Values::Number(first)),
        Column::new("second", Values::Number(second)),
        Column::new("third", Values::Number(third)),
        Column::new("text", Values::Text(texts.into_iter().map(Some).collect())),
    ])
    .expect("columns of one length")
}

#[test]
fn columns_that_cease_to_go_together_drift_though_none_does_alone() {
    let mut random = Random::new(5);
    let (reference, broken) = (table(4_000, 1.0, &mut random), table(2_000, 0.0, &mut random));
    let found = reconstruct(&reference, &broken, &Settings::default()).unwrap();
    assert!(found.drifted && found.current > found.reference, "{found:?}");
    let same = reconstruct(&reference, &table(2_000, 1.0, &mut random), &Settings::default()).unwrap();
    assert!(!same.drifted, "{same:?}");
}

#[test]
fn still_columns_are_rarely_called_drift() {
    let mut random = Random::new(6);
    let alarms = (0..300).filter(|_| {
        let (reference, current) = (table(300, 0.8, &mut random), table(60, 0.8, &mut random));
        reconstruct(&reference, &current, &Settings::default()).unwrap().drifted
    });
    let alarms = alarms.count();
    assert!(alarms <= 9, "{alarms} of 300 at a rate of 0.01");
}

#[test]
fn a_lost_column_or_too_few_rows_have_no_answer() {
    let mut random = Random::new(7);
    let whole = table(100, 0.5, &mut random);
    assert_eq!(reconstruct(&whole, &whole.select(["first"]), &Settings::default()), None);
    assert_eq!(reconstruct(&whole, &whole.take(&[0]), &Settings::default()), None);
    assert_eq!(reconstruct(&whole.take(&[0, 1]), &whole, &Settings::default()), None);
}

#[test]
fn a_column_that_turns_to_text_is_not_a_crash() {
    let mut random = Random::new(8);
    let whole = table(100, 0.5, &mut random);
    let texts = (0..100).map(|_| Some("x")).collect();
    let mut columns = whole.columns().to_vec();
    columns[0] = Column::new("first", Values::Text(texts));
    assert!(reconstruct(&whole, &Table::new(columns).unwrap(), &Settings::default()).is_some());
}
