//! The rounds of a case as a Markdown table and as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use super::case::{Measured, Round};
use crate::bench::report;
use crate::process::Cost;

/// A row: its name, and which of a round's costs it shows.
type Row = (&'static str, fn(&Round) -> &Cost);

const BARE: Row = ("the commands alone", |round| &round.bare);
const ROWS: [Row; 5] = [
    BARE,
    ("GNU make, first run", |round| &round.make.first),
    ("Kaizen, first run", |round| &round.kaizen.first),
    ("GNU make, nothing changed", |round| &round.make.again),
    ("Kaizen, nothing changed", |round| &round.kaizen.again),
];

pub(super) fn markdown(measured: &Measured) -> String {
    let rounds = &measured.rounds;
    let steps = measured.case.graph.count();
    let mut out = format!(
        "{} ({} steps), median of {} rounds:\n\n\
         | | wall (fastest to slowest) | a step | over the commands alone, a step | CPU, mean | peak memory |\n\
         | --- | --- | --- | --- | --- | --- |\n",
        measured.title(),
        steps,
        rounds.len()
    );
    for row in ROWS {
        out += &shown(row, rounds, steps);
    }
    let ratio = |kaizen: fn(&Round) -> &Cost, make: fn(&Round) -> &Cost| {
        median(rounds.iter().map(|round| seconds(kaizen(round))))
            / median(rounds.iter().map(|round| seconds(make(round))))
    };
    out += &format!(
        "\nKaizen to make, ratio of medians: {:.2} first, {:.2} with nothing changed\n",
        ratio(ROWS[2].1, ROWS[1].1),
        ratio(ROWS[4].1, ROWS[3].1)
    );
    out
}

/// A row's figures. What is over the commands alone is taken round by round, because both share the round's weather; with
/// nothing changed no command runs, so there is nothing to take off.
fn shown((name, cost): Row, rounds: &[Round], steps: usize) -> String {
    let walls = sorted(rounds.iter().map(|round| seconds(cost(round)) * 1000.0));
    let over = median(rounds.iter().map(|round| (seconds(cost(round)) - seconds(&round.bare)) * 1000.0));
    let over = match name.contains("first") {
        true => format!("{:.3} ms", over / steps as f64),
        false => String::new(),
    };
    let wall = middle(&walls);
    let cpu: Duration = rounds.iter().map(|round| cost(round).cpu).sum();
    let peak = median(rounds.iter().map(|round| cost(round).peak as f64)) / 1e6;
    let peak = if peak > 0.0 { format!("{peak:.1} MB") } else { String::new() };
    format!(
        "| {name} | {wall:.1} ms ({:.1} to {:.1}) | {:.3} ms | {over} | {:.0} ms | {peak} |\n",
        walls[0],
        walls[walls.len() - 1],
        wall / steps as f64,
        cpu.as_secs_f64() * 1000.0 / rounds.len() as f64,
    )
}

pub(super) fn json(measured: &Measured) -> Value {
    let rounds = measured.rounds.iter();
    let rounds: Vec<Value> = rounds
        .map(|round| {
            let costs = ROWS.iter().map(|(name, cost)| ((*name).to_owned(), report::cost_json(cost(round))));
            Value::Object(costs.collect())
        })
        .collect();
    json!({ "case": measured.title(), "steps": measured.case.graph.count(), "rounds": rounds })
}

fn seconds(cost: &Cost) -> f64 {
    cost.wall.as_secs_f64()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    middle(&sorted(values))
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The middle one, or what lies halfway between the two in the middle.
fn middle(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) { f64::midpoint(sorted[half - 1], sorted[half]) } else { sorted[half] }
}

#[cfg(test)]
mod tests {
    use super::super::case::{CASES, Runs};
    use super::*;

    fn cost(milliseconds: u64, peak: u64) -> Cost {
        Cost { wall: Duration::from_millis(milliseconds), cpu: Duration::from_millis(40), peak }
    }

    fn round(bare: u64, make: u64, kaizen: u64) -> Round {
        Round {
            bare: cost(bare, 0),
            make: Runs { first: cost(make, 2_000_000), again: cost(4, 2_000_000) },
            kaizen: Runs { first: cost(kaizen, 9_000_000), again: cost(10, 9_000_000) },
        }
    }

    #[test]
    fn the_commands_alone_are_taken_off_in_the_round_in_which_they_were_measured() {
        let mut measured = Measured::new(CASES[0], "in memory", std::path::Path::new("/"));
        // The second round was slow for all three.
        measured.rounds = vec![round(100, 150, 200), round(300, 350, 400), round(100, 150, 220)];
        let table = markdown(&measured);
        let make =
            "| GNU make, first run | 150.0 ms (150.0 to 350.0) | 1.500 ms | 0.500 ms | 40 ms | 2.0 MB |";
        let kaizen =
            "| Kaizen, first run | 220.0 ms (200.0 to 400.0) | 2.200 ms | 1.000 ms | 40 ms | 9.0 MB |";
        assert!(table.contains(make) && table.contains(kaizen), "{table}");
        assert!(
            table.contains("| the commands alone | 100.0 ms (100.0 to 300.0) | 1.000 ms |  | 40 ms |  |"),
            "{table}"
        );
        assert!(table.contains("ratio of medians: 1.47 first, 2.50 with nothing changed"), "{table}");
        assert_eq!(json(&measured)["rounds"][1]["Kaizen, first run"]["wall_seconds"], 0.4);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        assert_eq!(median([4.0, 1.0, 2.0, 9.0].into_iter()), 3.0);
        assert_eq!(median([4.0, 1.0, 9.0].into_iter()), 4.0);
    }
}
