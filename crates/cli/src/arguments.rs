//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The production line for machine learning: from a kaizen.toml and data to a gated, served model.
#[derive(Debug, Parser)]
#[command(name = "kaizen", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Print JSON for machines instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// The project: a directory with a kaizen.toml, or the file [default: .]
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub(crate) project: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "Examples:
  kaizen init customers.csv        write a starter kaizen.toml from a data file
  kaizen up                        run the line, serve the champion, act on changes
  kaizen plan                      show what `up` would do, and why
  kaizen why model late            show the verdict with its evidence
  kaizen serve model.onnx          serve a model without a project

Exit codes: 0 done, 1 failed, 2 usage, 3 project file, 4 data, 5 step or training,
6 gate did not promote, 7 stale plan, 8 locked, 9 storage, 10 history or verdict broken,
130 interrupted";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Plan, perform the plan, serve, and act when the project or its data change
    Up(Up),
    /// End the `kaizen up` that runs on this project
    Down(At),
    /// Show what would be done, with a reason for each action; performs nothing
    Plan(Plan),
    /// Perform a saved plan exactly, or the present one
    Apply(Apply),
    /// Show where data, models and services stand
    Status(At),
    /// Explain a thing: what was done to it and why, and the evidence behind its verdict
    Why(Why),
    /// Make a version champion by hand; the history keeps the reason
    Promote(Promote),
    /// Show every change of what serves, or verify that nobody rewrote it
    History(History),
    /// Serve an ONNX file or a model directory without a project
    Serve(Serve),
    /// Write a starter kaizen.toml from a data file
    Init(Init),
    /// Print the JSON Schema of kaizen.toml
    Schema,
}

#[derive(Debug, Args)]
pub(crate) struct At {
    /// The project [default: .]
    #[arg(value_name = "PROJECT")]
    at: Option<PathBuf>,
}

impl At {
    /// The positional project, or the one given by `--project`.
    pub(crate) fn or(self, project: Option<PathBuf>) -> Option<PathBuf> {
        self.at.or(project)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// The project [default: .]
    #[arg(value_name = "PROJECT")]
    pub(crate) at: Option<PathBuf>,

    /// Stop after the first pass instead of serving and watching
    #[arg(long)]
    pub(crate) once: bool,

    /// Where to answer, instead of `[server] listen`
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) listen: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) at: At,

    /// Save the plan for `kaizen apply`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// A plan saved by `kaizen plan --out`; refused when anything it rests on has changed
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Why {
    /// The thing: `model late`, `data.flights`, `step.features`, `service.late`
    #[arg(required = true, num_args = 1..=2, value_name = "THING")]
    pub(crate) thing: Vec<String>,

    /// Judge the model again from the stored evidence and compare the bytes
    #[arg(long)]
    pub(crate) recompute: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Promote {
    /// The model
    pub(crate) model: String,

    /// The version; without it, the challenger
    #[arg(long, value_name = "N")]
    pub(crate) version: Option<u64>,

    /// Why; the history shows it for ever
    #[arg(long, value_name = "REASON")]
    pub(crate) because: String,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    #[command(subcommand)]
    pub(crate) command: Option<HistoryCommand>,

    /// What served at this time, such as 2026-03-05T14:03:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,

    /// Only about this model or service, such as service.late
    #[arg(long, value_name = "THING")]
    pub(crate) about: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HistoryCommand {
    /// Check the chain of hashes and that what serves is what the history says
    Verify {
        /// A head noted earlier; without it a cut-off end cannot be seen
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// An ONNX file, or a directory with an MLmodel file
    #[arg(value_name = "MODEL")]
    pub(crate) model: PathBuf,

    /// The name in the URL [default: the file's name, or of the nearest directory that can be one]
    #[arg(long)]
    pub(crate) name: Option<String>,

    /// Where to answer
    #[arg(long, default_value = "127.0.0.1:5151", value_name = "HOST:PORT")]
    pub(crate) listen: String,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// A Parquet, CSV, JSON lines or Arrow file
    #[arg(value_name = "DATA_FILE")]
    pub(crate) data: PathBuf,
}
