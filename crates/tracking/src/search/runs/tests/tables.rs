use super::*;
use crate::{
    Code,
    experiments::{NewExperiment, Pair},
    runs::{Dataset, DatasetInput, RunUpdate, Status},
};

/// Four runs: `d` began last, `c` before it, and `a` and `b` at one time before that.
fn four() -> Here {
    let here = Here::new();
    for (id, started) in [("a", 10), ("b", 10), ("c", 20), ("d", 30)] {
        here.run(id, started);
    }
    here.log("a", &[("loss", 0.5), ("odd key", 1.0)], &[("lr", "0.1"), ("opt", "Adam")], &[("team", "one")]);
    here.log("b", &[("loss", f64::NAN)], &[("lr", "0.2"), ("opt", "adamw")], &[("team", "two")]);
    here.log("c", &[("loss", -3.0)], &[("lr", "0.1")], &[("team", "50%_[x]*?")]);
    here.log("d", &[], &[], &[("empty", "")]);
    let done = RunUpdate { status: Some(Status::Finished), end_time: Some(99), name: None };
    here.tracking.update_run("c", done).wait().unwrap();
    here
}

#[test]
fn filters_find_the_runs_that_they_describe() {
    let here = four();
    let table = [
        ("", "d c a b"),
        ("metrics.loss < 1", "c a"),
        ("metrics.loss = 0", ""),
        ("metrics.loss != 0.5", "c b"),
        ("metrics.loss >= -3 and metrics.loss <= 0.5", "c a"),
        ("metrics.`odd key` > 0", "a"),
        ("metrics.nothing > 0", ""),
        ("params.lr = '0.1'", "c a"),
        ("params.lr != '0.1'", "b"),
        ("params.opt LIKE 'adam%'", "b"),
        ("params.opt ILIKE 'ADAM%'", "a b"),
        ("params.opt IS NULL", "d c"),
        ("params.opt IS NOT NULL and metrics.loss < 1", "a"),
        ("params.opt = 'Adam' and params.opt IS NULL", ""),
        ("tags.team LIKE '50%_[x]*?'", "c"),
        ("tags.team LIKE '%o%' and tags.team != 'one'", "b"),
        ("tags.empty = ''", "d"),
        ("run_name = 'name of b'", "b"),
        ("attributes.`Run name` LIKE '%of _' and status = 'FINISHED'", "c"),
        ("status != 'FINISHED'", "d a b"),
        ("start_time > 10", "d c"),
        ("created <= 10", "a b"),
        ("end_time < 100", "c"),
        ("end_time != 5", "c"),
        ("run_id IN ('a', 'd', 'z')", "d a"),
        ("run_id NOT IN ('a', 'd')", "c b"),
        ("run_id = 'b' and metrics.loss != 1", "b"),
        ("artifact_uri LIKE '%/c/artifacts'", "c"),
    ];
    for (filter, expected) in table {
        assert_eq!(here.found(&search(filter, &[])).join(" "), expected, "{filter}");
    }
}

#[test]
fn orders_put_what_is_missing_last_and_nan_before_it() {
    let here = four();
    let table: [(&[&str], &str); 11] = [
        (&["metrics.loss"], "c a b d"),
        (&["metrics.loss DESC"], "a c b d"),
        (&["params.lr"], "c a b d"),
        (&["params.lr DESC"], "b c a d"),
        (&["params.lr", "metrics.loss DESC"], "a c b d"),
        (&["tags.team DESC"], "b a c d"),
        (&["start_time"], "a b c d"),
        (&["start_time ASC", "run_id DESC"], "b a c d"),
        (&["end_time DESC"], "c d a b"),
        (&["run_name DESC"], "d c b a"),
        (&["metrics.nothing", "status", "run_id DESC"], "c d b a"),
    ];
    for (order, expected) in table {
        for size in [1, 2, 3, 100] {
            let search = RunSearch { max_results: size, ..search("", order) };
            assert_eq!(here.found(&search).join(" "), expected, "{order:?} by {size}");
        }
    }
}

#[test]
fn runs_of_which_no_start_is_known_come_last_either_way() {
    let here = four();
    let forget = "UPDATE runs SET started = NULL WHERE run_id IN ('a', 'd')";
    here.tracking.write(move |writing| Ok(writing.transaction.execute(forget, [])?)).wait().unwrap();
    let table: [(&str, &[&str], &str); 5] = [
        ("", &[], "c b a d"),
        ("", &["start_time"], "b c a d"),
        ("metrics.loss < 1", &["start_time DESC", "run_id DESC"], "c a"),
        ("", &["metrics.none DESC", "start_time ASC", "run_id DESC"], "b c d a"),
        ("start_time < 100", &["metrics.none"], "c b"),
    ];
    for (filter, order, expected) in table {
        for size in [1, 2, 3, 100] {
            let search = RunSearch { max_results: size, ..search(filter, order) };
            assert_eq!(here.found(&search).join(" "), expected, "{filter} by {order:?}, {size}");
        }
    }
}

#[test]
fn data_sets_are_found_by_each_of_their_parts() {
    let here = four();
    let input = |name: &str, digest: &str, context: Option<&str>| DatasetInput {
        tags: context
            .map(|value| Pair { key: "mlflow.data.context".to_owned(), value: value.to_owned() })
            .into_iter()
            .collect(),
        dataset: Dataset {
            name: name.to_owned(),
            digest: digest.to_owned(),
            source_type: "local".to_owned(),
            source: "x".to_owned(),
            schema: None,
            profile: None,
        },
    };
    let both = vec![input("wine", "1", Some("train")), input("tea", "2", Some("test"))];
    here.tracking.log_inputs("a", both, Vec::new()).wait().unwrap();
    here.tracking.log_inputs("c", vec![input("wine", "3", None)], Vec::new()).wait().unwrap();
    let table = [
        ("datasets.name = 'wine'", "c a"),
        ("dataset.name = 'wine' and dataset.digest = '2'", "a"),
        ("dataset.context = 'train'", "a"),
        ("dataset.context ILIKE 'TE%'", "a"),
        ("dataset.digest IN ('2', '3')", "c a"),
        ("dataset.name NOT IN ('wine')", "a"),
        ("dataset.name != 'tea' and params.lr = '0.1'", "c a"),
    ];
    for (filter, expected) in table {
        assert_eq!(here.found(&search(filter, &[])).join(" "), expected, "{filter}");
    }
}

#[test]
fn deleted_runs_and_other_experiments_are_shown_to_who_asks() {
    let here = four();
    let other = NewExperiment { name: "other".to_owned(), ..NewExperiment::default() };
    let other = here.tracking.create_experiment(other).wait().unwrap();
    let run = NewRun {
        run_id: Some("e".to_owned()),
        experiment_id: other.clone(),
        started: 15,
        ..NewRun::default()
    };
    here.tracking.create_run(run).wait().unwrap();
    here.tracking.delete_run("c").wait().unwrap();
    let of = |ids: &[&str], view| {
        let experiment_ids = ids.iter().map(|id| (*id).to_owned()).collect();
        here.found(&RunSearch { experiment_ids, view, max_results: 2, ..search("", &[]) }).join(" ")
    };
    assert_eq!(of(&["0"], View::Active), "d a b");
    assert_eq!(of(&["0"], View::Deleted), "c");
    assert_eq!(of(&["0", &other, "404"], View::All), "d c e a b");
    assert_eq!(of(&[&other, &other], View::Active), "e");
    assert_eq!(of(&[], View::All), "");
}

#[test]
fn a_run_says_what_was_logged_a_moment_ago() {
    let here = four();
    assert_eq!(here.found(&search("metrics.new > 0", &[])), [""; 0]);
    here.log("b", &[("new", 1.0)], &[], &[]);
    assert_eq!(here.found(&search("metrics.new > 0", &[])), ["b"]);
    here.log("b", &[("new", 2.0)], &[], &[]);
    let found = here.tracking.search_runs(&search("metrics.new = 2", &[])).unwrap();
    assert_eq!(found.found, [here.tracking.run_json("b").unwrap()]);
}

#[test]
fn sizes_of_pages_are_held_to_their_limits() {
    let here = four();
    for (size, said) in [(0, "positive integer"), (-1, "positive integer"), (50_001, "at most 50000")] {
        let search = RunSearch { max_results: size, ..search("", &[]) };
        let error = here.tracking.search_runs(&search).unwrap_err();
        assert_eq!(error.code, Code::InvalidParameterValue);
        let introduction = format!("Invalid value {size} for parameter 'max_results' supplied.");
        assert!(error.message.starts_with(&introduction) && error.message.contains(said), "{error}");
    }
    let all = RunSearch { max_results: 4, ..search("", &[]) };
    assert_eq!(here.tracking.search_runs(&all).unwrap().next_page_token, None);
}

#[test]
fn a_token_of_another_search_is_refused_and_so_is_one_that_was_changed() {
    let here = four();
    let first = RunSearch { max_results: 2, ..search("", &["metrics.loss"]) };
    let token = here.tracking.search_runs(&first).unwrap().next_page_token.unwrap();
    let refused = |search: RunSearch| here.tracking.search_runs(&search).unwrap_err().message;
    let with = |token: &str| RunSearch { page_token: Some(token.to_owned()), ..first.clone() };
    let other_filter = RunSearch { filter: "status = 'x'".to_owned(), ..with(&token) };
    assert!(refused(other_filter).starts_with("Filter string in the page token does not match"));
    let other_order = RunSearch { order_by: vec!["status".to_owned()], ..with(&token) };
    assert!(refused(other_order).starts_with("Order by in the page token does not match"));
    let elsewhere = RunSearch { experiment_ids: vec!["1".to_owned()], ..with(&token) };
    assert!(refused(elsewhere).starts_with("Experiment IDs in the page token do not match"));
    assert!(refused(RunSearch { view: View::All, ..with(&token) }).starts_with("View type"));
    assert_eq!(refused(with("evilhax")), "Invalid page token, could not base64-decode");
    assert!(refused(with("eyJvZmZzZXQiOiAyfQ==")).starts_with("Invalid page token"));
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(here.tracking.search_runs(&with(&changed)).is_err(), "{at}");
        assert!(here.tracking.search_runs(&with(&token[..at])).is_err() || at == 0, "{at}");
    }
    let rest = RunSearch { max_results: 50, ..with(&token) };
    assert_eq!(ids(&here.tracking.search_runs(&rest).unwrap()), ["b", "d"]);
}
