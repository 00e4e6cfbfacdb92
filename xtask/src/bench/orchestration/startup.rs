//! How long the command line takes to start and end, beside programs that do nothing.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// Starts of each program, in turns.
const STARTS: usize = 50;

/// Milliseconds from start to end, sorted, by what was started.
pub(super) struct Startup(Vec<(&'static str, Vec<f64>)>);

/// Starts everything in turns.
pub(super) fn measure(kaizen: &Path) -> Result<Startup> {
    let programs: [(&str, &Path, &[&str]); 4] = [
        ("`kaizen --version`", kaizen, &["--version"]),
        ("`kaizen runs --help`", kaizen, &["runs", "--help"]),
        ("`make --version`", Path::new("make"), &["--version"]),
        ("`true`", Path::new("true"), &[]),
    ];
    let mut all: Vec<(&str, Vec<f64>)> = programs.iter().map(|program| (program.0, Vec::new())).collect();
    for _ in 0..STARTS {
        for ((_, program, arguments), (_, times)) in programs.iter().zip(&mut all) {
            times.push(milliseconds(program, arguments)?);
        }
    }
    for (_, times) in &mut all {
        times.sort_by(f64::total_cmp);
    }
    Ok(Startup(all))
}

fn milliseconds(program: &Path, arguments: &[&str]) -> Result<f64> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().with_context(|| format!("start {command:?}"))?;
    let elapsed = start.elapsed();
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(elapsed.as_secs_f64() * 1000.0)
}

impl Startup {
    pub(super) fn markdown(&self) -> String {
        let mut out = format!("| start to end, {STARTS} in turns | median | worst |\n| --- | --- | --- |\n");
        for (name, times) in &self.0 {
            let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
            writeln!(out, "| {name} | {median:.2} ms | {worst:.2} ms |")
                .expect("writing to a string cannot fail");
        }
        out + "\n"
    }

    pub(super) fn json(&self) -> Value {
        let by_name = self.0.iter().map(|(name, times)| (name.trim_matches('`').to_owned(), json!(times)));
        Value::Object(by_name.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_is_an_error_and_times_are_shown_by_median_and_worst() {
        assert!(milliseconds(Path::new("false"), &[]).is_err());
        assert!(milliseconds(Path::new("true"), &[]).unwrap() > 0.0);
        let shown = Startup(vec![("`true`", vec![1.0, 2.0, 9.0])]).markdown();
        assert!(shown.contains("| `true` | 2.00 ms | 9.00 ms |"), "{shown}");
    }
}
