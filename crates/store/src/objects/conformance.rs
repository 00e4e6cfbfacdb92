//! What every implementation of [`Objects`] must do. Each function takes an empty one.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read},
    path::Path,
};

use base::Hash;

use super::{Durable, Objects};
use crate::Error;

/// All of it, each on an implementation made anew.
pub(crate) fn run<T: Objects>(make: impl Fn() -> T) {
    what_is_put_is_read_back(&make());
    an_object_of_any_size_is_whole(&make());
    putting_twice_changes_nothing(&make());
    an_unknown_object_is_named(&make());
    a_source_that_fails_leaves_nothing(&make());
    writers_of_one_object_agree(&make());
    what_is_removed_is_gone_and_can_be_put_again(&make());
    what_is_written_is_there_at_once_and_replaces_what_was(&make());
    only_what_is_expected_is_stored(&make());
    objects_that_are_lacking_are_told_in_their_order(&make());
}

pub(crate) fn put(objects: &dyn Objects, bytes: &[u8]) -> Result<Hash, Error> {
    objects.put(&mut &bytes[..], Path::new("memory"))
}

fn what_is_put_is_read_back(objects: &dyn Objects) {
    let (one, other) = (put(objects, b"one").unwrap(), put(objects, b"other").unwrap());
    assert_eq!((one, other), (Hash::of("one"), Hash::of("other")));
    assert_eq!(fs::read(objects.path(&one).unwrap()).unwrap(), b"one");
    assert_eq!(fs::read(objects.path(&other).unwrap()).unwrap(), b"other");
    assert_eq!(objects.bytes(&other).unwrap(), Some(5));
}

fn an_object_of_any_size_is_whole(objects: &dyn Objects) {
    for size in [0, 1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 3_000_000] {
        let bytes: Vec<u8> = (0..size).map(|position: usize| (position % 251) as u8).collect();
        let hash = put(objects, &bytes).unwrap();
        assert_eq!(hash, Hash::of(&bytes));
        assert!(fs::read(objects.path(&hash).unwrap()).unwrap() == bytes, "{size} bytes");
    }
}

fn putting_twice_changes_nothing(objects: &dyn Objects) {
    let first = put(objects, b"flights").unwrap();
    assert!(objects.keep(&first, 7).unwrap());
    assert!(!objects.keep(&first, 8).unwrap());
    assert_eq!(put(objects, b"flights").unwrap(), first);
    assert_eq!(objects.bytes(&first).unwrap(), Some(7));
}

fn an_unknown_object_is_named(objects: &dyn Objects) {
    let unknown = Hash::of("nobody stored this");
    assert_eq!(objects.bytes(&unknown).unwrap(), None);
    assert!(!objects.keep(&unknown, 0).unwrap());
    let error = objects.path(&unknown).unwrap_err();
    assert!(matches!(error, Error::Missing { hash, .. } if hash == unknown), "{error}");
}

fn a_source_that_fails_leaves_nothing(objects: &dyn Objects) {
    let mut source = Read::chain(&b"the first part"[..], Unreadable);
    let error = objects.put(&mut source, Path::new("flights.csv")).unwrap_err();
    assert!(error.to_string().contains("read flights.csv"), "{error}");
    assert_eq!(objects.bytes(&Hash::of("the first part")).unwrap(), None);
}

fn writers_of_one_object_agree(objects: &dyn Objects) {
    let bytes = vec![7; 400_000];
    let hashes: BTreeSet<Hash> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4).map(|_| scope.spawn(|| put(objects, &bytes).unwrap())).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    assert_eq!(hashes, BTreeSet::from([Hash::of(&bytes)]));
    assert!(fs::read(objects.path(&Hash::of(&bytes)).unwrap()).unwrap() == bytes);
}

fn what_is_removed_is_gone_and_can_be_put_again(objects: &dyn Objects) {
    let (one, other) = (put(objects, b"one").unwrap(), put(objects, b"other").unwrap());
    objects.remove(&one).unwrap();
    objects.remove(&one).unwrap();
    assert_eq!((objects.bytes(&one).unwrap(), objects.bytes(&other).unwrap()), (None, Some(5)));
    assert_eq!(put(objects, b"one").unwrap(), one);
    assert_eq!(fs::read(objects.path(&one).unwrap()).unwrap(), b"one");
}

fn what_is_written_is_there_at_once_and_replaces_what_was(objects: &dyn Objects) {
    let hash = Hash::of("flights");
    assert!(!objects.holds(&hash, b"flights").unwrap());
    for (damaged, durable) in
        [(&b"fli"[..], Durable::Later), (b"\0\0\0\0\0\0\0", Durable::Now), (b"", Durable::Later)]
    {
        objects.write(&hash, damaged, durable).unwrap();
        assert!(!objects.holds(&hash, b"flights").unwrap());
        objects.write(&hash, b"flights", durable).unwrap();
        assert!(objects.holds(&hash, b"flights").unwrap());
        assert_eq!(fs::read(objects.path(&hash).unwrap()).unwrap(), b"flights");
    }
    objects.settle().unwrap();
    assert!(objects.keep(&hash, 7).unwrap());
}

fn only_what_is_expected_is_stored(objects: &dyn Objects) {
    let hash = Hash::of("flights");
    let put = |bytes: u64, content: &[u8]| {
        objects.put_expected((&hash, bytes), &mut &content[..], Path::new("elsewhere")).unwrap()
    };
    assert!(!put(7, b"flightz"), "other content");
    assert!(!put(6, b"flights"), "more bytes than declared");
    assert!(!put(8, b"flights"), "fewer bytes than declared");
    assert_eq!(objects.bytes(&hash).unwrap(), None);
    assert_eq!(objects.bytes(&Hash::of("flightz")).unwrap(), None);
    let mut endless = io::repeat(7);
    assert!(!objects.put_expected((&hash, 7), &mut endless, Path::new("elsewhere")).unwrap());
    assert!(put(7, b"flights"));
    assert!(put(7, b"flights"));
    assert_eq!(fs::read(objects.path(&hash).unwrap()).unwrap(), b"flights");
}

fn objects_that_are_lacking_are_told_in_their_order(objects: &dyn Objects) {
    let (one, other) = (put(objects, b"one").unwrap(), put(objects, b"other").unwrap());
    let unknown = Hash::of("nobody stored this");
    let lacking = objects.lacking(&[(unknown, 0), (one, 3), (other, 6), (other, 5)]).unwrap();
    assert_eq!(lacking, [unknown, other]);
    assert_eq!(objects.lacking(&[]).unwrap(), []);
}

struct Unreadable;

impl Read for Unreadable {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("bad sector"))
    }
}
