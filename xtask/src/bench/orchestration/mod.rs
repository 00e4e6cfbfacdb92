//! `cargo xtask bench --orchestration`: what Kaizen adds to a step, beside GNU make and the bare work, and beside
//! other orchestrators where their virtual environments are given.

mod case;
mod durable;
mod graph;
mod measured;
mod peers;
mod startup;
mod table;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::metadata::Metadata;
use case::{CASES, Measured};
pub(super) use measured::{in_session, kill, kill_all};
use peers::Peers;

/// Rounds of the small graphs unless another number is asked for: enough for a median on a shared machine.
const ROUNDS: usize = 10;
/// Memory as a file system: what is synced there costs nothing, so the difference to a disk is the syncing.
const MEMORY: &str = "/dev/shm";

/// What is measured, and how often.
#[derive(Debug, Default)]
pub(super) struct Options {
    /// A binary that is there already, instead of a build.
    kaizen: Option<PathBuf>,
    rounds: Option<usize>,
    peers: Option<Peers>,
}

impl Options {
    pub(super) fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        let mut rest = words;
        loop {
            rest = match rest {
                [] => return Ok(options),
                ["--kaizen", path, rest @ ..] => {
                    options.kaizen = Some(std::path::absolute(path)?);
                    rest
                }
                ["--rounds", number, rest @ ..] => {
                    let rounds = number.parse().ok().filter(|rounds| *rounds > 0);
                    options.rounds = Some(rounds.with_context(|| format!("--rounds {number} is no count"))?);
                    rest
                }
                ["--peers", harness, environments, rest @ ..] => {
                    options.peers = Some(Peers::new(Path::new(harness), Path::new(environments))?);
                    rest
                }
                _ => bail!(
                    "--orchestration takes --kaizen PATH, --rounds N, --peers HARNESS VENVS, not {rest:?}"
                ),
            };
        }
    }
}

/// Measures everything, prints Markdown and leaves the samples in `bench-orchestration.json` in the target directory.
pub(super) fn run(words: &[&str]) -> Result<()> {
    let options = Options::parse(words)?;
    let metadata = Metadata::read()?;
    let kaizen = match &options.kaizen {
        Some(path) => path.clone(),
        None => super::release(&metadata)?,
    };
    measured::adopt_orphans()?;
    println!("{}, {}\n", super::report::machine(), peers::make_version()?);
    let startup = startup::measure(&kaizen)?;
    print!("{}", startup.markdown());
    let disk = std::env::temp_dir();
    let places = [("on disk", disk.as_path()), ("in memory", Path::new(MEMORY))];
    let mut cases = Vec::new();
    for (name, place) in places {
        print!("{}", durable::append(name, place)?);
        cases.extend(CASES.iter().map(|case| Measured::new(*case, name, place)));
    }
    let rounds = options.rounds.unwrap_or(ROUNDS);
    // What else the machine does changes with the hours: half of the rounds come after the peers.
    rounds_of(&mut cases, 0..rounds.div_ceil(2), &kaizen)?;
    if let Some(peers) = &options.peers {
        print!("{}", peers.measure()?);
    }
    rounds_of(&mut cases, rounds.div_ceil(2)..rounds, &kaizen)?;
    for case in &cases {
        println!("\n{}", table::markdown(case));
    }
    let samples: Vec<_> = cases.iter().map(table::json).collect();
    let path = metadata.target_directory.join("bench-orchestration.json");
    let report = json!({ "machine": super::report::machine(), "startup": startup.json(), "cases": samples });
    std::fs::write(&path, format!("{report:#}\n")).with_context(|| format!("write {}", path.display()))?;
    eprintln!("every sample is in {}", path.display());
    Ok(())
}

/// Takes the rounds of this range that each case has; a large graph has few.
fn rounds_of(cases: &mut [Measured], rounds: std::ops::Range<usize>, kaizen: &Path) -> Result<()> {
    for round in rounds {
        for case in cases.iter_mut().filter(|measured| round < measured.case.most_rounds) {
            case.round(round, kaizen)?;
            eprintln!("round {} of {}", round + 1, case.title());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_taken_in_any_order_and_nonsense_is_refused() {
        let options = Options::parse(&["--rounds", "3", "--kaizen", "/opt/kaizen"]).unwrap();
        assert_eq!(options.rounds, Some(3));
        assert_eq!(options.kaizen.as_deref(), Some(Path::new("/opt/kaizen")));
        for words in [&["--rounds", "0"][..], &["--rounds", "many"], &["--rounds"], &["--venvs", "x"]] {
            assert!(Options::parse(words).is_err(), "{words:?}");
        }
    }

    #[test]
    fn peers_without_their_scripts_are_refused_by_name() {
        let error = Options::parse(&["--peers", "/absent", "/absent"]).unwrap_err();
        assert!(format!("{error:#}").contains("bench_dvc.sh"), "{error:#}");
    }
}
