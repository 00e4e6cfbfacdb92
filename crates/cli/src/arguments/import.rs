//! The arguments of `kaizen import`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Place;

#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) from: ImportFrom,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportFrom {
    /// Bring over what MLflow keeps in a SQLite database: experiments, runs, metrics, models, the registry and artifacts
    Mlflow(Mlflow),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaizen import mlflow sqlite:///mlflow.db --artifacts mlartifacts
  kaizen import mlflow sqlite:////srv/mlflow.db --artifacts /srv/mlartifacts --data /srv/kaizen
  kaizen import mlflow mlflow.db --dry-run              say what would come; write nothing

Ids stay as they are, and MLflow's files are only read. Repeat it as often as you like: what is
here already stays as it is, and what says something else here is told and left (exit code 1).
No `kaizen server` may have the directory open meanwhile.")]
pub(crate) struct Mlflow {
    /// The database: sqlite:///FILE, sqlite:////ABSOLUTE/FILE, or a path
    #[arg(value_name = "DATABASE")]
    pub(crate) database: String,

    /// The directory of MLflow's artifacts, from which they are copied: its server's --artifacts-destination (mlartifacts), or
    /// mlruns [default: none are copied; they can come later, when it is repeated with this]
    #[arg(long, value_name = "DIR")]
    pub(crate) artifacts: Option<PathBuf>,

    /// Put this before the names and ids of experiments and the names of registered models, so that they do not meet those
    /// that are here
    #[arg(long, default_value = "", value_name = "TEXT", hide_default_value = true)]
    pub(crate) prefix: String,

    /// Say what would come; write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) place: Place,

    /// Where the server keeps artifacts, when it is started with another --artifacts-destination [default: artifacts in the
    /// data directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) artifacts_destination: Option<PathBuf>,
}
