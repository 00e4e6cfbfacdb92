use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use super::{Backlog, Outcome};
use crate::spool::{
    Told,
    entry::{Entry, Head},
    place::Place,
    upstream::Upstream,
};

/// Before a server that is away.
fn backlog(parent: &Path) -> (Backlog, Arc<Mutex<Vec<String>>>) {
    let upstream = Upstream::Url("http://127.0.0.1:1".to_owned());
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let hears = Arc::clone(&heard);
    let told: Told = Arc::new(move |text| hears.lock().unwrap().push(text.to_owned()));
    let place = Place::claim(parent, &upstream).unwrap();
    (Backlog::open(place, upstream, 1 << 20, told).unwrap(), heard)
}

fn entry(sequence: u64, file: Option<&str>) -> Entry {
    let (method, target) = ("PUT".to_owned(), "/api/2.0/mlflow-artifacts/artifacts/0/a".to_owned());
    let headers = vec![("authorization".to_owned(), "Bearer old".to_owned())];
    let (spool, chosen, file) = ("a".to_owned(), None, file.map(str::to_owned));
    Entry { head: Head { spool, sequence, method, target, headers, chosen, file }, body: Vec::new() }
}

#[test]
fn an_upload_whose_file_was_removed_has_arrived_and_one_whose_file_is_there_waits() {
    let parent = tempfile::tempdir().unwrap();
    let (backlog, heard) = backlog(parent.path());
    fs::write(backlog.place.bodies().join("a-2"), "kept").unwrap();
    for (sequence, file) in [(1, "a-1"), (2, "a-2")] {
        backlog.journal.append(&entry(sequence, Some(file)).encode().unwrap(), 4).unwrap();
    }
    assert!(matches!(backlog.step().unwrap(), Some(Outcome::Done)));
    assert!(matches!(backlog.step().unwrap(), Some(Outcome::Again(_))));
    assert_eq!((backlog.journal.waiting(), heard.lock().unwrap().len()), (1, 0));
}

#[test]
fn what_a_client_may_not_do_is_refused_and_what_the_server_does_not_know_yet_waits() {
    let parent = tempfile::tempdir().unwrap();
    let (backlog, _) = backlog(parent.path());
    let judged = |status| backlog.judge(&entry(1, None), status, r#"{"message": "no"}"#.to_owned()).unwrap();
    assert!(matches!(judged(403), Outcome::Refused(403, said) if said == "no"));
    assert!(matches!(judged(401), Outcome::Again(why) if why.contains("no")));
    assert!(matches!(judged(404), Outcome::Refused(404, _)));
}

#[test]
fn damage_is_told_with_the_place_of_the_copy() {
    let parent = tempfile::tempdir().unwrap();
    let (before, _) = backlog(parent.path());
    for sequence in 1..4 {
        before.journal.append(&entry(sequence, None).encode().unwrap(), 0).unwrap();
    }
    let file = before.place.journal().join("00000001.journal");
    drop(before);
    let mut bytes = fs::read(&file).unwrap();
    let second = bytes.len() / 3 + 30;
    bytes[second] ^= 1;
    fs::write(&file, bytes).unwrap();
    let (after, heard) = backlog(parent.path());
    let heard = heard.lock().unwrap();
    assert!(heard.len() == 1 && heard[0].contains("damaged-00000001-"), "{heard:?}");
    assert_eq!(after.journal.waiting(), 1);
}
