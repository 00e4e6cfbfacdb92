//! Filters of runs that are accepted, and the trees that they become. The other searches share all of it but their fields.

use super::{none_of, number, one_of, text};
use crate::filter::{
    Comparison, NumberOperator as N, Test, TextOperator as T,
    runs::{Attribute, Dataset, Field, parse},
};

fn metric(key: &str) -> Field {
    Field::Metric(key.to_owned())
}

fn param(key: &str) -> Field {
    Field::Param(key.to_owned())
}

fn tag(key: &str) -> Field {
    Field::Tag(key.to_owned())
}

fn becomes(filters: &[&str], comparison: Comparison<Field>) {
    let expected = [comparison];
    for filter in filters {
        let read = parse(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
        assert_eq!(read.comparisons, expected, "{filter}");
    }
}

#[test]
fn kinds_have_many_names() {
    becomes(
        &["metric.acc >= 0.94", "metrics.acc>=.94", "`metric`.acc >= 0.94"],
        number(metric("acc"), N::GreaterOrEqual, 0.94),
    );
    let model = text(param("m"), T::NotEqual, "tf");
    becomes(
        &["param.m!='tf'", "params.m != 'tf'", "parameter.m != \"tf\"", "`parameters`.\"m\"!=\"tf\""],
        model,
    );
    becomes(&["tag.v = 'x'", "tags.v='x'", "`tags`.`v` = 'x'"], text(tag("v"), T::Equal, "x"));
    let running = text(Field::Attribute(Attribute::Status), T::Equal, "RUNNING");
    let names = [
        "attribute.status",
        "attributes.status",
        "attr.status",
        "run.status",
        "status",
        "`status`",
        "\"status\"",
        "run.'status'",
    ];
    becomes(&names.map(|name| format!("{name} = 'RUNNING'")).each_ref().map(String::as_str), running);
    becomes(
        &["dataset.name = 'd'", "datasets.name = 'd'"],
        text(Field::Dataset(Dataset::Name), T::Equal, "d"),
    );
    becomes(&["dataset.digest LIKE 'd%'"], text(Field::Dataset(Dataset::Digest), T::Like, "d%"));
    becomes(&["dataset.context ILIKE 'd%'"], text(Field::Dataset(Dataset::Context), T::Ilike, "d%"));
}

#[test]
fn attributes_have_many_names() {
    let name = text(Field::Attribute(Attribute::RunName), T::Equal, "n");
    becomes(
        &[
            "run_name = 'n'",
            "attributes.`run name` = 'n'",
            "attributes.`Run name` = 'n'",
            "\"Run Name\" = 'n'",
        ],
        name,
    );
    let start = number(Field::Attribute(Attribute::StartTime), N::Greater, 5.0);
    becomes(&["start_time > 5", "attributes.created > 5", "attributes.Created > 5"], start);
    becomes(&["end_time <= 1.5"], number(Field::Attribute(Attribute::EndTime), N::LessOrEqual, 1.5));
    becomes(&["user_id = 'u'"], text(Field::Attribute(Attribute::UserId), T::Equal, "u"));
    becomes(&["artifact_uri = 'a'"], text(Field::Attribute(Attribute::ArtifactUri), T::Equal, "a"));
}

#[test]
fn keys_may_have_points_and_in_quotes_everything() {
    becomes(
        &["tags.mlflow.source.name = 'x'", "tags.`mlflow.source.name` = 'x'"],
        text(tag("mlflow.source.name"), T::Equal, "x"),
    );
    becomes(
        &["metrics.\"accuracy.2.0\" > 5", "metrics.accuracy.2.0 > 5"],
        number(metric("accuracy.2.0"), N::Greater, 5.0),
    );
    becomes(
        &["metrics.`X//Y#$$@&Z` = 3", "metrics.\"X//Y#$$@&Z\" = 3"],
        number(metric("X//Y#$$@&Z"), N::Equal, 3.0),
    );
    becomes(&["params.'cat dog' = 'pets'"], text(param("cat dog"), T::Equal, "pets"));
    becomes(&["metrics.`a``b` > 1", "metrics.'a`b' > 1"], number(metric("a`b"), N::Greater, 1.0));
    becomes(&["metrics.10 > 1"], number(metric("10"), N::Greater, 1.0));
    becomes(&["metrics.été > 1", "metrics.été>1"], number(metric("été"), N::Greater, 1.0));
    for keyword in ["order", "and", "like", "is", "timestamp", "date", "true"] {
        becomes(&[&format!("tags.{keyword} = 'x'")], text(tag(keyword), T::Equal, "x"));
    }
}

#[test]
fn numbers_have_signs_points_and_exponents() {
    let forms = [
        ("5", 5.0),
        ("-5", -5.0),
        ("+5", 5.0),
        ("1.", 1.0),
        ("-.5", -0.5),
        ("1E5", 1e5),
        ("-1e-5", -1e-5),
        ("1e+16", 1e16),
    ];
    for (written, value) in forms {
        becomes(
            &[&format!("metrics.a > {written}"), &format!("metrics.a>{written}")],
            number(metric("a"), N::Greater, value),
        );
    }
    becomes(&["metrics.a = 99999999999999999999"], number(metric("a"), N::Equal, 1e20));
    becomes(&["metrics.a = 1.7976931348623157e308"], number(metric("a"), N::Equal, f64::MAX));
    becomes(&["metrics.a < -1e999"], number(metric("a"), N::Less, f64::NEG_INFINITY));
}

#[test]
fn quotes_within_quotes_are_doubled_or_escaped_or_of_the_other_kind() {
    let value = text(param("m"), T::Equal, "L'Hosp");
    becomes(&["params.m = \"L'Hosp\"", "params.m = 'L''Hosp'", "params.m = 'L\\'Hosp'"], value);
    becomes(
        &["params.m = '\"'", "params.m = \"\"\"\"", "params.m = \"\\\"\""],
        text(param("m"), T::Equal, "\""),
    );
    becomes(&["params.m = ''", "params.m = \"\""], text(param("m"), T::Equal, ""));
    becomes(&["params.m = ''''''"], text(param("m"), T::Equal, "''"));
    becomes(&["params.m = 'C:\\dir\\'"], text(param("m"), T::Equal, "C:\\dir\\"));
    becomes(&["params.m = '\\\\host\\share'"], text(param("m"), T::Equal, "\\\\host\\share"));
    becomes(&["params.m = 'a\nAND -- b; c'"], text(param("m"), T::Equal, "a\nAND -- b; c"));
}

#[test]
fn keywords_may_be_in_either_case_and_need_no_spaces_beside_quotes() {
    becomes(&["tags.a like 'x%'", "tags.a LIKE'x%'", "tags.a lIkE\t'x%'"], text(tag("a"), T::Like, "x%"));
    becomes(&["tags.a ilike 'x%'", "tags.a iLike 'x%'"], text(tag("a"), T::Ilike, "x%"));
    becomes(&["tags.a is null", "tags.a IS\n NULL"], Comparison { field: tag("a"), test: Test::IsNull });
    becomes(
        &["params.a IS NOT NULL", "params.a is  not   null"],
        Comparison { field: param("a"), test: Test::IsNotNull },
    );
    assert_eq!(parse("tags.a='x'AND tags.b='y'").unwrap().comparisons.len(), 2);
}

#[test]
fn lists_are_for_run_ids_and_data_sets_and_may_end_in_a_comma() {
    let run = Field::Attribute(Attribute::RunId);
    becomes(
        &["run_id IN ('a')", "run_id in('a',)", "attributes.run_id IN (\"a\")"],
        one_of(run.clone(), &["a"]),
    );
    becomes(&["run_id NOT IN ('a', 'B')", "run_id not  in ('a','B' , )"], none_of(run, &["a", "B"]));
    becomes(&["datasets.name IN ('it''s', 'N')"], one_of(Field::Dataset(Dataset::Name), &["it's", "N"]));
    becomes(&["datasets.context NOT IN ('t')"], none_of(Field::Dataset(Dataset::Context), &["t"]));
}

#[test]
fn comparisons_are_joined_by_and_and_left_over_ones_are_passed_over() {
    let both = vec![number(metric("rmse"), N::Less, 1.0), text(param("class"), T::Equal, "LR")];
    for filter in [
        "metrics.rmse < 1 and params.class = 'LR'",
        "metrics.rmse<1 AND params.class='LR'",
        " AND metrics.rmse < 1 AND AND params.class = 'LR' and ",
    ] {
        assert_eq!(parse(filter).unwrap().comparisons, both, "{filter}");
    }
    for empty in ["", " \n", "AND"] {
        assert_eq!(parse(empty).unwrap().comparisons, []);
    }
}
