//! Tables of what is read and what is refused, and properties over made-up filters.

mod mutations;
mod orders;
mod printing;
mod refusals;
mod runs;
mod searches;

use super::{Comparison, NumberOperator, Test, TextOperator};

fn number<F>(field: F, operator: NumberOperator, number: f64) -> Comparison<F> {
    Comparison { field, test: Test::Number(operator, number) }
}

fn text<F>(field: F, operator: TextOperator, text: &str) -> Comparison<F> {
    Comparison { field, test: Test::Text(operator, text.to_owned()) }
}

fn one_of<F>(field: F, texts: &[&str]) -> Comparison<F> {
    Comparison { field, test: Test::In(owned(texts)) }
}

fn none_of<F>(field: F, texts: &[&str]) -> Comparison<F> {
    Comparison { field, test: Test::NotIn(owned(texts)) }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
