//! Commands and their views.
//!
//! The binary hands over its arguments, environment and clock and gets an exit code back. A
//! command in `commands` does its work and returns a value; a view in `views` renders it as
//! text or JSON. Data goes to standard output, everything else to standard error.

mod arguments;
mod commands;
mod environment;
pub mod exit;
mod failure;
mod hosting;
mod natural;
mod output;
mod replay;
mod shell;
mod ticket_csv;
mod views;

pub use environment::Environment;

use arguments::{Arguments, Command};
use clap::Parser as _;
use failure::Failure;
use output::Output;

/// Runs the command that the arguments name; returns the exit code.
pub fn run(environment: &Environment) -> u8 {
    let arguments = match Arguments::try_parse_from(&environment.arguments) {
        Ok(arguments) => arguments,
        Err(error) => return output::usage(&error),
    };
    let mut output = Output::new(arguments.json, environment.terminal);
    match dispatch(arguments, environment, &mut output) {
        Ok(code) => code,
        Err(failure) => {
            output.failure(&failure);
            failure.code
        }
    }
}

fn dispatch(arguments: Arguments, environment: &Environment, output: &mut Output) -> Result<u8, Failure> {
    let project = arguments.project;
    match arguments.command {
        Command::Up(up) => commands::up::run(&up, project.as_deref(), environment, output),
        Command::Down(at) => commands::down::run(at.or(project), environment, output),
        Command::Plan(plan) => commands::plan::run(plan, project, environment, output),
        Command::Apply(apply) => commands::apply::run(&apply, project, environment, output),
        Command::Status(at) => commands::status::run(at.or(project), environment, output),
        Command::Why(why) => commands::why::run(&why, project, environment, output),
        Command::Promote(promote) => commands::promote::run(&promote, project, environment, output),
        Command::History(history) => commands::history::run(&history, project, environment, output),
        Command::Incidents(incidents) => commands::incidents::run(&incidents, project, environment, output),
        Command::Tickets(tickets) => commands::tickets::run(tickets, project, environment, output),
        Command::Silence(silence) => commands::silence::run(silence, project, environment, output),
        Command::Serve(serve) => commands::serve::run(&serve, project.as_deref(), environment, output),
        Command::Server(server) => commands::server::run(&server, project.as_deref(), environment, output),
        Command::Import(import) => commands::import::run(&import, project.as_deref(), environment, output),
        Command::Token(token) => commands::token::run(token, project.as_deref(), environment, output),
        Command::Replay(replay) => commands::replay::run(&replay, project.as_deref(), environment, output),
        Command::Drift(drift) => commands::drift::run(&drift, output),
        Command::Run(run) => commands::run::run(&run, project, environment, output),
        Command::Exec(exec) => commands::exec::run(&exec, project, environment, output),
        Command::Logs(logs) => commands::logs::run(&logs, project, environment, output),
        Command::Runs(runs) => commands::runs::run(&runs, project, environment, output),
        Command::Compare(compare) => commands::compare::run(&compare, project, environment, output),
        Command::Cancel(cancel) => commands::cancel::run(&cancel, project, environment, output),
        Command::Retry(retry) => commands::retry::run(&retry, project, environment, output),
        Command::Graph(graph) => commands::graph::run(graph, project, environment, output),
        Command::Spool(spool) => commands::spool::run(spool, project, environment, output),
        Command::Supervise => Ok(commands::supervise::run(environment)),
        Command::Init(init) => commands::init::run(&init, project, output),
        Command::Schema => commands::schema::run(output),
    }
}
