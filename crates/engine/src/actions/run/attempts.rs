//! The life of a command: started or found running, seen to its end, and tried again if the project says so.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use executor::{Container, Ended, Executor, Exit, Mount, Running};
use spec::{Isolation, Step};
use tracking::promise::Ending;

use super::{
    super::{Failure, Turn},
    environment::{self, Environment},
    folder::{self, Attempt},
    workplace::Workplace,
};
use crate::{
    Engine, Event,
    tracked::{Attempted, Logged, Tracked},
};

/// The longest pause between two attempts.
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// What a shell says of a program that was ended by KILL.
const KILLED: i32 = 137;

/// A command that a killed predecessor started.
pub(crate) struct Adopted {
    pub(crate) attempt: Attempt,
    pub(crate) running: Box<dyn Running>,
}

/// The last attempt, however it ended.
pub(super) struct Last {
    pub(super) ended: Ended,
    pub(super) attempt: Attempt,
    pub(super) log: PathBuf,
    pub(super) trace: Option<PathBuf>,
    /// What its command logged through MLflow.
    pub(super) logged: Option<Logged>,
}

/// Runs the command until it ends well, or does not deserve another attempt.
pub(super) async fn run(
    engine: &Engine,
    turn: &Turn,
    (step, command): (&Step, &str),
    workplace: &Workplace,
    found: Option<Box<dyn Running>>,
) -> Result<Last, Failure> {
    let environment = environment::of(turn, step, &workplace.variables)?;
    let name = folder::name(&turn.action.id.node, turn.entry);
    let mut attempt = workplace.attempt.clone();
    let mut found = found;
    loop {
        let attempted = Attempted { id: &attempt.id, number: attempt.number, is_found: found.is_some() };
        let tracked = Tracked::begin(engine, turn, step, attempted).await;
        let mut asked = asked(turn, (step, command), (workplace, &attempt), &environment);
        if let Some(tracked) = &tracked {
            tracked.tell(&mut asked);
        }
        let executor = engine.executors.of(attempt.container);
        let mut running = match found.take() {
            Some(running) => running,
            None => {
                attempt.save(&workplace.folder)?;
                match executor.start(&asked).await {
                    Ok(running) => running,
                    Err(error) => return Err(lost(executor, &attempt, &error).await),
                }
            }
        };
        let (action, number, log) = (turn.action.id.clone(), attempt.number, asked.log.clone());
        engine.tell(&Event::Running { action, attempt: number, log });
        let ended = until_ended(turn, (executor, &attempt), running.as_mut()).await;
        let logged = match tracked {
            Some(tracked) => tracked.end(engine, turn, ending(&ended)).await,
            None => None,
        };
        let ended = ended?;
        if ended.exit == Exit::Code(0) || !deserves_another(step, &ended, attempt.number) {
            return Ok(Last { ended, attempt, log: asked.log, trace: asked.trace, logged });
        }
        let pause = pause(step, attempt.number);
        let text = format!(
            "attempt {} {}; again in {}",
            attempt.number,
            how(&ended.exit, step),
            base::Span::from(pause)
        );
        engine.tell(&Event::Notice { action: turn.action.id.clone(), text });
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = turn.cancel.cancelled() => return Err(Failure::Interrupted),
        }
        workplace.clear_outputs(step)?;
        attempt = attempt.next(&name);
    }
}

/// Runs another command in a workplace where one has ended well. One that an earlier process started is ended first.
pub(super) async fn another(
    engine: &Engine,
    turn: &Turn,
    (step, command): (&Step, &str),
    workplace: &Workplace,
    (called, log): (&str, &Path),
) -> Result<Ended, Failure> {
    let environment = environment::of(turn, step, &workplace.variables)?;
    let name = folder::name(&turn.action.id.node, turn.entry);
    let attempt = workplace.attempt.then(&name, called);
    let asked = executor::Attempt {
        log: log.to_owned(),
        trace: None,
        ..asked(turn, (step, command), (workplace, &attempt), &environment)
    };
    let executor = engine.executors.of(attempt.container);
    executor.discard(&attempt.id).await.map_err(|error| Failure::of(&error))?;
    let mut running = match executor.start(&asked).await {
        Ok(running) => running,
        Err(error) => return Err(lost(executor, &attempt, &error).await),
    };
    until_ended(turn, (executor, &attempt), running.as_mut()).await
}

/// What its run is said to have come to.
fn ending(ended: &Result<Ended, Failure>) -> Ending {
    match ended {
        Ok(Ended { exit: Exit::Code(0), .. }) => Ending::Finished,
        Ok(Ended { exit: Exit::Ended, .. }) | Err(_) => Ending::Killed,
        Ok(_) => Ending::Failed,
    }
}

async fn until_ended(
    turn: &Turn,
    (executor, attempt): (&dyn Executor, &Attempt),
    running: &mut dyn Running,
) -> Result<Ended, Failure> {
    let ended = tokio::select! {
        ended = running.ended() => Some(ended),
        () = turn.cancel.cancelled() => None,
    };
    match ended {
        Some(Ok(ended)) => Ok(ended),
        Some(Err(error)) => Err(lost(executor, attempt, &error).await),
        None => {
            running.end();
            // Whatever it says now, it was asked to end.
            match running.ended().await {
                Ok(_) => {}
                Err(error) => drop(lost(executor, attempt, &error).await),
            }
            Err(Failure::Interrupted)
        }
    }
}

/// Nobody keeps it any more: what may still run of it is ended, before what it wrote is taken away.
async fn lost(executor: &dyn Executor, attempt: &Attempt, error: &executor::Error) -> Failure {
    match executor.discard(&attempt.id).await {
        Ok(()) => Failure::of(error),
        Err(left) => {
            let (why, left) = (base::causes(error), base::causes(&left));
            Failure::failed(format!("{why}; what may be left of it could not be ended: {left}"))
        }
    }
}

fn deserves_another(step: &Step, ended: &Ended, number: u32) -> bool {
    let retry = &step.retry;
    let is_listed =
        |code: i32| retry.on.is_empty() || retry.on.iter().any(|chosen| i32::from(*chosen) == code);
    let is_chosen = match ended.exit {
        Exit::Code(code) => is_listed(code),
        // As a shell says it.
        Exit::Signal(signal) => is_listed(128 + signal),
        Exit::OutOfMemory => is_listed(KILLED),
        Exit::TimedOut => retry.on.is_empty(),
        Exit::Ended => false,
    };
    number < retry.attempts && is_chosen
}

/// Doubled each time.
fn pause(step: &Step, number: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(number.saturating_sub(1));
    step.retry.backoff.get().saturating_mul(doubled).min(LONGEST)
}

/// How it ended, for people.
pub(super) fn how(exit: &Exit, step: &Step) -> String {
    match exit {
        Exit::Code(code) => format!("ended with exit status: {code}"),
        Exit::Signal(signal) => format!("ended with signal: {signal}"),
        Exit::TimedOut => {
            format!("did not end within {} and was killed; mend it or raise `timeout`", step.timeout)
        }
        Exit::OutOfMemory => "used more memory than `resources` gives it and was killed".to_owned(),
        Exit::Ended => "was asked to end".to_owned(),
    }
}

/// What the executor is asked for.
fn asked(
    turn: &Turn,
    (step, command): (&Step, &str),
    (workplace, attempt): (&Workplace, &Attempt),
    environment: &Environment,
) -> executor::Attempt {
    let line = ["sh", "-c", command].map(str::to_owned).to_vec();
    let log = attempt.log(&workplace.folder);
    executor::Attempt {
        environment: environment.variables.clone(),
        secrets: environment.secrets.clone(),
        timeout: Some(step.timeout.get()),
        grace: step.grace.get(),
        memory: step.resources.memory.map(|size| size.get()),
        container: step.image.as_ref().map(|image| container(turn, step, workplace, image)),
        trace: turn.audit.then(|| workplace.folder.join(format!("trace-{}", attempt.number))),
        ..executor::Attempt::new(&attempt.id, line, &workplace.place, &log)
    }
}

/// The project at the same path as outside, so that every path that the command is given holds inside too.
fn container(turn: &Turn, step: &Step, workplace: &Workplace, image: &str) -> Container {
    let mount = |path: &Path, writable: bool| {
        let path = path.to_owned();
        Mount { host: path.clone(), container: path, writable }
    };
    let mut mounts = vec![mount(&turn.project.root, step.isolation == Isolation::Place)];
    if step.isolation == Isolation::Copy {
        mounts.push(mount(&workplace.folder, true));
    }
    Container { image: image.to_owned(), mounts, folder: workplace.place.clone(), network: true }
}
