use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::select,
};

use super::{model::Run, *};
use crate::{
    experiments::Pair,
    filter::NumberOperator,
    runs::{Dataset, DatasetInput, RunUpdate, Status},
};

const TEXTS: [&str; 6] = ["a", "A", "b", "ab%", "a*b", "é"];
const PATTERNS: [&str; 7] = ["a", "A%", "%b", "_", "%", "ab%", "a*b"];
const NUMBERS: [f64; 6] = [-1.5, 0.0, 0.5, 2.0, 1e300, f64::MAX];
const STATUS: [&str; 3] = ["RUNNING", "FINISHED", "FAILED"];
const USERS: [&str; 3] = ["", "ann", "Bob"];
const CONTEXTS: [Option<&str>; 3] = [None, Some("train"), Some("test")];

fn run() -> impl Strategy<Value = Run> {
    let number = prop_oneof![4 => select(&NUMBERS[..]), 1 => Just(f64::NAN)];
    let about = (
        select(&[10, 20, 30][..]),
        option::of(select(&[40, 50][..])),
        select(&STATUS[..]),
        select(&USERS[..]),
    );
    let logged = (
        btree_map(select(&["m0", "m1"][..]), number, 0..3),
        btree_map(select(&["p0", "p1"][..]), select(&TEXTS[..]), 0..3),
        btree_map(select(&["t0", "t 1"][..]), select(&TEXTS[..]), 0..3),
        vec((select(&["d0", "D0"][..]), select(&["1", "2"][..]), select(&CONTEXTS[..])), 0..3),
    );
    (about, logged).prop_map(|((started, ended, status, user), (metrics, params, tags, mut datasets))| {
        // The first note of a data set stays.
        let mut seen = Vec::new();
        datasets.retain(|(name, digest, _)| {
            let is_new = !seen.contains(&(*name, *digest));
            seen.push((*name, *digest));
            is_new
        });
        Run { id: String::new(), started, ended, status, user, metrics, params, tags, datasets }
    })
}

fn number_test() -> impl Strategy<Value = Test> {
    use NumberOperator as N;
    let operators = [N::Equal, N::NotEqual, N::Less, N::LessOrEqual, N::Greater, N::GreaterOrEqual];
    (select(operators.to_vec()), select(vec![-1.5, 0.0, 0.5, 2.0, 20.0, 40.0, f64::MAX]))
        .prop_map(|(operator, number)| Test::Number(operator, number))
}

fn text_test(values: &'static [&'static str]) -> impl Strategy<Value = Test> {
    let value = select(values).prop_map(str::to_owned);
    let pattern = prop_oneof![select(&PATTERNS[..]), select(values)].prop_map(str::to_owned);
    prop_oneof![
        value.clone().prop_map(|text| Test::Text(TextOperator::Equal, text)),
        value.prop_map(|text| Test::Text(TextOperator::NotEqual, text)),
        pattern.clone().prop_map(|text| Test::Text(TextOperator::Like, text)),
        pattern.prop_map(|text| Test::Text(TextOperator::Ilike, text)),
    ]
}

fn list_test(values: &'static [&'static str]) -> impl Strategy<Value = Test> {
    let list = vec(select(values).prop_map(str::to_owned), 1..4);
    prop_oneof![list.clone().prop_map(Test::In), list.prop_map(Test::NotIn)]
}

fn comparison() -> impl Strategy<Value = Comparison<Field>> {
    let presence =
        || prop_oneof![4 => text_test(&TEXTS), 1 => Just(Test::IsNull), 1 => Just(Test::IsNotNull)];
    let key = |keys: &'static [&'static str]| select(keys).prop_map(str::to_owned);
    const IDS: [&str; 4] = ["run0", "run1", "run2", "run3"];
    let field = |field: Field| Just(field);
    let of = |attribute| field(Field::Attribute(attribute));
    let dataset = |part| field(Field::Dataset(part));
    prop_oneof![
        3 => (key(&["m0", "m1", "none"]).prop_map(Field::Metric), number_test()),
        3 => (key(&["p0", "p1", "none"]).prop_map(Field::Param), presence()),
        3 => (key(&["t0", "t 1", "none"]).prop_map(Field::Tag), presence()),
        1 => (of(Attribute::RunId), prop_oneof![text_test(&IDS), list_test(&IDS)]),
        1 => (of(Attribute::RunName), text_test(&["name-FINISHED", "NAME%", "name-R%"])),
        1 => (of(Attribute::Status), text_test(&STATUS)),
        1 => (of(Attribute::UserId), text_test(&USERS)),
        1 => (of(Attribute::StartTime), number_test()),
        1 => (of(Attribute::EndTime), number_test()),
        1 => (dataset(filter::runs::Dataset::Name), prop_oneof![text_test(&["d0", "D0"]), list_test(&["d0", "D0"])]),
        1 => (dataset(filter::runs::Dataset::Digest), prop_oneof![text_test(&["1", "2"]), list_test(&["1", "2"])]),
        1 => (dataset(filter::runs::Dataset::Context), text_test(&["train", "test"])),
    ]
    .prop_map(|(field, test)| Comparison { field, test })
}

fn orders() -> impl Strategy<Value = Vec<Order<Sorted>>> {
    let owned = str::to_owned;
    let fields = vec![
        Sorted::Metric(owned("m0")),
        Sorted::Metric(owned("m1")),
        Sorted::Metric(owned("none")),
        Sorted::Param(owned("p0")),
        Sorted::Param(owned("none")),
        Sorted::Tag(owned("t 1")),
        Sorted::Attribute(Attribute::StartTime),
        Sorted::Attribute(Attribute::EndTime),
        Sorted::Attribute(Attribute::Status),
        Sorted::Attribute(Attribute::UserId),
        Sorted::Attribute(Attribute::RunName),
        Sorted::Attribute(Attribute::RunId),
    ];
    vec((select(fields), any::<bool>()), 0..4).prop_map(|chosen| {
        let mut orders: Vec<Order<Sorted>> = Vec::new();
        for (field, descending) in chosen {
            if orders.iter().all(|order| order.field != field) {
                orders.push(Order { field, descending });
            }
        }
        orders
    })
}

/// Makes runs: first all of it is sent, then it is waited for, so that runs share syncs.
fn make(here: &Here, runs: &[Run]) {
    let tracking = &here.tracking;
    let mut made = Vec::new();
    let (mut done, mut updated) = (Vec::new(), Vec::new());
    for run in runs {
        let tags = run.tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        made.push(tracking.create_run(NewRun {
            run_id: Some(run.id.clone()),
            user_id: run.user.to_owned(),
            name: Some(run.name()),
            started: run.started,
            tags,
            ..NewRun::default()
        }));
        let metrics: Vec<Metric<'_>> = run.metrics.iter().map(|(key, value)| metric(key, *value)).collect();
        let params: Vec<(&str, &str)> = run.params.iter().map(|(key, value)| (*key, *value)).collect();
        done.push(tracking.log_batch(&run.id, Batch { metrics: &metrics, params: &params, tags: &[] }));
        done.push(tracking.log_inputs(&run.id, run.datasets.iter().map(input).collect(), Vec::new()));
        let status = Some(Status::parse(run.status).unwrap());
        let update = RunUpdate { status, end_time: run.ended, name: None };
        updated.push(tracking.update_run(&run.id, update));
    }
    for made in made {
        made.wait().unwrap();
    }
    for updated in updated {
        updated.wait().unwrap();
    }
    for done in done {
        done.wait().unwrap();
    }
}

fn input((name, digest, context): &(&'static str, &'static str, Option<&'static str>)) -> DatasetInput {
    let tag = |context: &str| Pair { key: "mlflow.data.context".to_owned(), value: context.to_owned() };
    DatasetInput {
        tags: context.map(tag).into_iter().collect(),
        dataset: Dataset {
            name: (*name).to_owned(),
            digest: (*digest).to_owned(),
            source_type: "local".to_owned(),
            source: String::new(),
            schema: None,
            profile: None,
        },
    }
}

fn numbered(mut runs: Vec<Run>, from: usize) -> Vec<Run> {
    for (at, run) in runs.iter_mut().enumerate() {
        run.id = format!("run{}", at + from);
    }
    runs
}

/// What should be found, in order.
fn expected(runs: &[Run], filter: &Filter<Field>, search: &RunSearch) -> Vec<String> {
    let orders = filter::runs::order(&search.order_by).unwrap();
    let meets = |run: &&Run| filter.comparisons.iter().all(|comparison| run.meets(comparison));
    let mut found: Vec<&Run> = runs.iter().filter(meets).collect();
    found.sort_by(|one, other| one.compare(other, &orders));
    found.into_iter().map(|run| run.id.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_search_finds_what_a_plain_reading_of_it_finds(
        runs in vec(run(), 1..16),
        queries in vec((vec(comparison(), 0..4), orders(), 1..6_i64), 10),
        late in vec(run(), 10),
    ) {
        let here = Here::new();
        let runs = numbered(runs, 0);
        make(&here, &runs);
        let mut all = runs.clone();
        for ((comparisons, orders, size), late) in queries.into_iter().zip(late) {
            let filter = Filter { comparisons };
            let order_by = orders.iter().map(ToString::to_string).collect();
            let max_results = size;
            let query = RunSearch { order_by, max_results, ..search(&filter.to_string(), &[]) };
            let before = expected(&all, &filter, &query);
            prop_assert_eq!(&here.found(&query), &before, "{:?}", &query);

            // A run is made between the first page and the next: none that was there is lost or comes twice.
            let first = here.tracking.search_runs_by(&query, 0).unwrap();
            let mut found = ids(&first);
            let late = numbered(vec![late], all.len());
            make(&here, &late);
            if let Some(token) = first.next_page_token {
                found.extend(here.pages(&RunSearch { page_token: Some(token), ..query.clone() }, 0));
            }
            found.retain(|id| *id != late[0].id);
            prop_assert_eq!(&found, &before, "{:?}", &query);
            all.extend(late);
        }
    }
}
