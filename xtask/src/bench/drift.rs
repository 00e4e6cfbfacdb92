//! `cargo xtask bench --drift DIR`: what `kaizen drift` takes on pairs of large files.
//!
//! A pair is NAME_ref.parquet and NAME_cur.parquet. The figures in docs/performance.md are of the flights of
//! 2013, drawn with replacement: 2.5 million rows of 20 columns on each side, the first half of the year
//! against the second.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::report;
use crate::process::{self, Cost};

/// Runs of each pair, of which the one with the median wall time is shown.
const RUNS: usize = 7;

/// Measures every pair in the directory and prints a Markdown table.
pub(super) fn run(kaizen: &Path, directory: &Path) -> Result<()> {
    let pairs = pairs(directory)?;
    if pairs.is_empty() {
        bail!("there is no NAME_ref.parquet beside a NAME_cur.parquet in {}", directory.display());
    }
    println!("{}\n\n{}", report::machine(), report::HEAD.trim_end());
    for (name, reference, current) in pairs {
        let cost = measured(kaizen, &reference, &current)?;
        println!("{}", report::cost(&format!("`kaizen drift` on {name}, median of {RUNS}"), &cost));
    }
    Ok(())
}

fn pairs(directory: &Path) -> Result<Vec<(String, PathBuf, PathBuf)>> {
    let mut pairs = Vec::new();
    for entry in std::fs::read_dir(directory).with_context(|| format!("read {}", directory.display()))? {
        let reference = entry?.path();
        let file = reference.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(name) = file.strip_suffix("_ref.parquet") else { continue };
        let current = directory.join(format!("{name}_cur.parquet"));
        if current.is_file() {
            pairs.push((name.to_owned(), reference, current));
        }
    }
    pairs.sort();
    Ok(pairs)
}

/// The run in the middle, with the highest memory of all. The first, which may wait for the disk, is left out.
fn measured(kaizen: &Path, reference: &Path, current: &Path) -> Result<Cost> {
    let mut costs = Vec::with_capacity(RUNS);
    for run in 0..=RUNS {
        let cost = process::measure(Command::new(kaizen).arg("drift").args([reference, current]))?;
        if run > 0 {
            costs.push(cost);
        }
    }
    costs.sort_by_key(|cost| cost.wall);
    let peak = costs.iter().map(|cost| cost.peak).max().unwrap_or(0);
    Ok(Cost { peak, ..costs[RUNS / 2] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_with_a_counterpart_are_pairs() {
        let directory = tempfile::tempdir().unwrap();
        for name in
            ["b_ref.parquet", "b_cur.parquet", "a_ref.parquet", "a_cur.parquet", "c_ref.parquet", "d.csv"]
        {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        let names: Vec<_> = pairs(directory.path()).unwrap().into_iter().map(|pair| pair.0).collect();
        assert_eq!(names, ["a", "b"]);
        assert!(run(Path::new("kaizen"), Path::new("absent")).is_err());
    }
}
