//! What the kernel tells of processes in `/proc`.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::PathBuf,
};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::{MARK, record::Process};

/// One line of `/proc/PID/stat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) name: String,
    /// Ended, and waits for its parent.
    pub(crate) ended: bool,
    /// By a signal, until another one.
    pub(crate) stopped: bool,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    /// In clock ticks since the machine started.
    pub(crate) start: u64,
    /// The kernel is putting a new program in its place: it has no environment yet, and with it no mark. A busy machine
    /// leaves a process like that for as long as half a second.
    pub(crate) starting: bool,
}

pub(crate) fn stat(pid: i32) -> Option<Stat> {
    parse_stat(&read_once(pid, "stat")?)
}

fn parse_stat(bytes: &[u8]) -> Option<Stat> {
    let line = String::from_utf8_lossy(bytes);
    // The name may have spaces and parentheses of its own.
    let (before, after) = line.rsplit_once(')')?;
    let (_, name) = before.split_once('(')?;
    let fields: Vec<&str> = after.split_ascii_whitespace().collect();
    Some(Stat {
        name: name.to_owned(),
        ended: matches!(*fields.first()?, "Z" | "X"),
        stopped: *fields.first()? == "T",
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        start: fields.get(19)?.parse().ok()?,
        starting: is_starting(&fields),
    })
}

/// Whether there is memory, with neither code nor the end of an environment in it. Of what is hidden from us the kernel says
/// that its code is at 1, and a thread of its own has no memory.
fn is_starting(fields: &[&str]) -> bool {
    let is_zero = |place: usize| fields.get(place).map(|field| *field == "0");
    let (memory, code, environment) = (is_zero(20), is_zero(23), is_zero(48));
    (memory, code, environment) == (Some(false), Some(true), Some(true))
}

/// The largest resident set that this process ever had, in bytes; 0 when the kernel does not say.
pub(crate) fn own_peak() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}

/// The mark that a process got when it was started, `<marker>/<id>`. `None` when it has none or has overwritten it,
/// and when it belongs to somebody else.
pub(crate) fn mark(pid: i32) -> Option<String> {
    let environment = fs::read(file(pid, "environ")).ok()?;
    let mut variables = environment.split(|&byte| byte == 0);
    let value = variables.find_map(|variable| variable.strip_prefix(MARK.as_bytes())?.strip_prefix(b"="))?;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// Bytes read and written: `rchar` and `wchar`, which include those of the descendants that were waited for.
pub(crate) fn bytes(pid: i32) -> Option<(u64, u64)> {
    let text = String::from_utf8(read_once(pid, "io")?).ok()?;
    let value = |name| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    Some((value("rchar:")?, value("wchar:")?))
}

/// The children of this process, those of its first thread at least. A kernel without a list of children is asked for
/// every process.
pub(crate) fn children() -> Vec<i32> {
    let me = own();
    match fs::read_to_string(format!("/proc/self/task/{me}/children")) {
        Ok(list) => list.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect(),
        Err(_) => all().into_iter().filter(|&pid| stat(pid).is_some_and(|stat| stat.parent == me)).collect(),
    }
}

pub(crate) fn all() -> Vec<i32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

pub(crate) fn own() -> i32 {
    rustix::process::getpid().as_raw_pid()
}

/// Which start of the machine this is.
pub(crate) fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// Whether a process is still the one that was recorded.
pub(crate) fn is(process: Process) -> bool {
    stat(process.pid).is_some_and(|stat| stat.start == process.start && !stat.ended)
}

/// Kills a process if, once its number can no longer pass to another one, it is still the one that is meant.
pub(crate) fn kill_if(pid: i32, meant: impl Fn(i32) -> bool) -> io::Result<bool> {
    let Some(raw) = Pid::from_raw(pid) else { return Ok(false) };
    let Ok(handle) = pidfd_open(raw, PidfdFlags::empty()) else { return Ok(false) };
    if !meant(pid) {
        return Ok(false);
    }
    match pidfd_send_signal(&handle, Signal::KILL) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::SRCH) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A short file in one call: this is on the way of every process.
fn read_once(pid: i32, name: &str) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 2048];
    let length = File::open(file(pid, name)).ok()?.read(&mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

fn file(pid: i32, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_does_not_shift_the_fields() {
        let line = b"77 (a) Z (b) S 3 5 5 0 -1 4194304 1 2 0 0 0 0 0 0 20 0 1 0 987654 1 1";
        let stat = parse_stat(line).unwrap();
        assert_eq!((stat.name.as_str(), stat.ended), ("a) Z (b", false));
        assert_eq!((stat.parent, stat.group, stat.start), (3, 5, 987_654));
        assert_eq!(parse_stat(b"77 (a) S 3"), None);
    }

    #[test]
    fn a_program_is_starting_until_it_has_its_environment() {
        let tail = "0 0 0 17 0 0 0 0 0 0 94 95 96";
        let line = |memory: &str, code: &str, rest: &str| {
            let before = "77 (sh) R 3 77 5 0 -1 0 1 0 0 0 0 0 0 0 20 0 1 0 9";
            format!("{before} {memory} 2 18446744073709551615 {code} {code} 0 0 0 0 0 0 0 {tail} {rest} 0\n")
        };
        let is_starting = |line: &str| parse_stat(line.as_bytes()).unwrap().starting;
        assert!(is_starting(&line("139264", "0", "0 0 0 0")));
        assert!(!is_starting(&line("139264", "94", "140 150 150 160")), "it runs");
        assert!(!is_starting(&line("139264", "1", "0 0 0 0")), "it is somebody else's");
        assert!(!is_starting(&line("0", "0", "0 0 0 0")), "it has ended, or is the kernel's own");
        assert!(!stat(own()).unwrap().starting);
    }

    #[test]
    fn this_process_is_itself_and_not_a_later_one_with_its_number() {
        let start = stat(own()).unwrap().start;
        assert!(is(Process { pid: own(), start }));
        assert!(!is(Process { pid: own(), start: start + 1 }));
        assert!(!boot().is_empty());
    }
}
