//! The arguments of `kaizen server` and `kaizen token`.

use std::path::PathBuf;

use base::{Name, Span};
use clap::{Args, Subcommand};
use server::access::Scope;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaizen server                                          on this machine, in ./kaizen-data
  export MLFLOW_TRACKING_URI=http://127.0.0.1:5151       all that code which uses MLflow needs
  kaizen token create ci --scope write
  kaizen server --host 0.0.0.0 --allowed-host tracking.example.com

Others than this machine are served only once there is a token: see `kaizen token --help`.")]
pub(crate) struct Server {
    /// The address to answer at, in numbers or as localhost
    #[arg(long, default_value = "127.0.0.1", value_name = "HOST")]
    pub(crate) host: String,

    /// The port to answer at; 0 takes any free one and prints it
    #[arg(long, default_value_t = 5151, value_name = "PORT")]
    pub(crate) port: u16,

    /// Where runs and models are kept [default: the project's .kaizen/tracking, or ./kaizen-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,

    /// Where clients put the artifacts of new experiments: through this server, or a URI or directory they write to
    /// themselves
    #[arg(long, default_value = "mlflow-artifacts:/", value_name = "URI")]
    pub(crate) default_artifact_root: String,

    /// The directory of artifacts that come through this server [default: artifacts in the data directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) artifacts_destination: Option<String>,

    /// Let clients name file:// places in this directory; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(crate) allow_local_root: Vec<PathBuf>,

    /// Let a model version's source be any place that is allowed, not only the artifacts of its run
    #[arg(long)]
    pub(crate) lenient_model_sources: bool,

    /// Answer to this name too: NAME, NAME:PORT, *.NAME, or * for any; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) allowed_host: Vec<String>,

    /// Let pages of this site call, such as `https://board.example.com`; may be given several times
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allowed_origin: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "From the first token on, every request needs one:
  export MLFLOW_TRACKING_TOKEN=$(kaizen token create ci --scope write)

read   reads and searches
write  logs, registers, stores artifacts, predicts and labels, too
admin  deletes experiments, registered models, versions and artifacts, too

Servers that run take notice within a second.")]
pub(crate) struct Token {
    #[command(subcommand)]
    pub(crate) command: TokenCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token and print its secret, this once
    Create {
        /// What it is called: a letter, then letters, digits, `_` or `-`
        #[arg(value_name = "NAME")]
        name: Name,
        /// What it allows: read, write or admin
        #[arg(long, value_name = "SCOPE")]
        scope: Scope,
        /// How long it holds [default: until it is revoked]
        #[arg(long, value_name = "SPAN")]
        expires: Option<Span>,
        #[command(flatten)]
        place: Place,
    },
    /// List the tokens, without their secrets
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Take a token away
    Revoke {
        /// What it is called, as `kaizen token list` shows it
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The server's directory [default: the project's .kaizen/tracking, or ./kaizen-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}
