//! What is found in words, the same in the document and in the terminal.

use monitor::drift::{ColumnDrift, EffectMeasure, Test};

use crate::figure;

/// What the comparison comes to: how many columns drifted, and how many depart in another way.
pub fn summary<'a>(columns: impl IntoIterator<Item = &'a ColumnDrift>) -> String {
    let (mut all, mut drifted, mut departing) = (0, 0, 0);
    for column in columns {
        all += 1;
        drifted += usize::from(column.drifted);
        departing += usize::from(column.departs() && !column.drifted);
    }
    let mut summary = match (drifted, all) {
        (_, 0) => return "No column could be compared".to_owned(),
        (0, 1) => "The one column has not drifted".to_owned(),
        (0, _) => format!("None of {all} columns has drifted"),
        (1, _) => format!("1 of {all} columns has drifted"),
        _ => format!("{drifted} of {all} columns have drifted"),
    };
    if departing > 0 {
        let verb = if departing == 1 { "has" } else { "have" };
        summary.push_str(&format!("; {departing} more {verb} other missing, unseen or out-of-range values"));
    }
    summary
}

/// The verdict on a column: `steady`, or what is wrong with it.
pub fn verdict(column: &ColumnDrift) -> String {
    let departs = |rate: Option<&monitor::drift::Rate>| rate.is_some_and(|rate| rate.departs);
    let wrong = [
        (column.drifted, "drifted"),
        (departs(Some(&column.missing)), "missing"),
        (departs(column.unseen.as_ref()), "unseen"),
        (departs(column.out_of_range.as_ref()), "out of range"),
    ];
    let wrong: Vec<_> = wrong.iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, word)| *word).collect();
    if wrong.is_empty() { "steady".to_owned() } else { wrong.join(", ") }
}

/// The test, by the name that statisticians know it by.
pub fn test_name(test: Test) -> &'static str {
    match test {
        Test::KolmogorovSmirnov => "Kolmogorov–Smirnov",
        Test::ChiSquare => "chi-square",
        Test::Fisher => "Fisher",
        Test::Permutation => "permutation",
        Test::TooFewRows => "none: too few rows",
        Test::NoRows => "none: no rows",
        Test::NoValues => "none: no values",
        Test::ChangedKind => "none: another kind",
    }
}

/// What the size of a drift is measured by.
pub fn measure_name(measure: EffectMeasure) -> &'static str {
    match measure {
        EffectMeasure::WassersteinNormalised => "Wasserstein/σ",
        EffectMeasure::JensenShannon => "Jensen–Shannon",
        EffectMeasure::KolmogorovSmirnov => "KS statistic",
    }
}

/// How the verdicts come about, a paragraph each.
pub fn method(false_discovery_rate: f64) -> Vec<String> {
    let rate = figure::share(false_discovery_rate);
    vec![
        format!(
            "A column has drifted when the difference is large and not by chance: its effect reaches the threshold \
             beside it, and its q-value is at most {rate}. The q-value is the p-value adjusted for all tests of all \
             columns by Benjamini and Hochberg's method (1995), so that about {rate} of the departures found are \
             expected to be false. Effects keep a great many rows from making everything significant."
        ),
        "Numbers are tested by Kolmogorov and Smirnov's two-sample test, and the effect is the Wasserstein-1 distance \
         in standard deviations of the reference: 0.1 means that the average row has moved by a tenth of one. \
         Categories, and numbers of a few different values, are tested by Pearson's chi-square test, rare \
         categories together, by Fisher's exact test or by random relabelling where rows are few; the effect is the \
         Jensen–Shannon distance, between 0 (alike) and 1 (nothing in common)."
            .to_owned(),
        "Missing rows, categories that the reference does not have and numbers beyond its least and greatest are shares \
         of the current rows, tested in the same way. Charts show the shares of the rows that have a value, in \
         equally wide bins between the 1st and the 99th percentile of the reference; the outer two hold the rest."
            .to_owned(),
        "Statistics are computed from all rows, not from a sample, unless a column says otherwise.".to_owned(),
    ]
}
