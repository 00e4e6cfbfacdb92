//! A process that is killed with `kill -9` while it writes to a shared cache leaves no entry that is not
//! whole, and every entry it was done with.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "clippy takes the helpers of a test for code that is no test"
)]

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use base::{FixedClock, Hash};
use store::{Lookup, Shared, SharedCache, SharedObject, Store};

const DIRECTORY: &str = "KAIZEN_TEST_SHARED_CACHE_DIRECTORY";
const WRITER: &str = "a_killed_writer_leaves_every_entry_it_was_done_with_and_none_that_is_not_whole";

#[test]
fn a_killed_writer_leaves_every_entry_it_was_done_with_and_none_that_is_not_whole() {
    if let Some(dir) = directory() {
        share_until_killed(&dir);
    }
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir.path().join("ours"));
    for after in [1, 4, 9] {
        let done_with = kill_a_writer_after(dir.path(), after);
        let cache = SharedCache::open(&dir.path().join("cache")).unwrap();
        for number in 0..done_with + 20 {
            let found = cache.get(&key(number), &store).unwrap();
            if number < done_with {
                let Lookup::Hit(shared) = found else { panic!("entry {number}: {found:?}") };
                shared.objects.iter().for_each(|object| store.verify(&object.hash).unwrap());
            } else {
                assert!(!matches!(found, Lookup::Damaged { .. }), "entry {number}: {found:?}");
            }
        }
    }
}

/// Starts a writer and kills it when it is done with this many entries, or more; says with how many.
fn kill_a_writer_after(dir: &Path, target: u64) -> u64 {
    let itself = std::env::current_exe().unwrap();
    let mut writer = Command::new(itself)
        .args(["--exact", "--nocapture", WRITER])
        .env(DIRECTORY, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let done_with = lines.by_ref().map(Result::unwrap).find_map(|line| {
        let number: u64 = line.strip_prefix("done with ")?.parse().ok()?;
        (number >= target).then_some(number)
    });
    writer.kill().unwrap();
    writer.wait().unwrap();
    done_with.expect("the writer goes on until it is killed")
}

/// Adds one entry after another, each with a small and a large object.
fn share_until_killed(dir: &Path) -> ! {
    let cache = SharedCache::open(&dir.join("cache")).unwrap();
    let store = store(&dir.join("theirs"));
    for number in 0.. {
        let object = |content: String| {
            let hash = store.put_bytes(&content).unwrap();
            SharedObject { hash, bytes: content.len() as u64 }
        };
        let (small, large) = (format!("output {number}"), format!("rows {number}").repeat(20_000));
        let objects = vec![object(small), object(large)];
        let shared = Shared { output: objects[0].hash, objects };
        cache.put(&key(number), &shared, &store).unwrap();
        println!("done with {}", number + 1);
    }
    unreachable!("it is killed first")
}

fn key(number: u64) -> Hash {
    Hash::of(number.to_string())
}

fn store(dir: &Path) -> Store {
    let clock = Arc::new(FixedClock::at("2026-03-05T14:00:00Z".parse().unwrap()));
    Store::open(dir, clock).unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is how the test tells the process it starts where to write"
)]
fn directory() -> Option<PathBuf> {
    std::env::var_os(DIRECTORY).map(PathBuf::from)
}
