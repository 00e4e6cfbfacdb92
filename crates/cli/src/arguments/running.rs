//! The arguments of what runs steps, and of what looks at runs.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaizen run                       every step whose inputs have changed, in parallel
  kaizen run features train        these two, and what they read
  kaizen run --watch               again whenever a file changes
  kaizen run train --force         though nothing has changed
  kaizen run --audit               and say which files the commands read and write undeclared")]
pub(crate) struct Run {
    /// Steps to run, with what they read: `features`, `step.features`, `data.flights` [default: every step]
    #[arg(value_name = "STEP")]
    pub(crate) steps: Vec<String>,

    /// Stay, and run again whenever a file, a trigger or the project file changes
    #[arg(long)]
    pub(crate) watch: bool,

    /// After a failure, go on with whatever does not depend on it
    #[arg(long)]
    pub(crate) keep_going: bool,

    /// How many steps run at once at most [default: as many as there are processors]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,

    /// Run the named steps though nothing they read has changed; nothing is taken from a cache
    #[arg(long)]
    pub(crate) force: bool,

    /// Trace the commands' file accesses and warn of what they read or write undeclared (needs strace)
    #[arg(long)]
    pub(crate) audit: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaizen exec -- python train.py
  kaizen exec --reads data.csv --writes model.bin -- python train.py --lr 0.1
  kaizen exec --name nightly --env LR=0.1 --secret HUB_TOKEN -- ./train.sh
  kaizen exec --spool -- python train.py          its log survives a server that goes away

The command runs each time, until --reads or --writes says what it reads or writes: then it
runs when that has changed. Files among its words are taken as read, too.")]
pub(crate) struct Exec {
    /// What the run is called [default: the program, and a hash of the command]
    #[arg(long)]
    pub(crate) name: Option<String>,

    /// A file or directory that the command reads; may be given more than once
    #[arg(long, value_name = "PATH")]
    pub(crate) reads: Vec<String>,

    /// A file or directory that the command writes; may be given more than once
    #[arg(long, value_name = "PATH")]
    pub(crate) writes: Vec<String>,

    /// A variable of the command's environment: NAME=VALUE, or NAME to take it from the present one.
    /// A value written here is recorded in clear; for secrets use --secret
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub(crate) env: Vec<String>,

    /// A secret variable, from NAME of the present environment or from where it is kept: NAME=env:OTHER, NAME=file:PATH.
    /// Only that place is recorded, logs show the value as ***, and another value is no reason to run again
    #[arg(long, value_name = "NAME[=PLACE]")]
    pub(crate) secret: Vec<String>,

    /// Run it though it ran before with the same inputs
    #[arg(long)]
    pub(crate) no_cache: bool,

    /// Let what it logs through MLflow wait on the disk while the server (MLFLOW_TRACKING_URI, or this directory's own)
    /// is away or slow
    #[arg(long)]
    pub(crate) spool: bool,

    /// How often it is tried when it fails
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) attempts: u32,

    /// How long it may take, such as 20m
    #[arg(long, value_name = "TIME")]
    pub(crate) timeout: Option<String>,

    /// The command and its words, after `--`
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// The step: `features` or `step.features`
    #[arg(value_name = "STEP")]
    pub(crate) step: String,

    /// Go on showing what it prints until it ends
    #[arg(long, short)]
    pub(crate) follow: bool,

    /// The run whose log is wanted [default: the last in which the step ran]
    #[arg(long, value_name = "RUN", value_parser = number)]
    pub(crate) run: Option<u64>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaizen runs                      what was run, and what code logged through MLflow
  kaizen runs 12                   the steps of a run, with what they took
  kaizen runs 5f3a91c2             parameters, metrics, models and artifacts of a tracked run
  kaizen runs --experiment late    the tracked runs of one experiment

With --json, tracked runs are listed when --tracked, --experiment or --data asks for them.")]
pub(crate) struct Runs {
    /// One of them: its number, or of a tracked run its id, the beginning of that, or its name
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,

    /// List tracked runs alone
    #[arg(long)]
    pub(crate) tracked: bool,

    /// List the tracked runs of this experiment alone
    #[arg(long, value_name = "NAME")]
    pub(crate) experiment: Option<String>,

    /// The directory of a `kaizen server` [default: the project's .kaizen/tracking, or ./kaizen-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,

    /// How many are listed
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) limit: u16,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaizen compare 5f3a91c2 0b77e1d4
  kaizen compare baseline deeper wider --json")]
pub(crate) struct Compare {
    /// Tracked runs: their ids, the beginnings of those, or their names
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    pub(crate) runs: Vec<String>,

    /// The directory of a `kaizen server` [default: the project's .kaizen/tracking, or ./kaizen-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RunNumber {
    /// Its number, as `kaizen runs` lists it
    #[arg(value_name = "RUN", value_parser = number)]
    pub(crate) run: u64,
}

/// The number of a run.
fn number(text: &str) -> Result<u64, &'static str> {
    text.parse().map_err(|_| "write its number, as `kaizen runs` lists it")
}

#[derive(Debug, Args)]
pub(crate) struct Graph {
    /// The project [default: .]
    #[arg(value_name = "PROJECT")]
    pub(crate) at: Option<PathBuf>,

    /// The form in which it is written
    #[arg(long, value_enum, default_value_t = GraphFormat::Mermaid)]
    pub(crate) format: GraphFormat,
}

/// A language for graphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// For Markdown
    Mermaid,
    /// For Graphviz
    Dot,
}
