//! The figures, as a Markdown table for docs/performance.md and as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use crate::process::Cost;

/// The head of the table.
pub(super) const HEAD: &str = "| | wall | CPU | peak memory |\n| --- | --- | --- | --- |\n";

/// Everything that one bench measured.
pub(crate) struct Report {
    pub(crate) build: Option<Cost>,
    pub(crate) first_up: Cost,
    pub(crate) second_up: Cost,
    pub(crate) cold_starts: Vec<Duration>,
    /// One prediction each.
    pub(crate) one_row: Vec<Duration>,
    pub(crate) serving_peak: u64,
}

impl Report {
    pub(crate) fn markdown(&self) -> String {
        let mut rows = Vec::new();
        if let Some(build) = &self.build {
            rows.push(cost("clean release build", build));
        }
        rows.push(cost("first `kaizen up examples/flights --once`", &self.first_up));
        rows.push(cost("second, with nothing changed", &self.second_up));
        rows.push(format!(
            "| cold start to first prediction, {} starts | median {} ms, worst {} ms | | |",
            self.cold_starts.len(),
            milliseconds(percentile(&self.cold_starts, 0.50)),
            milliseconds(percentile(&self.cold_starts, 1.0)),
        ));
        rows.push(format!(
            "| one row over loopback, one connection, {} requests | p50 {} ms, p99 {} ms | | {} MB |",
            self.one_row.len(),
            milliseconds(percentile(&self.one_row, 0.50)),
            milliseconds(percentile(&self.one_row, 0.99)),
            megabytes(self.serving_peak),
        ));
        format!("{}\n\n{HEAD}{}\n", machine(), rows.join("\n"))
    }

    pub(crate) fn json(&self) -> String {
        let seconds = |durations: &[Duration], q: f64| percentile(durations, q).as_secs_f64();
        let report = json!({
            "machine": machine(),
            "clean_build": self.build.as_ref().map(cost_json),
            "first_up": cost_json(&self.first_up),
            "second_up": cost_json(&self.second_up),
            "cold_start": {
                "starts": self.cold_starts.len(),
                "p50_seconds": seconds(&self.cold_starts, 0.5),
                "max_seconds": seconds(&self.cold_starts, 1.0),
            },
            "one_row": {
                "requests": self.one_row.len(),
                "p50_seconds": seconds(&self.one_row, 0.5),
                "p99_seconds": seconds(&self.one_row, 0.99),
                "peak_bytes": self.serving_peak,
            },
        });
        format!("{report:#}\n")
    }
}

/// A row of the table.
pub(super) fn cost(what: &str, cost: &Cost) -> String {
    let (wall, cpu) = (cost.wall.as_secs_f64(), cost.cpu.as_secs_f64());
    format!("| {what} | {wall:.2} s | {cpu:.2} s | {} MB |", megabytes(cost.peak))
}

pub(super) fn cost_json(cost: &Cost) -> Value {
    json!({
        "wall_seconds": cost.wall.as_secs_f64(),
        "cpu_seconds": cost.cpu.as_secs_f64(),
        "peak_bytes": cost.peak,
    })
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.3}", duration.as_secs_f64() * 1000.0)
}

fn megabytes(bytes: u64) -> u64 {
    bytes / 1_000_000
}

/// The smallest figure that at least a share `q` of them does not exceed.
fn percentile(durations: &[Duration], q: f64) -> Duration {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// The processor's name and how many of its cores there are.
pub(super) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    format!("{}, {cores} cores", name.map_or("unknown processor", |(_, name)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let hundred: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        let cases = [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)];
        for (q, expected) in cases {
            assert_eq!(percentile(&hundred, q), Duration::from_millis(expected), "{q}");
        }
        assert_eq!(percentile(&hundred[..1], 0.99), Duration::from_millis(100));
    }

    #[test]
    fn the_table_has_a_row_for_the_build_only_when_it_was_measured() {
        let cost = Cost { wall: Duration::from_millis(1500), cpu: Duration::from_secs(2), peak: 3_000_000 };
        let mut report = Report {
            build: None,
            first_up: cost,
            second_up: cost,
            cold_starts: vec![Duration::from_millis(40)],
            one_row: vec![Duration::from_micros(250)],
            serving_peak: 5_000_000,
        };
        assert!(!report.markdown().contains("clean release build"));
        report.build = Some(cost);
        assert!(report.markdown().contains("| clean release build | 1.50 s | 2.00 s | 3 MB |"));
        assert!(report.markdown().contains("p50 0.250 ms"));
        let json: Value = serde_json::from_str(&report.json()).unwrap();
        assert_eq!(json["first_up"]["wall_seconds"], 1.5);
    }
}
