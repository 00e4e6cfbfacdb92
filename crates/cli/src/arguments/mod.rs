//! The command line: the commands here, what each takes in a module of its family. `lib.rs` parses it.

mod drift;
mod import;
mod monitoring;
mod project;
mod replay;
mod running;
mod serving;
mod spool;
mod tracking;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
pub(crate) use drift::{Compat, Drift};
pub(crate) use import::{Import, ImportFrom, Mlflow};
pub(crate) use monitoring::{Incidents, Silence, SilenceCommand, Tickets, TicketsCommand};
pub(crate) use project::{Apply, At, History, HistoryCommand, Init, Plan, Promote, Up, Why};
pub(crate) use replay::Replay;
pub(crate) use running::{Compare, Exec, Graph, GraphFormat, Logs, Run, RunNumber, Runs};
pub(crate) use serving::Serve;
pub(crate) use spool::{Spool, SpoolCommand};
pub(crate) use tracking::{Place, Server, Token, TokenCommand};

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
  kaizen run --watch               run the steps that need it, and again when a file changes
  kaizen exec -- python train.py   one command, tracked and resumable, without a project
  kaizen plan                      show what `up` would do, and why
  kaizen why model late            show the verdict with its evidence
  kaizen serve model.onnx          serve a model without a project
  kaizen server                    track runs for clients of MLflow

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
    /// Run steps: the part of the graph that needs it, in parallel
    Run(Run),
    /// Run one command as a tracked, resumable step, without a project file
    Exec(Exec),
    /// Show what a step printed
    Logs(Logs),
    /// List runs, or show one with its steps and what they took
    Runs(Runs),
    /// Hold tracked runs against each other: parameters and metrics, side by side
    Compare(Compare),
    /// End a run that another process makes; what is finished stays finished
    Cancel(RunNumber),
    /// Make a run again: what failed, was cancelled or was not reached
    Retry(RunNumber),
    /// Write the graph of the project, as Mermaid or DOT
    Graph(Graph),
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
    /// Track runs, register models and keep artifacts for clients of MLflow
    Server(Server),
    /// Bring over what another tracker keeps, such as MLflow
    Import(Import),
    /// Make, list and revoke the tokens that a server asks for
    Token(Token),
    /// Show what waits for a tracking server that is away, or send it
    Spool(Spool),
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
    /// Keep the commands of steps; an engine starts it, and it outlives the engine
    #[command(hide = true, name = "__supervise")]
    Supervise,
}
