//! `kaizen run [STEP…]`

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use engine::{Cancel, Engine, Pass, Planned, Policy, Project, Request, Watching};
use plan::Node;
use serde_json::json;

use super::{end_on_signal, project, up, wait_for};
use crate::{
    Environment, Failure,
    arguments::Run,
    exit,
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
        detail: json!({ "steps": arguments.steps, "keep_going": arguments.keep_going, "force": arguments.force }),
        audit: arguments.audit,
    };
    wait_for(async {
        let cancel = Cancel::default();
        let engine = up::start(&project, environment, output, up::Answering::default(), cancel.clone())?;
        tokio::spawn(end_on_signal(cancel));
        let planned = engine.plan(&project, &request)?;
        are_there(&request, &planned)?;
        let pass = perform(&engine, &planned, &policy, output).await?;
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

/// What is asked for, refused when the project has no such thing.
fn request(arguments: &Run, project: &Project) -> Result<Request, Failure> {
    let mut targets = BTreeSet::new();
    for word in &arguments.steps {
        targets.insert(target(word, project)?);
    }
    Ok(Request { targets, steps_only: true, force: arguments.force, ..Request::default() })
}

/// `features`, `step.features`, `train[lr=0.1]` or `data.flights`
pub(super) fn target(word: &str, project: &Project) -> Result<Node, Failure> {
    let names: Vec<&str> = project.spec.steps.keys().map(base::Name::as_str).collect();
    let bare = word.strip_prefix("step.").unwrap_or(word);
    if let Ok(node @ Node::Data(_)) = word.parse::<Node>()
        && project.spec.data.contains_key(node.name())
    {
        return Ok(node);
    }
    let declared = bare.split('[').next().unwrap_or(bare);
    match bare.parse() {
        Ok(name) if names.contains(&declared) => Ok(Node::Step(name)),
        _ => {
            let hint = match base::nearest(declared, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names.is_empty() => "it has no steps; declare one: [step.NAME]".to_owned(),
                None => format!("it has {}", shortened(&names)),
            };
            Err(Failure::new(exit::USAGE, format!("the project has no step `{declared}`; {hint}")))
        }
    }
}

/// An instance of a fan-out is known once the values and files it is made from are.
fn are_there(request: &Request, planned: &Planned) -> Result<(), Failure> {
    let steps = &planned.project.spec.steps;
    for target in &request.targets {
        let (Node::Step(name), Some(group)) = (target, target.name().group()) else { continue };
        if !steps.contains_key(name) {
            let of_group = steps.keys().filter(|name| name.group() == Some(group)).map(base::Name::as_str);
            let known = shortened(&of_group.collect::<Vec<_>>());
            return Err(Failure::new(
                exit::USAGE,
                format!("step `{group}` has no instance `{name}`; it has {known}"),
            ));
        }
    }
    Ok(())
}

pub(super) fn shortened(names: &[&str]) -> String {
    let shown: Vec<_> = names.iter().take(12).copied().collect();
    let more = names.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
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
