//! `cargo xtask containers`: the executors' suite against real containers.
//!
//! It needs podman, which it installs where it may (Debian, as root), and a machine that can run a container. Where there
//! is none it says so in so many words, and the suite is not run: CI shows it.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use anyhow::{Context, Result};

use crate::python::finish;

/// Programs, and the Debian packages that have them.
const NEEDED: [&str; 4] = ["podman", "runc", "conmon", "busybox"];
const PACKAGES: [&str; 6] = ["podman", "runc", "conmon", "netavark", "iptables", "busybox-static"];

const CONFIG: &str = include_str!("../../crates/executor/tests/executors/containers.conf");
/// Of nothing but busybox; the tests of the binary use it.
const IMAGE: &str = "localhost/kaizen-test:1";

/// Runs the suite, or says why it cannot be run here.
pub(crate) fn run() -> Result<()> {
    if let Some(why) = install()? {
        return untested(&why);
    }
    if let Some(why) = probe()? {
        return untested(&why);
    }
    for (package, suite, filter) in [("executor", "executors", "podman"), ("kaizen", "it", "real_containers")]
    {
        let what = ["test", "--locked", "-p", package, "--features", "containers", "--test", suite, filter];
        finish(Command::new("cargo").args(what))?;
    }
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "it is what the chore comes to")]
fn untested(why: &str) -> Result<()> {
    println!("!! CONTAINERS ARE NOT TESTED HERE: {why}");
    Ok(())
}

/// Installs what is missing; says why it cannot.
fn install() -> Result<Option<String>> {
    let missing: Vec<_> = NEEDED.into_iter().filter(|program| !is_there(program)).collect();
    if missing.is_empty() {
        return Ok(None);
    }
    if !rustix::process::geteuid().is_root() || !is_there("apt-get") {
        return Ok(Some(format!("{} is missing; install {}", missing.join(", "), PACKAGES.join(" "))));
    }
    let apt = |arguments: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").args(arguments).output()
    };
    let update = apt(&["update", "-qq"]).context("start apt-get")?;
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(PACKAGES);
    let installed = apt(&install).context("start apt-get")?;
    if installed.status.success() {
        return Ok(None);
    }
    Ok(Some(format!("apt-get: {}{}", last_line(&update), last_line(&installed))))
}

fn is_there(program: &str) -> bool {
    let places = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    places.iter().any(|place| Path::new(place).join(program).is_file())
}

/// Why no container runs here, if none does.
fn probe() -> Result<Option<String>> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let root = folder.path().join("root");
    fs::create_dir_all(root.join("bin")).context("make an image")?;
    fs::copy("/bin/busybox", root.join("bin/busybox")).context("copy /bin/busybox")?;
    for applet in ["sh", "cat", "sleep", "env"] {
        symlink("busybox", root.join("bin").join(applet)).context("make an image")?;
    }
    let (tar, config) = (folder.path().join("image.tar"), folder.path().join("containers.conf"));
    fs::write(&config, CONFIG).context("write the settings")?;
    finish(Command::new("tar").arg("-C").arg(&root).arg("-cf").arg(&tar).arg("."))?;
    let tar = tar.display().to_string();
    for arguments in [
        vec!["import", "--quiet", tar.as_str(), IMAGE],
        vec!["run", "--rm", "--network", "none", IMAGE, "/bin/busybox", "true"],
    ] {
        let output = podman(&config, &arguments)?;
        if !output.status.success() {
            return Ok(Some(format!("podman {}: {}", arguments[0], last_line(&output))));
        }
    }
    Ok(None)
}

fn podman(config: &PathBuf, arguments: &[&str]) -> Result<Output> {
    Command::new("podman").env("CONTAINERS_CONF", config).args(arguments).output().context("start podman")
}

fn last_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines().last().unwrap_or_default().to_owned()
}
