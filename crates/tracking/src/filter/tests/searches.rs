//! What the other searches accept.

use super::{none_of, number, one_of, text};
use crate::filter::{
    Comparison, NumberOperator as N, Prompts, Test, TextOperator as T, experiments, logged_models,
    model_versions, registered_models,
};

#[test]
fn experiments_are_found_by_name_id_times_and_tags() {
    use experiments::{Attribute, Field, parse};
    let name = |operator, value| text(Field::Attribute(Attribute::Name), operator, value);
    let cases = [
        ("name = 'a'", name(T::Equal, "a")),
        ("attribute.name != 'a'", name(T::NotEqual, "a")),
        ("attribute.`name` ilike 'a%'", name(T::Ilike, "a%")),
        ("creation_time >= 5", number(Field::Attribute(Attribute::CreationTime), N::GreaterOrEqual, 5.0)),
        ("last_update_time < 5", number(Field::Attribute(Attribute::LastUpdateTime), N::Less, 5.0)),
        ("experiment_id IN ('1', '2')", one_of(Field::Attribute(Attribute::ExperimentId), &["1", "2"])),
        ("tags.\"k e y\" = 'v'", text(Field::Tag("k e y".into()), T::Equal, "v")),
        ("tag.key IS NOT NULL", Comparison { field: Field::Tag("key".into()), test: Test::IsNotNull }),
    ];
    for (filter, comparison) in cases {
        assert_eq!(parse(filter).unwrap().comparisons, [comparison], "{filter}");
    }
}

#[test]
fn registered_models_are_found_by_name_and_tags() {
    use registered_models::{Field, parse};
    let cases = [
        ("name = 'a'", text(Field::Name, T::Equal, "a")),
        ("name iLike '%RM4a%'", text(Field::Name, T::Ilike, "%RM4a%")),
        ("`name` IN ('a')", one_of(Field::Name, &["a"])),
        ("tags.`a b` LIKE 'x%'", text(Field::Tag("a b".into()), T::Like, "x%")),
    ];
    for (filter, comparison) in cases {
        let (prompts, read) = parse(filter).unwrap();
        assert_eq!((prompts, read.comparisons), (Prompts::Hidden, vec![comparison]), "{filter}");
    }
}

#[test]
fn model_versions_are_found_by_name_number_run_source_and_tags() {
    use model_versions::{Attribute, Field, parse};
    let version = |operator, value| number(Field::Attribute(Attribute::VersionNumber), operator, value);
    let cases = [
        ("name = 'a'", text(Field::Attribute(Attribute::Name), T::Equal, "a")),
        ("version_number = 2", version(N::Equal, 2.0)),
        ("version_number <= '3'", version(N::LessOrEqual, 3.0)),
        ("run_id IN ('A','b')", one_of(Field::Attribute(Attribute::RunId), &["A", "b"])),
        ("run_id NOT IN ('A')", none_of(Field::Attribute(Attribute::RunId), &["A"])),
        ("source_path = ''", text(Field::Attribute(Attribute::SourcePath), T::Equal, "")),
        ("tag.t = 'x'", text(Field::Tag("t".into()), T::Equal, "x")),
    ];
    for (filter, comparison) in cases {
        assert_eq!(parse(filter).unwrap().1.comparisons, [comparison], "{filter}");
    }
}

#[test]
fn logged_models_are_found_by_attributes_metrics_params_and_tags_and_words_need_no_quotes() {
    use logged_models::{Attribute, Field, parse};
    let created = number(Field::Attribute(Attribute::CreationTimestamp), N::Greater, 0.0);
    let cases = [
        ("name = 'a'", text(Field::Attribute(Attribute::Name), T::Equal, "a")),
        ("attributes.status = READY", text(Field::Attribute(Attribute::Status), T::Equal, "READY")),
        ("model_type = \"agent\"", text(Field::Attribute(Attribute::ModelType), T::Equal, "agent")),
        ("source_run_id != 'r'", text(Field::Attribute(Attribute::SourceRunId), T::NotEqual, "r")),
        ("model_id IN ('m-1', 'm-2')", one_of(Field::Attribute(Attribute::ModelId), &["m-1", "m-2"])),
        ("creation_timestamp > 0", created.clone()),
        ("creation_time > 0", created),
        (
            "last_updated_timestamp = 0",
            number(Field::Attribute(Attribute::LastUpdatedTimestamp), N::Equal, 0.0),
        ),
        ("metrics.metric > 0.5", number(Field::Metric("metric".into()), N::Greater, 0.5)),
        ("params.lr = 0.010", text(Field::Param("lr".into()), T::Equal, "0.010")),
        ("tags.`tag 3` NOT IN ('x',)", none_of(Field::Tag("tag 3".into()), &["x"])),
    ];
    for (filter, comparison) in cases {
        assert_eq!(parse(filter).unwrap().comparisons, [comparison], "{filter}");
    }
}

#[test]
fn prompts_are_hidden_unless_the_filter_asks_for_them() {
    let fruit = "tags.fruit = 'apple'";
    for (filter, prompts, left) in [
        ("", Prompts::Hidden, ""),
        (fruit, Prompts::Hidden, fruit),
        ("tags.`mlflow.prompt.is_prompt` = 'false'", Prompts::Hidden, ""),
        ("tag.mlflow.prompt.is_prompt != 'true' AND tags.fruit = 'apple'", Prompts::Hidden, fruit),
        ("tags.`mlflow.prompt.is_prompt` LIKE 'true'", Prompts::Hidden, ""),
        (
            "tags.mlflow.prompt.is_prompt = 'true'",
            Prompts::AskedFor,
            "tags.`mlflow.prompt.is_prompt` = 'true'",
        ),
        (
            "tags.mlflow.prompt.is_prompt != 'False'",
            Prompts::AskedFor,
            "tags.`mlflow.prompt.is_prompt` != 'False'",
        ),
    ] {
        let (found, filter) = registered_models::parse(filter).unwrap();
        assert_eq!((found, filter.to_string().as_str()), (prompts, left));
        let (found, filter) = model_versions::parse(&filter.to_string()).unwrap();
        assert_eq!((found, filter.to_string().as_str()), (prompts, left));
    }
}
