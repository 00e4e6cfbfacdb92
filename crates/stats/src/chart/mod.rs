//! Control charts: where a series leaves what its reference period makes likely.
//!
//! Crate `monitor` calls [`departures`] on the series of every signal. Points are taken in units of the
//! baseline's deviation; a window without a value is NaN and is passed over. Runs and slow movements are found
//! by [`ewma`], [`cusum`] and the [`rules`] of Western Electric and Nelson; a single wild point meets
//! [`Rule::Outlier`] and no other, because the two charts with memory see it cut off at [`Settings::clip`].

pub mod cusum;
pub mod ewma;
pub mod rules;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use cusum::Cusum;
pub use ewma::Ewma;
pub use rules::{NELSON, Pattern, WESTERN_ELECTRIC};

/// What a series is when nothing is wrong, from the reference period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Its mean, in the series' unit.
    pub mean: f64,
    /// Its standard deviation, in the series' unit.
    pub deviation: f64,
}

/// Which charts watch, and how closely.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The chart for slow movements; none when absent.
    pub ewma: Option<Ewma>,
    /// The chart for small lasting shifts; none when absent.
    pub cusum: Option<Cusum>,
    /// The patterns that count.
    pub patterns: Vec<Pattern>,
    /// The charts with memory see no point further out than this many deviations, so that one wild point alone
    /// cannot trip them (Hawkins, "Robustification of cumulative sum charts by winsorization", Journal of
    /// Quality Technology 25, 1993). Nothing takes points as they are.
    pub clip: Option<f64>,
}

/// A point at which a rule fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// The position in the series.
    pub index: usize,
    /// What fired.
    pub rule: Rule,
    /// To which side of the mean.
    pub side: Side,
}

/// What can fire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// One point beyond three deviations: the least evidence, since one bad hour does it.
    Outlier,
    /// A run of points, by its pattern.
    Run(Pattern),
    /// The exponentially weighted mean is outside its limits.
    Ewma,
    /// A cumulated sum is above its decision interval.
    Cusum,
}

/// What was seen, in words that follow "its last points are".
impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Outlier => "one beyond 3 deviations",
            Self::Ewma => "beyond the limits of their weighted mean",
            Self::Cusum => "beyond the limits of their cumulative sum",
            Self::Run(pattern) => pattern.words(),
        })
    }
}

/// A side of the mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Above it.
    Above,
    /// Below it.
    Below,
    /// Neither: the points spread too much, or too little.
    Both,
}

impl Baseline {
    /// The mean and the sample deviation (divisor n − 1) of a reference series, NaN passed over; nothing of
    /// fewer than two values.
    pub fn of(series: &[f64]) -> Option<Self> {
        let known: Vec<f64> = series.iter().copied().filter(|value| value.is_finite()).collect();
        Some(Self { mean: crate::mean(&known)?, deviation: crate::standard_error(&known)? })
    }

    /// How many deviations a value lies from the mean.
    ///
    /// Where the reference never varied, any other value is infinitely far.
    pub fn standardise(&self, value: f64) -> f64 {
        let distance = value - self.mean;
        if distance == 0.0 { 0.0 } else { distance / self.deviation.max(0.0) }
    }
}

impl Default for Settings {
    /// Western Electric's patterns, EWMA with weight 0.2 and CUSUM against shifts of one deviation, points cut off at 3.
    fn default() -> Self {
        Self {
            ewma: Some(Ewma::default()),
            cusum: Some(Cusum::default()),
            patterns: WESTERN_ELECTRIC.to_vec(),
            clip: Some(3.0),
        }
    }
}

/// Every point at which a rule fires, in the order of the series.
pub fn departures(series: &[f64], baseline: Baseline, settings: &Settings) -> Vec<Departure> {
    let known: Vec<usize> = (0..series.len()).filter(|index| !series[*index].is_nan()).collect();
    let points: Vec<f64> = known.iter().map(|index| baseline.standardise(series[*index])).collect();
    let clip = settings.clip.unwrap_or(f64::INFINITY);
    let clipped: Vec<f64> = points.iter().map(|point| point.clamp(-clip, clip)).collect();
    let standard = Baseline { mean: 0.0, deviation: 1.0 };

    let mut found = rules::fired(&points, &settings.patterns);
    if let Some(ewma) = settings.ewma {
        found.extend(ewma.chart(&clipped, standard).iter().enumerate().filter_map(ewma::fired));
    }
    if let Some(cusum) = settings.cusum {
        let fired = |(index, sums)| cusum.fired(index, sums);
        found.extend(cusum.chart(&clipped, standard).iter().enumerate().filter_map(fired));
    }
    found.sort_by_key(|departure| (departure.index, departure.rule));
    found.into_iter().map(|departure| Departure { index: known[departure.index], ..departure }).collect()
}
