use std::collections::BTreeMap;

use stats::drift::{Binned, DEVIATION_FLOOR, Gaps, Ks, NumberCounts, hellinger, jensen_shannon, psi};

use super::{Effect, EffectMeasure, Settings, Test, categories};

/// What the values of a column say, whatever their type.
pub(super) struct Comparison {
    pub(super) test: Test,
    pub(super) effect: Effect,
    pub(super) p_value: Option<f64>,
    pub(super) statistics: BTreeMap<String, f64>,
}

/// Compares numbers, both samples having some: few distinct ones as categories, others by
/// Kolmogorov–Smirnov for significance and Wasserstein for size.
pub(super) fn compare(
    reference: &NumberCounts,
    current: &NumberCounts,
    settings: &Settings,
) -> Option<Comparison> {
    let gaps = Gaps::between(reference, current)?;
    let deciles = Binned::by_deciles(reference, current)?;
    let ks = Ks::of(&gaps, reference.total(), current.total());
    let deviation = reference.deviation()?;
    let normalised = gaps.area / deviation.max(DEVIATION_FLOOR);
    let mut statistics: BTreeMap<String, f64> = [
        ("ks", ks.statistic),
        ("ks_p_value", ks.p_value),
        ("wasserstein", gaps.area),
        ("wasserstein_normalised", normalised),
        ("psi", psi(&deciles)),
        ("jensen_shannon", jensen_shannon(&deciles)),
        ("hellinger", hellinger(&deciles)),
        ("mean_reference", reference.mean()?),
        ("mean_current", current.mean()?),
        ("deviation_reference", deviation),
        ("deviation_current", current.deviation()?),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    statistics.retain(|_, value| value.is_finite());
    let few = settings.few_values.min((reference.total() / 5) as usize);
    if reference.distinct() <= few {
        let (test, p_value, effect) = categories::by_bins(&Binned::by_value(reference, current)?, settings);
        return Some(Comparison { test, effect, p_value: Some(p_value), statistics });
    }
    let normalised = Some(normalised).filter(|value| value.is_finite() && deviation.is_finite());
    let effect = size(normalised, ks.statistic, settings);
    Some(Comparison { test: Test::KolmogorovSmirnov, effect, p_value: Some(ks.p_value), statistics })
}

/// Numbers near the largest there are have no deviation; the statistic itself then says enough.
fn size(normalised: Option<f64>, statistic: f64, settings: &Settings) -> Effect {
    let (measure, value) = match normalised {
        Some(normalised) => (EffectMeasure::WassersteinNormalised, normalised),
        None => (EffectMeasure::KolmogorovSmirnov, statistic),
    };
    Effect { measure, value, threshold: settings.wasserstein }
}
