//! What capture costs: the throughput of two services that differ in nothing else, measured in turns.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::http::Connection;
use crate::process::{self, Running};
use crate::project::Project;
use crate::python::finish;
use crate::served::one_row_request;

/// Each round measures both services, so that what else the machine does falls on both.
const ROUNDS: usize = 11;
/// How long one service is measured in a round.
const TURN: Duration = Duration::from_secs(3);
/// Connections that ask at the same time.
const CLIENTS: usize = 4;
/// Longer than any start with everything trained.
const GIVE_UP: Duration = Duration::from_secs(60);

/// Measures, and gives the figures as lines of Markdown.
pub(crate) fn measure(root: &Path, kaizen: &Path) -> Result<String> {
    let off = Side::start(root, kaizen, false)?;
    let on = Side::start(root, kaizen, true)?;
    for side in [&off, &on] {
        side.answered(TURN)?;
    }
    let mut rounds = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        // Whoever goes first finds the machine as the other left it, so they take turns.
        let order = if round % 2 == 0 { [&off, &on] } else { [&on, &off] };
        let first = order[0].answered(TURN)?;
        let second = order[1].answered(TURN)?;
        rounds.push(if round % 2 == 0 { (first, second) } else { (second, first) });
    }
    Ok(report(&rounds, off.peak_memory(), on.peak_memory()))
}

/// Requests a second without and with capture, the ratio of each round, and the peak memory.
fn report(rounds: &[(f64, f64)], peak_off: u64, peak_on: u64) -> String {
    let ratios = sorted(rounds.iter().map(|(off, on)| on / off));
    let (off, on) = (sorted(rounds.iter().map(|round| round.0)), sorted(rounds.iter().map(|round| round.1)));
    format!(
        "| capture | requests/s, median of {} rounds | peak memory |\n| --- | --- | --- |\n\
         | off | {:.0} | {} MB |\n| on, rate 1 | {:.0} | {} MB |\n\n\
         with capture: {:.1} % of the throughput without (median of the rounds; {:.1} to {:.1})\n",
        rounds.len(),
        middle(&off),
        peak_off / 1_000_000,
        middle(&on),
        peak_on / 1_000_000,
        middle(&ratios) * 100.0,
        ratios[0] * 100.0,
        ratios[ratios.len() - 1] * 100.0,
    )
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn middle(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}

/// A copy of the example that `kaizen up` serves.
struct Side {
    process: Running,
    address: SocketAddr,
    _project: Project,
}

impl Side {
    fn start(root: &Path, kaizen: &Path, captures: bool) -> Result<Self> {
        let project = Project::copy(root, "flights", PathBuf::from(kaizen))?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let file = project.path().join("kaizen.toml");
        let text = std::fs::read_to_string(&file).context("read the example's project file")?;
        std::fs::write(&file, project_file(&text, captures, address)).context("write the project file")?;
        // Trains; what is measured starts with everything done.
        finish(&mut project.up())?;
        let mut command = Command::new(kaizen);
        command
            .arg("up")
            .arg(project.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let process = Running(command.spawn().with_context(|| format!("start {command:?}"))?);
        let side = Self { process, address, _project: project };
        side.wait()?;
        Ok(side)
    }

    fn wait(&self) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < GIVE_UP {
            if let Ok(mut connection) = Connection::open(self.address) {
                let ready = connection.request("GET", "/v2/health/ready", "");
                if connection.send(&ready)?.status == 200 {
                    return Ok(());
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("kaizen up did not answer at {} within {} s", self.address, GIVE_UP.as_secs())
    }

    /// Requests a second that all clients together get answered.
    fn answered(&self, during: Duration) -> Result<f64> {
        let start = Instant::now();
        let ask = || -> Result<u64> {
            let mut connection = Connection::open(self.address)?;
            let (path, body) = one_row_request(&mut connection)?;
            let request = connection.request("POST", &path, &body);
            let mut answered = 0;
            while start.elapsed() < during {
                let response = connection.send(&request)?;
                if response.status != 200 {
                    bail!(
                        "a prediction answered {}: {}",
                        response.status,
                        String::from_utf8_lossy(&response.body)
                    );
                }
                answered += 1;
            }
            Ok(answered)
        };
        let counts: Vec<Result<u64>> = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(ask)).collect();
            clients.into_iter().map(|client| client.join().expect("a client does not panic")).collect()
        });
        let total = counts.into_iter().sum::<Result<u64>>()?;
        Ok(total as f64 / start.elapsed().as_secs_f64())
    }

    fn peak_memory(&self) -> u64 {
        process::peak_memory(&self.process.0)
    }
}

/// The project file with capture on or off and an address of its own. Without capture there is nothing
/// to watch, so the monitors go too.
fn project_file(text: &str, captures: bool, address: SocketAddr) -> String {
    let mut out = String::new();
    let mut section = "";
    for line in text.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let is_monitor = section.starts_with("[monitor") && !captures;
        let is_replaced =
            section.starts_with("[server") || section.starts_with("[service.") && line.starts_with("capture");
        if !is_monitor && !is_replaced {
            out += &format!("{line}\n");
        }
        // The service's own table, not one below it.
        if line.starts_with("[service.") && line.matches('.').count() == 1 {
            out += &format!("capture = {captures}\n");
        }
    }
    out + &format!("\n[server]\nlisten = \"{address}\"\n")
}

#[cfg(test)]
mod tests {
    use super::{project_file, report};

    #[test]
    fn the_two_project_files_differ_in_capture_and_what_watches_it() {
        let text = "[service.late]\nmodel = \"late\"\ncapture = { rate = 0.5 }\n\n[monitor.late]\nwindow = \"1d\"\n\n[model.late]\n";
        let address = "127.0.0.1:80".parse().unwrap();
        let on = project_file(text, true, address);
        assert!(on.contains("[service.late]\ncapture = true\nmodel = \"late\"\n\n[monitor.late]"), "{on}");
        let off = project_file(text, false, address);
        assert!(
            off.contains("capture = false") && !off.contains("monitor") && off.contains("[model.late]"),
            "{off}"
        );
        assert!(off.ends_with("[server]\nlisten = \"127.0.0.1:80\"\n"));
    }

    #[test]
    fn the_ratio_is_the_median_of_the_rounds() {
        let report = report(&[(100.0, 97.0), (100.0, 90.0), (200.0, 198.0)], 5_000_000, 9_000_000);
        assert!(report.contains("with capture: 97.0 % of the throughput without"), "{report}");
        assert!(report.contains("90.0 to 99.0"), "{report}");
    }
}
