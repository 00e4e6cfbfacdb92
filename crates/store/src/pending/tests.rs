mod power;

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use base::{Hash, Random};
use rusqlite::Connection;

use super::LIMIT;
use crate::{
    Change, Error, Lock, Store,
    files::{
        Disk,
        faulty::Faulty,
        lossy::{Loss, Lossy, Unsynced},
    },
    testing::{Scene, done},
};

/// How many rows the table has.
fn rows(scene: &Scene) -> i64 {
    let connection = Connection::open(scene.path().join("kaizen.db")).unwrap();
    connection.query_row("SELECT count(*) FROM pending_objects", [], |row| row.get(0)).unwrap()
}

fn store_on(files: impl crate::files::Files + 'static, scene: &Scene) -> Store {
    Store::open_on(Box::new(files), &scene.path(), scene.clock.clone()).unwrap()
}

fn set_node(output: Hash) -> Change {
    let (node, facet, key) = ("step.features".to_owned(), "run".to_owned(), Hash::of("inputs"));
    Change::SetNode { node, facet, key, output: Some(output), detail: serde_json::Value::Null }
}

/// Takes an object's file away or puts something else in its place.
fn spoil(path: &Path, content: Option<&str>) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    match content {
        Some(content) => fs::write(path, content).unwrap(),
        None => fs::remove_file(path).unwrap(),
    }
}

#[test]
fn a_small_object_is_written_without_a_sync_and_a_large_one_with_its_own() {
    let scene = Scene::new();
    let dir = scene.dir.path().join("counted");
    let files = Faulty::sound();
    let store = Store::open_on(Box::new(files.clone()), &dir, scene.clock.clone()).unwrap();
    let operations = |bytes: &[u8]| {
        let before = files.operations();
        store.put_bytes(bytes).unwrap();
        files.operations() - before
    };
    assert_eq!(operations(&[7; 65_536]), 4, "create, write, permissions, rename");
    assert_eq!(operations(&[7; 65_536]), 0, "it is there");
    assert_eq!(operations(&[7; 65_537]), 5, "create, write, seal, rename, sync");
}

#[test]
fn the_next_transaction_takes_the_bytes_along_whatever_it_is_for() {
    let scene = Scene::new();
    scene.store.put_bytes("one").unwrap();
    scene.store.put_bytes("two").unwrap();
    scene.store.put_bytes("one").unwrap();
    assert_eq!(rows(&scene), 0);
    scene.store.next_generation().unwrap();
    assert_eq!(rows(&scene), 2);
    scene.store.put_bytes("one").unwrap();
    scene.store.next_generation().unwrap();
    assert_eq!(rows(&scene), 2, "they are taken along once");
}

#[test]
fn a_refused_transaction_leaves_them_to_the_next() {
    let scene = Scene::new();
    let id = scene.begin();
    scene.store.put_bytes("one").unwrap();
    scene.store.conclude(id, &done(), &[]).unwrap();
    scene.store.put_bytes("two").unwrap();
    assert!(matches!(scene.store.conclude(id, &done(), &[]), Err(Error::Concluded(_))));
    assert_eq!(rows(&scene), 1);
    scene.store.next_generation().unwrap();
    assert_eq!(rows(&scene), 2);
}

#[test]
fn settling_takes_the_rows_away_and_later_puts_begin_anew() {
    let scene = Scene::new();
    scene.store.settle().unwrap();
    scene.store.put_bytes("named").unwrap();
    scene.store.next_generation().unwrap();
    scene.store.put_bytes("not named yet").unwrap();
    scene.store.settle().unwrap();
    assert_eq!(rows(&scene), 0);
    scene.store.next_generation().unwrap();
    assert_eq!(rows(&scene), 0, "what is settled is not taken along");
    scene.store.put_bytes("named").unwrap();
    scene.store.next_generation().unwrap();
    assert_eq!(rows(&scene), 1);
}

#[test]
fn what_another_process_puts_while_this_one_settles_stays_to_be_settled() {
    let scene = Scene::new();
    let other = scene.reopened();
    // It settles first, so that no row is left whose number the new one could come after.
    let interfering = Unsynced::meanwhile(move || {
        other.settle().unwrap();
        other.put_bytes("theirs").unwrap();
        other.next_generation().unwrap();
    });
    let store = store_on(interfering, &scene);
    store.put_bytes("ours").unwrap();
    store.next_generation().unwrap();
    store.settle().unwrap();
    assert_eq!(rows(&scene), 1, "its file was written after the sync");
}

#[test]
fn what_another_process_settled_is_taken_along_when_it_is_put_again() {
    let scene = Scene::new();
    scene.store.put_bytes("flights").unwrap();
    scene.store.next_generation().unwrap();
    scene.reopened();
    scene.store.settle().unwrap();
    scene.store.put_bytes("flights").unwrap();
    scene.store.next_generation().unwrap();
    assert_eq!(rows(&scene), 1);
}

#[test]
fn more_than_8_mib_are_settled_without_being_asked() {
    let scene = Scene::new();
    let put = |number: usize| {
        let mut bytes = vec![0; 60_000];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        scene.store.put_bytes(bytes).unwrap();
    };
    let fit = LIMIT / 60_000;
    (0..fit).for_each(put);
    scene.store.next_generation().unwrap();
    assert_eq!(rows(&scene), fit as i64);
    put(fit);
    assert_eq!(rows(&scene), 0);
}

#[test]
fn a_store_that_is_opened_writes_again_what_is_gone_or_damaged_and_settles() {
    let scene = Scene::new();
    let [gone, cut, zeros, whole] = ["gone", "cut", "zeros", "whole"].map(|text| {
        let hash = scene.store.put_bytes(text).unwrap();
        scene.change(&[set_node(hash)]).unwrap();
        hash
    });
    spoil(&scene.store.path(&gone).unwrap(), None);
    spoil(&scene.store.path(&cut).unwrap(), Some("c"));
    spoil(&scene.store.path(&zeros).unwrap(), Some("\0\0\0\0\0"));
    let store = scene.reopened();
    for hash in [gone, cut, zeros, whole] {
        store.verify(&hash).unwrap();
    }
    assert_eq!(rows(&scene), 0);
}

#[test]
fn a_file_that_a_loss_of_power_left_in_an_objects_place_is_written_anew() {
    let scene = Scene::new();
    let hash = scene.store.put_bytes("flights").unwrap();
    spoil(&scene.store.path(&hash).unwrap(), Some("\0\0\0\0\0\0\0"));
    let store = scene.reopened();
    assert_eq!(store.put_bytes("flights").unwrap(), hash);
    store.verify(&hash).unwrap();
}

#[test]
fn an_object_that_is_removed_is_not_restored() {
    let scene = Scene::new();
    let named = scene.store.put_bytes("rows").unwrap();
    scene.store.next_generation().unwrap();
    let waiting = scene.store.put_bytes("more rows").unwrap();
    let lock = Lock::acquire(&scene.path(), "kaizen up", &*scene.clock).unwrap();
    assert_eq!(scene.store.remove_objects(&[named, waiting], &lock).unwrap().len(), 2);
    let store = scene.reopened();
    assert!(!store.exists(&named).unwrap() && !store.exists(&waiting).unwrap());
    scene.store.put_bytes("rows").unwrap();
    scene.store.next_generation().unwrap();
    assert_eq!(rows(&scene), 1, "put again it is taken along again");
}

#[test]
fn a_disk_that_fills_up_while_a_small_object_is_put_leaves_nothing_to_take_along() {
    let scene = Scene::new();
    for operations in 0..4 {
        let store = store_on(Faulty::full_after(operations), &scene);
        let error = store.put_bytes("flights").unwrap_err();
        assert!(matches!(error, Error::NoSpace { .. }), "after {operations}: {error}");
        assert!(!store.exists(&Hash::of("flights")).unwrap());
        assert_eq!(fs::read_dir(scene.path().join("tmp")).unwrap().count(), 0);
        store.next_generation().unwrap();
        assert_eq!(rows(&scene), 0);
    }
    let store = store_on(Disk, &scene);
    store.verify(&store.put_bytes("flights").unwrap()).unwrap();
}

#[test]
fn a_disk_that_fills_up_while_it_is_settled_keeps_the_bytes_in_the_database() {
    let scene = Scene::new();
    scene.store.put_bytes("flights").unwrap();
    scene.store.next_generation().unwrap();
    let counting = Faulty::sound();
    drop(store_on(counting.clone(), &scene));
    assert_eq!((counting.operations(), rows(&scene)), (1, 0), "one sync");

    scene.store.put_bytes("delays").unwrap();
    scene.store.next_generation().unwrap();
    for operations in 0..3 {
        spoil(&scene.store.path(&Hash::of("delays")).unwrap(), Some("\0"));
        let files = Box::new(Faulty::full_after(operations));
        let error = Store::open_on(files, &scene.path(), scene.clock.clone()).unwrap_err();
        assert!(matches!(error, Error::NoSpace { .. }), "after {operations}: {error}");
        assert_eq!(rows(&scene), 1);
    }
    scene.reopened().verify(&Hash::of("delays")).unwrap();
}

#[test]
fn a_file_system_that_cannot_be_synced_gets_each_object_synced_by_itself() {
    let scene = Scene::new();
    let dir = scene.dir.path().join("lossy");
    fs::create_dir(&dir).unwrap();
    let files = Lossy::below(&dir);
    let store = Store::open_on(Box::new(files.clone()), &dir, scene.clock.clone()).unwrap();
    let named = store.put_bytes("named").unwrap();
    store.next_generation().unwrap();
    let waiting = store.put_bytes("waiting").unwrap();
    files.refuse_sync();
    store.settle().unwrap();
    let left = scene.dir.path().join("left");
    files.moments().last().unwrap().lose_power(Loss::Gone, &mut Random::new(1), &left);
    for (hash, content) in [(named, "named"), (waiting, "waiting")] {
        let digits = hash.to_string();
        let path = left.join("objects").join(&digits[..2]).join(&digits[2..]);
        assert_eq!(fs::read_to_string(path).unwrap(), content);
    }
}

#[test]
fn a_reader_syncs_what_it_puts_itself() {
    let scene = Scene::new();
    let reader = Store::open_read_only(&scene.path(), scene.clock.clone()).unwrap();
    let hash = reader.put_bytes("delays").unwrap();
    reader.verify(&hash).unwrap();
    reader.settle().unwrap();
}

#[test]
fn threads_that_put_and_write_and_settle_side_by_side_lose_nothing() {
    let scene = Scene::new();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let scene = &scene;
            scope.spawn(move || {
                for number in 0..10 {
                    let hash = scene.store.put_bytes(format!("{thread} {number}")).unwrap();
                    let id = scene.begin();
                    scene.store.conclude(id, &done(), &[set_node(hash)]).unwrap();
                    if number % 4 == thread {
                        scene.store.settle().unwrap();
                    }
                }
            });
        }
    });
    scene.store.settle().unwrap();
    assert_eq!(rows(&scene), 0);
    for (thread, number) in (0..4).flat_map(|thread| (0..10).map(move |number| (thread, number))) {
        scene.store.verify(&Hash::of(format!("{thread} {number}"))).unwrap();
    }
}
