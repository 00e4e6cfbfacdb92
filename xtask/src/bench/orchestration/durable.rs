//! What it costs in a place to make a few bytes durable, which no journal can undercut.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

/// Enough for a steady median, few enough for a slow disk.
const APPENDS: usize = 200;
/// About what a journal writes of one step.
const BYTES: [u8; 200] = [b'x'; 200];

/// A sentence with the median and the worst time of an append that is synced.
pub(super) fn append(name: &str, place: &Path) -> Result<String> {
    let mut file = tempfile::tempfile_in(place)
        .with_context(|| format!("make a temporary file in {}", place.display()))?;
    let mut times = Vec::with_capacity(APPENDS);
    for _ in 0..APPENDS {
        let start = Instant::now();
        file.write_all(&BYTES)?;
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    let (median, worst) = (times[APPENDS / 2], times[APPENDS - 1]);
    Ok(format!(
        "An append of {} bytes with fdatasync {name}: median {median:.3} ms, worst {worst:.3} ms.\n",
        BYTES.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_named_and_one_that_cannot_be_written_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let said = append("on disk", directory.path()).unwrap();
        assert!(said.contains("fdatasync on disk: median"), "{said}");
        assert!(append("on disk", &directory.path().join("absent")).is_err());
    }
}
