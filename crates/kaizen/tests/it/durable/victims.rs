//! The processes that work for a project, and how each kind of them is killed.

use std::{
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use base::Hash;
use rustix::process::{Pid, Signal, getpgrp, kill_process, kill_process_group};

/// A process that was started for a step of a project, or to keep those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: i32,
    pub(super) group: i32,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Supervisor,
    Command,
}

/// All that run for the project in this directory: by their mark, and whatever works in it.
pub(super) fn of(root: &Path) -> Vec<Process> {
    let root = root.canonicalize().unwrap();
    let mark = format!("KAIZEN_RUN={}/", Hash::of(root.join(".kaizen/runs").as_os_str().as_bytes()).short());
    let pids = fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| process(pid, &root, &mark)).collect()
}

fn process(pid: i32, root: &Path, mark: &str) -> Option<Process> {
    let folder = PathBuf::from(format!("/proc/{pid}"));
    // One that has ended has neither.
    let environment = fs::read(folder.join("environ")).unwrap_or_default();
    let is_marked =
        environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(mark.as_bytes()));
    let place = fs::read_link(folder.join("cwd")).ok()?;
    let keeps = place.starts_with(root.join(".kaizen/runs/supervisors"));
    let kind = if keeps { Kind::Supervisor } else { Kind::Command };
    let is_its = is_marked || place.starts_with(root);
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let (state, group) = (fields.next()?, fields.nth(1)?.parse().ok()?);
    // Kaizen works in the project too. As it was started from here, it is in the group of this process.
    let is_ours = group == getpgrp().as_raw_pid();
    (is_its && !is_ours && state != "Z").then_some(Process { pid, group, kind })
}

/// Kills the group of one command. Tells whether there was any.
pub(super) fn kill_a_step(root: &Path, chosen: usize) -> bool {
    let commands: Vec<_> = of(root).into_iter().filter(|process| process.kind == Kind::Command).collect();
    commands.get(chosen % commands.len().max(1)).is_some_and(|process| kill_group(process.group))
}

/// Kills the supervisors. Tells whether there was any.
pub(super) fn kill_supervisors(root: &Path) -> bool {
    let supervisors = of(root).into_iter().filter(|process| process.kind == Kind::Supervisor);
    let killed = supervisors.filter(|process| kill(process.pid)).count();
    killed > 0
}

/// Kills whatever runs for the project. A command goes with all its processes at once: its shell would go on without those
/// that it waits for, and take what they left for whole.
pub(super) fn kill_all(root: &Path) {
    for process in of(root) {
        match process.kind {
            Kind::Supervisor => kill(process.pid),
            Kind::Command => kill_group(process.group),
        };
    }
}

fn kill_group(group: i32) -> bool {
    Pid::from_raw(group).is_some_and(|group| kill_process_group(group, Signal::KILL).is_ok())
}

fn kill(pid: i32) -> bool {
    // It may have ended since it was seen.
    Pid::from_raw(pid).is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
}
