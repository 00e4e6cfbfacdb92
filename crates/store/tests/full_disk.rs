//! A store that can write no more says so, shows nothing half-written, and goes on when there is
//! room again.
//!
//! A full disk needs a mount, which a test cannot count on. A limit on the size of files is the
//! same to the
//! store, and any process may have one.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for code that is no test")]

use std::{path::Path, process::Command, sync::Arc};

use base::{FixedClock, Hash};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use store::{Error, Store};

/// 512 blocks of 512 bytes, or of 1,024 in a shell that counts so.
const BLOCKS: u64 = 512;

#[test]
fn a_write_that_finds_no_space_is_named_and_leaves_the_store_as_it_was() {
    if getrlimit(Resource::Fsize).current.is_none() {
        run_under_a_limit();
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::at("2026-03-05T14:00:00Z".parse().unwrap()));
    let store = Store::open(dir.path(), clock).unwrap();
    let small = store.put_bytes("small").unwrap();
    let large = vec![42; 2_000_000];

    let error = store.put_bytes(&large).unwrap_err();
    assert!(matches!(error, Error::NoSpace { .. }), "{error}");
    assert!(error.to_string().contains("nothing recorded is lost"), "{error}");
    assert!(!store.exists(&Hash::of(&large)).unwrap());
    assert_eq!(std::fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
    store.verify(&small).unwrap();

    let tree = [("a", &b"fits"[..]), ("b", &large)];
    assert!(matches!(store.put_tree(&tree), Err(Error::NoSpace { .. })));

    make_room();
    let stored = store.put_bytes(&large).unwrap();
    store.verify(&stored).unwrap();
}

/// Runs this test again in a process that may not write large files and is not killed for trying.
fn run_under_a_limit() {
    let itself = std::env::current_exe().unwrap();
    let limited = format!("trap '' XFSZ; ulimit -S -f {BLOCKS}; exec \"$0\" \"$@\"");
    let run = Command::new("sh")
        .args(["-c", &limited])
        .arg(Path::new(&itself))
        .args(["--exact", "a_write_that_finds_no_space_is_named_and_leaves_the_store_as_it_was"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

fn make_room() {
    let maximum = getrlimit(Resource::Fsize).maximum;
    setrlimit(Resource::Fsize, Rlimit { current: maximum, maximum }).unwrap();
}
