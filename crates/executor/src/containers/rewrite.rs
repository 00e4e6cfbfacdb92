//! An attempt in a container as an attempt of the container engine's client.

use std::{path::Path, time::Duration};

use base::Hash;
use rustix::process::{getgid, getuid};

use super::client::{Client, Kind};
use crate::{Attempt, Container, Error, MARK};

/// What watches over a container ends a little after its client.
const LINGER: Duration = Duration::from_secs(10);
/// How much of an id is in a container's name; the rest of the name makes it unique.
const READABLE: usize = 40;

/// What an attempt's container is labelled with.
pub(super) fn label(marker: &str, id: &str) -> String {
    format!("kaizen.run={marker}/{id}")
}

/// The client's own command for this attempt, with all that it needs.
pub(super) fn rewrite(
    attempt: &Attempt,
    container: &Container,
    client: &Client,
    marker: &str,
) -> Result<Attempt, Error> {
    if attempt.trace.is_some() {
        let why = "its file accesses cannot be traced in a container; audit it without `image`";
        return Err(Error::invalid(&attempt.id, why));
    }
    let invalid = |why: String| Error::invalid(&attempt.id, why);
    let name = name(marker, &attempt.id);
    let text = |path: &Path| {
        path.to_str()
            .map(str::to_owned)
            .ok_or_else(|| invalid(format!("{} is no UTF-8 text", path.display())))
    };
    let program = text(&client.program)?;
    let mut command = vec![program.clone()];
    command.extend(["run", "--rm", "--pull", "never", "--log-driver", "none"].map(str::to_owned));
    // A container engine that separates by labels would hide the mounts, or relabel the caller's files.
    command.extend(["--security-opt", "label=disable", "--entrypoint", ""].map(str::to_owned));
    command.extend(["--name".to_owned(), name.clone(), "--label".to_owned(), label(marker, &attempt.id)]);
    command.extend(user(client.kind));
    if !container.network {
        command.extend(["--network", "none"].map(str::to_owned));
    }
    if let Some(memory) = attempt.memory {
        command.extend(["--memory".to_owned(), format!("{memory}b")]);
    }
    command.extend(["--workdir".to_owned(), text(&container.folder)?]);
    for mount in &container.mounts {
        let (host, inside) = (text(&mount.host)?, text(&mount.container)?);
        if host.contains([',', '"']) || inside.contains([',', '"']) {
            return Err(invalid(format!("{host}: a path with a comma or a quote cannot be mounted")));
        }
        let end = if mount.writable { "" } else { ",readonly" };
        command.extend(["--mount".to_owned(), format!("type=bind,source={host},target={inside}{end}")]);
    }
    let mut rewritten = attempt.clone();
    rewritten.environment = client.environment.clone();
    variables(attempt, &mut command, &mut rewritten)?;
    command.push(container.image.clone());
    command.extend(attempt.command.iter().cloned());
    rewritten.command = command;
    rewritten.container = None;
    rewritten.memory = None;
    rewritten.linger = LINGER;
    rewritten.after = client.remove_arguments(&name).into_iter().map(str::to_owned).collect();
    rewritten.after.insert(0, program);
    Ok(rewritten)
}

/// The variables by name, with their values in the client's environment where no list of processes shows them. A name
/// that the client needs with another value for itself is given with its value, which must not be a secret then.
fn variables(attempt: &Attempt, command: &mut Vec<String>, client: &mut Attempt) -> Result<(), Error> {
    for (name, value) in &attempt.environment {
        command.push("--env".to_owned());
        match client.environment.get(name) {
            Some(own) if own != value => {
                if attempt.secrets.iter().any(|secret| value.contains(secret.reveal())) {
                    let why = format!(
                        "its variable `{name}` has a secret, and the container engine uses that name"
                    );
                    return Err(Error::invalid(&attempt.id, why + "; choose another name"));
                }
                command.push(format!("{name}={value}"));
            }
            _ => {
                command.push(name.clone());
                client.environment.insert(name.clone(), value.clone());
            }
        }
    }
    command.extend(["--env".to_owned(), MARK.to_owned()]);
    Ok(())
}

/// The caller, inside as outside, so that files are the caller's.
fn user(kind: Kind) -> Vec<String> {
    let (user, group) = (getuid(), getgid());
    let mut options = vec!["--user".to_owned(), format!("{}:{}", user.as_raw(), group.as_raw())];
    if kind == Kind::Podman && !user.is_root() {
        options.extend(["--userns".to_owned(), "keep-id".to_owned()]);
    }
    options
}

/// A name that container engines take, unique for this attempt.
fn name(marker: &str, id: &str) -> String {
    let readable: String =
        id.chars().filter(|letter| letter.is_ascii_alphanumeric()).take(READABLE).collect();
    let hash = Hash::of(format!("{marker}/{id}").as_bytes()).to_string();
    let hash: String = hash.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
    format!("kaizen-{readable}-{hash}")
}
