use std::{collections::HashSet, fs, path::Path, sync::Mutex, thread};

use super::{BODIES, JOURNAL, Place, Upstream};

fn upstream() -> Upstream {
    Upstream::Url("http://127.0.0.1:1".to_owned())
}

#[test]
fn spools_that_begin_and_end_together_have_a_whole_directory_each() {
    let parent = tempfile::tempdir().unwrap();
    let held = Mutex::new(HashSet::new());
    let begin_and_end = || {
        for _ in 0..100 {
            Place::tidy(parent.path()).unwrap();
            let place = Place::claim(parent.path(), &upstream()).unwrap();
            let path = place.path().to_owned();
            assert!(held.lock().unwrap().insert(path.clone()), "two have {}", path.display());
            thread::yield_now();
            assert!(place.bodies().is_dir());
            assert_eq!(Upstream::read(&path).unwrap(), Some(upstream()));
            held.lock().unwrap().remove(&path);
        }
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(begin_and_end);
        }
    });
    Place::tidy(parent.path()).unwrap();
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn a_directory_with_a_copy_of_what_was_damaged_is_not_removed() {
    let parent = tempfile::tempdir().unwrap();
    let kept = |place: &Path| place.join(JOURNAL).join("damaged-00000001-0");
    let place = Place::claim(parent.path(), &upstream()).unwrap();
    let path = place.path().to_owned();
    fs::create_dir(path.join(JOURNAL)).unwrap();
    fs::write(kept(&path), "x").unwrap();
    drop(place);
    Place::tidy(parent.path()).unwrap();
    assert!(kept(&path).exists() && path.join(BODIES).exists());
    fs::remove_file(kept(&path)).unwrap();
    Place::tidy(parent.path()).unwrap();
    assert!(!path.exists());
}
