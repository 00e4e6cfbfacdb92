use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use base::Hash;
use tempfile::TempDir;

use super::Local;
use crate::{
    Error,
    files::{Disk, Files, faulty::Faulty},
    objects::{
        Durable, Objects,
        conformance::{self, put},
    },
};

/// Objects in a directory that goes with them.
struct Owned {
    local: Local,
    _dir: TempDir,
}

impl Objects for Owned {
    fn put(&self, source: &mut dyn std::io::Read, origin: &Path) -> Result<Hash, Error> {
        self.local.put(source, origin)
    }

    fn put_expected(
        &self,
        expected: (&Hash, u64),
        source: &mut dyn std::io::Read,
        origin: &Path,
    ) -> Result<bool, Error> {
        self.local.put_expected(expected, source, origin)
    }

    fn write(&self, hash: &Hash, bytes: &[u8], durable: Durable) -> Result<(), Error> {
        self.local.write(hash, bytes, durable)
    }

    fn holds(&self, hash: &Hash, bytes: &[u8]) -> Result<bool, Error> {
        self.local.holds(hash, bytes)
    }

    fn settle(&self) -> Result<(), Error> {
        self.local.settle()
    }

    fn lacking(&self, objects: &[(Hash, u64)]) -> Result<Vec<Hash>, Error> {
        self.local.lacking(objects)
    }

    fn keep(&self, hash: &Hash, bytes: u64) -> Result<bool, Error> {
        self.local.keep(hash, bytes)
    }

    fn bytes(&self, hash: &Hash) -> Result<Option<u64>, Error> {
        self.local.bytes(hash)
    }

    fn path(&self, hash: &Hash) -> Result<std::path::PathBuf, Error> {
        self.local.path(hash)
    }

    fn remove(&self, hash: &Hash) -> Result<(), Error> {
        self.local.remove(hash)
    }

    fn sweep(&self) -> Result<usize, Error> {
        self.local.sweep()
    }
}

fn owned(files: impl Files + 'static) -> Owned {
    let dir = tempfile::tempdir().unwrap();
    Owned { local: Local::create(dir.path(), Box::new(files)).unwrap(), _dir: dir }
}

fn temporaries(dir: &Path) -> usize {
    fs::read_dir(dir.join("tmp")).unwrap().count()
}

#[test]
fn local_objects_conform() {
    conformance::run(|| owned(Disk));
}

#[test]
fn local_objects_conform_through_the_wrapper_that_counts() {
    conformance::run(|| owned(Faulty::sound()));
}

#[test]
fn a_disk_that_fills_up_at_any_operation_leaves_nothing_half_visible() {
    let dir = tempfile::tempdir().unwrap();
    Local::create(dir.path(), Box::new(Disk)).unwrap();
    let bytes = vec![42; 600_000];
    let counting = Faulty::sound();
    let rehearsal = tempfile::tempdir().unwrap();
    Local::create(rehearsal.path(), Box::new(Disk)).unwrap();
    put(&Local::existing(rehearsal.path(), Box::new(counting.clone())), &bytes).unwrap();
    assert_eq!(counting.operations(), 7, "create, three writes, seal, rename, sync");

    for operations in 0..counting.operations() {
        let faulty = Local::existing(dir.path(), Box::new(Faulty::full_after(operations)));
        let error = put(&faulty, &bytes).unwrap_err();
        assert!(matches!(error, Error::NoSpace { .. }), "after {operations}: {error}");
        assert!(error.to_string().contains("free some"), "{error}");
        assert_eq!(temporaries(dir.path()), 0, "after {operations}");
        if let Some(size) = faulty.bytes(&Hash::of(&bytes)).unwrap() {
            assert_eq!(size, 600_000, "after {operations}");
        }
    }
    let healthy = Local::existing(dir.path(), Box::new(Disk));
    assert_eq!(put(&healthy, &bytes).unwrap(), Hash::of(&bytes));
    assert!(fs::read(healthy.path(&Hash::of(&bytes)).unwrap()).unwrap() == bytes);
}

#[test]
fn a_store_whose_making_was_cut_short_is_made_whole_by_the_next() {
    let dir = tempfile::tempdir().unwrap();
    // The 256 directories are made aside, synced and moved to their place.
    for operations in [0, 1, 2, 3, 100, 257, 258, 259] {
        let faulty = Local::create(dir.path(), Box::new(Faulty::full_after(operations)));
        assert!(matches!(faulty.map(|_| ()), Err(Error::NoSpace { .. })), "after {operations}");
    }
    let local = Local::create(dir.path(), Box::new(Disk)).unwrap();
    for number in 0..100 {
        put(&local, format!("object {number}").as_bytes()).unwrap();
    }
}

#[test]
fn a_store_that_an_earlier_release_made_in_part_gets_the_directories_it_lacks() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["objects", "tmp"] {
        fs::create_dir(dir.path().join(name)).unwrap();
    }
    let local = Local::create(dir.path(), Box::new(Disk)).unwrap();
    let hash = put(&local, b"flights").unwrap();
    assert_eq!(fs::read(local.path(&hash).unwrap()).unwrap(), b"flights");
    local.write(&Hash::of("delays"), b"delays", Durable::Later).unwrap();
    assert!(local.holds(&Hash::of("delays"), b"delays").unwrap());
}

#[test]
fn opening_objects_that_are_there_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    Local::create(dir.path(), Box::new(Disk)).unwrap();
    let counting = Faulty::sound();
    Local::create(dir.path(), Box::new(counting.clone())).unwrap();
    assert_eq!(counting.operations(), 0);
}

#[test]
fn every_operation_says_that_a_file_system_is_read_only_and_leaves_it_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let healthy = Local::create(dir.path(), Box::new(Disk)).unwrap();
    let kept = put(&healthy, b"flights").unwrap();
    let other = Hash::of("delays");
    let local = Local::existing(dir.path(), Box::new(Faulty::read_only()));
    let refusals = [
        put(&local, b"delays").map(|_| ()),
        local.write(&other, b"delays", Durable::Now),
        local.write(&other, b"delays", Durable::Later),
        local.put_expected((&other, 6), &mut &b"delays"[..], Path::new("memory")).map(|_| ()),
        local.settle(),
        local.remove(&kept),
        local.keep(&kept, 7).map(|_| ()),
    ];
    for refusal in refusals {
        let error = refusal.unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error}");
    }
    assert_eq!(local.bytes(&other).unwrap(), None);
    assert!(local.holds(&kept, b"flights").unwrap());
    assert_eq!(temporaries(dir.path()), 0);
}

#[test]
fn objects_are_read_only_and_an_existing_one_is_not_rewritten() {
    let objects = owned(Disk);
    let hash = put(&objects, b"flights").unwrap();
    let before = fs::metadata(objects.path(&hash).unwrap()).unwrap();
    assert_eq!(before.permissions().mode() & 0o777, 0o444);
    put(&objects, b"flights").unwrap();
    let after = fs::metadata(objects.path(&hash).unwrap()).unwrap();
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
    assert_eq!(std::os::unix::fs::MetadataExt::ino(&before), std::os::unix::fs::MetadataExt::ino(&after));
}

#[test]
fn a_cut_object_is_replaced_when_it_is_put_again() {
    let objects = owned(Disk);
    let hash = put(&objects, b"flights").unwrap();
    let path = objects.path(&hash).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, "fli").unwrap();
    put(&objects, b"flights").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"flights");
}

#[test]
fn what_killed_processes_left_is_swept_and_what_the_living_write_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let local = Local::create(dir.path(), Box::new(Disk)).unwrap();
    let mut child = Command::new("true").spawn().unwrap();
    let dead = child.id();
    child.wait().unwrap();
    let mut living = Command::new("sleep").arg("60").spawn().unwrap();

    let tmp = dir.path().join("tmp");
    let ours = crate::Temporary::within(&tmp);
    fs::write(ours.path(), "half").unwrap();
    let kept = tmp.join(format!("{}-0123456789abcdef-0", living.id()));
    fs::write(&kept, "half").unwrap();
    // An earlier process that had our id, as in a container; one that is gone; a stranger; a directory.
    let stale = [format!("{}-0-0", std::process::id()), format!("{dead}-0-0"), "core".to_owned()];
    for name in &stale {
        fs::write(tmp.join(name), "half").unwrap();
    }
    fs::create_dir_all(tmp.join(format!("{dead}-0-1/deep"))).unwrap();

    let swept = local.sweep();
    let left = (kept.exists(), ours.path().exists(), temporaries(dir.path()));
    living.kill().unwrap();
    living.wait().unwrap();
    assert_eq!(swept.unwrap(), 4);
    assert_eq!(left, (true, true, 2));
}
