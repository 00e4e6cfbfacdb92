//! Memory limits by cgroup v2: a group for each run that has one, made beside or below the supervisor's own.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rustix::process::Pid;

use super::Shared;
use crate::process;

/// The process puts itself into the group before it becomes the command, so that nothing escapes. That it could is
/// looked at by [`Group::hold`].
const JOIN: &str = r#"echo $$ 2>/dev/null >"$0"; exec "$@""#;
const PREFIX: &str = "kaizen-";

/// The group of one run.
pub(crate) struct Group(PathBuf);

/// What the kernel says of a group whose processes have ended.
pub(crate) struct Findings {
    pub(crate) out_of_memory: bool,
    /// Bytes, all processes together.
    pub(crate) peak: Option<u64>,
}

impl Group {
    /// A group with this limit, or why there can be none.
    pub(crate) fn create(shared: &Shared, id: &str, limit: u64) -> Result<Self, String> {
        let place = shared.groups.get_or_init(|| find_place(&shared.hello.cgroups)).clone()?;
        let folder = place.join(format!("{PREFIX}{}-{id}", process::own()));
        let say = |error: io::Error| format!("make the control group {}: {error}", folder.display());
        fs::create_dir(&folder).map_err(say)?;
        let group = Self(folder.clone());
        let limited = fs::write(folder.join("memory.max"), limit.to_string());
        limited.map_err(say)?;
        // Older kernels and kernels without swap do not have these.
        let _ = fs::write(folder.join("memory.swap.max"), "0");
        let _ = fs::write(folder.join("memory.oom.group"), "1");
        Ok(group)
    }

    /// A command that puts itself into the group and then becomes this program with these arguments.
    pub(crate) fn wrap(&self, program: &Path, arguments: &[String]) -> Vec<String> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let begin =
            ["/bin/sh".to_owned(), "-c".to_owned(), JOIN.to_owned(), text(&self.members()), text(program)];
        begin.into_iter().chain(arguments.iter().cloned()).collect()
    }

    /// Makes sure that the process is in the group, or says why it cannot be.
    pub(crate) fn hold(&self, pid: Pid) -> Result<(), String> {
        match fs::write(self.members(), pid.as_raw_pid().to_string()) {
            Err(error) if error.raw_os_error() != Some(rustix::io::Errno::SRCH.raw_os_error()) => {
                Err(format!("put a process into {}: {error}", self.0.display()))
            }
            _ => Ok(()),
        }
    }

    /// Kills what is left in it.
    pub(crate) fn kill(&self) {
        let file = self.0.join("cgroup.kill");
        if file.exists() {
            let _ = fs::write(file, "1");
        }
    }

    pub(crate) fn findings(&self) -> Findings {
        let events = fs::read_to_string(self.0.join("memory.events")).unwrap_or_default();
        let kills =
            events.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse::<u64>().ok());
        let peak = fs::read_to_string(self.0.join("memory.peak")).ok();
        let peak = peak.and_then(|peak| peak.trim().parse().ok());
        Findings { out_of_memory: kills.is_some_and(|kills| kills > 0), peak }
    }

    fn members(&self) -> PathBuf {
        self.0.join("cgroup.procs")
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // What cannot be removed now is removed by a later supervisor.
        let _ = fs::remove_dir(&self.0);
    }
}

/// The nearest group, from our own upwards, in which groups with a memory limit can be made.
fn find_place(root: &Path) -> Result<PathBuf, String> {
    if !root.join("cgroup.controllers").exists() {
        return Err(format!("{} is not a cgroup v2 hierarchy", root.display()));
    }
    let mut why = format!("no control group under {} has a memory controller", root.display());
    let own = own_group().unwrap_or_default();
    for path in Path::new(own.trim_start_matches('/')).ancestors() {
        let place = root.join(path);
        match try_place(&place) {
            Ok(true) => {
                clear(&place);
                return Ok(place);
            }
            Ok(false) => {}
            Err(error) => why = format!("make control groups in {}: {error}", place.display()),
        }
    }
    Err(why)
}

/// Whether groups in this one have a memory controller, and may be made.
fn try_place(place: &Path) -> io::Result<bool> {
    let lists_memory = |file: &str| {
        let list = fs::read_to_string(place.join(file)).unwrap_or_default();
        list.split_ascii_whitespace().any(|controller| controller == "memory")
    };
    if !lists_memory("cgroup.controllers") {
        return Ok(false);
    }
    if !lists_memory("cgroup.subtree_control") {
        fs::write(place.join("cgroup.subtree_control"), "+memory")?;
    }
    let probe = place.join(format!("{PREFIX}{}", process::own()));
    fs::create_dir(&probe)?;
    fs::remove_dir(&probe)?;
    Ok(true)
}

/// Removes the empty groups of supervisors that are gone.
fn clear(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split('-').next()?.parse().ok());
        if owner.is_some_and(|owner: i32| process::stat(owner).is_none()) {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

/// Our own group in the unified hierarchy.
fn own_group() -> Option<String> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    groups.lines().find_map(|line| line.strip_prefix("0::").map(str::to_owned))
}
