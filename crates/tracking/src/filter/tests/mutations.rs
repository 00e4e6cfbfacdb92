//! Whatever a stranger sends, the answer is a tree or a sentence about a place in it.

use proptest::{collection::vec, prelude::*, sample::select};

use crate::{
    Code, Error,
    filter::{experiments, logged_models, model_versions, registered_models, runs},
};

/// Filters that are accepted by one search or another.
const SEEDS: [&str; 8] = [
    "metrics.`val loss` <= -1.5e+3 AND params.model != 'it''s' and tags.mlflow.user LIKE 'a%'",
    "run_id NOT IN ('a', \"b\",) AND datasets.context IN ('train')",
    "tags.a IS NOT NULL AND params.`a``b` IS NULL AND attributes.`Run Name` ILIKE '%\\'x'",
    "start_time > 1700000000000 AND status = \"FINISHED\"",
    "name ILIKE 'exp%' AND creation_time >= 5 AND experiment_id IN ('1')",
    "name = 'm' AND tags.mlflow.prompt.is_prompt = 'true'",
    "version_number <= '3' AND run_id IN ('a') AND source_path = 'A/D'",
    "status = READY AND params.lr = 0.01 AND metrics.a > .5 AND name IN ('x')",
];

/// Pieces that mean something somewhere.
const PIECES: [&str; 34] = [
    "'", "\"", "`", "\\", ".", ",", "(", ")", ";", " ", "\n", "\0", "é", "💥", "-", "+", "1", "1e", "e9",
    "<", ">", "=", "!", "~", "%", " AND ", " OR ", " NOT ", " IS ", "NULL", " IN ", " LIKE ", "metrics.",
    "tags",
];

/// One change: a piece put in the place of some characters.
#[derive(Debug, Clone)]
struct Mutation {
    place: prop::sample::Index,
    removed: usize,
    piece: &'static str,
}

impl Mutation {
    fn of(&self, text: &str) -> String {
        let characters: Vec<char> = text.chars().collect();
        let place = self.place.index(characters.len() + 1);
        let rest = (place + self.removed).min(characters.len());
        let mut mutated: String = characters[..place].iter().collect();
        mutated.push_str(self.piece);
        mutated.extend(&characters[rest..]);
        mutated
    }
}

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let one = (any::<prop::sample::Index>(), 0..4_usize, select(PIECES.to_vec()));
    vec(one.prop_map(|(place, removed, piece)| Mutation { place, removed, piece }), 1..6)
}

/// What every reader makes of a text, as text.
fn readings(text: &str) -> Vec<Result<String, Error>> {
    let orders = |read: Result<usize, Error>| read.map(|_| String::new());
    vec![
        runs::parse(text).map(|filter| filter.to_string()),
        experiments::parse(text).map(|filter| filter.to_string()),
        registered_models::parse(text).map(|(_, filter)| filter.to_string()),
        model_versions::parse(text).map(|(_, filter)| filter.to_string()),
        logged_models::parse(text).map(|filter| filter.to_string()),
        orders(runs::order(&[text]).map(|orders| orders.len())),
        orders(experiments::order(&[text]).map(|orders| orders.len())),
        orders(registered_models::order(&[text]).map(|orders| orders.len())),
        orders(model_versions::order(&[text]).map(|orders| orders.len())),
    ]
}

fn holds(text: &str) -> Result<(), TestCaseError> {
    for reading in readings(text) {
        let Err(error) = reading else { continue };
        prop_assert_eq!(error.code, Code::InvalidParameterValue);
        prop_assert!(error.message.contains(" (column "), "{}", error);
        prop_assert!(error.message.len() < 2_000 + text.len(), "{}", error);
    }
    Ok(())
}

#[test]
fn the_seeds_are_accepted_by_some_search() {
    for seed in SEEDS {
        assert!(readings(seed)[..5].iter().any(Result::is_ok), "{seed}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_read_or_refused_at_a_place(text in any::<String>()) {
        holds(&text)?;
    }

    #[test]
    fn pieces_in_any_order_are_read_or_refused_at_a_place(pieces in vec(select(PIECES.to_vec()), 0..20)) {
        holds(&pieces.concat())?;
    }

    #[test]
    fn a_mutated_filter_is_read_or_refused_at_a_place(seed in select(SEEDS.to_vec()), mutations in mutations()) {
        let mutated = mutations.iter().fold(seed.to_owned(), |text, mutation| mutation.of(&text));
        holds(&mutated)?;
        holds(&mutated.replace(" AND ", " DESC "))?;
    }
}
