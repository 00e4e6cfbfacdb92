//! What is refused, with the sentence and the place. The sentences begin as MLflow's, which its tests and its users know.

use crate::{
    Code,
    filter::{
        LONGEST_FILTER, MOST_CLAUSES, MOST_LISTED, experiments, logged_models, model_versions,
        registered_models, runs,
    },
};

fn refusal<T: std::fmt::Debug>(read: Result<T, crate::Error>) -> String {
    let error = read.expect_err("a refusal");
    assert_eq!(error.code, Code::InvalidParameterValue);
    error.message
}

#[track_caller]
fn run_filters_are_refused(cases: &[(&str, &str)]) {
    for (filter, expected) in cases {
        let message = refusal(runs::parse(filter));
        assert!(message.contains(expected), "{filter}\n  expected {expected}\n  found    {message}");
    }
}

#[test]
fn what_is_no_filter_is_refused_where_it_stops_being_one() {
    run_filters_are_refused(&[
        ("metrics.A > 0.1 OR params.B = 'LR'", "Invalid clause(s) in filter string: there is no OR"),
        ("metrics.A > 0.1 OR params.B = 'LR'", "(column 17: `OR params.B = 'LR'`)"),
        (
            "metrics.A > 0.1 NAND params.B = 'LR'",
            "Invalid clause(s) in filter string: comparisons are joined by AND (column 17:",
        ),
        ("metrics.a > 1 metrics.b > 2", "joined by AND (column 15: `metrics.b > 2`)"),
        (
            "metrics.A > 0.1 AND (params.B = 'LR')",
            "Invalid clause(s) in filter string: parentheses are for the list",
        ),
        ("(metrics.a > 1)", "(column 1: `(metrics.a > 1)`)"),
        (
            "NOT metrics.a > 1",
            "Invalid clause(s) in filter string: a comparison begins with a name (column 1:",
        ),
        ("metric.acc >= 0.94; metrics.rmse < 1", "Search filter contained multiple expression"),
        ("metric.acc >= 0.94; metrics.rmse < 1", "(column 19: `;`)"),
        ("metrics.a > 1 -- comment", "(column 15: `-- comment`)"),
        ("metrics.a > 1, metrics.b > 1", "(column 14: `, metrics.b > 1`)"),
        ("Run Name = 'x'", "(column 5: `Name = 'x'`)"),
        ("metrics.a-b > 1", "stand in backticks (column 10: `-b > 1`)"),
        ("metrics.a BETWEEN 1 AND 2", "a comparison operator is missing"),
        ("tags.a ISNULL", "a comparison operator is missing"),
        ("metrics. acc > 1", "a key is missing behind the point (column 1:"),
        ("metrics.\"a\".b > 1", "a key stands in quotes as a whole or not at all (column 1:"),
        ("tags.mlflow.`b` = 'x'", "a key stands in quotes as a whole or not at all"),
    ]);
}

#[test]
fn quotes_that_do_not_match_are_refused_where_they_open() {
    run_filters_are_refused(&[
        (
            "`metrics.A > 0.1",
            "Invalid clause(s) in filter string: a quote is opened and not closed (column 1:",
        ),
        ("param`.A > 0.1", "Invalid clause(s) in filter string: a quote is opened and not closed (column 6:"),
        ("params.'acc = LR", "(column 8: `'acc = LR`)"),
        ("params.acc = 'LR", "(column 14: `'LR`)"),
        ("params.acc = LR'", "Invalid clause(s) in filter string"),
        ("params.acc = \"LR'", "(column 14: `\"LR'`)"),
        ("params.acc = '''", "(column 14: `'''`)"),
        ("tags.a = 'x' 'y'", "Invalid clause(s) in filter string: comparisons are joined by AND (column 14:"),
    ]);
}

#[test]
fn comparisons_that_are_cut_short_are_refused_at_the_end() {
    run_filters_are_refused(&[
        ("params.acc", "Invalid clause(s) in filter string: a comparison operator is missing"),
        ("params.acc LR !=", "Invalid clause(s) in filter string"),
        (
            "metric.acc !=",
            "Invalid clause(s) in filter string: a number or a text in quotes is missing (column 14: the end)",
        ),
        (
            "tags.acc = = 'LR'",
            "Invalid clause(s) in filter string: a number or a text in quotes is missing (column 12: `= 'LR'`)",
        ),
        ("attribute.status IS 'RUNNING'", "Invalid clause(s) in filter string: IS can be followed by NULL"),
        ("attribute.status = true", "Invalid clause(s) in filter string"),
        ("evilhax = true", "Invalid clause(s) in filter string"),
        ("tags.a NOT 'x'", "NOT can be followed by IN only"),
        (
            "run_id IN",
            "Invalid clause(s) in filter string: a list in parentheses is missing (column 10: the end)",
        ),
        ("run_id IN 'a'", "Invalid clause(s) in filter string: a list in parentheses is missing"),
        (
            "run_id IN (",
            "Invalid clause(s) in filter string: a parenthesis is opened and not closed (column 11: `(`)",
        ),
        ("run_id IN ('a'", "a parenthesis is opened and not closed (column 11:"),
    ]);
}

#[test]
fn names_that_nothing_has_are_refused() {
    run_filters_are_refused(&[
        (
            "m.acc >= 0.94",
            "Invalid entity type 'm'. Valid values are metrics, params, tags, attributes, datasets (column 1: `m.acc`)",
        ),
        ("Metrics.acc >= 0.94", "Invalid entity type 'Metrics'"),
        ("\"a.b\" > 1", "Invalid entity type in 'a.b': write a.`b`"),
        (
            "status = 'FAILED' AND acc >= 0.94",
            "Invalid attribute key 'acc' specified. Valid keys are run_id, run_name",
        ),
        ("status = 'FAILED' AND acc >= 0.94", "(column 23: `acc`)"),
        ("attribute.experiment_id != 1", "Invalid attribute key 'experiment_id' specified."),
        ("foo is null", "Invalid attribute key 'foo' specified."),
        (
            "dataset.profile = 'num_rows: 10'",
            "Invalid dataset key 'profile' specified. Valid keys are name, digest, context",
        ),
        (
            "1.0 > metrics.acc",
            "Invalid comparison clause. Expected 'Identifier' found '1.0' (column 1: `1.0`)",
        ),
        ("1==2", "Expected 'Identifier' found '1'"),
        ("'status' = 'x'", "Expected 'Identifier' found ''status''"),
    ]);
}

#[test]
fn values_of_the_wrong_sort_are_refused() {
    run_filters_are_refused(&[
        ("metric.model = '5'", "Expected numeric value type for metric. Found '5' (column 16: `'5'`)"),
        ("metrics.acc != metrics.acc", "Expected numeric value type for metric. Found metrics.acc"),
        ("metrics.acc > inf", "Expected numeric value type for metric. Found inf"),
        ("metrics.acc > nan", "Expected numeric value type for metric. Found nan"),
        ("metrics.acc > 1_000", "Expected numeric value type for metric. Found 1_000"),
        ("metrics.acc > 0x10", "Expected numeric value type for metric. Found 0x10"),
        ("start_time > '5'", "Expected numeric value type for numeric attribute: start_time. Found '5'"),
        ("params.acc = 5", "Expected a quoted string value for param. Got value 5"),
        ("tags.acc = 5", "Expected a quoted string value for tag. Got value 5"),
        ("attribute.status = 1", "Expected a quoted string value for attributes. Got value 1"),
        ("dataset.name = 1", "Expected a quoted string value for dataset attributes. Got value 1"),
        (
            "params.acc = LR",
            "value is either not quoted or unidentified quote types used for string value LR. Use",
        ),
        (
            "params.acc = `LR`",
            "value is either not quoted or unidentified quote types used for string value `LR`. Use",
        ),
    ]);
}

#[test]
fn comparators_that_a_field_does_not_take_are_refused() {
    let text = [">", "<", ">=", "<=", "~", "==", "<>", "RLIKE", "NOT LIKE"];
    for (field, comparators, value) in [
        ("metrics.abc", &["~", "~=", "LIKE", "ILIKE"][..], "1.0"),
        ("start_time", &["LIKE", "ILIKE"][..], "1234"),
        ("params.abc", &text[..], "'v'"),
        ("tags.abc", &text[..], "'v'"),
        ("attributes.status", &text[..], "'v'"),
        ("datasets.name", &text[..], "'v'"),
    ] {
        for comparator in comparators {
            let message = refusal(runs::parse(&format!("{field} {comparator} {value}")));
            assert!(
                message.starts_with(&format!("Invalid comparator '{comparator}' for ")),
                "{field}: {message}"
            );
        }
    }
    run_filters_are_refused(&[
        ("params.a > 'x'", "use one of =, !=, LIKE, ILIKE, IS NULL, IS NOT NULL (column 10: `>`)"),
        (
            "metrics.acc IS NULL",
            "IS NULL / IS NOT NULL is only supported for tags and params, not for 'metrics.acc' (column 13:",
        ),
        ("attribute.status IS NOT NULL", "IS NULL / IS NOT NULL is only supported for tags and params"),
    ]);
}

#[test]
fn lists_that_are_malformed_or_out_of_place_are_refused() {
    run_filters_are_refused(&[
        (
            "run_id IN ()",
            "While parsing a list in the query, expected a non-empty list of string values, but got empty list",
        ),
        (
            "run_id IN (1,2,3)",
            "expected string value, punctuation, or whitespace, but got different type in list (column 12: `1`)",
        ),
        ("run_id IN ('a', b)", "but got different type in list (column 17: `b`)"),
        (
            "run_id IN (,)",
            "expected a non-empty list of string values, but got ill-formed list (column 12: `,`)",
        ),
        ("run_id IN ('runid1',,'runid2')", "but got ill-formed list (column 21: `,`)"),
        ("run_id IN ('a' 'b')", "but got ill-formed list (column 16: `'b'`)"),
        ("run_id IN (('a'))", "but got ill-formed list (column 12: `(`)"),
        ("run_id = ('a')", "Invalid comparator for a list: use IN or NOT IN (column 8: `=`)"),
        (
            "status IN ('a')",
            "Only the 'run_id' attribute supports comparison with a list of quoted string values.",
        ),
        ("params.a IN ('a')", "supports comparison with a list"),
        ("metrics.a IN ('a')", "supports comparison with a list"),
    ]);
}

#[test]
fn what_is_too_long_is_refused() {
    let long = format!("tags.a = '{}'", "x".repeat(LONGEST_FILTER));
    assert!(refusal(runs::parse(&long)).contains("1000000 are read"));
    let many = vec!["tags.a = 'x'"; MOST_CLAUSES + 1].join(" AND ");
    assert!(refusal(runs::parse(&many)).contains("a filter can have 200 comparisons (column 3401:"));
    let list = vec!["'x'"; MOST_LISTED / 2 + 1].join(",");
    let lists = format!("run_id IN ({list}) AND run_id NOT IN ({list})");
    assert!(refusal(runs::parse(&lists)).contains("the lists of a filter can have 30000 values in all"));
    let pattern = format!("tags.a LIKE '{}'", "%".repeat(16_001));
    assert!(refusal(runs::parse(&pattern)).contains("a pattern can have 16000 bytes (column 13:"));
}

#[test]
fn a_parenthesis_a_million_deep_is_refused_without_going_deep() {
    assert!(refusal(runs::parse(&"(".repeat(LONGEST_FILTER))).contains("parentheses are for the list"));
    let list = format!("run_id IN {}", "(".repeat(LONGEST_FILTER - 10));
    assert!(refusal(runs::parse(&list)).contains("ill-formed list"));
}

#[test]
fn each_search_refuses_the_fields_of_the_others() {
    let refused = [
        (
            refusal(experiments::parse("metrics.a = 1")),
            "Invalid entity type 'metrics'. Valid values are attributes, tags",
        ),
        (refusal(experiments::parse("status = 'x'")), "Invalid attribute key 'status' specified."),
        (
            refusal(experiments::parse("name IS NULL")),
            "IS NULL / IS NOT NULL is only supported for tags, not",
        ),
        (
            refusal(experiments::parse("name IN ('a')")),
            "Only the 'experiment_id' attribute supports comparison",
        ),
        (
            refusal(registered_models::parse("run_id='somerunID'")),
            "Invalid attribute key 'run_id' specified.",
        ),
        (refusal(registered_models::parse("name!=something")), "used for string value something"),
        (refusal(registered_models::parse("tags.a IS NULL")), "Invalid comparator 'IS NULL' for tag"),
        (refusal(registered_models::parse("evilhax = true")), "Invalid clause(s) in filter string"),
        (refusal(model_versions::parse("name LIKE")), "Invalid clause(s) in filter string"),
        (refusal(model_versions::parse("version_number IN (1)")), "While parsing a list in the query"),
        (
            refusal(model_versions::parse("version_number = 'two'")),
            "Expected numeric value type for numeric attribute",
        ),
        (
            refusal(model_versions::parse("version_number = 'inf'")),
            "Expected numeric value type for numeric attribute",
        ),
        (
            refusal(model_versions::parse("version_number LIKE 1")),
            "Invalid comparator 'LIKE' for numeric attribute",
        ),
        (refusal(logged_models::parse("Foo")), "Invalid filter string: a comparison operator is missing"),
        (
            refusal(logged_models::parse("name = 'foo' OR name = 'bar'")),
            "Invalid filter string: there is no OR",
        ),
        (refusal(logged_models::parse("foo.bar = 'a'")), "Invalid entity type 'foo'"),
        (refusal(logged_models::parse("dataset.name = 'a'")), "Invalid entity type 'dataset'"),
        (refusal(logged_models::parse("name > 'foo'")), "Invalid comparison operator '>' for attributes"),
        (
            refusal(logged_models::parse("metrics.foo LIKE 0")),
            "Invalid comparison operator 'LIKE' for metric",
        ),
        (
            refusal(logged_models::parse("artifact_location='abc'")),
            "Invalid attribute key 'artifact_location'",
        ),
    ];
    for (message, expected) in refused {
        assert!(message.contains(expected), "expected {expected}\nfound    {message}");
    }
}
