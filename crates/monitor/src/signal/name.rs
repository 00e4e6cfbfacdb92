use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use stats::Metric;

/// The name of a signal, written as `drift.temp`, `estimated.roc_auc` or `traffic`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SignalName {
    /// The size of the drift in a column.
    Drift(String),
    /// The share of rows without a value in a column.
    Missing(String),
    /// The share of rows whose category the reference does not have.
    Unseen(String),
    /// The share of rows whose number lies beyond the reference's least and greatest.
    OutOfRange(String),
    /// The size of the drift in what the model predicts.
    DriftPrediction,
    /// The size of the drift in all columns together.
    DriftAll,
    /// A figure of quality estimated without labels.
    Estimated(Measure),
    /// A figure of quality measured with labels.
    Measured(Measure),
    /// The 99th percentile of the latency, in milliseconds.
    LatencyP99,
    /// The share of requests that failed.
    ErrorRate,
    /// Requests in the window.
    Traffic,
    /// How fast the error budget of the availability objective burns; 1 just uses it up.
    AvailabilityBurn,
    /// How fast the error budget of the latency objective burns; 1 just uses it up.
    LatencyBurn,
}

/// What quality is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// A metric.
    Metric(Metric),
    /// What 1,000 decisions are worth, in the value matrix's currency.
    ValuePer1000,
}

/// Text that names no signal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no signal; a signal is called as `kaizen incidents` shows it, such as drift.temp or traffic"
)]
pub struct NameError(String);

/// Column names that would read as another signal are written in quotes.
const RESERVED: [&str; 2] = ["prediction", "all"];

impl Measure {
    /// Its name in a signal's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Metric(metric) => metric.name(),
            Self::ValuePer1000 => "value_per_1000",
        }
    }

    /// Whether a larger figure is a better one.
    pub fn higher_is_better(self) -> bool {
        match self {
            Self::Metric(metric) => metric.higher_is_better(),
            Self::ValuePer1000 => true,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let metric = Metric::ALL.into_iter().find(|metric| metric.name() == text).map(Self::Metric);
        metric.or((text == Self::ValuePer1000.name()).then_some(Self::ValuePer1000))
    }
}

impl SignalName {
    /// The column it is about.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Drift(column) | Self::Missing(column) | Self::Unseen(column) | Self::OutOfRange(column) => {
                Some(column)
            }
            _ => None,
        }
    }

    /// Whether it is about what comes in and goes out, which alone says nothing of quality.
    pub fn is_drift(&self) -> bool {
        self.column().is_some() || matches!(self, Self::DriftPrediction | Self::DriftAll)
    }

    /// The figure of quality it is, estimated or measured.
    pub fn measure(&self) -> Option<Measure> {
        match self {
            Self::Estimated(measure) | Self::Measured(measure) => Some(*measure),
            _ => None,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let plain = match text {
            "latency_p99_ms" => Some(Self::LatencyP99),
            "error_rate" => Some(Self::ErrorRate),
            "traffic" => Some(Self::Traffic),
            "availability_burn" => Some(Self::AvailabilityBurn),
            "latency_burn" => Some(Self::LatencyBurn),
            "drift.prediction" => Some(Self::DriftPrediction),
            "drift.all" => Some(Self::DriftAll),
            _ => None,
        };
        if plain.is_some() {
            return plain;
        }
        let (family, subject) = text.split_once('.')?;
        match family {
            "drift" => Some(Self::Drift(unquoted(subject))),
            "missing" => Some(Self::Missing(unquoted(subject))),
            "unseen" => Some(Self::Unseen(unquoted(subject))),
            "out_of_range" => Some(Self::OutOfRange(unquoted(subject))),
            "estimated" => Measure::parse(subject).map(Self::Estimated),
            "measured" => Measure::parse(subject).map(Self::Measured),
            _ => None,
        }
    }
}

fn quoted(column: &str) -> String {
    let ambiguous = RESERVED.contains(&column) || column.starts_with('"');
    if ambiguous { format!("\"{column}\"") } else { column.to_owned() }
}

fn unquoted(subject: &str) -> String {
    let inner = subject.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(subject).to_owned()
}

impl fmt::Display for SignalName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drift(column) => write!(out, "drift.{}", quoted(column)),
            Self::Missing(column) => write!(out, "missing.{}", quoted(column)),
            Self::Unseen(column) => write!(out, "unseen.{}", quoted(column)),
            Self::OutOfRange(column) => write!(out, "out_of_range.{}", quoted(column)),
            Self::DriftPrediction => out.write_str("drift.prediction"),
            Self::DriftAll => out.write_str("drift.all"),
            Self::Estimated(measure) => write!(out, "estimated.{}", measure.name()),
            Self::Measured(measure) => write!(out, "measured.{}", measure.name()),
            Self::LatencyP99 => out.write_str("latency_p99_ms"),
            Self::ErrorRate => out.write_str("error_rate"),
            Self::Traffic => out.write_str("traffic"),
            Self::AvailabilityBurn => out.write_str("availability_burn"),
            Self::LatencyBurn => out.write_str("latency_burn"),
        }
    }
}

impl FromStr for SignalName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).ok_or_else(|| NameError(text.chars().take(80).collect()))
    }
}

impl TryFrom<String> for SignalName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SignalName> for String {
    fn from(name: SignalName) -> Self {
        name.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};
    use stats::Metric;

    use super::{Measure, SignalName};

    #[test]
    fn every_kind_of_name_reads_back_as_it_was_written() {
        let mut names = vec![SignalName::DriftPrediction, SignalName::DriftAll, SignalName::Traffic];
        names.extend([SignalName::ErrorRate, SignalName::LatencyP99, SignalName::LatencyBurn]);
        names.push(SignalName::AvailabilityBurn);
        names.push(SignalName::Measured(Measure::ValuePer1000));
        names.extend(Metric::ALL.map(|metric| SignalName::Estimated(Measure::Metric(metric))));
        for name in names {
            assert_eq!(name.to_string().parse(), Ok(name));
        }
    }

    #[test]
    fn a_column_called_prediction_is_not_taken_for_the_prediction() {
        let column = SignalName::Drift("prediction".to_owned());
        assert_eq!(column.to_string(), "drift.\"prediction\"");
        assert_eq!(column.to_string().parse(), Ok(column));
    }

    #[test]
    fn a_word_that_is_no_signal_is_refused_and_named() {
        for text in ["", "drift", "speed.temp", "measured.luck", "estimated."] {
            let error = text.parse::<SignalName>().unwrap_err();
            assert!(error.to_string().contains(&format!("`{text}`")));
        }
    }

    proptest! {
        #[test]
        fn any_column_name_reads_back(column in any::<String>()) {
            for name in [SignalName::Drift(column.clone()), SignalName::Unseen(column.clone())] {
                prop_assert_eq!(name.to_string().parse::<SignalName>(), Ok(name));
            }
        }
    }
}
