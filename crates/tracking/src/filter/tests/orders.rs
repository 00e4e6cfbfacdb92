//! Orders: what is accepted, how they are completed, and what is refused.

use crate::filter::{
    LONGEST_ORDER, MOST_ORDERS, Order, experiments,
    logged_models::{self, OrderBy},
    model_versions, registered_models, runs,
};

fn printed<F: std::fmt::Display>(orders: Vec<Order<F>>) -> String {
    let parts: Vec<String> = orders.iter().map(ToString::to_string).collect();
    parts.join(", ")
}

#[test]
fn runs_are_ordered_by_anything_but_data_sets_and_then_by_start_and_id() {
    for (clause, expected) in [
        ("metrics.a", "metrics.a ASC"),
        ("metric.a asc", "metrics.a ASC"),
        ("metrics.\"a b\"  desc", "metrics.`a b` DESC"),
        ("params.`Mean Square Error` DeSC", "params.`Mean Square Error` DESC"),
        ("tags.mlflow.user\tDESC", "tags.`mlflow.user` DESC"),
        ("tags.desc desc", "tags.desc DESC"),
        ("attributes.status", "status ASC"),
        ("end_time DESC", "end_time DESC"),
        ("`Run Name`", "run_name ASC"),
    ] {
        let orders = runs::order(&[clause]).unwrap_or_else(|error| panic!("{clause}: {error}"));
        assert_eq!(printed(orders), format!("{expected}, start_time DESC, run_id ASC"), "{clause}");
    }
    assert_eq!(printed(runs::order::<&str>(&[]).unwrap()), "start_time DESC, run_id ASC");
    assert_eq!(printed(runs::order(&["created"]).unwrap()), "start_time ASC, run_id ASC");
    assert_eq!(printed(runs::order(&["run_id DESC"]).unwrap()), "run_id DESC, start_time DESC");
    let mixed = runs::order(&["param.a", "metric.a", "tag.a"]).unwrap();
    assert_eq!(printed(mixed), "params.a ASC, metrics.a ASC, tags.a ASC, start_time DESC, run_id ASC");
}

#[test]
fn the_other_searches_complete_their_orders_so_that_none_are_equal() {
    let cases = [
        (printed(experiments::order::<&str>(&[]).unwrap()), "creation_time DESC, experiment_id ASC"),
        (printed(experiments::order(&["name"]).unwrap()), "name ASC, experiment_id DESC"),
        (printed(experiments::order(&["name", "experiment_id"]).unwrap()), "name ASC, experiment_id ASC"),
        (printed(experiments::order(&["name", "name DESC"]).unwrap()), "name ASC, experiment_id DESC"),
        (printed(registered_models::order::<&str>(&[]).unwrap()), "name ASC"),
        (printed(registered_models::order(&["name DESC"]).unwrap()), "name DESC"),
        (
            printed(registered_models::order(&["timestamp\r\rASC", "name   DESC"]).unwrap()),
            "last_updated_timestamp ASC, name DESC",
        ),
        (
            printed(model_versions::order::<&str>(&[]).unwrap()),
            "last_updated_timestamp DESC, name ASC, version_number DESC",
        ),
        (printed(model_versions::order(&["version_number"]).unwrap()), "version_number ASC, name ASC"),
        (
            printed(model_versions::order(&["attribute.creation_timestamp DESC"]).unwrap()),
            "creation_timestamp DESC, name ASC, version_number DESC",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
}

#[test]
fn malformed_orders_are_refused() {
    for (clause, expected) in [
        ("m.acc", "Invalid entity type 'm'"),
        ("acc", "Invalid attribute key 'acc' specified."),
        ("`metrics.A", "Invalid order_by clause '`metrics.A': a quote is opened and not closed (column 1:"),
        ("`metrics.A`", "Invalid entity type"),
        ("attribute.experiment_id", "Invalid attribute key"),
        (
            "metrics.A != 1",
            "Invalid order_by clause 'metrics.A != 1': only ASC or DESC can follow a name (column 11: `!= 1`)",
        ),
        ("params.my_param ", "Invalid order_by clause"),
        (" params.my_param", "Invalid order_by clause"),
        ("", "Invalid order_by clause '': it begins with a name (column 1: the end)"),
        ("metrics.a;", "Invalid order_by clause"),
        ("metrics.a DESC NULLS LAST", "Invalid order_by clause"),
        (
            "attribute.run_id ACS",
            "Invalid ordering key in order_by clause 'attribute.run_id ACS': use ASC or DESC (column 18: `ACS`)",
        ),
        ("dataset.name", "Invalid identifier type 'dataset'"),
    ] {
        let message = runs::order(&[clause]).unwrap_err().message;
        assert!(message.contains(expected), "{clause}\n  expected {expected}\n  found    {message}");
    }
}

#[test]
fn each_search_refuses_what_it_cannot_be_ordered_by() {
    let refused = [
        (experiments::order(&["tags.a"]).unwrap_err(), "Invalid order_by entity: tag"),
        (experiments::order(&["start_time"]).unwrap_err(), "Invalid attribute key 'start_time' specified"),
        (
            registered_models::order(&["name ASC", "creation_timestamp DESC"]).unwrap_err(),
            "Invalid order by key 'creation_timestamp' specified",
        ),
        (
            registered_models::order(&["last_updated_timestamp DESC blah"]).unwrap_err(),
            "Invalid order_by clause 'last_updated",
        ),
        (
            registered_models::order(&["attribute.name"]).unwrap_err(),
            "Invalid order by key 'attribute.name' specified",
        ),
        (
            model_versions::order(&["name ASC", "run_id DESC"]).unwrap_err(),
            "Invalid attribute key 'run_id' specified",
        ),
        (model_versions::order(&["tags.a"]).unwrap_err(), "Invalid order_by entity: tag"),
    ];
    for (error, expected) in refused {
        assert!(error.message.contains(expected), "expected {expected}\nfound    {error}");
    }
}

#[test]
fn a_field_twice_is_refused_whatever_it_is_called() {
    for clauses in [["param.p", "params.p DESC"], ["attribute.start_time", "created"], ["tag.t", "tags.`t`"]]
    {
        let message = runs::order(&clauses).unwrap_err().message;
        assert!(message.starts_with("`order_by` contains duplicate fields: "), "{message}");
    }
    let error = registered_models::order(&["timestamp", "last_updated_timestamp"]).unwrap_err();
    assert_eq!(error.message, "`order_by` contains duplicate fields: last_updated_timestamp");
    assert!(model_versions::order(&["name", "name DESC"]).is_err());
}

#[test]
fn orders_that_are_too_long_are_refused() {
    assert!(
        runs::order(&[format!("tags.{}", "a".repeat(LONGEST_ORDER))])
            .unwrap_err()
            .message
            .contains("10000 are read")
    );
    let many: Vec<String> = (0..=MOST_ORDERS).map(|position| format!("tags.a{position}")).collect();
    assert_eq!(runs::order(&many).unwrap_err().message, "`order_by` has 51 clauses, 50 are read");
}

fn by(field: &str) -> OrderBy {
    OrderBy { field_name: Some(field.to_owned()), ..OrderBy::default() }
}

#[test]
fn logged_models_are_ordered_by_attributes_and_metrics_on_data_sets() {
    use logged_models::{Attribute, Sorted};
    let metric = OrderBy { ascending: Some(false), dataset_digest: Some("d".into()), ..by("metrics.a.b c") };
    let orders =
        logged_models::order(&[metric, by("creation_time"), by(" name "), by("creation_timestamp")]).unwrap();
    let sorted = Sorted::Metric { key: "a.b c".into(), dataset_name: None, dataset_digest: Some("d".into()) };
    let attributes = [Attribute::CreationTimestamp, Attribute::Name, Attribute::ModelId];
    let rest = attributes.map(|attribute| Order::ascending(Sorted::Attribute(attribute)));
    assert_eq!(orders, [vec![Order::descending(sorted)], rest.to_vec()].concat());
    let natural = [Order::descending(Sorted::Attribute(Attribute::CreationTimestamp)), rest[2].clone()];
    assert_eq!(logged_models::order(&[]).unwrap(), natural);
}

#[test]
fn orders_of_logged_models_without_a_field_or_with_an_unknown_one_are_refused() {
    for (clause, expected) in [
        (OrderBy::default(), "`field_name` in the `order_by` clause must be specified."),
        (by("artifact_location"), "Invalid order by field name: artifact_location"),
        (
            by("params.x"),
            "Invalid order by field name: params.x, of what has keys only `metrics.<name>` is allowed",
        ),
    ] {
        assert_eq!(logged_models::order(&[clause]).unwrap_err().message, expected);
    }
    assert!(logged_models::order(&vec![by("name"); MOST_ORDERS + 1]).is_err());
}
