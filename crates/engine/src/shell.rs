//! Runs a step's command: its own process group, its output to a log, an end when time is up.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    fs::File,
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, Command as Process},
    sync::oneshot,
};

use crate::{Cancel, Error, actions::Failure};

/// How much of a command's output is kept: the first and the last part of what is more.
const LOG_FIRST: usize = 4 << 20;
const LOG_LAST: usize = 4 << 20;
/// How many of the last lines go into an error message.
const TAIL_LINES: usize = 20;
/// How long a process group may take to end after TERM, before KILL.
const GRACE: Duration = Duration::from_secs(5);
/// How long the end of the output is waited for once the command has ended. A process that left the
/// group may hold the pipe open for ever.
const LINGER: Duration = Duration::from_secs(2);

pub(crate) struct Command<'a> {
    /// For `sh -c`.
    pub(crate) line: &'a str,
    pub(crate) folder: &'a Path,
    pub(crate) log: &'a Path,
    pub(crate) environment: Vec<(String, PathBuf)>,
    pub(crate) timeout: Duration,
}

pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) timed_out: bool,
    /// The last lines of its output.
    pub(crate) tail: String,
}

/// Runs the command to its end, or to the end of its time.
pub(crate) async fn run(command: Command<'_>, cancel: &Cancel) -> Result<Ended, Failure> {
    let (reader, writer) = std::io::pipe().map_err(Error::io("open a pipe for", command.log))?;
    let second = writer.try_clone().map_err(Error::io("open a pipe for", command.log))?;
    let mut process = Process::new("sh");
    process.arg("-c").arg(command.line).current_dir(command.folder).envs(command.environment);
    process.stdin(Stdio::null()).stdout(writer).stderr(second).process_group(0);
    let mut child = process.spawn().map_err(Error::io("start `sh` in", command.folder))?;
    // The command's ends of the pipe must be its alone, or its end is never seen.
    drop(process);
    let group = Group::of(&child).map_err(Error::io("start `sh` in", command.folder))?;
    let output = tokio::net::unix::pipe::Receiver::from_owned_fd(reader.into())
        .map_err(Error::io("read the output for", command.log))?;
    let (close, closed) = oneshot::channel();
    let mut log = tokio::spawn(write_log(output, command.log.to_owned(), closed));
    let mut timed_out = false;
    let status = tokio::select! {
        status = child.wait() => status,
        () = tokio::time::sleep(command.timeout) => {
            timed_out = true;
            group.end(&mut child).await
        }
        () = cancel.cancelled() => {
            let _ = group.end(&mut child).await;
            return Err(Failure::Interrupted);
        }
    };
    let status = status.map_err(Error::io("wait for the command in", command.folder))?;
    // Children it left behind would hold the log open and go on writing.
    group.kill();
    let written = tokio::select! {
        written = &mut log => written,
        () = tokio::time::sleep(LINGER) => {
            drop(close);
            log.await
        }
    };
    let tail = written.map_err(|error| Failure::of(&error))?.map_err(Error::io("write", command.log))?;
    Ok(Ended { status, timed_out, tail })
}

/// A process group; whoever is left in it is killed when this is dropped, and when this process is killed.
struct Group {
    id: Option<Pid>,
    _guard: Option<Child>,
}

impl Group {
    fn of(child: &Child) -> std::io::Result<Self> {
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let guard = id.map(guard).transpose()?;
        Ok(Self { id, _guard: guard })
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.id {
            // The group may have ended by itself: nothing is left to signal then.
            let _ = kill_process_group(group, signal);
        }
    }

    fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// TERM, a while to end, KILL.
    async fn end(&self, child: &mut Child) -> std::io::Result<ExitStatus> {
        self.signal(Signal::TERM);
        match tokio::time::timeout(GRACE, child.wait()).await {
            Ok(status) => status,
            Err(_) => {
                self.kill();
                child.wait().await
            }
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A process that outlives this one to kill the group: its standard input ends when this process does,
/// however it does. Else an orphaned command would write over what its successor writes.
fn guard(group: Pid) -> std::io::Result<Child> {
    let mut process = Process::new("sh");
    process.arg("-c").arg(format!("read -r _; kill -9 -{}", group.as_raw_pid()));
    process.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    process.process_group(0).kill_on_drop(true).spawn()
}

/// Writes the first part as it comes, keeps the last part in memory, and appends it at the end.
/// Ends with the output, or when `closed` does. Gives back the last lines.
async fn write_log(
    mut output: impl AsyncRead + Unpin,
    path: PathBuf,
    mut closed: oneshot::Receiver<()>,
) -> std::io::Result<String> {
    let mut file = File::create(&path).await?;
    let mut last: VecDeque<u8> = VecDeque::new();
    let (mut written, mut dropped) = (0, 0_u64);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = tokio::select! {
            read = output.read(&mut buffer) => read?,
            _ = &mut closed => 0,
        };
        if count == 0 {
            break;
        }
        let direct = count.min(LOG_FIRST - written);
        file.write_all(&buffer[..direct]).await?;
        written += direct;
        last.extend(&buffer[..count]);
        let surplus = last.len().saturating_sub(LOG_LAST);
        last.drain(..surplus);
        dropped += (count - direct) as u64;
    }
    let last = Vec::from(last);
    if dropped > 0 {
        let rest = usize::try_from(dropped).map_or(last.len(), |dropped| dropped.min(last.len()));
        let left_out = dropped - rest as u64;
        if left_out > 0 {
            file.write_all(format!("\n… {left_out} bytes left out …\n").as_bytes()).await?;
        }
        file.write_all(&last[last.len() - rest..]).await?;
    }
    file.flush().await?;
    file.sync_all().await?;
    Ok(last_lines(&last))
}

fn last_lines(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<_> = text.lines().rev().take(TAIL_LINES).collect();
    // One endless line would drown the message.
    let clipped = lines.into_iter().rev().map(|line| line.chars().take(500).collect::<String>());
    clipped.collect::<Vec<_>>().join("\n")
}
