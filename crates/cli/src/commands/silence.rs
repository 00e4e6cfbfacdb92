//! `kaizen silence`

use std::path::PathBuf;

use engine::Project;
use store::{NewSilence, Store};

use crate::{
    Environment, Failure,
    arguments::{Silence, SilenceCommand},
    exit,
    output::Output,
    views,
};

pub(crate) fn run(
    arguments: Silence,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let directory = Project::store_of(&at.unwrap_or_else(|| PathBuf::from(".")))?;
    let store = Store::open(&directory, environment.clock.clone())?;
    match arguments.command {
        None => {}
        Some(SilenceCommand::Add { monitor, signal, until, because }) => {
            store.add_silence(&NewSilence {
                monitor,
                signal,
                until,
                by: environment.user.clone(),
                because,
            })?;
        }
        Some(SilenceCommand::Remove { number }) => store.remove_silence(number)?,
    }
    output.result(&store.silences(None)?, |silences| views::incidents::silences(silences));
    Ok(exit::DONE)
}
