//! What a search should find, said again without a database.

use std::{cmp::Ordering, collections::BTreeMap};

use crate::filter::{
    Comparison, NumberOperator, Order, Test, TextOperator,
    like::{self, Case},
    runs::{Attribute, Dataset, Field, Sorted},
};

/// A run as a test made it.
#[derive(Debug, Clone, Default)]
pub(super) struct Run {
    pub(super) id: String,
    pub(super) started: i64,
    pub(super) ended: Option<i64>,
    pub(super) status: &'static str,
    pub(super) user: &'static str,
    pub(super) metrics: BTreeMap<&'static str, f64>,
    pub(super) params: BTreeMap<&'static str, &'static str>,
    pub(super) tags: BTreeMap<&'static str, &'static str>,
    /// Name, digest and context.
    pub(super) datasets: Vec<(&'static str, &'static str, Option<&'static str>)>,
}

impl Run {
    pub(super) fn name(&self) -> String {
        format!("name-{}", self.status)
    }

    pub(super) fn meets(&self, comparison: &Comparison<Field>) -> bool {
        let test = &comparison.test;
        match &comparison.field {
            Field::Metric(key) => number(self.metrics.get(key.as_str()).copied(), test),
            Field::Param(key) => text(self.params.get(key.as_str()).copied(), test),
            Field::Tag(key) => text(self.tags.get(key.as_str()).copied(), test),
            Field::Dataset(part) => self.datasets.iter().any(|(name, digest, context)| match part {
                Dataset::Name => text(Some(name), test),
                Dataset::Digest => text(Some(digest), test),
                Dataset::Context => text(*context, test),
            }),
            Field::Attribute(attribute) => match attribute {
                Attribute::RunId => text(Some(&self.id), test),
                Attribute::RunName => text(Some(&self.name()), test),
                Attribute::Status => text(Some(self.status), test),
                Attribute::UserId => text(Some(self.user), test),
                Attribute::ArtifactUri => text(Some(&self.artifacts()), test),
                Attribute::StartTime => number(Some(self.started as f64), test),
                Attribute::EndTime => number(self.ended.map(|ended| ended as f64), test),
            },
        }
    }

    fn artifacts(&self) -> String {
        format!("mlflow-artifacts:/0/{}/artifacts", self.id)
    }

    /// Which of two comes first.
    pub(super) fn compare(&self, other: &Self, orders: &[Order<Sorted>]) -> Ordering {
        for order in orders {
            let ((rank, one), (other_rank, other)) = (self.key(&order.field), other.key(&order.field));
            let by_value = one.partial_cmp(&other).unwrap();
            let by_value = if order.descending { by_value.reverse() } else { by_value };
            let found = rank.cmp(&other_rank).then(by_value);
            if found != Ordering::Equal {
                return found;
            }
        }
        Ordering::Equal
    }

    fn key(&self, sorted: &Sorted) -> (u8, (f64, String)) {
        let text = |text: Option<&str>| match text {
            Some(text) => (0, (0.0, text.to_owned())),
            None => (2, (0.0, String::new())),
        };
        let number = |number: Option<f64>| match number {
            Some(number) if number.is_nan() => (1, (0.0, String::new())),
            Some(number) => (0, (number, String::new())),
            None => (2, (0.0, String::new())),
        };
        match sorted {
            Sorted::Metric(key) => number(self.metrics.get(key.as_str()).copied()),
            Sorted::Param(key) => text(self.params.get(key.as_str()).copied()),
            Sorted::Tag(key) => text(self.tags.get(key.as_str()).copied()),
            Sorted::Attribute(attribute) => match attribute {
                Attribute::RunId => text(Some(&self.id)),
                Attribute::RunName => text(Some(&self.name())),
                Attribute::Status => text(Some(self.status)),
                Attribute::UserId => text(Some(self.user)),
                Attribute::ArtifactUri => text(Some(&self.artifacts())),
                Attribute::StartTime => number(Some(self.started as f64)),
                Attribute::EndTime => number(self.ended.map(|ended| ended as f64)),
            },
        }
    }
}

fn number(value: Option<f64>, test: &Test) -> bool {
    let (Some(value), Test::Number(operator, wanted)) = (value, test) else { return false };
    match operator {
        NumberOperator::Equal => value == *wanted,
        NumberOperator::NotEqual => value != *wanted,
        NumberOperator::Less => value < *wanted,
        NumberOperator::LessOrEqual => value <= *wanted,
        NumberOperator::Greater => value > *wanted,
        NumberOperator::GreaterOrEqual => value >= *wanted,
    }
}

fn text(value: Option<&str>, test: &Test) -> bool {
    let Some(value) = value else { return *test == Test::IsNull };
    match test {
        Test::Text(TextOperator::Equal, wanted) => value == wanted,
        Test::Text(TextOperator::NotEqual, wanted) => value != wanted,
        Test::Text(TextOperator::Like, pattern) => like::matches(pattern, value, Case::Minded),
        Test::Text(TextOperator::Ilike, pattern) => like::matches(pattern, value, Case::Ignored),
        Test::In(texts) => texts.iter().any(|text| text == value),
        Test::NotIn(texts) => texts.iter().all(|text| text != value),
        Test::IsNotNull => true,
        Test::IsNull | Test::Number(..) => false,
    }
}
