//! The command line.

use std::path::PathBuf;

use base::{Span, Timestamp};
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
11 drift (with --fail), 130 interrupted";

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
    /// Show what departed from the reference, since when, why, and what became of it
    Incidents(Incidents),
    /// Show the board of tickets, or work on it
    Tickets(Tickets),
    /// Keep signals from opening incidents for a while
    Silence(Silence),
    /// Serve an ONNX file or a model directory without a project
    Serve(Serve),
    /// Send a data set as real requests, in the order of its event time, its labels following
    Replay(Box<Replay>),
    /// Compare two data sets column by column, without a project: have the data drifted?
    ///
    /// Ends with 0 whether or not a column drifted: drift is a finding and no error, unless --fail is given.
    Drift(Drift),
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
pub(crate) struct Drift {
    /// What to compare with: a Parquet, CSV, JSON lines or Arrow file, a directory of them, or a glob
    #[arg(value_name = "REFERENCE")]
    pub(crate) reference: String,

    /// The current data, in any of these formats
    #[arg(value_name = "CURRENT")]
    pub(crate) current: String,

    /// Write the comparison with its charts as one HTML file
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,

    /// Only these columns
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,

    /// The share of the drifts found that may be false, over all columns
    #[arg(long, value_name = "RATE", default_value = "0.01", value_parser = rate)]
    pub(crate) false_discovery_rate: f64,

    /// Show, too, what this tool would compute; the verdicts stay Kaizen's
    #[arg(long, value_name = "TOOL")]
    pub(crate) compat: Option<Compat>,

    /// Exit with 11 when a column drifted or departs otherwise
    #[arg(long)]
    pub(crate) fail: bool,
}

/// A tool whose drift figures can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Compat {
    /// Evidently 0.7
    Evidently,
    /// NannyML 0.13
    Nannyml,
}

/// A share between 0 and 1, neither of them included.
fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| *rate > 0.0 && *rate < 1.0);
    rate.ok_or_else(|| "a rate is a number between 0 and 1, such as 0.01".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// A Parquet, CSV, JSON lines or Arrow file
    #[arg(value_name = "DATA_FILE")]
    pub(crate) data: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaizen replay examples/flights --from 2013-04-01 --speed 7d/s
  kaizen replay rides.parquet --time pickup --label late --label-delay 2h --model eta --url http://127.0.0.1:8080

From a project, the model, the columns and the address are known: its monitor says where event time and labels are.
The project's own `until` does not hold here: what it keeps from training is what there is to replay.
Any server of the Open Inference Protocol (version 2, REST) can be asked; labels go to Kaizen's /labels.")]
pub(crate) struct Replay {
    /// A project, or data: a Parquet, CSV, JSON lines or Arrow file, a glob or a directory [default: .]
    #[arg(value_name = "SOURCE")]
    pub(crate) source: Option<PathBuf>,

    /// Begin with this event time
    #[arg(long, value_name = "TIME", value_parser = crate::commands::replay::time)]
    pub(crate) from: Option<Timestamp>,

    /// End before this event time
    #[arg(long, value_name = "TIME", value_parser = crate::commands::replay::time)]
    pub(crate) until: Option<Timestamp>,

    /// Event time that goes by in a second: 7d/s, 1h/s; or 1x, or max
    #[arg(long, default_value = "max", value_name = "SPEED")]
    pub(crate) speed: crate::replay::Speed,

    /// The server [default: the project's, or http://127.0.0.1:5151]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,

    /// The model, or in a project the service, that is asked [default: the project's only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,

    /// The column of the event time [default: the project's]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) time: Option<String>,

    /// The column that tells rows apart, for joining labels [default: the project's key]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id: Option<String>,

    /// The column that is sent as the label [default: the model's target]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: Option<String>,

    /// The column that says when a label is known
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label_time: Option<String>,

    /// Without such a column: how long after the event a label is known
    #[arg(long, value_name = "SPAN")]
    pub(crate) label_delay: Option<Span>,

    /// Send no labels
    #[arg(long)]
    pub(crate) no_labels: bool,

    /// From a file: the columns that are sent, for a model with one wide input
    #[arg(long, value_delimiter = ',', value_name = "COLUMNS")]
    pub(crate) columns: Vec<String>,

    /// Rows in a request
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) batch: usize,

    /// Requests under way at once [default: 4]
    #[arg(long, value_name = "N")]
    pub(crate) connections: Option<usize>,

    /// Send this many rows at the most
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,

    /// How long a server that does not answer is tried again
    #[arg(long, default_value = "30s", value_name = "SPAN")]
    pub(crate) patience: Span,
}

#[derive(Debug, Args)]
pub(crate) struct Incidents {
    /// One of them, whole: signals, causes and the chain of whys
    #[arg(value_name = "NUMBER")]
    pub(crate) number: Option<u64>,

    /// Only of this monitor
    #[arg(long, value_name = "NAME")]
    pub(crate) monitor: Option<base::Name>,

    /// Those that are resolved too
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Tickets {
    #[command(subcommand)]
    pub(crate) command: Option<TicketsCommand>,

    /// Those that are done too
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TicketsCommand {
    /// Show one with its evidence and comments
    Show {
        #[arg(value_name = "NUMBER")]
        number: u64,
    },
    /// Open one
    New {
        #[arg(value_name = "TITLE")]
        title: String,
        /// What it is about, in Markdown
        #[arg(long, value_name = "TEXT")]
        body: Option<String>,
        /// How bad it is
        #[arg(long, default_value = "", value_name = "WORD")]
        severity: String,
    },
    /// Change what one says
    Edit {
        #[arg(value_name = "NUMBER")]
        number: u64,
        #[arg(long, value_name = "TEXT")]
        title: Option<String>,
        #[arg(long, value_name = "TEXT")]
        body: Option<String>,
        #[arg(long, value_name = "WORD")]
        severity: Option<String>,
    },
    /// Say something about one
    Comment {
        #[arg(value_name = "NUMBER")]
        number: u64,
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// Move one to another column of the board
    Move {
        #[arg(value_name = "NUMBER")]
        number: u64,
        /// open, doing or done
        #[arg(value_name = "COLUMN")]
        to: store::TicketStatus,
        /// Why; becomes a comment
        #[arg(long, value_name = "REASON")]
        because: Option<String>,
    },
    /// Write all of them as CSV, to standard output or a file
    Export {
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Read a CSV file: rows that were exported from here change their tickets, others open new ones
    Import {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Silence {
    #[command(subcommand)]
    pub(crate) command: Option<SilenceCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SilenceCommand {
    /// Silence signals of a monitor until a time of its clock; they are recorded all the same
    Add {
        #[arg(value_name = "MONITOR")]
        monitor: base::Name,
        /// A signal such as drift.temp, or a family such as drift [default: all of the monitor's]
        #[arg(long, value_name = "SIGNAL")]
        signal: Option<String>,
        /// Until when, on the monitor's clock
        #[arg(long, value_name = "TIME", value_parser = crate::commands::replay::time)]
        until: Timestamp,
        /// Why; shown with the silence
        #[arg(long, value_name = "REASON")]
        because: String,
    },
    /// End a silence
    Remove {
        #[arg(value_name = "NUMBER")]
        number: u64,
    },
}
