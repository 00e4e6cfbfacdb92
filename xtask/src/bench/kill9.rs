//! `cargo xtask bench --kill9`: a run is killed in its third step and started again, once with everything that it had
//! started and once alone. The chain and its journal are those that the harness gives other orchestrators.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::orchestration::{in_session, kill, kill_all};
use crate::metadata::Metadata;

/// The steps of the chain, three seconds each.
const STEPS: usize = 6;
/// A step says that it began, leaves its output half-written for three seconds, and says that it ended.
const WORK: &str = r#"echo "start $1" >> "$2"; echo partial > s$1; sleep 3; echo done > s$1; echo "end $1" >> "$2"
"#;
/// How often the journal is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Longer than the whole chain, twice.
const GIVE_UP: Duration = Duration::from_secs(60);

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victims {
    /// Kaizen and everything that it started.
    All,
    /// Kaizen alone; what it started goes on.
    Kaizen,
}

/// Kills and restarts in both ways, and prints a paragraph about each.
pub(super) fn run(words: &[&str]) -> Result<()> {
    let kaizen = match words {
        [] => super::release(&Metadata::read()?)?,
        ["--kaizen", path] => std::path::absolute(path)?,
        _ => bail!("--kill9 takes --kaizen PATH or nothing, not {words:?}"),
    };
    for victims in [Victims::All, Victims::Kaizen] {
        println!("{}", Scene::new(&kaizen)?.killed(victims)?);
    }
    Ok(())
}

/// A project with the chain, and the journal of its steps outside of it.
struct Scene {
    kaizen: PathBuf,
    project: TempDir,
    notes: TempDir,
}

impl Scene {
    fn new(kaizen: &Path) -> Result<Self> {
        let make = || TempDir::new().context("make a temporary directory");
        let scene = Self { kaizen: kaizen.to_owned(), project: make()?, notes: make()? };
        std::fs::write(scene.project.path().join("work.sh"), WORK).context("write work.sh")?;
        std::fs::write(scene.project.path().join("kaizen.toml"), project_file(&scene.journal()))
            .context("write kaizen.toml")?;
        File::create(scene.journal()).context("make the journal")?;
        Ok(scene)
    }

    fn killed(&self, victims: Victims) -> Result<String> {
        let mut first = self.start("first.log")?;
        self.wait_for("start 3", &mut first)?;
        std::thread::sleep(Duration::from_secs(1));
        match victims {
            Victims::All => kill_all(first.id()),
            Victims::Kaizen => kill(first.id()),
        }
        first.wait()?;
        std::thread::sleep(Duration::from_millis(500));
        self.note("--killed")?;
        let told = self.text()?.len();
        let restart = Instant::now();
        let mut second = self.start("second.log")?;
        let times = self.watch(&mut second, told, restart)?;
        let status = second.wait()?;
        let took = restart.elapsed().as_secs_f64();
        self.check(status.success())?;
        Ok(format!(
            "== kaizen, {}: {}  rc={} content of s3: {}\n   seconds after the restart: {}; ended {took:.3}",
            if victims == Victims::All { "all killed" } else { "kaizen alone killed" },
            self.text()?.replace('\n', ";"),
            status.code().unwrap_or(-1),
            self.output(3)?.trim(),
            times.join(", "),
        ))
    }

    fn start(&self, log: &str) -> Result<Child> {
        let mut command = Command::new(&self.kaizen);
        command.arg("run").current_dir(self.project.path());
        let log = File::create(self.notes.path().join(log)).context("make a log")?;
        let mut command = in_session(&command);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        command.spawn().with_context(|| format!("start {command:?}"))
    }

    fn wait_for(&self, line: &str, running: &mut Child) -> Result<()> {
        let start = Instant::now();
        while !self.text()?.contains(line) {
            if let Some(status) = running.try_wait()? {
                bail!("kaizen run ended with {status} before {line:?}: {}", self.log("first.log"));
            }
            if start.elapsed() > GIVE_UP {
                kill_all(running.id());
                bail!("no {line:?} within {} s: {}", GIVE_UP.as_secs(), self.log("first.log"));
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// Each line that is added to the journal after its first `told` bytes, with the seconds since the restart.
    fn watch(&self, running: &mut Child, told: usize, restart: Instant) -> Result<Vec<String>> {
        let mut seen = told;
        let mut times = Vec::new();
        loop {
            let ended = running.try_wait()?.is_some();
            let text = self.text()?;
            let whole = text.rfind('\n').map_or(0, |end| end + 1).max(seen);
            let after = restart.elapsed().as_secs_f64();
            times.extend(text[seen..whole].lines().map(|line| format!("{line} {after:.3}")));
            seen = whole;
            if ended {
                return Ok(times);
            }
            if restart.elapsed() > GIVE_UP {
                kill_all(running.id());
                bail!("still running {} s after the restart: {text}", GIVE_UP.as_secs());
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// The figures stand for a chain that was finished.
    fn check(&self, success: bool) -> Result<()> {
        let log = self.log("second.log");
        if !success {
            bail!("kaizen run failed after the restart: {log}");
        }
        for step in 1..=STEPS {
            let output = self.output(step)?;
            if output != "done\n" {
                bail!("after the restart s{step} holds {output:?}: {log}");
            }
        }
        Ok(())
    }

    fn output(&self, step: usize) -> Result<String> {
        let path = self.project.path().join(format!("s{step}"));
        std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))
    }

    fn journal(&self) -> PathBuf {
        self.notes.path().join("journal")
    }

    fn text(&self) -> Result<String> {
        std::fs::read_to_string(self.journal()).context("read the journal")
    }

    fn note(&self, line: &str) -> Result<()> {
        let mut journal = OpenOptions::new().append(true).open(self.journal()).context("open the journal")?;
        writeln!(journal, "{line}").context("write the journal")
    }

    fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.notes.path().join(name)).unwrap_or_default()
    }
}

fn project_file(journal: &Path) -> String {
    let mut text = "[project]\nname = \"chain\"\n".to_owned();
    for step in 1..=STEPS {
        let maker = if step > 1 { format!(", \"step.s{}\"", step - 1) } else { String::new() };
        text += &format!(
            "\n[step.s{step}]\nrun = \"sh work.sh {step} '{}'\"\nreads = [\"work.sh\"{maker}]\nwrites = [\"s{step}\"]\n",
            journal.display()
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_reads_its_script_and_the_step_before() {
        let text = project_file(Path::new("/notes/journal"));
        let table = text.parse::<toml::Table>().unwrap();
        let steps = table["step"].as_table().unwrap();
        assert_eq!(steps.len(), STEPS);
        assert_eq!(steps["s1"]["reads"].as_array().unwrap().len(), 1);
        assert_eq!(steps["s6"]["reads"][1].as_str(), Some("step.s5"));
        assert_eq!(steps["s3"]["run"].as_str(), Some("sh work.sh 3 '/notes/journal'"));
    }

    #[test]
    fn lines_are_told_with_their_time_once_they_are_whole() {
        let scene = Scene::new(Path::new("/bin/true")).unwrap();
        scene.note("--killed").unwrap();
        let told = scene.text().unwrap().len();
        let script =
            format!("echo start 3 >> {0}; sleep 0.05; printf 'half' >> {0}", scene.journal().display());
        let mut running = Command::new("sh").args(["-c", &script]).spawn().unwrap();
        let times = scene.watch(&mut running, told, Instant::now()).unwrap();
        assert!(times.len() == 1 && times[0].starts_with("start 3 0."), "{times:?}");
    }

    #[test]
    fn a_run_that_ends_too_soon_or_leaves_half_an_output_is_an_error() {
        let scene = Scene::new(Path::new("/bin/true")).unwrap();
        let error = scene.killed(Victims::All).unwrap_err();
        assert!(error.to_string().contains("before \"start 3\""), "{error:#}");
        for step in 1..=STEPS {
            std::fs::write(scene.project.path().join(format!("s{step}")), "done\n").unwrap();
        }
        scene.check(true).unwrap();
        std::fs::write(scene.project.path().join("s3"), "partial\n").unwrap();
        let error = scene.check(true).unwrap_err();
        assert!(error.to_string().contains("s3 holds \"partial\\n\""), "{error:#}");
    }
}
