//! A large file up and down.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{server::Server, table::Figures};

/// Times that the file goes up and down.
const ROUNDS: usize = 3;
const MEGABYTE: usize = 1 << 20;

/// Sends a file of so many megabytes and fetches it again, and adds the fastest of each.
pub(super) fn measure(server: &Server, megabytes: usize, figures: &mut Figures) -> Result<()> {
    let (mut up, mut down) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let path = format!("/api/2.0/mlflow-artifacts/artifacts/bench/{round}.bin");
        up.push(timed(|| send(server, &path, megabytes))?);
        down.push(timed(|| fetch(server, &path, megabytes))?);
    }
    let rate =
        |times: Vec<Duration>| times.into_iter().min().map(|time| megabytes as f64 / time.as_secs_f64());
    figures.artifact_up = rate(up).unwrap_or_default();
    figures.artifact_down = rate(down).unwrap_or_default();
    Ok(())
}

fn timed(body: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let began = Instant::now();
    body()?;
    Ok(began.elapsed())
}

fn send(server: &Server, path: &str, megabytes: usize) -> Result<()> {
    let content =
        format!("Content-Type: application/octet-stream\r\nContent-Length: {}\r\n", megabytes * MEGABYTE);
    let mut stream = begin(server, "PUT", path, &content)?;
    // Nothing that a file system could leave out.
    let block: Vec<u8> = (0..MEGABYTE).map(|at| (at * 31 % 251) as u8 + 1).collect();
    for _ in 0..megabytes {
        stream.write_all(&block).context("send a file")?;
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).context("read the answer to a file")?;
    check(&answer)
}

fn fetch(server: &Server, path: &str, megabytes: usize) -> Result<()> {
    let mut stream = begin(server, "GET", path, "")?;
    let mut buffer = vec![0; MEGABYTE];
    let (mut head, mut total) = (Vec::new(), 0);
    loop {
        let read = stream.read(&mut buffer).context("read a file")?;
        if read == 0 {
            break;
        }
        if head.len() < 15 {
            head.extend_from_slice(&buffer[..read.min(64)]);
        }
        total += read;
    }
    check(&head)?;
    // The head and, where it comes in chunks, their sizes are in it too.
    if total < megabytes * MEGABYTE {
        bail!("of {megabytes} megabytes only {total} bytes came");
    }
    Ok(())
}

/// Asks on a connection of its own, which the server closes after the answer.
fn begin(server: &Server, method: &str, path: &str, more: &str) -> Result<TcpStream> {
    let address = server.address();
    let mut stream = TcpStream::connect(address).with_context(|| format!("connect to {address}"))?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{more}\r\n")?;
    Ok(stream)
}

fn check(answer: &[u8]) -> Result<()> {
    if answer.starts_with(b"HTTP/1.1 200 ") {
        return Ok(());
    }
    let shown = String::from_utf8_lossy(&answer[..answer.len().min(200)]).into_owned();
    bail!("an artifact's request answered: {shown}")
}
