//! The arguments of `kaizen drift`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Drift {
    /// What to compare with: a Parquet, CSV, JSON lines or Arrow file, a directory of them, or a glob
    #[arg(value_name = "REFERENCE")]
    pub(crate) reference: String,

    /// The current data, in any of these formats
    #[arg(value_name = "CURRENT")]
    pub(crate) current: String,

    /// Write the comparison with its charts as one HTML file
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,

    /// Only these columns
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,

    /// The share of the drifts found that may be false, over all columns
    #[arg(long, value_name = "RATE", default_value = "0.01", value_parser = rate)]
    pub(crate) false_discovery_rate: f64,

    /// Show, too, what this tool would compute; the verdicts stay Kaizen's
    #[arg(long, value_name = "TOOL")]
    pub(crate) compat: Option<Compat>,

    /// Exit with 11 when a column drifted or departs otherwise
    #[arg(long)]
    pub(crate) fail: bool,
}

/// A tool whose drift figures can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Compat {
    /// Evidently 0.7
    Evidently,
    /// NannyML 0.13
    Nannyml,
}

/// A share between 0 and 1, neither of them included.
fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| *rate > 0.0 && *rate < 1.0);
    rate.ok_or_else(|| "a rate is a number between 0 and 1, such as 0.01".to_owned())
}
