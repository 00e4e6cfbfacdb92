//! Runs a command in a session of its own and says what it took, with everything that it started.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, WaitOptions};

use crate::process::{self, Cost};

/// How often memory is looked at. The kernel keeps the peak, so only growth in the last moment escapes.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// More often at first, for commands that take a few milliseconds.
const LOOK_EARLY: Duration = Duration::from_millis(1);
const EARLY: Duration = Duration::from_millis(100);
/// Looks after which a child is one that lasts.
const LASTING: u32 = 10;
/// Processes that a command leaves behind have this long to end.
const LINGER: Duration = Duration::from_secs(10);

/// A command's cost: wall time to its own end, processor time of everything that it started, and its peak memory together
/// with that of its largest child that lasts.
pub(super) fn measure(command: &Command) -> Result<Cost> {
    let shown = format!("{command:?}");
    let written = tempfile::NamedTempFile::new().context("make a file for the output")?;
    let output: File = written.reopen()?;
    let cpu_before = process::children_cpu()?;
    let start = Instant::now();
    let mut child = in_session(command)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()
        .with_context(|| format!("start {shown}"))?;
    let (status, wall, peak) = watched(&mut child, start)?;
    if !status.success() {
        bail!("{shown} ended with {status} and wrote:\n{}", std::fs::read_to_string(written.path())?);
    }
    reap(child.id()).with_context(|| format!("after {shown}"))?;
    Ok(Cost { wall, cpu: process::children_cpu()? - cpu_before, peak })
}

/// Waits without polling, so that the wall time is exact; a second thread looks at the memory meanwhile.
fn watched(child: &mut Child, start: Instant) -> Result<(std::process::ExitStatus, Duration, u64)> {
    let pid = child.id();
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut memory = Memory::default();
            while !ended.load(Ordering::Relaxed) {
                memory.look(pid);
                let is_early = start.elapsed() < EARLY;
                std::thread::park_timeout(if is_early { LOOK_EARLY } else { LOOK_EVERY });
            }
            memory.own + memory.child
        });
        let status = child.wait();
        let wall = start.elapsed();
        ended.store(true, Ordering::Relaxed);
        looking.thread().unpark();
        let peak = looking.join().expect("looking at memory does not panic");
        Ok((status?, wall, peak))
    })
}

/// The high-water marks of a program and of its largest child that lasts, such as a supervisor of what it starts.
#[derive(Default)]
struct Memory {
    own: u64,
    child: u64,
    /// A child just forked shows its parent's memory, and a step's belongs to the step: a child counts once it was seen
    /// some looks ago.
    seen: BTreeMap<u32, u32>,
}

impl Memory {
    fn look(&mut self, pid: u32) {
        self.own = process::peak_memory_of(pid).max(self.own);
        for child in children_of(pid) {
            let looks = self.seen.entry(child).or_default();
            *looks += 1;
            if *looks > LASTING {
                self.child = process::peak_memory_of(child).max(self.child);
            }
        }
    }
}

/// The same command in a new session, by which everything that it starts is known later. `setsid` becomes the command,
/// so the process that is waited for is the command's own.
pub(in crate::bench) fn in_session(command: &Command) -> Command {
    let mut session = Command::new("setsid");
    session.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => session.env(name, value),
            None => session.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        session.current_dir(directory);
    }
    session
}

/// From now on processes whose parent ends become this program's, which can wait for them: only then does the kernel
/// count their time.
pub(super) fn adopt_orphans() -> Result<()> {
    let own = rustix::process::getpid();
    rustix::process::set_child_subreaper(Some(own)).context("become the parent of orphans")
}

/// Waits for the processes of a session that its first process has left to this one.
fn reap(session: u32) -> Result<()> {
    let start = Instant::now();
    loop {
        let left = orphans(session);
        if left.is_empty() {
            return Ok(());
        }
        for orphan in &left {
            // Another thread's child may be gone by now, which is as good.
            let _ = rustix::process::waitpid(pid(orphan.pid), WaitOptions::NOHANG);
        }
        if start.elapsed() > LINGER {
            bail!("{} processes still run {} s later: {left:?}", left.len(), LINGER.as_secs());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn orphans(session: u32) -> Vec<Process> {
    let own = std::process::id();
    let mut all = processes();
    all.retain(|process| process.session == session && process.parent == own && process.pid != session);
    all
}

/// Ends a process and everything that it started at once, with no chance to clean up.
pub(in crate::bench) fn kill_all(root: u32) {
    // Twice, for what was being started meanwhile.
    for _ in 0..2 {
        for member in family(root, &processes()) {
            kill(member);
        }
    }
}

/// Ends one process at once.
pub(in crate::bench) fn kill(process: u32) {
    if let Some(pid) = pid(process) {
        // It may have ended by itself.
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
}

fn pid(raw: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(raw).ok()?)
}

/// The processes of the session that `root` began, and all below them, whatever session those began.
fn family(root: u32, all: &[Process]) -> BTreeSet<u32> {
    let is_of_session = |process: &&Process| process.session == root || process.pid == root;
    let mut members: BTreeSet<u32> = all.iter().filter(is_of_session).map(|process| process.pid).collect();
    loop {
        let before = members.len();
        let below = all.iter().filter(|process| members.contains(&process.parent)).map(|process| process.pid);
        let below: Vec<u32> = below.collect();
        members.extend(below);
        if members.len() == before {
            return members;
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Process {
    pid: u32,
    parent: u32,
    session: u32,
}

/// All processes of the machine, as far as they can be read.
fn processes() -> Vec<Process> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| process_at(&entry.path())).collect()
}

fn process_at(directory: &Path) -> Option<Process> {
    let pid = directory.file_name()?.to_str()?.parse().ok()?;
    let stat = std::fs::read_to_string(directory.join("stat")).ok()?;
    // The name in brackets may hold spaces; after it come state, parent, group and session.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(1);
    let parent = fields.next()?.parse().ok()?;
    let session = fields.nth(1)?.parse().ok()?;
    Some(Process { pid, parent, session })
}

/// The children of a process now.
fn children_of(pid: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let mut children = Vec::new();
    for list in lists {
        children.extend(list.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
    }
    children
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn time_and_memory_of_a_command_and_its_children_are_counted() {
        let busy = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
        let cost = measure(&shell(&format!("sh -c '{busy}'; {busy}"))).unwrap();
        assert!(cost.wall >= Duration::from_millis(10) && cost.cpu > Duration::ZERO, "{cost:?}");
        assert!(cost.peak > 100_000 && cost.peak < 1_000_000_000, "{cost:?}");
    }

    #[test]
    fn a_child_that_lasts_counts_and_one_that_was_just_started_does_not() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let mut memory = Memory::default();
        memory.look(std::process::id());
        assert_eq!(memory.child, 0);
        for _ in 0..LASTING {
            memory.look(std::process::id());
        }
        assert!(memory.own > memory.child && memory.child > 0, "{} {}", memory.own, memory.child);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_command_that_fails_is_an_error_with_what_it_wrote() {
        let error = measure(&shell("echo no such rule; exit 2")).unwrap_err();
        assert!(error.to_string().contains("no such rule"), "{error:#}");
    }

    #[test]
    fn what_a_command_leaves_behind_is_waited_for() {
        adopt_orphans().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let late = directory.path().join("late");
        measure(&shell(&format!("(sleep 0.3; echo done > {}) &", late.display()))).unwrap();
        assert_eq!(std::fs::read_to_string(late).unwrap(), "done\n");
    }

    #[test]
    fn killing_all_ends_processes_that_began_a_session_of_their_own() {
        let mut child = in_session(&shell("setsid sleep 60 & sleep 60; true")).spawn().unwrap();
        let root = child.id();
        let start = Instant::now();
        while family(root, &processes()).len() < 3 && start.elapsed() < LINGER {
            std::thread::sleep(Duration::from_millis(5));
        }
        let members = family(root, &processes());
        assert_eq!(members.len(), 3, "{members:?}");
        kill_all(root);
        child.wait().unwrap();
        let runs =
            |pid: &u32| std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty());
        while members.iter().any(runs) && start.elapsed() < LINGER {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(!members.iter().any(runs), "{members:?}");
    }

    #[test]
    fn a_family_is_a_session_and_all_below_it() {
        let process = |pid, parent, session| Process { pid, parent, session };
        let all = [process(30, 20, 30), process(20, 10, 10), process(10, 1, 10), process(40, 1, 4)];
        assert_eq!(family(10, &all), BTreeSet::from([10, 20, 30]));
        assert_eq!(family(4, &all), BTreeSet::from([40]));
    }
}
