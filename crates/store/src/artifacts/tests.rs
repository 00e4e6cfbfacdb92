use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use base::Hash;

use crate::{Error, Lock, testing::Scene};

/// Overwrites an object, read-only as it is.
fn damage(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, "damaged").unwrap();
}

#[test]
fn bytes_and_files_with_the_same_content_are_one_object() {
    let scene = Scene::new();
    let path = scene.dir.path().join("flights.csv");
    fs::write(&path, "year,month\n").unwrap();
    let hash = scene.store.put_file(&path).unwrap();
    assert_eq!(scene.store.put_bytes("year,month\n").unwrap(), hash);
    assert_eq!(scene.store.put_file(&path).unwrap(), hash);
    assert_eq!(scene.reopened().get_bytes(&hash).unwrap(), b"year,month\n");
    let digits = hash.to_string();
    let expected = scene.path().join("objects").join(&digits[..2]).join(&digits[2..]);
    assert_eq!(scene.store.path(&hash).unwrap(), expected);
}

#[test]
fn a_damaged_object_is_refused_and_named_and_can_be_put_again() {
    let scene = Scene::new();
    let hash = scene.store.put_bytes("flights").unwrap();
    scene.store.verify(&hash).unwrap();
    let path = scene.store.path(&hash).unwrap();
    damage(&path);
    for error in [scene.store.get_bytes(&hash).unwrap_err(), scene.store.verify(&hash).unwrap_err()] {
        assert!(matches!(error, Error::Corrupt { .. }));
        let message = error.to_string();
        assert!(message.contains(&hash.to_string()) && message.contains("delete that file"), "{message}");
    }
    fs::remove_file(&path).unwrap();
    assert!(!scene.store.exists(&hash).unwrap());
    scene.store.put_bytes("flights").unwrap();
    scene.store.verify(&hash).unwrap();
}

#[test]
fn a_file_is_put_whole_whatever_its_size() {
    let scene = Scene::new();
    let path = scene.dir.path().join("rows.csv");
    for size in [0, 1, 65_535, 65_536, 65_537, 300_000] {
        let content: Vec<u8> = (0..size).map(|position: usize| (position % 251) as u8).collect();
        fs::write(&path, &content).unwrap();
        let hash = scene.store.put_file(&path).unwrap();
        assert_eq!(hash, Hash::of(&content), "{size} bytes");
        assert!(scene.store.get_bytes(&hash).unwrap() == content, "{size} bytes");
    }
}

#[test]
fn objects_that_are_lacking_or_have_another_size_are_told() {
    let scene = Scene::new();
    let (one, other) = (scene.store.put_bytes("one").unwrap(), scene.store.put_bytes("other").unwrap());
    let unknown = Hash::of("never stored");
    assert_eq!(scene.store.lacking(&[(one, 3), (other, 5)]).unwrap(), []);
    assert_eq!(scene.store.lacking(&[(one, 4), (other, 5), (unknown, 12)]).unwrap(), [one, unknown]);
}

#[test]
fn a_missing_object_is_named_with_the_way_out() {
    let scene = Scene::new();
    let unknown = Hash::of("never stored");
    for error in [scene.store.path(&unknown).unwrap_err(), scene.store.get_bytes(&unknown).unwrap_err()] {
        assert!(matches!(error, Error::Missing { hash, .. } if hash == unknown));
        assert!(error.to_string().contains("kaizen up"), "{error}");
    }
}

#[test]
fn a_temporary_path_is_ones_own_and_goes_when_dropped() {
    let scene = Scene::new();
    let (one, other) = (scene.store.temporary(), scene.store.temporary());
    assert_ne!(one.path(), other.path());
    fs::write(one.path(), "rows").unwrap();
    fs::create_dir_all(other.path().join("deep")).unwrap();
    let paths = [one.path().to_owned(), other.path().to_owned()];
    drop((one, other));
    assert!(paths.iter().all(|path| !path.exists()));
}

#[test]
fn whoever_holds_the_lock_sweeps_what_killed_writers_left() {
    let scene = Scene::new();
    let left = scene.path().join("tmp/0-0-0");
    fs::write(&left, "half an object").unwrap();
    let lock = Lock::acquire(&scene.path(), "kaizen up", &*scene.clock).unwrap();
    assert_eq!(scene.store.sweep(&lock).unwrap(), 1);
    assert!(!left.exists());
    assert_eq!(scene.store.sweep(&lock).unwrap(), 0);
}

#[test]
fn the_store_hides_itself_from_git_whoever_makes_its_directory() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Scene::new().clock;
    let _lock = Lock::acquire(dir.path(), "kaizen up", &*clock).unwrap();
    let store = crate::Store::open(dir.path(), clock).unwrap();
    assert_eq!(fs::read_to_string(dir.path().join(".gitignore")).unwrap(), "*\n");
    assert!(store.runs().is_dir());
}
