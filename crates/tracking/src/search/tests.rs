//! Searches of experiments, logged models and the registry. Those of runs have tests of their own.

use std::{sync::Arc, time::Duration};

use base::{FixedClock, Timestamp};
use tempfile::TempDir;

use super::{place::Place, token::*, *};
use crate::{
    LoggedModelStatus, NewLoggedModel, NewRegisteredModel, NewVersion, Settings, Tracking,
    experiments::NewExperiment,
    metrics::Metric,
    runs::{Batch, NewRun},
};

struct Here {
    tracking: Tracking,
    clock: Arc<FixedClock>,
    _directory: TempDir,
}

impl Here {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(5_000_000)));
        let tracking = Tracking::open(Settings::of(directory.path(), Arc::clone(&clock) as _)).unwrap();
        Self { tracking, clock, _directory: directory }
    }

    fn tick(&self) {
        self.clock.advance(Duration::from_millis(1));
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// All that pages of a search give.
fn all<T>(mut page: impl FnMut(Option<String>) -> Found<T>, name: impl Fn(&T) -> String) -> String {
    let mut names = Vec::new();
    let mut token = None;
    loop {
        let found = page(token);
        names.extend(found.found.iter().map(&name));
        token = found.next_page_token;
        if token.is_none() {
            return names.join(" ");
        }
    }
}

fn experiments_of(here: &Here, search: &ExperimentSearch) -> String {
    let page = |page_token| {
        here.tracking.search_experiments(&ExperimentSearch { page_token, ..search.clone() }).unwrap()
    };
    all(page, |experiment| experiment.name.clone())
}

#[test]
fn experiments_are_found_by_attributes_and_tags_and_put_in_order() {
    let here = Here::new();
    for (name, tags) in [("a", pairs(&[("k", "v")])), ("ab", pairs(&[("k", "V")])), ("Abc", Vec::new())] {
        here.tick();
        let new = NewExperiment { name: name.to_owned(), tags, ..NewExperiment::default() };
        here.tracking.create_experiment(new).wait().unwrap();
    }
    here.tracking.delete_experiment("2").wait().unwrap();
    let table: [(&str, &[&str], View, &str); 13] = [
        ("", &[], View::Active, "Abc a Default"),
        ("", &[], View::Deleted, "ab"),
        ("", &[], View::All, "Abc ab a Default"),
        ("", &["name"], View::All, "Abc Default a ab"),
        ("", &["experiment_id"], View::All, "Default a ab Abc"),
        ("", &["experiment_id DESC"], View::Active, "Abc a Default"),
        ("", &["last_update_time DESC"], View::All, "Abc ab a Default"),
        ("name LIKE 'a%'", &[], View::All, "ab a"),
        ("name ILIKE 'a%' and name != 'ab'", &[], View::All, "Abc a"),
        ("tags.k = 'v'", &[], View::All, "a"),
        ("tags.k ILIKE 'V'", &[], View::All, "ab a"),
        ("tags.k IS NULL", &[], View::All, "Abc Default"),
        ("creation_time > 5001 and experiment_id IN ('1', '3')", &[], View::All, "Abc"),
    ];
    for (filter, order, view, expected) in table {
        for max_results in [1, 2, 100] {
            let search = ExperimentSearch {
                filter: filter.to_owned(),
                order_by: owned(order),
                view,
                max_results,
                page_token: None,
            };
            assert_eq!(experiments_of(&here, &search), expected, "{filter} by {order:?}");
        }
    }
    let error = here.tracking.search_experiments(&ExperimentSearch::default()).unwrap_err();
    assert!(
        error
            .message
            .starts_with("Invalid value 0 for parameter 'max_results' supplied. It must be a positive")
    );
}

#[test]
fn experiments_that_are_made_between_pages_neither_hide_nor_repeat_any() {
    let here = Here::new();
    let make = |name: &str| {
        here.tick();
        let new = NewExperiment { name: name.to_owned(), ..NewExperiment::default() };
        here.tracking.create_experiment(new).wait().unwrap();
    };
    for name in ["1", "2", "3", "4"] {
        make(name);
    }
    let page = |page_token| {
        let search = ExperimentSearch { max_results: 2, page_token, ..ExperimentSearch::default() };
        here.tracking.search_experiments(&search).unwrap()
    };
    let names = |found: &Found<crate::experiments::Experiment>| {
        found.found.iter().map(|experiment| experiment.name.clone()).collect::<Vec<_>>()
    };
    let first = page(None);
    assert_eq!(names(&first), ["4", "3"]);
    make("5");
    let second = page(first.next_page_token);
    assert_eq!(names(&second), ["2", "1"]);
    assert_eq!(names(&page(second.next_page_token)), ["Default"]);
}

fn registry(filter: &str, order: &[&str], max_results: i64) -> RegistrySearch {
    RegistrySearch { filter: filter.to_owned(), order_by: owned(order), max_results, page_token: None }
}

fn models(here: &Here) {
    let tagged = [
        ("Beta", pairs(&[("kind", "tree")])),
        ("alpha", pairs(&[("kind", "Tree"), ("stage", "x")])),
        ("poem", pairs(&[("mlflow.prompt.is_prompt", "true")])),
    ];
    for (name, tags) in tagged {
        here.tick();
        let new = NewRegisteredModel { name: name.to_owned(), tags: tags.clone(), description: None };
        here.tracking.create_registered_model(new).wait().unwrap();
        for run_id in ["r1", "r2"] {
            here.tick();
            let source = format!("s3://models/{name}/{run_id}");
            let (name, run_id) = (name.to_owned(), run_id.to_owned());
            // Only the first version of a prompt says so.
            let tags = if run_id == "r1" { tags.clone() } else { Vec::new() };
            let new = NewVersion { name, source, run_id, tags, ..NewVersion::default() };
            here.tracking.create_model_version(new).wait().unwrap();
        }
    }
}

#[test]
fn registered_models_are_found_without_prompts_unless_these_are_asked_for() {
    let here = Here::new();
    models(&here);
    let table: [(&str, &[&str], &str); 10] = [
        ("", &[], "Beta alpha"),
        ("", &["name DESC"], "alpha Beta"),
        ("", &["last_updated_timestamp DESC"], "alpha Beta"),
        ("name LIKE '%a'", &[], "Beta alpha"),
        ("name ILIKE 'B%'", &[], "Beta"),
        ("name IN ('alpha', 'poem')", &[], "alpha"),
        ("tags.kind = 'tree'", &[], "Beta"),
        ("tags.kind ILIKE 'tree' and tags.stage != 'y'", &[], "alpha"),
        ("tags.`mlflow.prompt.is_prompt` = 'true'", &[], "poem"),
        ("tags.`mlflow.prompt.is_prompt` = 'false'", &[], "Beta alpha"),
    ];
    for (filter, order, expected) in table {
        for size in [1, 100] {
            let page = |page_token| {
                let search = RegistrySearch { page_token, ..registry(filter, order, size) };
                here.tracking.search_registered_models(&search).unwrap()
            };
            assert_eq!(all(page, |model| model.name.clone()), expected, "{filter} by {order:?}");
        }
    }
    let error = here.tracking.search_registered_models(&registry("", &[], 1_001)).unwrap_err();
    assert!(
        error.message.contains("Invalid value for request parameter max_results. It must be at most 1000")
    );
}

#[test]
fn model_versions_are_found_without_prompts_and_deleted_ones() {
    let here = Here::new();
    models(&here);
    let table: [(&str, &[&str], &str); 12] = [
        ("", &[], "alpha/2 alpha/1 Beta/2 Beta/1"),
        ("", &["name", "version_number"], "Beta/1 Beta/2 alpha/1 alpha/2"),
        ("", &["version_number DESC"], "Beta/2 alpha/2 Beta/1 alpha/1"),
        ("", &["creation_timestamp"], "Beta/1 Beta/2 alpha/1 alpha/2"),
        ("name = 'Beta'", &[], "Beta/2 Beta/1"),
        ("name LIKE '%a' and version_number = 1", &[], "alpha/1 Beta/1"),
        ("version_number > 1", &[], "alpha/2 Beta/2"),
        ("run_id IN ('r1')", &[], "alpha/1 Beta/1"),
        ("source_path LIKE 's3://models/alpha%'", &[], "alpha/2 alpha/1"),
        ("tags.kind ILIKE 'TREE'", &[], "alpha/1 Beta/1"),
        ("tags.`mlflow.prompt.is_prompt` = 'true'", &[], "poem/1"),
        ("run_id = 'r2' and tags.`mlflow.prompt.is_prompt` != 'true'", &[], "alpha/2 Beta/2"),
    ];
    let check = |filter: &str, order: &[&str], expected: &str| {
        for size in [1, 3, 100] {
            let page = |page_token| {
                let search = RegistrySearch { page_token, ..registry(filter, order, size) };
                here.tracking.search_model_versions(&search).unwrap()
            };
            let found = all(page, |version| format!("{}/{}", version.name, version.version));
            assert_eq!(found, expected, "{filter} by {order:?}");
        }
    };
    for (filter, order, expected) in table {
        check(filter, order, expected);
    }
    here.tracking.delete_model_version("Beta".to_owned(), "2".to_owned()).wait().unwrap();
    check("name = 'Beta'", &[], "Beta/1");
    let refused = |size| here.tracking.search_model_versions(&registry("", &[], size)).unwrap_err().message;
    assert_eq!(refused(0), "Invalid value for max_results. It must be a positive integer, but got 0");
    assert!(refused(200_001).contains("It must be at most 200000"));
}

/// Three models: the first two with metrics, on two data sets.
fn logged(here: &Here) -> Vec<String> {
    let run = NewRun { run_id: Some("run".to_owned()), ..NewRun::default() };
    here.tracking.create_run(run).wait().unwrap();
    let mut ids = Vec::new();
    for (at, name) in ["first", "second", "third"].into_iter().enumerate() {
        here.tick();
        let new = NewLoggedModel {
            experiment_id: "0".to_owned(),
            name: Some(name.to_owned()),
            model_type: if at == 0 { "tree".to_owned() } else { String::new() },
            params: pairs(&[("depth", ["3", "4", "5"][at])]),
            tags: pairs(&[("a key", name)]),
            ..NewLoggedModel::default()
        };
        ids.push(here.tracking.create_logged_model(new).wait().unwrap().info.model_id);
    }
    here.tracking.finalize_logged_model(ids[1].clone(), LoggedModelStatus::Ready).wait().unwrap();
    let point = |model: usize, key, value, timestamp, dataset: &'static str| Metric {
        key,
        value,
        timestamp,
        step: 0,
        model_id: Some(&ids[model]),
        dataset_name: Some(dataset),
        dataset_digest: Some(if dataset == "wine" { "1" } else { "2" }),
    };
    let metrics = [
        point(0, "acc", 0.9, 1, "wine"),
        point(0, "acc", 0.8, 2, "tea"),
        point(1, "acc", 0.7, 3, "wine"),
        point(1, "acc", 0.95, 4, "tea"),
        point(1, "loss", f64::NAN, 4, "tea"),
        point(2, "loss", 1.0, 4, "water"),
    ];
    here.tracking.log_batch("run", Batch { metrics: &metrics, ..Batch::default() }).wait().unwrap();
    ids
}

fn by(field: &str, ascending: bool, dataset: Option<&str>) -> OrderBy {
    OrderBy {
        field_name: Some(field.to_owned()),
        ascending: Some(ascending),
        dataset_name: dataset.map(str::to_owned),
        dataset_digest: None,
    }
}

fn logged_search(filter: &str, order_by: Vec<OrderBy>) -> LoggedModelSearch {
    let (experiment_ids, filter) = (owned(&["0"]), filter.to_owned());
    LoggedModelSearch { experiment_ids, filter, order_by, ..LoggedModelSearch::default() }
}

fn logged_found(here: &Here, search: &LoggedModelSearch) -> String {
    let mut found = Vec::new();
    for max_results in [1, 2, 0] {
        let page = |page_token| {
            let search = LoggedModelSearch { page_token, max_results, ..search.clone() };
            here.tracking.search_logged_models(&search).unwrap()
        };
        found.push(all(page, |model| model.info.name.clone()));
    }
    assert!(found.iter().all(|names| *names == found[0]), "{found:?}");
    found.remove(0)
}

#[test]
fn logged_models_are_found_by_any_of_their_metrics_and_put_in_order_by_the_latest() {
    let here = Here::new();
    logged(&here);
    let filters = [
        ("", "third second first"),
        ("name = 'first'", "first"),
        ("name IN ('first', 'third')", "third first"),
        ("model_type = 'tree'", "first"),
        ("model_type != 'tree'", ""),
        ("status = 'READY'", "second"),
        ("creation_timestamp > 5001", "third second"),
        ("metrics.acc >= 0.9", "second first"),
        ("metrics.acc < 0.75 and metrics.acc > 0.9", "second"),
        ("metrics.loss != 1", "second"),
        ("params.depth = '4'", "second"),
        ("tags.`a key` LIKE '%ir%'", "third first"),
    ];
    for (filter, expected) in filters {
        assert_eq!(logged_found(&here, &logged_search(filter, Vec::new())), expected, "{filter}");
    }
    let orders = [
        (by("metrics.acc", true, None), "first second third"),
        (by("metrics.acc", false, Some("wine")), "first second third"),
        (by("metrics.acc", true, Some("wine")), "second first third"),
        (by("metrics.loss", true, None), "third second first"),
        (by("metrics.loss", false, None), "third second first"),
        (by("name", true, None), "first second third"),
        (by("model_type", false, None), "first third second"),
        (by("creation_time", true, None), "first second third"),
    ];
    for (order, expected) in orders {
        assert_eq!(logged_found(&here, &logged_search("", vec![order.clone()])), expected, "{order:?}");
    }
}

#[test]
fn logged_models_are_held_to_data_sets() {
    let here = Here::new();
    let ids = logged(&here);
    let on = |filter: &str, name: &str, digest: Option<&str>| {
        let datasets = vec![DatasetFilter { name: name.to_owned(), digest: digest.map(str::to_owned) }];
        logged_found(&here, &LoggedModelSearch { datasets, ..logged_search(filter, Vec::new()) })
    };
    assert_eq!(on("", "wine", None), "second first");
    assert_eq!(on("", "water", None), "third");
    assert_eq!(on("metrics.acc > 0.75", "wine", None), "first");
    assert_eq!(on("metrics.acc > 0.75", "tea", Some("2")), "second first");
    assert_eq!(on("", "tea", Some("1")), "");
    here.tracking.delete_logged_model(ids[0].clone()).wait().unwrap();
    assert_eq!(on("", "wine", None), "second");
    let unnamed =
        LoggedModelSearch { datasets: vec![DatasetFilter::default()], ..logged_search("", Vec::new()) };
    let error = here.tracking.search_logged_models(&unnamed).unwrap_err();
    assert_eq!(error.message, "`dataset_name` in the `datasets` clause must be specified.");
}

#[test]
fn a_token_gives_back_every_place_to_the_bit() {
    let query = Query::of([(Part::Filter, &["x"]), (Part::Order, &[])]);
    let position = vec![
        Place::Integer(i64::MIN),
        Place::Real(-0.0),
        Place::Real(f64::MAX),
        Place::Real(0.1 + 0.2),
        Place::Text("é\0'".to_owned()),
        Place::Text(String::new()),
        Place::NotANumber,
        Place::Missing,
    ];
    let token = query.token(&position);
    assert_eq!(query.position(Some(&token), position.len()), Ok(Some(position.clone())));
    assert!(query.position(Some(&token), 7).is_err());
    assert_eq!(query.position(Some(""), 1), Ok(None));
    let other = Query::of([(Part::Filter, &["x", ""]), (Part::Order, &[])]);
    assert!(other.position(Some(&token), position.len()).is_err());
}
