//! The arguments of `kaizen spool`.

use std::path::PathBuf;

use base::Span;
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaizen spool                                   what waits, where, and what was not wanted
  kaizen spool flush                             send what waits
  kaizen spool serve --to https://tracking.example.com
  export MLFLOW_TRACKING_URI=http://127.0.0.1:5161

`kaizen exec --spool`, and `spool = true` under [tracking] in kaizen.toml, start a spool by themselves.")]
pub(crate) struct Spool {
    /// The directory of spools [default: the project's .kaizen/spool]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Option<SpoolCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SpoolCommand {
    /// Send what spools left that run no more
    Flush {
        /// How long to go on when nothing moves
        #[arg(long, value_name = "SPAN", default_value = "30s")]
        within: Span,
    },
    /// Stand before a server until told to end, for clients on this machine
    Serve {
        /// The server: http or https, a Kaizen server
        #[arg(long, value_name = "URL")]
        to: String,
        /// The port to answer at; 0 takes any free one and prints it
        #[arg(long, default_value_t = 5161, value_name = "PORT")]
        port: u16,
    },
}
