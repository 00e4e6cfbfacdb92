use base::{Hash, Timestamp};

use super::Broken;
use crate::{
    Author, Change, Error, HistoryFilter,
    testing::{Scene, author, name},
};

/// Two versions; version 1 serves at 14:00, version 2 by an override at 14:10, nothing at 14:20.
fn eventful() -> Scene {
    let scene = Scene::new();
    scene.register(2);
    scene.alias(1, "gate");
    scene.serve(1, "gate");
    scene.advance(600);
    let by = Author { actor: "ada".to_owned(), because: Some("the fare feed is broken".to_owned()) };
    let (service, model) = (name("late"), name("late"));
    scene.change(&[Change::SetService { service, model, version: 2, by }]).unwrap();
    scene.advance(600);
    scene.change(&[Change::RemoveService { service: name("late"), by: author("ada") }]).unwrap();
    scene
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn broken(scene: &Scene) -> Broken {
    match scene.reopened().verify_history(None) {
        Err(Error::Broken(broken)) => broken,
        other => panic!("not found out: {other:?}"),
    }
}

#[test]
fn the_history_tells_what_served_at_a_time_and_on_whose_decision() {
    let scene = eventful();
    let serving = |time| scene.store.serving_at(at(time)).unwrap().remove(&name("late"));
    assert_eq!(serving("2026-03-05T13:59:59Z"), None);
    let first = serving("2026-03-05T14:03:00Z").unwrap();
    assert_eq!((first.version, first.actor.as_str(), first.because), (1, "gate", None));
    assert_eq!(first.since, at("2026-03-05T14:00:00Z"));
    let second = serving("2026-03-05T14:10:00Z").unwrap();
    assert_eq!((second.version, second.actor.as_str()), (2, "ada"));
    assert_eq!(second.because.as_deref(), Some("the fare feed is broken"));
    assert_eq!(second.artifact, scene.store.version(&name("late"), 2).unwrap().artifact);
    assert_eq!(serving("2026-03-05T14:20:00Z"), None);
}

#[test]
fn entries_are_filtered_by_subject_and_time_newest_first() {
    let scene = eventful();
    let sequences = |filter: HistoryFilter| -> Vec<_> {
        scene.store.history(&filter).unwrap().iter().map(|event| event.sequence).collect()
    };
    assert_eq!(sequences(HistoryFilter::default()), [4, 3, 2, 1]);
    let subject = Some("service.late".to_owned());
    assert_eq!(sequences(HistoryFilter { subject, ..Default::default() }), [4, 3, 2]);
    let since = Some(at("2026-03-05T14:10:00Z"));
    assert_eq!(sequences(HistoryFilter { since, ..Default::default() }), [4, 3]);
    let until = Some(at("2026-03-05T14:10:00Z"));
    assert_eq!(sequences(HistoryFilter { until, limit: Some(2), ..Default::default() }), [3, 2]);
}

#[test]
fn an_untouched_history_verifies_and_its_head_is_that_of_the_last_entry() {
    let scene = eventful();
    let verified = scene.reopened().verify_history(None).unwrap();
    let newest = &scene.store.history(&HistoryFilter::default()).unwrap()[0];
    assert_eq!((verified.entries, verified.head), (4, newest.hash));
    assert_eq!(Scene::new().store.verify_history(None).unwrap().entries, 0);
}

#[test]
fn the_form_that_is_hashed_never_changes() {
    let scene = eventful();
    let event = scene.store.history(&HistoryFilter::default()).unwrap().swap_remove(1);
    // Written out by hand: stored histories must verify under every later release.
    let artifact = Hash::of("model made from key 2");
    let text = format!(
        "{{\"actor\":\"ada\",\"at\":\"2026-03-05T14:10:00Z\",\"because\":\"the fare feed is broken\",\
         \"detail\":{{\"artifact\":\"{artifact}\",\"model\":\"late\",\"service\":\"late\",\"version\":2}},\
         \"kind\":\"service_set\",\"previous\":\"{}\",\"sequence\":3,\"subject\":\"service.late\"}}\n",
        event.previous
    );
    assert_eq!(event.hash, Hash::of(text));
}

#[test]
fn an_edited_entry_is_named_whatever_field_was_edited() {
    for edit in [
        "at = at - 1",
        "actor = 'gate'",
        "kind = 'service_removed'",
        "subject = 'service.early'",
        "detail = replace(detail, '\"version\":2', '\"version\":1')",
        "because = NULL",
        "because = 'because I may'",
        "previous = hash",
        "hash = previous",
        "hash = 'nonsense'",
        "detail = '{'",
    ] {
        let scene = eventful();
        scene.tamper(&format!("UPDATE history SET {edit} WHERE sequence = 3"));
        assert_eq!(broken(&scene).sequence, 3, "{edit}");
    }
}

#[test]
fn a_removed_entry_is_named() {
    for sequence in 1..=3 {
        let scene = eventful();
        scene.tamper(&format!("DELETE FROM history WHERE sequence = {sequence}"));
        let broken = broken(&scene);
        assert_eq!(broken.sequence, sequence);
        assert!(broken.why.contains("missing"), "{broken}");
    }
}

#[test]
fn a_removed_entry_is_found_when_the_rest_is_renumbered() {
    let scene = eventful();
    scene.tamper("DELETE FROM history WHERE sequence = 2; UPDATE history SET sequence = sequence - 1 WHERE sequence > 2");
    assert_eq!(broken(&scene).sequence, 2);
}

#[test]
fn reordered_entries_are_found() {
    let scene = eventful();
    scene.tamper(
        "UPDATE history SET sequence = 99 WHERE sequence = 2;
         UPDATE history SET sequence = 2 WHERE sequence = 3;
         UPDATE history SET sequence = 3 WHERE sequence = 99",
    );
    assert_eq!(broken(&scene).sequence, 2);
}

#[test]
fn an_entry_rewritten_with_a_matching_hash_breaks_the_chain_after_it() {
    let scene = eventful();
    let mut event = scene.store.history(&HistoryFilter::default()).unwrap().swap_remove(2);
    event.actor = "nobody".to_owned();
    event.hash = event.sealed();
    scene.tamper(&format!("UPDATE history SET actor = 'nobody', hash = '{}' WHERE sequence = 2", event.hash));
    let broken = broken(&scene);
    assert_eq!(broken.sequence, 3);
    assert!(broken.why.contains("does not follow"), "{broken}");
}

#[test]
fn a_cut_tail_is_found_by_the_head_noted_before() {
    let scene = eventful();
    let noted = scene.store.verify_history(None).unwrap().head;
    // The forger puts the tables right as well: nothing inside the database gives it away.
    scene.tamper(
        "DELETE FROM history WHERE sequence = 4; INSERT INTO services (service, model, version) VALUES ('late', 'late', 2)",
    );
    let store = scene.reopened();
    assert_eq!(store.verify_history(None).unwrap().entries, 3);
    let Err(Error::Broken(broken)) = store.verify_history(Some(noted)) else { panic!("not found out") };
    assert_eq!(broken.sequence, 4);
    assert!(broken.why.contains("cut"), "{broken}");
}

#[test]
fn a_head_noted_before_still_holds_after_the_history_grew() {
    let scene = Scene::new();
    let empty = scene.store.verify_history(None).unwrap().head;
    scene.register(1);
    scene.serve(1, "gate");
    let one = scene.store.verify_history(Some(empty)).unwrap().head;
    scene.alias(1, "gate");
    assert_eq!(scene.store.verify_history(Some(one)).unwrap().entries, 2);
}

#[test]
fn a_change_past_the_history_is_found() {
    for (change, named) in [
        ("UPDATE aliases SET version = 2", "alias `champion` of model `late`"),
        ("DELETE FROM aliases", "alias `champion` of model `late`"),
        ("INSERT INTO aliases VALUES ('late', 'challenger', 2)", "alias `challenger`"),
        ("INSERT INTO services VALUES ('late', 'late', 1)", "service `late`"),
        ("UPDATE versions SET artifact = key WHERE version = 1", "version 1 of model `late`"),
        ("DELETE FROM versions WHERE version = 2", "version 2 of model `late`"),
    ] {
        let scene = eventful();
        scene.tamper(change);
        let broken = broken(&scene);
        assert_eq!(broken.sequence, 4, "{change}");
        assert!(broken.why.contains(named), "{change}: {broken}");
    }
}

#[test]
fn time_in_the_history_never_goes_back() {
    let scene = Scene::new();
    scene.register(2);
    scene.serve(1, "gate");
    let late = scene.now();
    let behind = std::sync::Arc::new(base::FixedClock::at(at("2020-01-01")));
    let store = crate::Store::open(&scene.path(), behind).unwrap();
    let id = store.intend(&scene.intent()).unwrap();
    let (service, model) = (name("late"), name("late"));
    let set = Change::SetService { service, model, version: 2, by: author("gate") };
    store.conclude(id, &crate::testing::done(), &[set]).unwrap();
    assert_eq!(store.history(&HistoryFilter::default()).unwrap()[0].at, late);
    store.verify_history(None).unwrap();
}
