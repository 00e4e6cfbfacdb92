use serde_json::json;

use crate::{
    Error, Intent, Lock, RunId, RunStatus,
    testing::{Scene, done},
};

fn of_run(scene: &Scene, run: RunId) -> Intent {
    Intent { run: Some(run), ..scene.intent() }
}

#[test]
fn a_run_is_read_back_as_it_began_and_as_it_ended() {
    let scene = Scene::new();
    let (started, id) = (scene.now(), scene.run());
    let run = scene.reopened().run(id).unwrap();
    assert_eq!((run.id, run.kind.as_str(), run.command.as_str()), (id, "run", "kaizen run"));
    assert_eq!((run.started, run.finished, run.status), (started, None, RunStatus::Running));
    assert_eq!((run.pid, run.cancel_requested), (std::process::id(), None));
    assert_eq!(run.detail, json!({"targets": []}));
    scene.advance(5);
    scene.store.end_run(id, RunStatus::Failed, &json!({"failed": 1})).unwrap();
    let run = scene.reopened().run(id).unwrap();
    assert_eq!((run.finished, run.status), (Some(scene.now()), RunStatus::Failed));
    assert_eq!(run.detail, json!({"failed": 1}));
}

#[test]
fn a_run_that_goes_on_may_say_how_far_it_is() {
    let scene = Scene::new();
    let id = scene.run();
    scene.store.end_run(id, RunStatus::Running, &json!({"done": 3})).unwrap();
    let run = scene.store.run(id).unwrap();
    assert_eq!((run.finished, run.status, run.detail), (None, RunStatus::Running, json!({"done": 3})));
}

#[test]
fn a_run_ends_once() {
    let scene = Scene::new();
    let id = scene.run();
    scene.store.end_run(id, RunStatus::Done, &json!({})).unwrap();
    let error = scene.store.end_run(id, RunStatus::Failed, &json!({})).unwrap_err();
    assert!(matches!(error, Error::RunEnded { run, status: "done" } if run == id), "{error}");
    assert!(error.to_string().contains("kaizen runs"), "{error}");
    assert!(matches!(scene.store.request_cancel(id), Err(Error::RunEnded { .. })));
}

#[test]
fn the_latest_runs_come_first() {
    let scene = Scene::new();
    let ids: Vec<_> = (0..3).map(|_| scene.run()).collect();
    let latest: Vec<_> = scene.store.latest_runs(2).unwrap().iter().map(|run| run.id).collect();
    assert_eq!(latest, [ids[2], ids[1]]);
}

#[test]
fn the_entries_of_a_run_are_its_own_in_their_order() {
    let scene = Scene::new();
    let (one, other) = (scene.run(), scene.run());
    scene.begin();
    let first = scene.store.intend(&of_run(&scene, one)).unwrap();
    scene.store.intend(&of_run(&scene, other)).unwrap();
    let second = scene.store.intend(&of_run(&scene, one)).unwrap();
    scene.store.conclude(first, &done(), &[]).unwrap();
    let entries = scene.store.run_entries(one).unwrap();
    assert_eq!(entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), [first, second]);
    assert!(entries.iter().all(|entry| entry.run == Some(one)));
    assert_eq!(scene.store.entries(None, 9).unwrap().last().unwrap().run, None);
}

#[test]
fn a_run_is_asked_to_end_by_another_process_and_sees_it() {
    let scene = Scene::new();
    let (id, other) = (scene.run(), scene.run());
    assert!(!scene.store.is_cancel_requested(id).unwrap());
    let asked = scene.now();
    scene.reopened().request_cancel(id).unwrap();
    scene.advance(5);
    scene.reopened().request_cancel(id).unwrap();
    assert!(scene.store.is_cancel_requested(id).unwrap());
    assert!(!scene.store.is_cancel_requested(other).unwrap());
    assert_eq!(scene.store.run(id).unwrap().cancel_requested, Some(asked), "the first time counts");
}

#[test]
fn runs_of_processes_that_ended_are_interrupted_by_the_next_holder_of_the_lock() {
    let scene = Scene::new();
    let (ended, killed) = (scene.run(), scene.run());
    scene.store.end_run(ended, RunStatus::Done, &json!({})).unwrap();
    scene.advance(60);
    let lock = Lock::acquire(&scene.path(), "kaizen run", &*scene.clock).unwrap();
    assert_eq!(scene.store.interrupt_runs(&lock).unwrap(), [killed]);
    assert_eq!(scene.store.interrupt_runs(&lock).unwrap(), []);
    let run = scene.store.run(killed).unwrap();
    assert_eq!((run.status, run.finished), (RunStatus::Interrupted, Some(scene.now())));
    assert_eq!(run.detail, json!({"targets": []}));
    assert_eq!(scene.store.run(ended).unwrap().status, RunStatus::Done);
}

#[test]
fn a_run_of_no_such_number_is_named() {
    let scene = Scene::new();
    let id: RunId = "7".parse().unwrap();
    let errors = [
        scene.store.run(id).map(|_| ()),
        scene.store.run_entries(id).map(|_| ()),
        scene.store.is_cancel_requested(id).map(|_| ()),
        scene.store.request_cancel(id),
        scene.store.end_run(id, RunStatus::Done, &json!({})),
    ];
    for error in errors {
        let error = error.unwrap_err();
        assert!(matches!(error, Error::UnknownNumber { kind: "run", id: 7 }), "{error}");
    }
    assert!("seven".parse::<RunId>().is_err());
}
