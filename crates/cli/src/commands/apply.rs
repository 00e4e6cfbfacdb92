//! `kaizen apply [FILE]`

use std::{fs, path::PathBuf};

use engine::{Cancel, Policy, Request};

use super::{end_on_signal, io, project, up, wait_for};
use crate::{
    Environment, Failure,
    arguments::Apply,
    exit,
    output::{Output, line},
    views,
};

pub(crate) fn run(
    arguments: &Apply,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let project = project(at, environment)?;
    let saved = arguments.file.as_ref().map(read).transpose()?;
    wait_for(async {
        let cancel = Cancel::default();
        let engine = up::start(&project, environment, output, up::Answering::default(), cancel.clone())?;
        tokio::spawn(end_on_signal(cancel));
        let Some(saved) = saved else {
            let planned = engine.plan(&project, &Request::default())?;
            let pass = up::perform(&engine, (&project, &planned), &Policy::of("apply"), output).await?;
            return up::code(&engine, &project, &pass);
        };
        let pass = engine.apply_saved(&project, &saved, &Policy::of("apply")).await?;
        if output.json {
            line(&serde_json::json!({ "event": "passed", "pass": pass }));
        } else {
            output.text(&views::pass::text(&engine, &project, &pass));
        }
        up::code(&engine, &project, &pass)
    })
}

fn read(file: &PathBuf) -> Result<plan::Plan, Failure> {
    let text = fs::read_to_string(file).map_err(io("read", file))?;
    let plan: plan::Plan = serde_json::from_str(&text).map_err(|error| {
        Failure::new(
            exit::USAGE,
            format!(
                "{} is not a saved plan: {error}; make one with `kaizen plan --out FILE`",
                file.display()
            ),
        )
    })?;
    if plan.format != plan::Plan::FORMAT {
        let message = format!(
            "{} has plan format {}, and this kaizen reads format {}; plan again",
            file.display(),
            plan.format,
            plan::Plan::FORMAT
        );
        return Err(Failure::new(exit::STALE, message));
    }
    Ok(plan)
}
