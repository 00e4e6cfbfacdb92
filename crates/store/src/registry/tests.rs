use base::Hash;
use rusqlite::Connection;

use crate::{
    Assignment, Change, Error, HistoryFilter,
    testing::{Scene, author, name},
};

#[test]
fn versions_are_numbered_per_model_and_keep_what_they_were_made_from() {
    let scene = Scene::new();
    let (mut one, two) = (scene.version("one"), scene.version("two"));
    one.verdict = Some(scene.store.put_bytes("verdict").unwrap());
    let mut other = scene.version("one");
    other.model = name("early");
    let changes = [one.clone(), two, other].map(Change::AddVersion);
    assert_eq!(scene.change(&changes).unwrap(), [1, 2, 1]);

    let late = scene.store.versions(&name("late")).unwrap();
    assert_eq!(late.iter().map(|version| version.version).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((late[0].key, late[0].artifact, late[0].verdict), (one.key, one.artifact, one.verdict));
    assert_eq!((&late[0].lineage, late[0].created), (&one.lineage, scene.now()));
    assert_eq!(scene.store.version(&name("late"), 2).unwrap(), late[1]);
}

#[test]
fn registering_the_same_key_again_gives_the_same_number_and_changes_nothing() {
    let scene = Scene::new();
    scene.register(2);
    let before = scene.store.versions(&name("late")).unwrap();
    scene.advance(60);
    let mut again = scene.version("key 1");
    again.artifact = scene.store.put_bytes("another artifact").unwrap();
    assert_eq!(scene.change(&[Change::AddVersion(again)]).unwrap(), [1]);
    assert_eq!(scene.store.versions(&name("late")).unwrap(), before);
    assert_eq!(scene.change(&[Change::AddVersion(scene.version("key 3"))]).unwrap(), [3]);
}

#[test]
fn a_version_whose_artifact_is_not_in_the_store_is_refused() {
    let scene = Scene::new();
    let mut version = scene.version("one");
    version.artifact = Hash::of("never stored");
    let error = scene.change(&[Change::AddVersion(version)]).unwrap_err();
    assert!(matches!(error, Error::Missing { .. }), "{error}");
    assert_eq!(scene.store.versions(&name("late")).unwrap(), []);
}

#[test]
fn the_database_itself_refuses_to_change_or_remove_versions_and_history() {
    let scene = Scene::new();
    scene.register(1);
    scene.serve(1, "gate");
    let connection = Connection::open(scene.path().join("kaizen.db")).unwrap();
    for statement in [
        "UPDATE versions SET artifact = key",
        "DELETE FROM versions",
        "UPDATE history SET actor = 'nobody'",
        "DELETE FROM history",
    ] {
        let error = connection.execute_batch(statement).unwrap_err().to_string();
        assert!(error.contains("immutable") || error.contains("only ever added to"), "{statement}: {error}");
    }
}

#[test]
fn aliases_and_services_move_between_versions() {
    let scene = Scene::new();
    scene.register(2);
    scene.alias(1, "gate");
    scene.alias(2, "gate");
    scene.serve(2, "gate");
    assert_eq!(scene.store.aliases(&name("late")).unwrap(), [(name("champion"), 2)].into());
    assert_eq!(scene.store.aliases(&name("early")).unwrap(), [].into());
    let assignment = Assignment { model: name("late"), version: 2 };
    assert_eq!(scene.store.services().unwrap(), [(name("late"), assignment)].into());

    let by = author("ada");
    let removed = [
        Change::RemoveAlias { model: name("late"), alias: name("champion"), by: by.clone() },
        Change::RemoveService { service: name("late"), by },
    ];
    scene.change(&removed).unwrap();
    assert_eq!(scene.store.aliases(&name("late")).unwrap(), [].into());
    assert_eq!(scene.store.services().unwrap(), [].into());
}

#[test]
fn what_moves_nothing_leaves_no_entry_in_the_history() {
    let scene = Scene::new();
    scene.register(1);
    scene.alias(1, "gate");
    scene.serve(1, "gate");
    scene.alias(1, "gate");
    scene.serve(1, "gate");
    let by = author("ada");
    scene.change(&[Change::RemoveService { service: name("early"), by: by.clone() }]).unwrap();
    let absent = Change::RemoveAlias { model: name("late"), alias: name("challenger"), by };
    scene.change(&[absent]).unwrap();
    assert_eq!(scene.store.history(&HistoryFilter::default()).unwrap().len(), 2);
}

#[test]
fn an_unknown_version_is_named_wherever_it_is_asked_for() {
    let scene = Scene::new();
    scene.register(1);
    let (model, by) = (name("late"), author("ada"));
    let alias = Change::SetAlias { model: model.clone(), alias: name("champion"), version: 7, by };
    let errors = [scene.store.version(&model, 7).unwrap_err(), scene.change(&[alias]).unwrap_err()];
    for error in errors {
        assert!(error.to_string().contains("version 7 of model `late`"), "{error}");
    }
}
