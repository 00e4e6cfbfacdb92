//! How long counting takes: `cargo run --release -p data --example count_columns -- REFERENCE CURRENT`.
//!
//! Prints a line a column, and the whole time last. `cargo xtask bench --drift` measures the command.

#![expect(clippy::print_stdout, reason = "what it prints is its result")]

use std::{error::Error, path::PathBuf, time::Instant};

use data::{Counts, Source};

fn main() -> Result<(), Box<dyn Error>> {
    let mut sides = Vec::new();
    for pattern in std::env::args().skip(1) {
        sides.push(data::files(&Source { root: PathBuf::from("."), pattern, format: None })?);
    }
    let [reference, current] = &sides[..] else { return Err("name two data sets".into()) };
    let started = Instant::now();
    data::compare(reference, current, None, |column| {
        let distinct = match &column.reference {
            Counts::Numbers(numbers) => numbers.distinct(),
            Counts::Categories(categories) => categories.distinct(),
        };
        let exact = if column.rank_error.is_some() { "sketched" } else { "exact" };
        println!("{:>8.1?} {} {distinct} {exact}", started.elapsed(), column.name);
    })?;
    println!("{:>8.1?} in all", started.elapsed());
    Ok(())
}
