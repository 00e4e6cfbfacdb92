//! How soon a started server predicts, and how long one prediction takes over loopback.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::http::Connection;
use crate::project::Project;
use crate::served::{Served, one_row_request};

/// Answers before the measurement, so that caches and branch predictors are as in service.
const WARM_UP: usize = 1_000;

/// From starting the program to its first prediction, everything between included.
pub(crate) fn cold_start(project: &Project, model: &Path) -> Result<Duration> {
    let start = Instant::now();
    let served = Served::start(project.kaizen(), model)?;
    let mut connection = served.first_answer()?;
    let request = prediction(&mut connection)?;
    predict(&mut connection, &request)?;
    Ok(start.elapsed())
}

/// The times of so many predictions of one row, one after the other on one connection, and the server's peak memory.
pub(crate) fn one_row(project: &Project, model: &Path, requests: usize) -> Result<(Vec<Duration>, u64)> {
    let served = Served::start(project.kaizen(), model)?;
    let mut connection = served.first_answer()?;
    let request = prediction(&mut connection)?;
    for _ in 0..WARM_UP {
        predict(&mut connection, &request)?;
    }
    let mut times = Vec::with_capacity(requests);
    for _ in 0..requests {
        let start = Instant::now();
        predict(&mut connection, &request)?;
        times.push(start.elapsed());
    }
    Ok((times, served.peak_memory()))
}

fn prediction(connection: &mut Connection) -> Result<Vec<u8>> {
    let (path, body) = one_row_request(connection)?;
    Ok(connection.request("POST", &path, &body))
}

fn predict(connection: &mut Connection, request: &[u8]) -> Result<()> {
    let response = connection.send(request)?;
    if response.status != 200 {
        bail!("a prediction answered {}: {}", response.status, String::from_utf8_lossy(&response.body));
    }
    Ok(())
}
