//! Finds and ends what a process leaves behind.

use std::{
    sync::mpsc::{self, Sender},
    time::{Duration, Instant},
};

use rustix::{
    io::Errno,
    process::{
        Pid, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process, kill_process_group, wait, waitid,
    },
};

use super::{Message, Shared};
use crate::process;

/// Only the children of the calling thread (`__WNOTHREAD`).
const OF_THIS_THREAD: WaitOptions = WaitOptions::from_bits_retain(0x2000_0000);
/// How long what was killed may take to be gone.
const PATIENCE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// For the first thread, which inherits what is left behind.
pub(crate) struct Question {
    id: String,
    group: i32,
    kill: bool,
    answer: Sender<Vec<String>>,
}

/// Ends everything that is left of this run, whose root has been waited for; first lets it end by itself for the given
/// time. Tells what had to be killed, and what could not be.
pub(crate) fn sweep(shared: &Shared, id: &str, group: Pid, linger: Duration) -> Vec<String> {
    if has_no_children() {
        return Vec::new();
    }
    let start = Instant::now();
    let mut pause = Duration::from_micros(200);
    let mut killed: Vec<String> = Vec::new();
    loop {
        let lingers = start.elapsed() < linger;
        let found = ask(shared, id, group, !lingers);
        if found.is_empty() {
            return notices(&killed, &[]);
        }
        if !lingers {
            killed.extend(found.iter().filter(|name| !killed.contains(name)).cloned().collect::<Vec<_>>());
        }
        if start.elapsed() > linger + PATIENCE {
            return notices(&killed, &found);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn notices(killed: &[String], left: &[String]) -> Vec<String> {
    let mut notices = Vec::new();
    if !killed.is_empty() {
        notices.push(format!("left running at its end, and killed: {}", killed.join(", ")));
    }
    if !left.is_empty() {
        notices.push(format!("not ended by KILL: {}", left.join(", ")));
    }
    notices
}

/// Whether this process has no children at all, of whatever thread.
fn has_no_children() -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    matches!(waitid(WaitId::All, options), Err(Errno::CHILD))
}

fn ask(shared: &Shared, id: &str, group: Pid, kill: bool) -> Vec<String> {
    let (answer, answered) = mpsc::channel();
    let question = Question { id: id.to_owned(), group: group.as_raw_pid(), kill, answer };
    shared.tell(Message::Sweep(question));
    answered.recv().expect("the first thread answers until all runs are over")
}

impl Question {
    /// Names what is left of the run, and kills it if so asked. For the first thread; what it inherited and has not waited
    /// for keeps its number, so that nothing else can be hit.
    pub(crate) fn answer(self, shared: &Shared) {
        let mut found = Vec::new();
        if bury() {
            let mark = format!("{}/{}", shared.hello.marker, self.id);
            let inherited = process::children().into_iter().filter(|&pid| is_inherited(pid));
            found.extend(inherited.filter_map(|pid| self.find(pid, &mark, shared)));
        }
        // All are named before the first one is killed: with it goes its group.
        for left in found.iter().filter(|_| self.kill) {
            end(left.pid, left.in_group.then_some(self.group));
        }
        let names = found.into_iter().map(|left| format!("{} ({})", left.name, left.pid)).collect();
        // The asking thread waits; that it is there is its own concern.
        let _ = self.answer.send(names);
    }

    fn find(&self, pid: i32, mark: &str, shared: &Shared) -> Option<Left> {
        let stat = process::stat(pid).filter(|stat| !stat.ended)?;
        let in_group = stat.group == self.group;
        let is_its = in_group
            || match process::mark(pid) {
                Some(found) => found == mark,
                // It has overwritten its environment. When nothing else runs, whose it is is clear.
                None => shared.runs().len() == 1,
            };
        is_its.then_some(Left { pid, name: stat.name, in_group })
    }
}

/// A process that was left behind.
struct Left {
    pid: i32,
    name: String,
    in_group: bool,
}

/// Whether it is a child of this thread, not the root of a run.
fn is_inherited(pid: i32) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let options = options | WaitIdOptions::from_bits_retain(OF_THIS_THREAD.bits());
    Pid::from_raw(pid).is_some_and(|pid| waitid(WaitId::Pid(pid), options).is_ok())
}

fn end(pid: i32, group: Option<i32>) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = kill_process(pid, Signal::KILL);
    }
    // While a member is a child of ours, the group's number is taken.
    if let Some(group) = group.and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Takes away what was inherited and has ended. Tells whether something is left that has not.
fn bury() -> bool {
    loop {
        match wait(WaitOptions::NOHANG | OF_THIS_THREAD) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}
