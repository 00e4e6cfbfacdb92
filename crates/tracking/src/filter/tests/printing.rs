//! A tree that is printed and read again is the same tree.

use proptest::{collection::vec, prelude::*, sample::select};

use crate::filter::{
    Comparison, Filter, NumberOperator, Test, TextOperator,
    runs::{self, Attribute, Dataset, Field},
};

fn key() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z_][a-z0-9_]{0,8}", "[-/ :.a-z]{1,12}", "[^\\x00]{1,12}"]
}

/// Any text but those with a backslash before a quote or the end, for which MLflow's grammar has no sign.
fn value() -> impl Strategy<Value = String> {
    let sayable =
        |text: &String| !["\\'", "\\\""].iter().any(|pair| text.contains(pair)) && !text.ends_with('\\');
    prop_oneof!["[a-zA-Z%_]{0,12}", "['\"` \\\\a;()]{0,12}", any::<String>()].prop_filter("sayable", sayable)
}

fn number() -> impl Strategy<Value = Test> {
    use NumberOperator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let operators = select(vec![Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual]);
    let numbers = any::<f64>().prop_filter("a number", |number| !number.is_nan());
    (operators, numbers).prop_map(|(operator, number)| Test::Number(operator, number))
}

fn text() -> impl Strategy<Value = Test> {
    use TextOperator::{Equal, Ilike, Like, NotEqual};
    (select(vec![Equal, NotEqual, Like, Ilike]), value())
        .prop_map(|(operator, text)| Test::Text(operator, text))
}

fn list() -> impl Strategy<Value = Test> {
    prop_oneof![vec(value(), 1..5).prop_map(Test::In), vec(value(), 1..5).prop_map(Test::NotIn)]
}

fn comparison() -> impl Strategy<Value = Comparison<Field>> {
    let keyed = prop_oneof![key().prop_map(Field::Param), key().prop_map(Field::Tag)];
    let keyed_test = prop_oneof![text(), Just(Test::IsNull), Just(Test::IsNotNull)];
    let numeric = prop_oneof![
        key().prop_map(Field::Metric),
        select(vec![Attribute::StartTime, Attribute::EndTime]).prop_map(Field::Attribute),
    ];
    let plain = [Attribute::RunName, Attribute::Status, Attribute::UserId, Attribute::ArtifactUri]
        .map(Field::Attribute);
    let listed = [
        Field::Attribute(Attribute::RunId),
        Field::Dataset(Dataset::Name),
        Field::Dataset(Dataset::Digest),
        Field::Dataset(Dataset::Context),
    ];
    prop_oneof![
        (keyed, keyed_test.boxed()),
        (numeric, number().boxed()),
        (select(plain.to_vec()), text().boxed()),
        (select(listed.to_vec()), prop_oneof![text(), list()].boxed()),
    ]
    .prop_map(|(field, test)| Comparison { field, test })
}

proptest! {
    #[test]
    fn a_printed_filter_reads_back_as_itself(comparisons in vec(comparison(), 0..6)) {
        let filter = Filter { comparisons };
        let printed = filter.to_string();
        prop_assert_eq!(runs::parse(&printed).map_err(|error| TestCaseError::fail(format!("{printed}: {error}")))?, filter);
    }

    #[test]
    fn a_printed_order_reads_back_as_itself(keys in vec(key(), 0..6), descending in any::<bool>()) {
        let mut clauses: Vec<String> = keys.iter().map(|key| format!("tags.`{}` DESC", key.replace('`', "``"))).collect();
        clauses.sort();
        clauses.dedup();
        clauses.extend(descending.then(|| "status DESC".to_owned()));
        let orders = runs::order(&clauses)?;
        let printed: Vec<String> = orders.iter().map(ToString::to_string).collect();
        prop_assert_eq!(runs::order(&printed)?, orders);
    }
}
