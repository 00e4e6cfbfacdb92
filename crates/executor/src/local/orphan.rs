//! Ends processes whose supervisor is gone.

use std::{
    io, thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::{Error, process, record::Process};

/// How long what was killed may take to be gone.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(2);
/// A process is without its mark while the kernel puts the new program in place. What a supervisor was just starting when
/// it was killed is waited for, and what became ready between two looks at it is seen by a second one.
const LOOKS: usize = 2;
/// How long is waited for what is being started, which may be somebody else's. Some kernels never say that it is ready.
const STARTING: Duration = Duration::from_secs(2);
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// Kills the group of a recorded process, if it is still that process: the number of a root that is gone may be
/// somebody else's.
pub(super) fn end_group(recorded: Process, boot: &str) -> io::Result<()> {
    if boot != process::boot() {
        return Ok(());
    }
    let is_meant = |_| {
        let meant = process::is(recorded);
        // While it lives, its group is its own.
        if let Some(group) = Pid::from_raw(recorded.pid).filter(|_| meant) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        meant
    };
    process::kill_if(recorded.pid, is_meant).map(drop)
}

/// Kills every process of this machine that has the mark of this attempt, until none is left.
pub(super) fn end_marked(marker: &str, id: &str) -> Result<(), Error> {
    let mark = format!("{marker}/{id}");
    let has_mark = |pid| process::mark(pid).is_some_and(|found| found == mark);
    let start = Instant::now();
    let mut clean = 0;
    loop {
        let (mut left, mut starting) = (0, 0);
        for pid in process::all() {
            // What has ended has no environment any more.
            if has_mark(pid) {
                process::kill_if(pid, has_mark).map_err(Error::io("end", format!("process {pid}")))?;
                left += 1;
            } else if process::stat(pid).is_some_and(|stat| stat.starting) {
                starting += 1;
            }
        }
        let is_clear = starting == 0 || start.elapsed() > STARTING;
        clean = if left == 0 && is_clear { clean + 1 } else { 0 };
        if clean == LOOKS {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            return Err(Error::StillRuns { id: id.to_owned(), count: left, seconds: PATIENCE.as_secs() });
        }
        thread::sleep(if left == 0 { BETWEEN_LOOKS } else { PAUSE });
    }
}
