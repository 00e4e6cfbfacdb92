//! A server under measurement, with all its processes.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::bench::orchestration::{in_session, kill_all};
use crate::http::Connection;

/// Longer than MLflow's server with four workers takes on two busy cores.
const GIVE_UP: Duration = Duration::from_secs(300);
/// How often a server that starts is asked whether it has.
const ASK_EVERY: Duration = Duration::from_millis(1);

/// A running server, ended with all its processes when this goes out of scope.
pub(super) struct Server {
    process: Child,
    address: SocketAddr,
    took: Duration,
    _directory: TempDir,
}

/// What all processes of a server hold in memory, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) processes: usize,
    /// Resident.
    pub(super) bytes: u64,
}

impl Server {
    /// Starts a command at a free port in a new directory, and waits until it answers.
    pub(super) fn start(command: &str) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let directory = TempDir::new().context("make a directory for the server")?;
        let port = address.port().to_string();
        let fill = |word: &str| {
            word.replace("{port}", &port).replace("{dir}", &directory.path().display().to_string())
        };
        let mut words = command.split_whitespace().map(fill);
        let mut plain = Command::new(words.next().context("the command is empty")?);
        plain.args(words).current_dir(directory.path());
        let mut command = in_session(&plain);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let began = Instant::now();
        let process = command.spawn().with_context(|| format!("start {command:?}"))?;
        let mut server = Self { process, address, took: Duration::ZERO, _directory: directory };
        server.wait(began)?;
        Ok(server)
    }

    fn wait(&mut self, began: Instant) -> Result<()> {
        while began.elapsed() < GIVE_UP {
            if let Ok(mut connection) = Connection::open(self.address) {
                let health = connection.request("GET", "/health", "");
                if connection.send(&health).is_ok_and(|response| response.status == 200) {
                    self.took = began.elapsed();
                    return Ok(());
                }
            }
            if let Some(status) = self.process.try_wait()? {
                bail!("the server ended with {status} before it answered");
            }
            std::thread::sleep(ASK_EVERY);
        }
        bail!("the server did not answer at {} within {} s", self.address, GIVE_UP.as_secs())
    }

    /// From the start of its process to its first answer.
    pub(super) fn took(&self) -> Duration {
        self.took
    }

    pub(super) fn connect(&self) -> Result<Connection> {
        Connection::open(self.address)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Processor time so far.
    pub(super) fn cpu(&self) -> Duration {
        let ticks = family(self.process.id()).into_iter().filter_map(|pid| {
            let fields = fields(pid)?;
            // Its own time and that of children that it waited for.
            (11..15).map(|at| fields.get(at)?.parse::<u64>().ok()).sum::<Option<u64>>()
        });
        // Linux shows these in hundredths of a second, whatever the kernel's own tick.
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }

    pub(super) fn memory(&self) -> Memory {
        let resident = |pid| {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        let each: Vec<u64> = family(self.process.id()).into_iter().filter_map(resident).collect();
        Memory { processes: each.len(), bytes: each.iter().sum::<u64>() * 1_024 }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        kill_all(self.process.id());
        // It has ended, one way or the other.
        let _ = self.process.wait();
    }
}

/// A process and all below it.
fn family(root: u32) -> Vec<u32> {
    let mut below: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some(parent) = fields(pid).and_then(|fields| fields.get(1)?.parse().ok()) {
            below.entry(parent).or_default().push(pid);
        }
    }
    let (mut members, mut next) = (vec![root], 0);
    while let Some(pid) = members.get(next) {
        members.extend(below.remove(pid).unwrap_or_default());
        next += 1;
    }
    members
}

/// What `/proc` says of a process after its name, from its state on.
fn fields(pid: u32) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_a_process_and_what_it_started() {
        let mut child = Command::new("sh").args(["-c", "sleep 60 & wait"]).spawn().unwrap();
        let began = Instant::now();
        while family(child.id()).len() < 2 && began.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let members = family(child.id());
        for member in &members {
            crate::bench::orchestration::kill(*member);
        }
        child.wait().unwrap();
        assert_eq!((members[0], members.len()), (child.id(), 2), "{members:?}");
    }

    #[test]
    fn a_command_that_ends_is_no_server() {
        let error = Server::start("false {port}").err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("ended with"), "{error}");
    }
}
