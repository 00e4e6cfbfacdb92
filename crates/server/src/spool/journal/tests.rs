use std::{fs, path::Path, time::Duration};

use super::{Extent, Journal, Refusal, SEGMENT, path, segments};

const LIMIT: u64 = 1 << 30;

fn open(directory: &Path) -> Journal {
    Journal::open(directory, LIMIT).unwrap()
}

fn front(journal: &Journal) -> Option<Vec<u8>> {
    journal.front(Duration::ZERO).unwrap().map(|front| front.payload)
}

/// Everything that waits, dealt with.
fn all(journal: &Journal) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(front) = journal.front(Duration::ZERO).unwrap() {
        journal.advance(&front).unwrap();
        all.push(front.payload);
    }
    all
}

#[test]
fn what_is_written_comes_back_in_order_across_restarts() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    assert_eq!(front(&journal), None);
    for text in ["a", "", "c"] {
        journal.append(text.as_bytes(), 0).unwrap();
    }
    assert_eq!(front(&journal).unwrap(), b"a");
    drop(journal);
    let journal = open(directory.path());
    journal.append(b"d", 0).unwrap();
    assert_eq!(all(&journal), [b"a".to_vec(), b"".to_vec(), b"c".to_vec(), b"d".to_vec()]);
    drop(journal);
    let journal = open(directory.path());
    assert_eq!(journal.waiting(), 0);
    journal.append(b"e", 0).unwrap();
    assert_eq!(all(&journal), [b"e".to_vec()]);
}

#[test]
fn a_frame_that_was_cut_anywhere_was_never_written() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    journal.append(b"first", 0).unwrap();
    journal.append(b"second", 0).unwrap();
    drop(journal);
    let segment = path(directory.path(), segments(directory.path()).unwrap()[0]);
    let whole = fs::read(&segment).unwrap();
    let first = super::HEAD + 5;
    for length in first..whole.len() {
        let mut torn = whole[..length].to_vec();
        // A crash may also leave zeros where nothing arrived.
        torn.resize(whole.len(), 0);
        for bytes in [&whole[..length], &torn] {
            fs::write(&segment, bytes).unwrap();
            let journal = open(directory.path());
            assert_eq!(journal.waiting(), 1, "{length}");
            journal.append(b"third", 0).unwrap();
            assert_eq!(Journal::extent_of(directory.path()).unwrap().waiting, 2);
            drop(journal);
        }
    }
}

#[test]
fn files_are_removed_when_they_were_read() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let large = vec![7; usize::try_from(SEGMENT / 3).unwrap()];
    for _ in 0..10 {
        journal.append(&large, 0).unwrap();
    }
    assert!(segments(directory.path()).unwrap().len() >= 3);
    assert_eq!(all(&journal).len(), 10);
    assert_eq!(segments(directory.path()).unwrap().len(), 1);
    assert_eq!(journal.extent(), Extent::default());
}

#[test]
fn no_more_waits_than_may_and_there_is_room_again_afterwards() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Journal::open(directory.path(), 100).unwrap();
    journal.append(&[1; 40], 20).unwrap();
    assert!(matches!(journal.append(&[2; 41], 0), Err(Refusal::Full(60))));
    assert!(matches!(journal.append(&[2; 1], 40), Err(Refusal::Full(60))));
    journal.append(&[3; 40], 0).unwrap();
    drop(journal);
    let journal = Journal::open(directory.path(), 100).unwrap();
    assert_eq!(journal.extent(), Extent { waiting: 2, held: 100 });
    assert_eq!(all(&journal), [vec![1; 40], vec![3; 40]]);
    journal.append(&[4; 100], 0).unwrap();
}

#[test]
fn reading_goes_on_not_before_where_it_was_noted() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    for number in 0..200_u32 {
        journal.append(&number.to_le_bytes(), 0).unwrap();
    }
    for _ in 0..130 {
        let front = journal.front(Duration::ZERO).unwrap().unwrap();
        journal.advance(&front).unwrap();
    }
    drop(journal);
    // What was dealt with since the last note comes again: at most a note's worth.
    let journal = open(directory.path());
    assert_eq!(front(&journal).unwrap(), 128_u32.to_le_bytes());
    assert_eq!(journal.waiting(), 72);
}

#[test]
fn what_is_damaged_between_frames_is_kept_aside_once_and_the_rest_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    for text in ["first", "second", "third"] {
        journal.append(text.as_bytes(), 0).unwrap();
    }
    drop(journal);
    let segment = path(directory.path(), segments(directory.path()).unwrap()[0]);
    let mut bytes = fs::read(&segment).unwrap();
    let second = super::HEAD + 5;
    bytes[second + super::HEAD] ^= 1;
    fs::write(&segment, &bytes).unwrap();
    let journal = open(directory.path());
    let damaged = journal.damaged().to_vec();
    assert_eq!(damaged.iter().map(|copy| fs::read(copy).unwrap()).collect::<Vec<_>>(), [&bytes[second..]]);
    assert_eq!(super::damaged::all(directory.path()).unwrap(), damaged);
    journal.append(b"fourth", 0).unwrap();
    drop(journal);
    let journal = open(directory.path());
    assert!(journal.damaged().is_empty());
    assert_eq!(all(&journal), [b"first".to_vec(), b"fourth".to_vec()]);
}

#[test]
fn what_is_damaged_in_a_file_before_the_last_is_kept_aside_and_the_last_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let large = vec![7; usize::try_from(SEGMENT).unwrap()];
    journal.append(&large, 0).unwrap();
    journal.append(b"second", 0).unwrap();
    drop(journal);
    let segment = path(directory.path(), segments(directory.path()).unwrap()[0]);
    let mut bytes = fs::read(&segment).unwrap();
    bytes[100] ^= 1;
    fs::write(&segment, &bytes).unwrap();
    let journal = open(directory.path());
    assert_eq!(fs::read(&journal.damaged()[0]).unwrap(), bytes);
    assert_eq!(all(&journal), [b"second".to_vec()]);
}

#[test]
fn a_file_that_cannot_be_begun_leaves_the_last_one_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let large = vec![7; usize::try_from(SEGMENT).unwrap()];
    journal.append(&large, 0).unwrap();
    let next = path(directory.path(), segments(directory.path()).unwrap()[0] + 1);
    fs::create_dir(&next).unwrap();
    assert!(matches!(journal.append(b"second", 0), Err(Refusal::Io(_))));
    fs::remove_dir(&next).unwrap();
    journal.append(b"third", 0).unwrap();
    assert_eq!(all(&journal), [large, b"third".to_vec()]);
}
