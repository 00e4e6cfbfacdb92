//! Other orchestrators on the same graphs, through the scripts of a harness that starts them from virtual environments.
//!
//! Each script writes a line of JSON for what it measured: a label, wall time, processor time and peak memory of all
//! processes. Servers tell their part on standard output.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tempfile::TempDir;

/// A script, whether it writes lines of JSON, and what else it is told.
const SCRIPTS: [(&str, bool, &[&str]); 4] = [
    ("bench_dvc.sh", true, &[]),
    ("bench_prefect_server.sh", true, &[]),
    ("bench_py.sh", true, &["prefect", "dagster", "airflow"]),
    ("airflow_standalone.sh", false, &["bench"]),
];
/// What is measured, by virtual environment and package.
const PACKAGES: [(&str, &str); 4] =
    [("dvc", "dvc"), ("prefect", "prefect"), ("dagster", "dagster"), ("airflow", "apache_airflow")];

/// Where the scripts and the virtual environments are.
#[derive(Debug)]
pub(super) struct Peers {
    scripts: PathBuf,
    environments: PathBuf,
}

/// A line of JSON. `run_s` is what the peer itself took for the run, without its start.
#[derive(Debug, Deserialize)]
struct Line {
    label: String,
    rc: i32,
    wall_s: f64,
    cpu_s: f64,
    peak_rss_mb: f64,
    run_s: Option<f64>,
}

impl Peers {
    /// Refuses directories without the scripts or the environments before anything is measured.
    pub(super) fn new(harness: &Path, environments: &Path) -> Result<Self> {
        let peers = Self {
            scripts: std::path::absolute(harness)?.join("orchestration"),
            environments: std::path::absolute(environments)?,
        };
        for (script, ..) in SCRIPTS {
            let path = peers.scripts.join(script);
            path.metadata().with_context(|| format!("find {}", path.display()))?;
        }
        for (environment, _) in PACKAGES.iter().chain(&[("base", "")]) {
            let path = peers.environments.join(environment).join("bin/python");
            path.metadata().with_context(|| format!("find {}", path.display()))?;
        }
        Ok(peers)
    }

    /// Runs every script, and gives the figures as Markdown.
    pub(super) fn measure(&self) -> Result<String> {
        let work = TempDir::new().context("make a temporary directory")?;
        let mut out = format!("\nPeers: {}\n\n", self.versions()?.join(", "));
        let mut said = String::new();
        let results = work.path().join("results.jsonl");
        for (script, writes_lines, words) in SCRIPTS {
            eprintln!("{script} {}", words.join(" "));
            let mut command = Command::new("bash");
            command.arg(self.scripts.join(script)).arg(work.path()).arg(&self.environments);
            if writes_lines {
                command.arg(&results);
            }
            command.args(words).stdin(Stdio::null());
            said += &plain_lines(&output(&mut command)?);
        }
        let text = std::fs::read_to_string(&results).context("read what the scripts measured")?;
        out += &table(&text)?;
        write!(out, "\nWhat servers say:\n\n{said}")?;
        Ok(out)
    }

    fn versions(&self) -> Result<Vec<String>> {
        PACKAGES.iter().map(|(environment, package)| self.version(environment, package)).collect()
    }

    /// The name and version of an installed package, from the name of the directory that describes it.
    fn version(&self, environment: &str, package: &str) -> Result<String> {
        let libraries = self.environments.join(environment).join("lib");
        for python in
            std::fs::read_dir(&libraries).with_context(|| format!("list {}", libraries.display()))?
        {
            let packages = python?.path().join("site-packages");
            for entry in std::fs::read_dir(&packages).into_iter().flatten() {
                let name = entry?.file_name().to_string_lossy().into_owned();
                let version = name
                    .strip_prefix(&format!("{package}-"))
                    .and_then(|rest| rest.strip_suffix(".dist-info"));
                if let Some(version) = version {
                    return Ok(format!("{environment} {version}"));
                }
            }
        }
        bail!("{} holds no {package}", libraries.display())
    }
}

/// The first line of what `make --version` says.
pub(super) fn make_version() -> Result<String> {
    let said = output(Command::new("make").arg("--version"))?;
    Ok(said.lines().next().unwrap_or("make of unknown version").to_owned())
}

/// What a program wrote to standard output. Its exit code says nothing of what a script measured, which has its own.
fn output(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("start {command:?}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The lines that are not JSON.
fn plain_lines(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with('{')).map(|line| format!("    {line}\n")).collect()
}

fn table(text: &str) -> Result<String> {
    let mut out =
        "| peer | wall | of it the run | CPU | peak memory |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for line in text.lines() {
        let line: Line = serde_json::from_str(line).with_context(|| format!("read {line:?}"))?;
        let failed = if line.rc == 0 { "" } else { " (failed)" };
        let run = line.run_s.map(|run| format!("{run:.2} s")).unwrap_or_default();
        let (wall, cpu, peak) = (line.wall_s, line.cpu_s, line.peak_rss_mb);
        writeln!(out, "| {}{failed} | {wall:.2} s | {run} | {cpu:.2} s | {peak:.0} MB |", line.label)?;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A harness whose scripts write a line each, and environments with the packages.
    fn stand_in(root: &Path) -> Peers {
        let (harness, environments) = (root.join("harness"), root.join("environments"));
        std::fs::create_dir_all(harness.join("orchestration")).unwrap();
        for (script, writes_lines, _) in SCRIPTS {
            let line = format!(
                r#"{{"label": "{script}", "rc": 1, "wall_s": 1.5, "cpu_s": 1, "peak_rss_mb": 63.1, "procs": 1}}"#
            );
            let write = if writes_lines { format!("echo '{line}' | tee -a $3") } else { String::new() };
            let text = format!("{write}\necho $(basename $0) of $(basename $2) is ready\n");
            std::fs::write(harness.join("orchestration").join(script), text).unwrap();
        }
        for (environment, package) in PACKAGES.iter().chain(&[("base", "psutil")]) {
            let directory = environments.join(environment);
            let description = format!("lib/python3.11/site-packages/{package}-1.2.dist-info");
            std::fs::create_dir_all(directory.join(description)).unwrap();
            std::fs::create_dir_all(directory.join("bin")).unwrap();
            std::fs::write(directory.join("bin/python"), "").unwrap();
        }
        Peers::new(&harness, &environments).unwrap()
    }

    #[test]
    fn every_script_runs_and_its_lines_and_words_are_shown() {
        let root = tempfile::tempdir().unwrap();
        let shown = stand_in(root.path()).measure().unwrap();
        assert!(shown.contains("Peers: dvc 1.2, prefect 1.2, dagster 1.2, airflow 1.2\n"), "{shown}");
        assert!(shown.contains("| bench_py.sh (failed) | 1.50 s |  | 1.00 s | 63 MB |"), "{shown}");
        assert!(shown.contains("    airflow_standalone.sh of environments is ready\n"), "{shown}");
        assert_eq!(shown.matches("(failed)").count(), 3, "{shown}");
    }

    #[test]
    fn a_line_that_cannot_be_read_is_an_error_that_shows_it() {
        assert!(format!("{:#}", table("{\"label\": 3}").unwrap_err()).contains("label"));
        assert!(make_version().unwrap().starts_with("GNU Make"));
    }
}
