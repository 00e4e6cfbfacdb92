use base::Timestamp;

use crate::{
    Firing, Trigger,
    testing::{Scene, name},
};

fn firing(scene: &Scene, key: &str) -> Firing {
    Firing { key: key.to_owned(), why: format!("due {key}"), at: scene.now() }
}

#[test]
fn a_trigger_stands_where_it_last_fired_and_was_last_looked_at() {
    let scene = Scene::new();
    let nightly = name("nightly");
    assert_eq!(scene.store.trigger(&nightly).unwrap(), None);
    scene.store.check_trigger(&nightly, scene.now()).unwrap();
    let looked_at = Trigger { name: nightly.clone(), firing: None, checked: Some(scene.now()) };
    assert_eq!(scene.store.trigger(&nightly).unwrap(), Some(looked_at));
    let checked = scene.now();
    scene.advance(60);
    let firing = firing(&scene, "2026-03-05T15:00:00Z");
    assert!(scene.store.fire(&nightly, &firing).unwrap());
    let fired = Trigger { name: nightly.clone(), firing: Some(firing), checked: Some(checked) };
    assert_eq!(scene.reopened().trigger(&nightly).unwrap(), Some(fired));
}

#[test]
fn a_trigger_fires_once_for_one_cause() {
    let scene = Scene::new();
    let nightly = name("nightly");
    let first = firing(&scene, "one");
    assert!(scene.store.fire(&nightly, &first).unwrap());
    scene.advance(60);
    assert!(!scene.reopened().fire(&nightly, &firing(&scene, "one")).unwrap());
    assert_eq!(scene.store.trigger(&nightly).unwrap().unwrap().firing, Some(first));
    assert!(scene.store.fire(&nightly, &firing(&scene, "two")).unwrap());
}

#[test]
fn a_clock_that_was_set_back_does_not_take_a_look_back() {
    let scene = Scene::new();
    let nightly = name("nightly");
    let before = scene.now();
    scene.advance(60);
    scene.store.check_trigger(&nightly, scene.now()).unwrap();
    scene.store.check_trigger(&nightly, before).unwrap();
    assert_eq!(scene.store.trigger(&nightly).unwrap().unwrap().checked, Some(scene.now()));
}

#[test]
fn a_look_that_is_more_than_an_hour_ahead_is_taken_back() {
    let scene = Scene::new();
    let nightly = name("nightly");
    let now = scene.now();
    let ahead = |seconds: i64| Timestamp::from_micros(now.micros() + seconds * 1_000_000);
    for (looked_at, kept) in [(ahead(3600), ahead(3600)), (ahead(3601), now)] {
        scene.store.check_trigger(&nightly, looked_at).unwrap();
        assert_eq!(Trigger::is_far_ahead(looked_at, now), kept == now);
        scene.store.check_trigger(&nightly, now).unwrap();
        assert_eq!(scene.reopened().trigger(&nightly).unwrap().unwrap().checked, Some(kept));
    }
}

#[test]
fn triggers_come_by_name() {
    let scene = Scene::new();
    for trigger in ["weekly", "hook", "nightly"] {
        scene.store.fire(&name(trigger), &firing(&scene, "one")).unwrap();
    }
    let names: Vec<_> =
        scene.store.triggers().unwrap().into_iter().map(|trigger| trigger.name.to_string()).collect();
    assert_eq!(names, ["hook", "nightly", "weekly"]);
}
