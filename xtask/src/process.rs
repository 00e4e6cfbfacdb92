//! Runs a program and says what it took: wall time, processor time and peak memory, from Linux's /proc.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a running program's peak memory is read. The kernel keeps the peak, so only growth in the last moment escapes.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What a program took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// User and system time, of the program and of the children it waited for.
    pub(crate) cpu: Duration,
    /// The program's own peak resident memory in bytes, without its children's.
    pub(crate) peak: u64,
}

/// Runs the program to its end; what it wrote is shown when it fails.
pub(crate) fn measure(command: &mut Command) -> Result<Cost> {
    let shown = format!("{command:?}");
    let written = tempfile::NamedTempFile::new().context("make a file for the output")?;
    let output: File = written.reopen()?;
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    let cpu_before = children_cpu()?;
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("start {shown}"))?;
    let mut peak = 0;
    let status = loop {
        peak = peak.max(peak_memory(&child));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(LOOK_EVERY);
    };
    let wall = start.elapsed();
    if !status.success() {
        bail!("{shown} ended with {status} and wrote:\n{}", std::fs::read_to_string(written.path())?);
    }
    Ok(Cost { wall, cpu: children_cpu()? - cpu_before, peak })
}

/// The highest resident memory so far, in bytes; 0 once the program has ended.
pub(crate) fn peak_memory(child: &Child) -> u64 {
    peak_memory_of(child.id())
}

/// The same by process id, for a process that is not ours; 0 where there is none.
pub(crate) fn peak_memory_of(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}

/// Processor time of all children that have been waited for.
pub(crate) fn children_cpu() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("read /proc/self/stat")?;
    // The second field, the program's name in brackets, may hold spaces; cutime and cstime are the 16th and 17th.
    let (_, fields) = stat.rsplit_once(')').context("/proc/self/stat has a name in brackets")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks: u64 = fields[13].parse::<u64>()? + fields[14].parse::<u64>()?;
    // Linux shows these in hundredths of a second, whatever the kernel's own tick.
    Ok(Duration::from_millis(ticks * 10))
}

/// A program that is ended when this goes out of scope.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_works_for_a_while_is_seen_to_take_time_and_memory() {
        let script = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        let cost = measure(Command::new("sh").args(["-c", script])).unwrap();
        assert!(cost.cpu > Duration::ZERO && cost.cpu <= cost.wall * 4, "{cost:?}");
        assert!(cost.peak > 100_000 && cost.peak < 1_000_000_000, "{cost:?}");
    }

    #[test]
    fn a_program_that_fails_is_an_error_with_what_it_wrote() {
        let error = measure(Command::new("sh").args(["-c", "echo lost the key >&2; exit 3"])).unwrap_err();
        assert!(error.to_string().contains("lost the key"), "{error:#}");
    }
}
