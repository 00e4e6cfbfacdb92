//! The arguments of what shows incidents, works on the board and silences signals.

use std::path::PathBuf;

use base::Timestamp;
use clap::{Args, Subcommand};

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
