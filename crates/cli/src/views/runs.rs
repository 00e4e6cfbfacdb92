//! Runs, and what their steps took.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;
use store::{Entry, Run, RunId};

use super::{plain, table::aligned};

/// One run with what was done in it.
#[derive(Debug, Serialize)]
pub(crate) struct One {
    #[serde(flatten)]
    pub(crate) run: Run,
    pub(crate) entries: Vec<Entry>,
}

/// In the text, and there alone, a run whose process was killed is told from one that goes on.
pub(crate) fn list(runs: &[Run], killed: &BTreeSet<RunId>) -> String {
    if runs.is_empty() {
        return "nothing has run yet; `kaizen run` makes the first run".to_owned();
    }
    let mut rows = vec![["run", "started", "took", "state", "command"].map(str::to_owned).to_vec()];
    for run in runs {
        rows.push(vec![
            run.id.to_string(),
            format!("{}Z", run.started.to_string().chars().take(19).collect::<String>()),
            took(run),
            state(run, killed).to_owned(),
            run.command.clone(),
        ]);
    }
    aligned(&rows, 0)
}

pub(crate) fn one(one: &One, killed: &BTreeSet<RunId>) -> String {
    let run = &one.run;
    let mut text = format!("run {}  {}  {}  {}\n", run.id, state(run, killed), took(run), run.command);
    let heads = ["action", "state", "wall", "cpu", "memory", "read", "written", ""];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(one.entries.iter().map(row));
    text.push_str(&aligned(&rows, 2));
    text
}

fn state(run: &Run, killed: &BTreeSet<RunId>) -> &'static str {
    if killed.contains(&run.id) { "killed" } else { run.status.as_str() }
}

fn row(entry: &Entry) -> Vec<String> {
    let detail = entry.detail.clone().unwrap_or_default();
    let usage = &detail["detail"]["usage"];
    let cached = detail["detail"]["cached"].is_string();
    let usage = if cached { &Value::Null } else { usage };
    let said = detail["summary"].as_str().or(detail["message"].as_str()).unwrap_or_default();
    let wall = usage["wall_ms"].as_f64().or(detail["elapsed_ms"].as_f64());
    vec![
        entry.action.clone(),
        entry.status.map_or("running", store::Status::as_str).to_owned(),
        wall.map(time).unwrap_or_default(),
        usage["cpu_ms"].as_f64().map(time).unwrap_or_default(),
        usage["peak_memory"].as_u64().map(size).unwrap_or_default(),
        usage["read"].as_u64().map(size).unwrap_or_default(),
        usage["written"].as_u64().map(size).unwrap_or_default(),
        plain::first(said).to_owned(),
    ]
}

fn took(run: &Run) -> String {
    let Some(finished) = run.finished else { return String::new() };
    time(finished.micros().saturating_sub(run.started.micros()) as f64 / 1e3)
}

/// `12 ms`, `3.4 s`, `2 h 3 min`
pub(crate) fn time(millis: f64) -> String {
    match millis {
        ..1_000.0 => format!("{millis:.0} ms"),
        1_000.0..60_000.0 => format!("{:.1} s", millis / 1e3),
        60_000.0..3_600_000.0 => {
            format!("{:.0} min {:.0} s", (millis / 60_000.0).floor(), millis % 60_000.0 / 1e3)
        }
        _ => format!("{:.0} h {:.0} min", (millis / 3.6e6).floor(), millis % 3.6e6 / 6e4),
    }
}

/// `812 B`, `4.1 MiB`
fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1024.0 {
            return if unit == "B" { format!("{value:.0} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1024.0;
    }
    format!("{value:.1} TiB")
}

#[cfg(test)]
mod tests {
    use super::{size, time};

    #[test]
    fn times_and_sizes_have_the_unit_that_people_would_use() {
        let times = [12.3, 3_400.0, 61_000.0, 7_380_000.0].map(time);
        assert_eq!(times, ["12 ms", "3.4 s", "1 min 1 s", "2 h 3 min"]);
        let sizes = [812, 4_300_000, 3 << 40].map(size);
        assert_eq!(sizes, ["812 B", "4.1 MiB", "3.0 TiB"]);
    }
}
