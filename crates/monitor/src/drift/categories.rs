use stats::drift::{
    Binned, CategoryCounts, chi_square, hellinger, jensen_shannon, l_infinity, permutation, pooled,
    proportions, psi, total_variation,
};

use super::{Effect, EffectMeasure, Settings, Test, numbers::Comparison};

/// Rows that every bin of a chi-square test must expect on both sides (Cochran, 1954).
const LEAST_EXPECTED: f64 = 5.0;

/// Rows of the smaller sample up to which a sparse table is relabelled at random.
const FEW_ROWS: u64 = 200;

/// Random relabellings at most; the least p-value is one in this many and one.
const RELABELLINGS: u32 = 9_999;

/// Compares categories, both samples having some.
pub(super) fn compare(
    reference: &CategoryCounts,
    current: &CategoryCounts,
    settings: &Settings,
) -> Option<Comparison> {
    let binned = Binned::by_category(reference, current)?;
    let (test, p_value, effect) = by_bins(&binned, settings);
    let plain = chi_square(&binned);
    let statistics = [
        ("chi_square", plain.statistic),
        ("chi_square_p_value", plain.p_value),
        ("cramers_v", plain.cramers_v),
        ("psi", psi(&binned)),
        ("jensen_shannon", jensen_shannon(&binned)),
        ("hellinger", hellinger(&binned)),
        ("total_variation", total_variation(&binned)),
        ("l_infinity", l_infinity(&binned)),
    ];
    let statistics = statistics.map(|(name, value)| (name.to_owned(), value)).into();
    Some(Comparison { test, effect, p_value: Some(p_value), statistics })
}

/// Tests bins by what their rows allow, and sizes their drift.
pub(super) fn by_bins(binned: &Binned, settings: &Settings) -> (Test, f64, Effect) {
    let measure = EffectMeasure::JensenShannon;
    let effect = Effect { measure, value: jensen_shannon(binned), threshold: settings.jensen_shannon };
    let (test, p_value) = significance(binned);
    (test, p_value, effect)
}

fn significance(binned: &Binned) -> (Test, f64) {
    let (reference, current) = binned.totals();
    let together = pooled(binned, LEAST_EXPECTED);
    let whole = together.as_ref().is_some_and(|pooled| pooled.bins() == binned.bins());
    if !whole && binned.bins() > 2 && reference.min(current) <= FEW_ROWS {
        return (Test::Permutation, permutation(binned, RELABELLINGS, 0));
    }
    match together {
        Some(pooled) => (Test::ChiSquare, chi_square(&pooled).p_value),
        None => {
            // One category has all but a few of the rows.
            let commonest = binned.rows().max_by_key(|(one, other)| one + other).unwrap_or((0, 0));
            (Test::Fisher, proportions((commonest.0, reference), (commonest.1, current)))
        }
    }
}
