//! Starts a process.

use std::{
    collections::BTreeMap,
    fs, io,
    os::{
        fd::OwnedFd,
        unix::{fs::PermissionsExt as _, process::CommandExt as _},
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// Where programs are looked for when the environment has no `PATH`.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A process that was started.
pub(crate) struct Spawned {
    pub(crate) pid: Pid,
    /// Readable at its end.
    pub(crate) handle: OwnedFd,
}

/// A command without its input, in a process group of its own. Nothing is set that would keep the standard library from
/// `posix_spawn`, which does not copy this process's memory map.
pub(crate) fn command(
    arguments: &[String],
    folder: &Path,
    environment: &BTreeMap<String, String>,
) -> Result<Command, String> {
    let (name, arguments) = arguments.split_first().ok_or("its command is empty")?;
    let mut command = Command::new(program(name, folder, environment)?);
    command.arg0(name).args(arguments).current_dir(folder);
    command.env_clear().envs(environment).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok(command)
}

/// Starts it, and takes hold of it.
pub(crate) fn spawn(mut command: Command) -> Result<(Child, Spawned), String> {
    let child = command.spawn().map_err(|error| explain(&command, &error))?;
    let pid = Pid::from_child(&child);
    // It is not waited for yet, so its number is its own.
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(handle) => Ok((child, Spawned { pid, handle })),
        Err(error) => {
            let mut child = child;
            let _ = child.kill();
            let _ = child.wait();
            Err(format!("take hold of the process: {error}"))
        }
    }
}

fn explain(command: &Command, error: &io::Error) -> String {
    match command.get_current_dir() {
        Some(folder) if !folder.is_dir() => format!("its folder {} is not there", folder.display()),
        _ => format!("run {}: {error}", Path::new(command.get_program()).display()),
    }
}

/// The file of a program, as a shell would find it.
pub(crate) fn program(
    name: &str,
    folder: &Path,
    environment: &BTreeMap<String, String>,
) -> Result<PathBuf, String> {
    if name.contains('/') {
        return Ok(folder.join(name));
    }
    let path = environment.get("PATH").map_or(PATH, String::as_str);
    let mut places = path.split(':').map(|place| folder.join(place).join(name));
    places.find(|file| is_program(file)).ok_or_else(|| format!("`{name}` is not found in PATH ({path})"))
}

fn is_program(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
