//! One run, from its start to its end: the body of its thread.

use std::{
    io,
    os::{fd::AsFd as _, unix::process::ExitStatusExt as _},
    process::{Child, Command, ExitStatus},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Signal, kill_process_group, pidfd_send_signal},
};
use wait4::{ResUse, Wait4 as _};

use super::{
    Shared,
    cgroup::Group,
    control::Control,
    course::Course,
    output::Output,
    pool::Pending,
    spawn::{self, Spawned},
    sweep,
};
use crate::{Ended, Exit, MARK, Usage, process, record::Process, wire::Order};

/// How long the end of the output is waited for once everything has ended. What could not be found, or killed, may hold the
/// pipe open for ever.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How long the command afterwards may take.
const AFTERWARDS: Duration = Duration::from_secs(30);
/// Codes from here on say that a command could not be run properly, or that a signal ended it.
const FIRST_ODD_CODE: i32 = 125;

/// Starts it, follows it, and reports.
pub(super) fn run(shared: &Shared, order: &Order, control: &Control, pending: Pending<'_>) {
    let start = Instant::now();
    match Run::start(shared, order) {
        Ok((child, run)) => {
            let id = &order.id;
            let pid = run.spawned.pid.as_raw_pid();
            let start_ticks = process::stat(pid).map_or(0, |stat| stat.start);
            shared.reporter.started(id, Process { pid, start: start_ticks });
            drop(pending);
            let ended = run.follow(child, shared, (control, start));
            shared.runs().remove(id);
            shared.reporter.ended(id, ended);
        }
        Err(why) => {
            shared.runs().remove(&order.id);
            shared.reporter.refused(&order.id, why);
        }
    }
}

/// A run that was started.
struct Run<'a> {
    order: &'a Order,
    spawned: Spawned,
    output: Output,
    group: Option<Group>,
    notices: Vec<String>,
}

impl<'a> Run<'a> {
    fn start(shared: &Shared, order: &'a Order) -> Result<(Child, Self), String> {
        let mut notices = Vec::new();
        let mut group = order.memory.and_then(|limit| match Group::create(shared, &order.id, limit) {
            Ok(group) => Some(group),
            Err(why) => {
                notices.push(format!("its memory limit is not enforced: {why}"));
                None
            }
        });
        let (reader, writer) = io::pipe().map_err(|error| format!("open a pipe: {error}"))?;
        let second = writer.try_clone().map_err(|error| format!("open a pipe: {error}"))?;
        let output = Output::new(reader, order, shared.hello.logs).map_err(|error| error.to_string())?;
        let mut command = Self::command(order, group.as_ref())?;
        command.env(MARK, mark(shared, order)).stdout(writer).stderr(second);
        let (child, spawned) = spawn::spawn(command)?;
        if let Some(why) = group.as_ref().and_then(|group| group.hold(spawned.pid).err()) {
            notices.push(format!("its memory limit is not enforced: {why}"));
            group = None;
        }
        Ok((child, Self { order, spawned, output, group, notices }))
    }

    fn command(order: &Order, group: Option<&Group>) -> Result<Command, String> {
        let arguments = match (group, order.command.split_first()) {
            (Some(group), Some((name, arguments))) => {
                group.wrap(&spawn::program(name, &order.folder, &order.environment)?, arguments)
            }
            _ => order.command.clone(),
        };
        spawn::command(&arguments, &order.folder, &order.environment)
    }

    fn follow(mut self, child: Child, shared: &Shared, (control, start): (&Control, Instant)) -> Ended {
        let mut course = Course::new(start, self.order.timeout, self.order.grace);
        self.watch(&mut course, control);
        let bytes = process::bytes(self.spawned.pid.as_raw_pid());
        let used = child.wait4();
        let wall = start.elapsed();
        let exit = used.as_ref().map(|used| exit(used.status));
        let exit = course.cause().or(exit.ok()).unwrap_or(Exit::Signal(Signal::KILL.as_raw()));
        if !matches!(exit, Exit::Code(code) if code < FIRST_ODD_CODE) {
            self.notices.extend(self.afterwards(shared).err());
        }
        if let Some(group) = &self.group {
            group.kill();
        }
        let swept = sweep::sweep(shared, &self.order.id, self.spawned.pid, self.order.linger);
        self.notices.extend(swept);
        if !self.output.drain(LAST_WORDS) {
            self.notices.push("its output was still open after its end, and was closed".to_owned());
        }
        self.finish(exit, usage(wall, used.ok(), bytes))
    }

    fn finish(mut self, mut exit: Exit, mut usage: Usage) -> Ended {
        let (tail, error) = self.output.finish();
        self.notices.extend(error.map(|error| format!("its log is not whole: {error}")));
        if let Some(group) = self.group.take() {
            let findings = group.findings();
            usage.peak_memory = findings.peak.or(usage.peak_memory);
            let by_itself = matches!(exit, Exit::Signal(_)) || matches!(exit, Exit::Code(code) if code != 0);
            if findings.out_of_memory && by_itself {
                exit = Exit::OutOfMemory;
            }
        }
        Ended { exit, usage, tail, notices: self.notices }
    }

    /// Until the root process has ended; it is not waited for, so that its number stays its own.
    fn watch(&mut self, course: &mut Course, control: &Control) {
        loop {
            let (signal, wait) = course.next(control.asked(), Instant::now());
            if let Some(signal) = signal {
                self.send(signal);
            }
            let wait = wait.and_then(|wait| Timespec::try_from(wait).ok());
            let mut fds = vec![
                PollFd::from_borrowed_fd(self.spawned.handle.as_fd(), PollFlags::IN),
                PollFd::from_borrowed_fd(control.wake(), PollFlags::IN),
            ];
            fds.extend(self.output.readable().map(|pipe| PollFd::from_borrowed_fd(pipe, PollFlags::IN)));
            let polled = poll(&mut fds, wait.as_ref());
            let found: Vec<PollFlags> = fds.iter().map(PollFd::revents).collect();
            if polled.is_err() {
                continue;
            }
            if !found[0].is_empty() {
                return;
            }
            if !found[1].is_empty() {
                control.quiet();
            }
            match found.get(2) {
                Some(flags) if flags.contains(PollFlags::IN) => self.output.pump(),
                Some(flags) if !flags.is_empty() => self.output.end(),
                _ => {}
            }
        }
    }

    /// To the whole group, once: some take a second TERM for impatience.
    fn send(&self, signal: Signal) {
        if kill_process_group(self.spawned.pid, signal).is_err() || signal == Signal::KILL {
            // The root may have gone to another group.
            let _ = pidfd_send_signal(&self.spawned.handle, signal);
        }
        let pid = self.spawned.pid.as_raw_pid();
        if signal == Signal::TERM && process::stat(pid).is_some_and(|stat| stat.stopped) {
            // It would never see it. To all others it says nothing, so they are spared it.
            let _ = kill_process_group(self.spawned.pid, Signal::CONT);
        }
    }

    /// Runs the command for what signals do not reach.
    fn afterwards(&self, shared: &Shared) -> Result<(), String> {
        let Some(name) = self.order.after.first() else { return Ok(()) };
        let failed = |why: String| format!("`{name}` afterwards: {why}");
        let mut command =
            spawn::command(&self.order.after, &self.order.folder, &self.order.environment).map_err(failed)?;
        command.env(MARK, mark(shared, self.order));
        let (mut child, spawned) = spawn::spawn(command).map_err(failed)?;
        let limit = Timespec::try_from(AFTERWARDS).ok();
        let mut fds = [PollFd::from_borrowed_fd(spawned.handle.as_fd(), PollFlags::IN)];
        if !matches!(poll(&mut fds, limit.as_ref()), Ok(1)) {
            let _ = kill_process_group(spawned.pid, Signal::KILL);
        }
        match child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(failed(status.to_string())),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

fn mark(shared: &Shared, order: &Order) -> String {
    format!("{}/{}", shared.hello.marker, order.id)
}

fn exit(status: ExitStatus) -> Exit {
    match status.code() {
        Some(code) => Exit::Code(code),
        None => Exit::Signal(status.signal().unwrap_or_default()),
    }
}

fn usage(wall: Duration, used: Option<ResUse>, bytes: Option<(u64, u64)>) -> Usage {
    let used = used.map(|used| used.rusage);
    Usage {
        wall,
        cpu: used.as_ref().map_or(Duration::ZERO, |used| used.utime + used.stime),
        // The kernel counts from before exec, when the command was still this process.
        peak_memory: used.map(|used| used.maxrss).filter(|peak| *peak > process::own_peak()),
        read: bytes.map(|(read, _)| read),
        written: bytes.map(|(_, written)| written),
    }
}
