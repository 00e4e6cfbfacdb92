use super::*;
use crate::search::statement::seen;

/// How SQLite goes about each statement of a search, in the order in which they begin.
fn plans(here: &Here, search: &RunSearch) -> Vec<String> {
    seen::take();
    here.tracking.search_runs_by(search, 0).unwrap();
    let statements = seen::take();
    let plan = |text: &String| {
        here.tracking.read(|transaction| {
            let mut explain = transaction.prepare(&format!("EXPLAIN QUERY PLAN {text}"))?;
            let steps =
                explain.raw_query().mapped(|row| row.get::<_, String>(3)).collect::<Result<Vec<_>, _>>();
            Ok(steps?.join("; "))
        })
    };
    statements.iter().map(|text| plan(text).unwrap()).collect()
}

fn store() -> Here {
    let here = Here::new();
    for at in 0..3 {
        let id = format!("run{at}");
        here.run(&id, at);
        here.log(&id, &[("m3", 1.0), ("m5", at as f64)], &[("p1", "4")], &[("t", "x")]);
    }
    here
}

const ONE_RUN: &str = "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)";

#[test]
fn an_order_by_a_metric_walks_its_index_and_filters_are_stretches_of_theirs() {
    let here = store();
    let search = RunSearch {
        max_results: 1,
        ..search("metrics.m3 > 0.5 and params.p1 = '4' and tags.t LIKE 'x%'", &["metrics.m5 DESC"])
    };
    let expected = [
        "SEARCH latest USING COVERING INDEX latest_by_value (experiment=? AND key=? AND is_nan=? AND value>?)",
        "SEARCH params USING COVERING INDEX params_by_value (experiment=? AND key=? AND value=?)",
        "SEARCH tags USING COVERING INDEX tags_by_value (experiment=? AND key=?",
        "SEARCH latest USING COVERING INDEX latest_by_value (experiment=? AND key=? AND is_nan=?)",
        ONE_RUN,
    ];
    let found = plans(&here, &search);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found} is not {expected}");
        assert!(!found.contains("B-TREE"), "{found}");
    }
}

#[test]
fn a_filter_of_the_metric_that_is_ordered_by_is_where_the_walk_begins() {
    let here = store();
    let search = RunSearch { max_results: 1, ..search("metrics.m3 > 0.5", &["metrics.m3 ASC"]) };
    let walk = "SEARCH latest USING COVERING INDEX latest_by_value (experiment=? AND key=? AND is_nan=? AND value>?)";
    assert_eq!(plans(&here, &search), [walk, ONE_RUN]);
}

#[test]
fn the_newest_and_the_oldest_runs_are_walked_in_the_index_of_starts() {
    let here = store();
    let newest = RunSearch { max_results: 1, ..search("status = 'RUNNING'", &[]) };
    let latest = "SEARCH r USING INDEX runs_by_start (experiment=? AND deleted=? AND started<?)";
    assert_eq!(plans(&here, &newest), [latest]);
    let earliest = "SEARCH r USING INDEX runs_by_start (experiment=? AND deleted=? AND started>?)";
    let oldest = RunSearch { max_results: 1, ..search("", &["start_time"]) };
    assert_eq!(plans(&here, &oldest), [earliest]);
}

#[test]
fn runs_that_the_filter_names_are_looked_up() {
    let here = store();
    let found = plans(&here, &search("run_id IN ('run1', 'run2')", &["metrics.m3"]));
    let by_id = "SEARCH r USING INDEX sqlite_autoindex_runs_1 (run_id=?)";
    assert!(found.len() == 1 && found[0].starts_with(by_id), "{found:?}");
}

#[test]
fn no_search_of_keys_or_data_sets_goes_through_a_whole_table() {
    let here = store();
    let filters = [
        "metrics.m3 != 1 and metrics.m5 = 0",
        "params.p1 != '4' and params.p1 IS NOT NULL and tags.t IS NULL",
        "dataset.name = 'a' and dataset.digest LIKE 'b%'",
        "dataset.context = 'train'",
        "run_name ILIKE 'NAME%'",
    ];
    let orders = [["metrics.m5"], ["params.p1"], ["tags.t DESC"], ["start_time"], ["metrics.none"]];
    for filter in filters {
        for order in &orders {
            for plan in plans(&here, &search(filter, order)) {
                assert!(!plan.contains("SCAN"), "{filter} by {order:?}: {plan}");
            }
        }
    }
}
