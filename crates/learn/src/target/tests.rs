use stats::Task;
use table::{Column, Table, Values};

use super::{labels, read};
use crate::settings::{Settings, tests::settings};

fn table(values: Values) -> Table {
    Table::new(vec![Column::new("late", values)]).unwrap()
}

fn text(values: &[Option<&str>]) -> Values {
    Values::Text(values.iter().copied().collect())
}

fn task(task: Task) -> Settings {
    settings(task, "late", &[])
}

#[test]
fn the_positive_class_is_true_the_larger_number_or_the_rarer_text() {
    let classes = |values| read(&table(values), &task(Task::Binary)).unwrap().classes;
    assert_eq!(classes(Values::Boolean(vec![Some(true), None, Some(false)])), ["false", "true"]);
    assert_eq!(classes(Values::Number(vec![10.0, 9.0, 9.0])), ["9", "10"]);
    assert_eq!(classes(text(&[Some("bad"), Some("good"), Some("good")])), ["good", "bad"]);
}

#[test]
fn the_configured_positive_class_wins_and_a_stranger_is_refused() {
    let values = || table(text(&[Some("bad"), Some("good"), Some("good")]));
    let with = |positive: &str| Settings { positive: Some(positive.to_owned()), ..task(Task::Binary) };
    assert_eq!(read(&values(), &with("good")).unwrap().classes, ["bad", "good"]);
    let message = read(&values(), &with("ugly")).unwrap_err().to_string();
    assert!(message.contains("ugly") && message.contains("`good`"), "{message}");
}

#[test]
fn rows_without_a_target_are_dropped_and_counted() {
    let target =
        read(&table(Values::Number(vec![1.5, f64::NAN, 2.5, f64::INFINITY])), &task(Task::Regression))
            .unwrap();
    assert_eq!((target.rows, target.values, target.dropped), (vec![0, 2], vec![1.5, 2.5], 2));
}

#[test]
fn numbers_are_classes_in_their_own_order_and_an_unknown_class_has_no_number() {
    let target = read(&table(Values::Number(vec![10.0, 2.0, 1.0])), &task(Task::Multiclass)).unwrap();
    assert_eq!(
        (target.classes.clone(), target.values),
        (vec!["1".into(), "2".into(), "10".into()], vec![2.0, 1.0, 0.0])
    );
    let later = labels(&table(Values::Number(vec![2.0, 7.0, f64::NAN])), "late", &target.classes).unwrap();
    assert_eq!(later[0], 1.0);
    assert!(later[1].is_nan() && later[2].is_nan());
}

#[test]
fn targets_that_cannot_be_learned_are_refused_by_name_with_a_fix() {
    let many: Vec<f64> = (0..101).map(f64::from).collect();
    let cases = [
        (Task::Binary, Values::Boolean(vec![Some(true), Some(true), None]), "every row is `true`"),
        (Task::Binary, Values::Number(vec![0.0, 1.0, 2.0]), "multiclass"),
        (Task::Multiclass, Values::Number(many), "more than 100 classes"),
        (Task::Binary, Values::Number(vec![0.5, 1.0]), "regression"),
        (Task::Regression, Values::Number(vec![3.0, 3.0]), "is 3 in every row"),
        (Task::Regression, text(&[Some("a"), Some("b")]), "not numbers"),
        (Task::Binary, Values::Time(vec![Some(1), Some(2)]), "times"),
        (Task::Binary, Values::Boolean(vec![None, None]), "missing in every row"),
        (Task::Binary, Values::Boolean(vec![]), "empty"),
    ];
    for (kind, values, part) in cases {
        let message = read(&table(values), &task(kind)).unwrap_err().to_string();
        assert!(message.contains(part), "{message} lacks {part}");
    }
}

#[test]
fn a_target_that_is_not_there_is_refused_with_a_near_name() {
    let settings = settings(Task::Binary, "lat", &[]);
    let message = read(&table(Values::Boolean(vec![Some(true)])), &settings).unwrap_err().to_string();
    assert!(message.contains("did you mean `late`"), "{message}");
}
