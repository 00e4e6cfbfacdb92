//! A process that dies at any instant loses nothing it recorded; the next one goes on from there.

use std::{
    collections::{BTreeMap, hash_map::RandomState},
    fs,
    hash::BuildHasher as _,
    path::Path,
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use base::Random;
use serde_json::Value;

use crate::{
    context::{PATIENCE, Ran, TestContext, eventually},
    project,
};

#[test]
fn a_process_that_dies_before_it_records_an_intent_is_followed_by_one_that_finishes() {
    die_at_each_action("due");
}

#[test]
fn a_process_that_dies_before_it_acts_is_followed_by_one_that_finishes() {
    die_at_each_action("intended");
}

#[test]
fn a_process_that_dies_before_it_records_an_outcome_is_followed_by_one_that_finishes() {
    die_at_each_action("acted");
}

#[test]
fn a_process_that_dies_after_it_recorded_an_outcome_does_not_repeat_the_action() {
    die_at_each_action("concluded");
}

#[test]
fn a_process_that_dies_at_every_boundary_in_turn_still_gets_to_the_end() {
    let context = TestContext::new();
    for action in actions() {
        for point in ["due", "intended", "acted", "concluded"] {
            die_at(&context, &format!("{action}:{point}"));
        }
    }
    context.up_once().code(0).says("nothing to do");
    let state = check(&context, "each boundary in turn");
    let points = ["intended", "acted", "concluded"];
    let in_vain = |place| points.into_iter().flat_map(move |point| interrupted(place, point));
    let expected: Vec<_> = (0..actions().len()).flat_map(in_vain).collect();
    assert_eq!(sorted(state.interrupted), sorted(expected));
}

#[test]
fn processes_killed_at_random_moments_are_followed_by_one_that_finishes() {
    let seed = RandomState::new().hash_one("crash");
    let mut random = Random::new(seed);
    for _ in 0..4 {
        let context = TestContext::new();
        for _ in 0..3 {
            let mut child = context.command(&["up", "--once"]).spawn().unwrap();
            let delay = Duration::from_millis(random.below(900) as u64);
            thread::sleep(delay);
            // It may have ended by then, which is a moment like any other.
            child.kill().unwrap();
            child.wait().unwrap();
        }
        context.up_once().code(0);
        check(&context, &format!("kills of seed {seed}"));
    }
}

#[test]
fn a_version_half_registered_does_not_stand_in_the_way_of_the_next_candidate() {
    let context = TestContext::new();
    die_at(&context, "register model.late:acted");
    // Another candidate takes the number for which a directory is there already.
    context.edit("seed = 1", "seed = 2");
    context.up_once().code(0);
    assert_eq!(context.served(), Some(1));
    context.run(&["history", "verify"]).code(0);
}

#[test]
fn a_process_killed_while_it_lays_out_a_version_leaves_nothing_half_made() {
    for _ in 0..4 {
        let context = TestContext::new();
        let mut child = context.command(&["up", "--once"]).spawn().unwrap();
        let started = Instant::now();
        while !context.path(".kaizen/models/late").exists() {
            assert!(started.elapsed() < PATIENCE, "it never laid out a version");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        context.up_once().code(0);
        check(&context, "a kill while a version was laid out");
    }
}

#[test]
fn a_step_of_a_killed_process_goes_on_and_the_next_process_takes_what_comes_of_it() {
    let context = TestContext::with(&project::TOML.replace(
        r#"run = "mkdir"#,
        r#"run = "echo begun >> beats; while [ ! -e go ]; do echo >> beat; sleep 0.05; done; mkdir"#,
    ));
    let mut child = context.command(&["up", "--once"]).spawn().unwrap();
    eventually("the step runs", || context.path("beat").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    let beats = || fs::metadata(context.path("beat")).unwrap().len();
    let then = beats();
    eventually("the step goes on", || beats() > then);
    context.write("go", "");
    context.up_once().code(0);
    assert_eq!(context.read("beats"), "begun\n", "the step began twice");
    check(&context, "a kill while the step ran");
}

/// Each action of the first pass, in order, as `train model.late`.
fn actions() -> &'static [String] {
    static ACTIONS: OnceLock<Vec<String>> = OnceLock::new();
    ACTIONS.get_or_init(|| {
        let plan = TestContext::new().json(&["plan"]);
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let name =
            |action: &Value| format!("{} {}", word(&action["id"]["verb"]), word(&action["id"]["node"]));
        plan["actions"].as_array().unwrap().iter().map(name).collect()
    })
}

fn die_at_each_action(point: &str) {
    assert_eq!(actions().len(), 10, "the project has every kind of action but `stop`");
    for (place, action) in actions().iter().enumerate() {
        let boundary = format!("{action}:{point}");
        let context = TestContext::new();
        die_at(&context, &boundary);
        context.up_once().code(0);
        let state = check(&context, &boundary);
        assert_eq!(state.interrupted, Vec::from_iter(interrupted(place, point)), "{boundary}");
    }
}

/// A command: it outlives the process, and the next one takes what came of it.
const COMMAND: &str = "run step.short";
/// Its outcome goes to disk by itself, since what follows asks the registry.
const ALONE: &str = "promote model.late";

/// The action that is recorded as interrupted when a process dies at this point of the action at this place. The
/// outcome of each goes to disk together with the intent of the next.
fn interrupted(place: usize, point: &str) -> Option<String> {
    let action = &actions()[place];
    let interrupted = match point {
        "due" => place.checked_sub(1).map(|before| &actions()[before]).filter(|before| *before != ALONE),
        "concluded" => actions().get(place + 1).filter(|_| action != ALONE),
        _ => Some(action),
    };
    let has_acted = point == "due" || point == "acted";
    interrupted.filter(|action| !(has_acted && *action == COMMAND)).cloned()
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

fn die_at(context: &TestContext, boundary: &str) {
    let mut command = context.command(&["up", "--once"]);
    command.env("KAIZEN_ABORT_AT", boundary);
    let died = Ran::wait(command);
    assert_eq!(died.code, None, "nothing died at {boundary}: {died:#?}");
}

/// Everything that matters is as after a pass that nothing disturbed.
fn check(context: &TestContext, after: &str) -> State {
    let (ours, usual) = (State::of(context), undisturbed());
    assert_eq!(ours.status, usual.status, "{after}");
    assert_eq!(ours.history, usual.history, "{after}");
    assert_eq!(ours.versions, usual.versions, "{after}");
    assert_eq!(ours.done, usual.done, "each action is done once, after {after}");
    assert_eq!(ours.unfinished, 0, "{after}");
    assert_eq!(ours.temporary, usual.temporary, "{after}");
    context.run(&["history", "verify"]).code(0);
    ours
}

fn undisturbed() -> &'static State {
    static UNDISTURBED: OnceLock<State> = OnceLock::new();
    UNDISTURBED.get_or_init(|| State::of(&TestContext::trained()))
}

/// What a project has come to, less the times and the place.
struct State {
    status: String,
    /// What changed of what serves, oldest last.
    history: Vec<String>,
    /// The directories of the registered versions.
    versions: Vec<String>,
    /// How often each action is recorded as done.
    done: BTreeMap<String, usize>,
    /// The actions recorded as interrupted.
    interrupted: Vec<String>,
    unfinished: usize,
    /// What lies in the directory for files being made.
    temporary: Vec<String>,
}

impl State {
    fn of(context: &TestContext) -> Self {
        let mut status = context.json(&["status"]);
        status["models"]["late"]["champion"]["created"].take();
        let root = context.root().canonicalize().unwrap();
        let status = format!("{status:#}").replace(root.to_str().unwrap(), "ROOT");
        let mut done = BTreeMap::new();
        let (mut interrupted, mut unfinished) = (Vec::new(), 0);
        for thing in ["data.trips", "step.short", "step.features", "model.late", "service.late"] {
            for entry in context.entries(thing) {
                let action = entry["action"].as_str().unwrap().to_owned();
                match entry["status"].as_str() {
                    Some("done") => *done.entry(action).or_default() += 1,
                    Some("interrupted") => interrupted.push(action),
                    Some(other) => panic!("{action} is {other}"),
                    None => unfinished += 1,
                }
            }
        }
        let history = context.json(&["history"]);
        let change = |event: &Value| {
            let [actor, kind, subject] = ["actor", "kind", "subject"].map(|key| event[key].as_str().unwrap());
            format!("{actor} {kind} {subject} {} {}", event["detail"]["alias"], event["detail"]["version"])
        };
        let history = history.as_array().unwrap().iter().map(change).collect();
        let versions = names(&context.path(".kaizen/models/late"));
        let temporary = names(&context.path(".kaizen/tmp"));
        Self { status, history, versions, done, interrupted, unfinished, temporary }
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
