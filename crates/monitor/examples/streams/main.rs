//! False alarms and detection of the whole chain, from rows to incidents, over simulated streams.
//!
//! `cargo run --release -p monitor --example streams -- 1000` prints the table of `docs/monitoring.md`.

mod world;

use monitor::Settings;
use world::{Change, ONSET, WINDOWS};

const CHANGES: [Change; 6] =
    [Change::Nothing, Change::MeanShift, Change::Units, Change::Mix, Change::Nulls, Change::Decay];

#[expect(clippy::print_stdout, reason = "the table is what the example is for")]
fn main() {
    let streams = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(200);
    println!("{streams} streams of {WINDOWS} windows each; the change begins in window {ONSET}");
    println!("change      opened  confirmed  before the change  delay in windows: mean  longest");
    for change in CHANGES {
        println!("{}", line(change, streams));
    }
}

fn line(change: Change, streams: u64) -> String {
    let settings = Settings::default();
    let (mut opened, mut found, mut early, mut delays) = (0, 0, 0, Vec::new());
    for seed in 0..streams {
        // A reference of its own for each ten streams: its chance is part of the false alarms.
        let reference = world::reference(seed / 10, &settings);
        let outcome = world::watched(&reference, change, 1_000 + seed, &settings);
        let confirmed = outcome.confirmed;
        opened += outcome.incidents.len();
        early += u64::from(confirmed.iter().any(|window| *window < ONSET));
        found += u64::from(!confirmed.is_empty());
        delays
            .extend(confirmed.iter().find(|window| **window >= ONSET).map(|window| (window - ONSET) as f64));
    }
    let longest = delays.iter().copied().fold(0.0, f64::max);
    let mean = stats::mean(&delays).unwrap_or(0.0);
    let name = format!("{change:?}");
    let share = 100.0 * found as f64 / streams as f64;
    format!("{name:<10}  {opened:>6}  {share:>7.1} %  {early:>17}  {mean:>22.1}  {longest:>7}")
}
