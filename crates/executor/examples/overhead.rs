//! What the executor costs: no-op commands one after another, plainly and through the trait, in turns on the same machine.
//! `cargo run --release -p executor --example overhead -- [COUNT]`, after `cargo build --release -p executor`.

use std::{
    error::Error,
    io::Write as _,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use executor::{Attempt, Executor as _, Local, Settings};

const ROUNDS: usize = 5;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let count: usize = std::env::args().nth(1).map_or(Ok(10_000), |count| count.parse())?;
    let folder = tempfile::tempdir()?;
    let example = std::env::current_exe()?;
    let binaries = example.parent().and_then(Path::parent).ok_or("no folder of binaries")?;
    let settings =
        Settings::new(binaries.join("supervise"), Vec::new(), folder.path().join("supervisors"), "overhead");
    let local = Local::new(settings);
    let (mut plainly, mut through) = (Duration::ZERO, Duration::ZERO);
    for round in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..count / ROUNDS {
            Command::new("/bin/sh").args(["-c", ":"]).current_dir(folder.path()).status()?;
        }
        plainly += start.elapsed();
        let start = Instant::now();
        for number in 0..count / ROUNDS {
            run(&local, folder.path(), &format!("{round}-{number}")).await?;
        }
        through += start.elapsed();
    }
    let each = |all: Duration| all.as_secs_f64() * 1e6 / count as f64;
    let ratio = through.as_secs_f64() / plainly.as_secs_f64();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{count} commands: plainly {:.0} µs each, through the executor {:.0} µs",
        each(plainly),
        each(through)
    )?;
    writeln!(out, "{ratio:.2} times as long")?;
    Ok(())
}

async fn run(local: &Local, folder: &Path, id: &str) -> Result<(), executor::Error> {
    let command = ["/bin/sh", "-c", ":"].map(str::to_owned).to_vec();
    let mut attempt = Attempt::new(id, command, folder, &folder.join("logs").join(id));
    attempt.environment.insert("PATH".to_owned(), "/usr/bin:/bin".to_owned());
    attempt.timeout = Some(Duration::from_secs(60));
    local.start(&attempt).await?.ended().await.map(drop)
}
