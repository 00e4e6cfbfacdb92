//! `kaizen run [STEP…]`

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use engine::{Cancel, Engine, Pass, Planned, Policy, Project, Request, Watching};
use plan::{Node, Verb};
use serde_json::json;

use super::{end_on_signal, lookup, project, up, wait_for};
use crate::{
    Environment, Failure,
    arguments::Run,
    exit, hosting,
    output::{Output, line, note},
    views,
};

pub(crate) fn run(
    arguments: &Run,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let path = at.unwrap_or_else(|| PathBuf::from("."));
    let project = project(Some(path.clone()), environment)?;
    let request = request(arguments, &project)?;
    let policy = Policy {
        keep_going: arguments.keep_going,
        slots: arguments.jobs.map(usize::from),
        kind: "run",
        detail: recorded(arguments),
        audit: arguments.audit,
    };
    wait_for(async {
        let cancel = Cancel::default();
        let engine = up::start(&project, environment, output, up::Answering::default(), cancel.clone())?;
        tokio::spawn(end_on_signal(cancel));
        let planned = engine.plan(&project, &request)?;
        for target in &request.targets {
            lookup::refuse_unknown_instance(&planned.project.spec.steps, target)?;
        }
        let pass = perform(&engine, &planned, &policy, output).await?;
        say_what_waits(&project, output);
        if audits_nothing(&policy, &planned) {
            output.remark("--audit looks at what runs; add --force to run everything again");
        }
        if !arguments.watch {
            return code(&pass);
        }
        output.remark("watching the files that steps read; Ctrl-C ends");
        let json = output.json;
        let shown = |_: &Project, pass: &Pass| {
            if json {
                line(&json!({ "event": "passed", "pass": pass }));
            } else {
                note(&views::run::text(pass));
            }
        };
        let variables = environment.variables();
        let watching = Watching { path: &path, variables: &variables, request, policy, background: None };
        engine.keep(&watching, (project.clone(), &planned, &pass), &shown).await?;
        Ok(exit::DONE)
    })
}

/// Says what waits in a spool, if anything does.
pub(super) fn say_what_waits(project: &Project, output: &mut Output) {
    if let Some(text) = hosting::waiting(&project.store_directory().join(hosting::SPOOL)) {
        output.remark(&text);
    }
}

/// What a retry needs to make the same run again.
fn recorded(arguments: &Run) -> serde_json::Value {
    json!({
        "steps": arguments.steps, "keep_going": arguments.keep_going, "force": arguments.force,
        "jobs": arguments.jobs, "audit": arguments.audit,
    })
}

/// The arguments that were recorded.
pub(super) fn again(detail: &serde_json::Value) -> Run {
    let is_set = |name: &str| detail[name].as_bool().unwrap_or_default();
    Run {
        steps: serde_json::from_value(detail["steps"].clone()).unwrap_or_default(),
        watch: false,
        keep_going: is_set("keep_going"),
        jobs: detail["jobs"].as_u64().and_then(|count| u16::try_from(count).ok()),
        force: is_set("force"),
        audit: is_set("audit"),
    }
}

/// What is asked for, refused when the project has no such thing.
fn request(arguments: &Run, project: &Project) -> Result<Request, Failure> {
    let mut targets = BTreeSet::new();
    for word in &arguments.steps {
        targets.insert(lookup::target(word, project)?);
    }
    Ok(Request { targets, steps_only: true, force: arguments.force, ..Request::default() })
}

/// `--audit` looks at commands that run, so somebody who asks for it when none does is told the way.
fn audits_nothing(policy: &Policy, planned: &Planned) -> bool {
    policy.audit && !planned.plan.actions.iter().any(|action| action.id.verb == Verb::Run)
}

/// Says what is to be done when there is something, does it, and says what came of it.
pub(super) async fn perform(
    engine: &Arc<Engine>,
    planned: &Planned,
    policy: &Policy,
    output: &mut Output,
) -> Result<Pass, Failure> {
    output.remark(&views::run::planned(planned));
    perform_quietly(engine, planned, policy, output).await
}

/// The same for whoever has said already what is to be done.
pub(super) async fn perform_quietly(
    engine: &Arc<Engine>,
    planned: &Planned,
    policy: &Policy,
    output: &mut Output,
) -> Result<Pass, Failure> {
    if output.json {
        line(&json!({ "event": "planned", "plan": planned.plan }));
    }
    let pass = engine.apply(planned, policy).await?;
    if output.json {
        line(&json!({ "event": "passed", "pass": pass }));
    } else {
        let text = views::run::text(&pass);
        if !text.is_empty() {
            output.remark(&text);
        }
    }
    Ok(pass)
}

/// The exit code that says how it ended.
pub(super) fn code(pass: &Pass) -> Result<u8, Failure> {
    if pass.cancelled {
        return Ok(exit::INTERRUPTED);
    }
    let failed = pass.failure().map(|(action, _)| &action.node);
    let blocked = pass.blocked.first().map(|blocked| &blocked.node);
    Ok(match failed.or(blocked) {
        Some(Node::Data(_)) => exit::DATA,
        Some(_) => exit::STEP,
        None => exit::DONE,
    })
}
