//! `kaizen up`

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use base::Name;
use engine::{
    Background, Cancel, Engine, Pass, Planned, Point, Policy, Project, Request, Settings, Supervisor,
    Tracker, Watching,
};
use server::Service;
use serving::{Catalog, capture::Recorders};

use super::{end_on_signal, guarded, project, report, server::open, wait_for};
use crate::{
    Environment, Failure,
    arguments::Up,
    exit,
    hosting::{self, Alone, Beside, Spooled},
    output::{Output, data, line, note},
    views,
};

pub(crate) fn run(
    arguments: &Up,
    at: Option<&Path>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let path = arguments.at.clone().or(at.map(Path::to_owned)).unwrap_or_else(|| PathBuf::from("."));
    let project = project(Some(path.clone()), environment)?;
    let catalog = Catalog::new();
    let listen = arguments.listen.clone().unwrap_or_else(|| project.spec.server.listen.clone());
    wait_for(async {
        let cancel = Cancel::default();
        // The project before the port: a second `up` is told who holds the project, whichever port it wants.
        let recorders = Recorders::new();
        let beside = (!arguments.once).then(|| Beside::of(hosting::settings(&project, environment)));
        let tracker = beside.clone().map(|beside| Arc::new(beside) as Arc<dyn Tracker>);
        let answering =
            Answering { catalog: catalog.clone(), recorders: recorders.clone(), echo: false, tracker };
        let engine = start(&project, environment, output, answering, cancel.clone())?;
        let service = match beside {
            None => None,
            Some(beside) => {
                let settings = server::Settings { listen, ..server::Settings::default() };
                let keeper = Arc::new(engine::Keeper::new(engine.store().clone()));
                let access = guarded::access(&beside.settings().directory, environment)?;
                let service = Service::bind_guarded(settings, catalog, access)?.report_to(report());
                let tracking = open(beside.settings().clone())?;
                beside.answers_at(service.address(), tracking.clone());
                Some(service.record_with(recorders).label_with(keeper).track_with(tracking))
            }
        };
        tokio::spawn(end_on_signal(cancel.clone()));
        // What served before answers before anything is planned.
        engine.serve_recorded()?;
        match service {
            None => once(&engine, &project, output).await,
            Some(service) => {
                stay(Staying { engine, project, path, service, cancel }, environment, output).await
            }
        }
    })
}

/// What the engine and the server share.
#[derive(Default)]
pub(super) struct Answering {
    pub(super) catalog: Catalog,
    pub(super) recorders: Recorders,
    /// What commands print is shown as they print it.
    pub(super) echo: bool,
    /// Where commands log; at an address of their own unless given.
    pub(super) tracker: Option<Arc<dyn Tracker>>,
}

impl Answering {
    /// Nothing is served, and the output of commands is shown.
    pub(super) fn echoing() -> Self {
        Self { echo: true, ..Self::default() }
    }
}

/// An engine that shows what happens, and dies where a crash test wants it to.
pub(super) fn start(
    project: &Project,
    environment: &Environment,
    output: &Output,
    answering: Answering,
    cancel: Cancel,
) -> Result<Arc<Engine>, Failure> {
    let progress = views::progress::Progress::new(output.json, output.terminal, answering.echo);
    let abort_at = environment.abort_at.clone();
    let alone = || Arc::new(Alone::of(hosting::settings(project, environment))) as Arc<dyn Tracker>;
    let settings = Settings {
        clock: environment.clock.clone(),
        command: environment.command(),
        observer: Arc::new(move |event| progress.show(event)),
        boundary: Arc::new(move |action, point| {
            if abort_at.as_deref() == Some(&boundary(action, point)) {
                std::process::abort();
            }
        }),
        cancel,
        catalog: answering.catalog,
        recorders: answering.recorders,
        supervisor: Supervisor {
            program: environment.program.clone(),
            arguments: vec!["__supervise".to_owned()],
        },
        tracker: Some(spooled(project, answering.tracker.unwrap_or_else(alone))),
    };
    Ok(Engine::start(project, settings)?)
}

/// The tracker as commands have it: with a spool before it, if the project wants that.
fn spooled(project: &Project, tracker: Arc<dyn Tracker>) -> Arc<dyn Tracker> {
    if project.spec.tracking.spool {
        return Arc::new(Spooled::before(tracker, &project.store_directory()));
    }
    tracker
}

fn boundary(action: &plan::ActionId, point: Point) -> String {
    let point = match point {
        Point::Due => "due",
        Point::Intended => "intended",
        Point::Acted => "acted",
        Point::Concluded => "concluded",
    };
    format!("{action}:{point}")
}

async fn once(engine: &Arc<Engine>, project: &Project, output: &mut Output) -> Result<u8, Failure> {
    let planned = engine.plan(project, &Request::default())?;
    let pass = perform(engine, (project, &planned), &Policy::of("up"), output).await?;
    code(engine, project, &pass)
}

struct Staying {
    engine: Arc<Engine>,
    project: Project,
    path: PathBuf,
    service: Service,
    cancel: Cancel,
}

/// Serves at once what served before, then makes the first pass, then watches.
async fn stay(staying: Staying, environment: &Environment, output: &mut Output) -> Result<u8, Failure> {
    let Staying { engine, project, path, service, cancel } = staying;
    let background = engine.background(&project);
    let service = service.trigger_with(background.callers());
    let address = service.address().to_string();
    let place = Place { engine: &engine, path: &path, address, background: &background };
    let ended = cancel.clone();
    let failed = cancel.clone();
    let answering = tokio::spawn(async move {
        let drained = service.run(async move { ended.cancelled().await }).await;
        // A server that ends by itself leaves nothing to stay for.
        failed.cancel();
        drained
    });
    let worked = work(&place, project, environment, output).await;
    // Whatever ended the work, the requests in flight are answered.
    cancel.cancel();
    let drained = answering.await.map_err(|error| Failure::new(exit::FAILED, error.to_string()))?;
    tokio::task::block_in_place(|| background.end());
    match worked {
        Err(failure) if failure.code != exit::INTERRUPTED => Err(failure),
        _ => {
            drained?;
            output.remark("\nended; `kaizen up` goes on from here");
            Ok(exit::DONE)
        }
    }
}

/// Where the work is done, and where it answers.
struct Place<'a> {
    engine: &'a Arc<Engine>,
    path: &'a Path,
    address: String,
    background: &'a Background,
}

async fn work(
    place: &Place<'_>,
    project: Project,
    environment: &Environment,
    output: &mut Output,
) -> Result<(), Failure> {
    let Place { engine, path, address, background } = place;
    let planned = engine.plan(&project, &Request::default())?;
    let json = output.json;
    let shown = Mutex::new(Vec::new());
    let show = |project: &Project| show_endpoints(engine, project, (address, json), &shown);
    if !planned.plan.is_empty() {
        // What served before answers already.
        show(&project);
    }
    let pass = perform(engine, (&project, &planned), &Policy::of("up"), output).await?;
    show(&project);
    if let Some((action, _)) = pass.failure() {
        output.remark(&format!("{action} failed; waiting for a change of the project or its data"));
    }
    output.remark("watching the project and its data; Ctrl-C ends");
    let passed = |project: &Project, pass: &Pass| {
        if json {
            line(&serde_json::json!({ "event": "passed", "pass": pass }));
        } else {
            views::pass::text(engine, project, pass).lines().for_each(note);
        }
        show(project);
    };
    let variables = environment.variables();
    let watching = Watching {
        path,
        variables: &variables,
        request: Request::default(),
        policy: Policy::of("up"),
        background: Some(background),
    };
    Ok(engine.keep(&watching, (project, &planned, &pass), &passed).await?)
}

/// Shows the plan, performs it, and shows what came of it.
pub(super) async fn perform(
    engine: &Arc<Engine>,
    (project, planned): (&Project, &Planned),
    policy: &Policy,
    output: &mut Output,
) -> Result<Pass, Failure> {
    if output.json {
        line(&serde_json::json!({ "event": "planned", "plan": planned.plan }));
    } else {
        note(planned.plan.to_string().trim_end());
    }
    let pass = engine.apply(planned, policy).await?;
    if output.json {
        line(&serde_json::json!({ "event": "passed", "pass": pass }));
    } else {
        let text = views::pass::text(engine, project, &pass);
        if !text.is_empty() {
            output.text(&format!("\n{text}"));
        }
    }
    Ok(pass)
}

/// Says where services answer; the request to try them with once, since it is long.
fn show_endpoints(
    engine: &Engine,
    project: &Project,
    (address, json): (&str, bool),
    shown: &Mutex<Vec<Name>>,
) {
    for name in project.spec.services.keys() {
        let Ok(Some(request)) = engine.sample_request(name) else { continue };
        let url = format!("http://{address}/v2/models/{name}");
        if json {
            line(&serde_json::json!({ "event": "serving", "service": name, "url": url, "request": request }));
            continue;
        }
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        if !shown.contains(name) {
            shown.push(name.clone());
            data(&views::endpoint::text(name.as_str(), &url, &request));
        }
    }
}

/// The exit code that says how a pass ended.
pub(super) fn code(engine: &Engine, project: &Project, pass: &Pass) -> Result<u8, Failure> {
    if pass.cancelled {
        return Ok(exit::INTERRUPTED);
    }
    if let Some((action, _)) = pass.failure() {
        return Ok(match action.node {
            plan::Node::Data(_) => exit::DATA,
            _ => exit::STEP,
        });
    }
    let blocked = |kind: &str| pass.blocked.iter().any(|blocked| blocked.node.kind() == kind);
    if blocked("data") {
        return Ok(exit::DATA);
    }
    if blocked("step") || blocked("model") {
        return Ok(exit::STEP);
    }
    let held = engine.not_promoted(project)?;
    Ok(if held.is_empty() { exit::DONE } else { exit::GATE })
}
