//! `cargo xtask bench --tracking`: what the tracking server does under load, beside a peer that speaks the same API.
//!
//! A client is a thread with one connection, which is kept, and requests made before; it asks again as soon as it has an
//! answer. What the servers take of the processor is the kernel's count of their processes, so it says more than
//! throughput on a machine that has other work too.

mod artifacts;
mod load;
mod requests;
mod server;
mod table;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::bench::{release, report};
use crate::metadata::Metadata;
use load::{Until, Work, drive};
use server::Server;
use table::Figures;

/// How many clients ask at once.
const CLIENTS: [usize; 2] = [1, 4];
/// Starts, of which the one with the median time is shown.
const STARTS: usize = 5;

/// What is measured, and for how long.
struct Options {
    servers: Vec<String>,
    seconds: Duration,
    runs: usize,
    megabytes: usize,
}

/// Measures every server, one after the other, and prints a table with a column for each.
pub(super) fn run(words: &[&str]) -> Result<()> {
    let options = Options::of(words)?;
    let mut columns = Vec::with_capacity(options.servers.len());
    for server in &options.servers {
        columns.push(measured(server, &options).with_context(|| format!("measure `{server}`"))?);
    }
    print!("{}\n\n{}", report::machine(), table::markdown(&columns));
    Ok(())
}

impl Options {
    fn of(words: &[&str]) -> Result<Self> {
        let mut kaizen = None;
        let mut options =
            Self { servers: Vec::new(), seconds: Duration::from_secs(5), runs: 10_000, megabytes: 200 };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let value = *words.next().with_context(|| format!("{word} takes a value"))?;
            match *word {
                "--kaizen" => kaizen = Some(std::path::absolute(value)?),
                "--peer" => options.servers.push(value.to_owned()),
                "--seconds" => options.seconds = Duration::from_secs(number(word, value)?),
                "--runs" => options.runs = number(word, value)?,
                "--megabytes" => options.megabytes = number(word, value)?,
                _ => bail!(
                    "--tracking takes --kaizen PATH, --peer COMMAND, --seconds N, --runs N and --megabytes N, not {word}"
                ),
            }
        }
        let kaizen = match kaizen {
            Some(kaizen) => kaizen,
            None => release(&Metadata::read()?)?,
        };
        options.servers.insert(0, command(&kaizen));
        Ok(options)
    }
}

fn number<T: std::str::FromStr<Err = std::num::ParseIntError>>(word: &str, value: &str) -> Result<T> {
    value.parse().with_context(|| format!("{word} takes a number, not `{value}`"))
}

/// How a server of ours is started. `{port}` and `{dir}` stand for what each start gets.
fn command(kaizen: &Path) -> String {
    format!("{} server --port {{port}} --data {{dir}}", kaizen.display())
}

fn measured(command: &str, options: &Options) -> Result<Figures> {
    let mut starts = Vec::with_capacity(STARTS);
    for _ in 1..STARTS {
        starts.push(Server::start(command)?.took());
    }
    let server = Server::start(command)?;
    starts.push(server.took());
    starts.sort_unstable();
    // What a server does once it has started is not the load's.
    std::thread::sleep(Duration::from_secs(3));
    let idle = server.memory();
    let mut figures = Figures::new(command, starts[starts.len() / 2], idle);
    for clients in CLIENTS {
        writes(&server, clients, options, &mut figures)?;
    }
    searches(&server, options, &mut figures)?;
    artifacts::measure(&server, options.megabytes, &mut figures)?;
    figures.memory_after = server.memory();
    Ok(figures)
}

/// Single metrics, batches of a thousand, and new runs.
fn writes(server: &Server, clients: usize, options: &Options, figures: &mut Figures) -> Result<()> {
    let name = format!("writes of {clients}");
    let experiment = &requests::experiment(&mut server.connect()?, &name)?;
    let mut measure = |what: &str, unit: usize, work: &Work<'_>| -> Result<()> {
        figures.add(what, unit, drive(server, clients, Until::Time(options.seconds), work)?);
        Ok(())
    };
    measure("log_metric, calls/s", 1, &|connection, _| requests::log_metric(connection, experiment))?;
    measure("log_batch of 1,000, metrics/s", 1_000, &|connection, _| {
        requests::log_batch(connection, experiment)
    })?;
    measure("create_run, calls/s", 1, &|connection, client| {
        let request = requests::create_run(connection, experiment, client);
        Ok(Box::new(move |connection, _| requests::ask(connection, &request).map(drop)))
    })
}

/// Pages out of runs with 10 metrics and 10 parameters each.
fn searches(server: &Server, options: &Options, figures: &mut Figures) -> Result<()> {
    let experiment = &requests::experiment(&mut server.connect()?, "searches")?;
    let most = CLIENTS[CLIENTS.len() - 1];
    drive(server, most, Until::Count(options.runs.div_ceil(most)), &|_, client| {
        Ok(Box::new(move |connection, at| requests::fill(connection, experiment, at * most + client)))
    })?;
    for (what, body) in requests::searches(experiment) {
        for clients in CLIENTS {
            let load = drive(server, clients, Until::Time(options.seconds), &|connection, _| {
                let request = connection.request("POST", requests::SEARCH_RUNS, &body);
                Ok(Box::new(move |connection, _| requests::ask(connection, &request).map(drop)))
            })?;
            figures.add(&format!("search, {what}, calls/s"), 1, load);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn ours_is_measured_before_its_peers() {
        let options = Options::of(&["--kaizen", "/k", "--peer", "p {port}", "--seconds", "2"]).unwrap();
        assert_eq!(options.servers, ["/k server --port {port} --data {dir}", "p {port}"]);
        assert_eq!((options.seconds.as_secs(), options.runs), (2, 10_000));
    }

    #[test]
    fn what_is_no_option_or_no_number_is_refused() {
        for words in [&["--kaizen"][..], &["--kaizen", "/k", "--runs", "many"], &["--other", "x"]] {
            assert!(Options::of(words).is_err(), "{words:?}");
        }
    }
}
