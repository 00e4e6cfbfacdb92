//! What `kaizen init` writes from what it saw.

use proptest::prelude::*;
use spec::{ColumnProfile, Inspection, Source, Test, parse, starter};
use stats::Task;
use table::Kind;

fn no_env(_: &str) -> Option<String> {
    None
}

fn column(name: &str, kind: Kind, distinct: u64) -> ColumnProfile {
    ColumnProfile {
        name: name.to_owned(),
        kind,
        rows: 1_000,
        nulls: 0,
        distinct,
        integer: false,
        min: None,
        max: None,
        top: Vec::new(),
    }
}

fn numbers(name: &str, distinct: u64, min: &str, max: &str) -> ColumnProfile {
    let is_whole = !min.contains('.') && !max.contains('.');
    let column = column(name, Kind::Number, distinct);
    ColumnProfile { integer: is_whole, min: Some(min.to_owned()), max: Some(max.to_owned()), ..column }
}

fn texts(name: &str, top: &[(&str, u64)]) -> ColumnProfile {
    let column = column(name, Kind::Text, top.len() as u64);
    ColumnProfile { top: top.iter().map(|(value, count)| ((*value).to_owned(), *count)).collect(), ..column }
}

fn inspection(columns: Vec<ColumnProfile>) -> Inspection {
    Inspection { source: "data/seen.csv".to_owned(), name: "seen".parse().expect("a name"), columns }
}

fn read(columns: Vec<ColumnProfile>) -> spec::Project {
    let text = starter(&inspection(columns));
    parse("kaizen.toml", &text, &no_env)
        .unwrap_or_else(|diagnostics| panic!("{text}\n{}", spec::render(&diagnostics, &text)))
}

fn model(columns: Vec<ColumnProfile>) -> spec::Model {
    read(columns).models.into_values().next().expect("a model")
}

#[test]
fn a_starter_explains_its_guesses() {
    let columns = vec![
        numbers("flight_id", 1_000, "1", "1000"),
        column("scheduled_departure", Kind::Time, 900),
        column("updated", Kind::Time, 3),
        texts("carrier", &[("UA", 500), ("AA", 300), ("DL", 200)]),
        ColumnProfile { nulls: 30, ..column("tail number", Kind::Text, 970) },
        ColumnProfile { nulls: 1_000, ..column("empty", Kind::Text, 0) },
        numbers("distance", 200, "17", "4983"),
        column("late", Kind::Boolean, 2),
        numbers("air_time", 400, "20.5", "695.0"),
    ];
    insta::assert_snapshot!(starter(&inspection(columns)));
}

#[test]
fn the_target_is_told_by_its_name_then_by_its_values() {
    let feature = || numbers("x", 500, "0.5", "9.5");
    let named = vec![column("churned", Kind::Boolean, 2), feature(), column("active", Kind::Boolean, 2)];
    assert_eq!(model(named).target, "churned");
    let two_valued =
        vec![texts("sex", &[("f", 600), ("m", 400)]), feature(), column("id", Kind::Text, 1_000)];
    assert_eq!(model(two_valued).target, "sex");
    let numeric = vec![feature(), numbers("z", 700, "1", "900"), column("note", Kind::Text, 900)];
    assert_eq!(model(numeric).target, "z");
}

#[test]
fn the_task_follows_from_the_targets_values() {
    let with = |target: ColumnProfile| model(vec![numbers("x", 500, "0.5", "9.5"), target]);
    assert_eq!(with(column("y", Kind::Boolean, 2)).task, Task::Binary);
    assert_eq!(with(numbers("y", 2, "0", "1")).task, Task::Binary);
    assert_eq!(with(numbers("y", 3, "0", "2")).task, Task::Multiclass);
    assert_eq!(with(numbers("y", 300, "0", "400")).task, Task::Regression);
    assert_eq!(with(numbers("y", 2, "0.5", "1.5")).task, Task::Regression);
    assert_eq!(with(texts("y", &[("a", 400), ("b", 300), ("c", 300)])).task, Task::Multiclass);
}

#[test]
fn the_positive_class_says_yes_or_is_the_larger_or_the_rarer() {
    let with = |target: ColumnProfile| model(vec![numbers("x", 500, "0.5", "9.5"), target]).positive.unwrap();
    assert_eq!(with(column("y", Kind::Boolean, 2)), "true");
    assert_eq!(with(ColumnProfile { integer: true, ..numbers("y", 2, "0.0", "1.0") }), "1");
    assert_eq!(with(texts("y", &[("Yes", 600), ("No", 400)])), "Yes");
    assert_eq!(with(texts("y", &[("ham", 600), ("spam", 400)])), "spam");
}

#[test]
fn what_was_seen_is_expected_and_what_tells_rows_apart_is_excluded() {
    let columns = vec![
        numbers("id", 1_000, "1", "1000"),
        column("email", Kind::Text, 1_000),
        ColumnProfile { nulls: 10, ..texts("plan", &[("a", 700), ("b", 290)]) },
        column("churn", Kind::Boolean, 2),
    ];
    let project = read(columns);
    let model = project.models.values().next().unwrap();
    assert_eq!(model.exclude, ["id", "email"]);
    assert_eq!(model.data, Source::Data("seen".parse().unwrap()));
    let data = project.data.values().next().unwrap();
    assert_eq!(data.key, ["id"]);
    let tests: Vec<&Test> = data.expect.iter().map(|expectation| &expectation.test).collect();
    assert!(tests.contains(&&Test::Rows { min: Some(900), max: None }));
    assert!(tests.contains(&&Test::Unique { column: "id".to_owned() }));
    assert!(tests.contains(&&Test::Nulls { column: "churn".to_owned(), max: 0.0 }));
    assert!(!tests.contains(&&Test::Nulls { column: "plan".to_owned(), max: 0.0 }));
    let values = vec!["a".to_owned(), "b".to_owned()];
    assert!(tests.contains(&&Test::OneOf { column: "plan".to_owned(), values }));
}

#[test]
fn data_with_nothing_to_predict_gets_a_project_without_a_model() {
    for columns in [vec![], vec![column("only", Kind::Boolean, 2)], vec![column("", Kind::Boolean, 2); 2]] {
        assert!(read(columns).models.is_empty());
    }
}

fn odd_text() -> impl Strategy<Value = String> {
    const ODD: &[&str] = &[
        "",
        " ",
        "id",
        "target",
        "late",
        "event time",
        "\"",
        "a.b",
        "${env.HOME}",
        "$${env.X}",
        "\\",
        "#",
        "a\nb",
        "\r",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "é",
        "]",
        "'''",
        "\"\"\"",
        "yes",
    ];
    prop_oneof![proptest::sample::select(ODD).prop_map(str::to_owned), ".{0,8}", "[a-z_]{1,12}"]
}

fn profile() -> impl Strategy<Value = ColumnProfile> {
    let kind = proptest::sample::select(vec![Kind::Number, Kind::Text, Kind::Boolean, Kind::Time]);
    let counts = (0..200u64, 0..200u64, prop_oneof![0..5u64, 0..250u64]);
    let ends = (proptest::option::of(odd_text()), proptest::option::of(odd_text()));
    let top = proptest::collection::vec((odd_text(), any::<u64>()), 0..5);
    (odd_text(), kind, counts, any::<bool>(), ends, top).prop_map(
        |(name, kind, (rows, nulls, distinct), integer, (min, max), top)| ColumnProfile {
            name,
            kind,
            rows,
            nulls,
            distinct,
            integer,
            min,
            max,
            top,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_starter_is_a_project_of_the_columns_it_saw(columns in proptest::collection::vec(profile(), 0..8)) {
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let project = read(columns);
        let data = project.data.values().next().unwrap();
        let model = project.models.values().next();
        let mut named: Vec<&String> = data.key.iter().chain(&data.time).collect();
        named.extend(model.iter().flat_map(|model| model.exclude.iter().chain([&model.target])));
        for name in named {
            prop_assert!(names.contains(name), "{name:?} is not one of {names:?}");
        }
        prop_assert_eq!(project.services.len(), project.models.len());
    }
}
