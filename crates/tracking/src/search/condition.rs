//! Tests as conditions of SQL.

use super::statement::Statement;
use crate::filter::{NumberOperator, Test, TextOperator, like};

/// Adds the condition that a column is as a test says. What is not there meets none but `IS NULL`.
pub(super) fn compare(sql: &mut Statement, column: &'static str, test: &Test) {
    sql.add(column);
    match test {
        Test::Number(operator, number) => sql.add(of_numbers(*operator)).bind(*number),
        Test::Text(TextOperator::Equal, text) => sql.add(" = ").bind(text.clone()),
        Test::Text(TextOperator::NotEqual, text) => sql.add(" <> ").bind(text.clone()),
        Test::Text(TextOperator::Like, pattern) => sql.add(" GLOB ").bind(like::glob(pattern)),
        Test::Text(TextOperator::Ilike, pattern) => sql.add(" LIKE ").bind(pattern.clone()),
        Test::In(texts) => list(sql.add(" IN ("), texts),
        Test::NotIn(texts) => list(sql.add(" NOT IN ("), texts),
        Test::IsNull => sql.add(" IS NULL"),
        Test::IsNotNull => sql.add(" IS NOT NULL"),
    };
}

/// Adds the condition that a pair in a table of keys and values is as a test says: `exists` begins the question for it.
pub(super) fn pair(sql: &mut Statement, exists: &'static str, key: &str, test: &Test) {
    let is_presence = matches!(test, Test::IsNull | Test::IsNotNull);
    if *test == Test::IsNull {
        sql.add("NOT ");
    }
    sql.add(exists).bind(key.to_owned());
    if !is_presence {
        compare(sql.add(" AND "), "value", test);
    }
    sql.add(")");
}

fn list<'a>(sql: &'a mut Statement, texts: &[String]) -> &'a mut Statement {
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            sql.add(",");
        }
        sql.bind(text.clone());
    }
    sql.add(")")
}

fn of_numbers(operator: NumberOperator) -> &'static str {
    match operator {
        NumberOperator::Equal => " = ",
        NumberOperator::NotEqual => " <> ",
        NumberOperator::Less => " < ",
        NumberOperator::LessOrEqual => " <= ",
        NumberOperator::Greater => " > ",
        NumberOperator::GreaterOrEqual => " >= ",
    }
}
