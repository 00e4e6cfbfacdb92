//! The arguments of what reads, performs and explains the line of a project.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
    /// The thing: `model late`, `data.flights`, `features`, `train[lr=0.1]`, `service.late`, `trigger.nightly`
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
pub(crate) struct Init {
    /// A Parquet, CSV, JSON lines or Arrow file
    #[arg(value_name = "DATA_FILE")]
    pub(crate) data: PathBuf,
}
