use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base::{Hash, Timestamp};

use super::Stat;
use crate::{Error, Store, testing::Scene};

/// A file as it looked at a time, in seconds.
fn stat(touched: i64) -> Stat {
    Stat { bytes: 3, mtime_ns: touched * 1_000_000_000, ctime_ns: touched * 1_000_000_000, inode: u64::MAX }
}

fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

#[test]
fn a_settled_file_is_remembered_until_anything_about_it_changes() {
    let scene = Scene::new();
    let (path, seen, hash) = (Path::new("flights.csv"), stat(100), Hash::of("one"));
    scene.store.remember_file(path, &seen, seconds(102), hash).unwrap();
    assert_eq!(scene.reopened().file_hash(path, &seen).unwrap(), Some(hash));
    let changed = [
        Stat { bytes: 4, ..seen },
        Stat { mtime_ns: seen.mtime_ns + 1, ..seen },
        Stat { ctime_ns: seen.ctime_ns + 1, ..seen },
        Stat { inode: 5, ..seen },
    ];
    for stat in changed {
        assert_eq!(scene.store.file_hash(path, &stat).unwrap(), None, "{stat:?}");
    }
    assert_eq!(scene.store.file_hash(Path::new("other.csv"), &seen).unwrap(), None);
    scene.store.remember_file(path, &changed[0], seconds(102), Hash::of("two")).unwrap();
    assert_eq!(scene.store.file_hash(path, &changed[0]).unwrap(), Some(Hash::of("two")));
}

#[test]
fn a_file_touched_just_before_it_was_read_is_not_trusted() {
    let scene = Scene::new();
    let path = Path::new("flights.csv");
    let hash = Hash::of("one");
    // Just now, in the future, and with a modification time set back by hand.
    for touched in [99, 100, 101, 4_000] {
        scene.store.remember_file(path, &stat(touched), seconds(100), hash).unwrap();
        assert_eq!(scene.store.file_hash(path, &stat(touched)).unwrap(), None, "{touched}");
    }
    let set_back = Stat { mtime_ns: 0, ..stat(100) };
    scene.store.remember_file(path, &set_back, seconds(100), hash).unwrap();
    assert_eq!(scene.store.file_hash(path, &set_back).unwrap(), None);
}

#[test]
fn files_are_hashed_and_a_change_of_the_same_size_is_seen() {
    let scene = Scene::new();
    let (one, other) = (scene.dir.path().join("one"), scene.dir.path().join("other"));
    fs::write(&one, "aaa").unwrap();
    fs::write(&other, "").unwrap();
    let hashes = scene.store.hash_files(&[&one, &other]).unwrap();
    assert_eq!(hashes, [Hash::of("aaa"), Hash::of("")]);
    fs::write(&one, "bbb").unwrap();
    assert_eq!(scene.store.hash_files(&[&one]).unwrap(), [Hash::of("bbb")]);
}

#[test]
fn an_unchanged_file_is_not_read_again() {
    let scene = Scene::new();
    let path = scene.dir.path().join("flights.csv");
    fs::write(&path, "aaa").unwrap();
    move_clock_past(&scene, &path);
    scene.store.hash_files(&[&path]).unwrap();
    // Only a file that is not read can have the hash that was planted.
    let stat = Stat::from(&fs::metadata(&path).unwrap());
    let planted = Hash::of("planted");
    scene.store.remember_file(&path, &stat, base::Clock::now(&*scene.clock), planted).unwrap();
    assert_eq!(scene.store.hash_files(&[&path]).unwrap(), [planted]);
}

#[test]
fn many_files_are_looked_up_together_and_keep_their_order() {
    let scene = Scene::new();
    let paths: Vec<_> = (0..50).map(|number| scene.dir.path().join(format!("{number}.csv"))).collect();
    for (number, path) in paths.iter().enumerate() {
        fs::write(path, number.to_string()).unwrap();
    }
    move_clock_past(&scene, &paths[49]);
    let all: Vec<&Path> = paths.iter().map(|path| path.as_path()).collect();
    scene.store.hash_files(&all[..25]).unwrap();
    let planted = Hash::of("planted");
    let stat = Stat::from(&fs::metadata(&paths[7]).unwrap());
    scene.store.remember_file(&paths[7], &stat, scene.now(), planted).unwrap();
    let mut expected: Vec<_> = (0..50).map(|number| Hash::of(number.to_string())).collect();
    expected[7] = planted;
    assert_eq!(scene.store.hash_files(&all).unwrap(), expected);
}

#[test]
fn files_that_would_not_be_trusted_cost_no_commit() {
    let scene = Scene::new();
    let path = scene.dir.path().join("flights.csv");
    fs::write(&path, "aaa").unwrap();
    let other = scene.reopened();
    let before = other.content_version().unwrap();
    // The clock of the scene stands before the file was written.
    scene.store.hash_files(&[&path]).unwrap();
    scene.store.put_file(&path).unwrap();
    assert_eq!(other.content_version().unwrap(), before);
    move_clock_past(&scene, &path);
    scene.store.hash_files(&[&path]).unwrap();
    assert_ne!(other.content_version().unwrap(), before);
}

#[test]
fn a_large_file_that_is_put_is_remembered_with_the_next_transaction() {
    let scene = Scene::new();
    let path = scene.dir.path().join("flights.csv");
    fs::write(&path, vec![7; 100_000]).unwrap();
    move_clock_past(&scene, &path);
    let hash = scene.store.put_file(&path).unwrap();
    let stat = Stat::from(&fs::metadata(&path).unwrap());
    assert_eq!(scene.store.file_hash(&path, &stat).unwrap(), None);
    scene.store.next_generation().unwrap();
    assert_eq!(scene.reopened().file_hash(&path, &stat).unwrap(), Some(hash));
    assert_eq!(scene.store.put_file(&path).unwrap(), hash);
}

#[test]
fn a_reader_hashes_files_without_remembering_them() {
    let scene = Scene::new();
    let path = scene.dir.path().join("flights.csv");
    fs::write(&path, "aaa").unwrap();
    let reader = Store::open_read_only(&scene.path(), scene.clock.clone()).unwrap();
    assert_eq!(reader.hash_files(&[&path]).unwrap(), [Hash::of("aaa")]);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Scene::new().store.hash_files(&[Path::new("no/such/file.csv")]).unwrap_err();
    assert!(matches!(error, Error::Io { .. }));
    assert!(error.to_string().contains("no/such/file.csv"), "{error}");
}

/// Sets the scene's clock to an hour after the file was last touched.
fn move_clock_past(scene: &Scene, path: &Path) {
    let touched: SystemTime = fs::metadata(path).unwrap().modified().unwrap();
    let since_epoch = touched.duration_since(UNIX_EPOCH).unwrap();
    let now = Duration::from_micros(u64::try_from(scene.now().micros()).unwrap());
    scene.advance(since_epoch.saturating_sub(now).as_secs() + 3600);
}
