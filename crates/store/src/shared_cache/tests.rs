use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use base::Hash;
use tempfile::TempDir;

use super::{Lookup, Shared, SharedCache, SharedObject};
use crate::{Error, files::faulty::Faulty, testing::Scene};

/// Two projects and the cache that they share.
struct Team {
    ours: Scene,
    theirs: Scene,
    dir: TempDir,
}

impl Team {
    fn new() -> Self {
        Self { ours: Scene::new(), theirs: Scene::new(), dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    fn cache(&self) -> SharedCache {
        SharedCache::open(&self.path()).unwrap()
    }

    fn on(&self, files: &Faulty) -> Result<SharedCache, Error> {
        SharedCache::open_on(&|| Box::new(files.clone()), &self.path())
    }

    /// Puts objects into our store and an entry of them into the cache.
    fn share(&self, contents: &[&[u8]]) -> Shared {
        let shared = self.made(contents);
        self.cache().put(&key(), &shared, &self.ours.store).unwrap();
        shared
    }

    fn made(&self, contents: &[&[u8]]) -> Shared {
        let object = |content: &&[u8]| {
            let hash = self.ours.store.put_bytes(content).unwrap();
            SharedObject { hash, bytes: content.len() as u64 }
        };
        let objects: Vec<_> = contents.iter().map(object).collect();
        Shared { output: objects[0].hash, objects }
    }

    fn object(&self, hash: &Hash) -> PathBuf {
        let digits = hash.to_string();
        self.path().join("objects").join(&digits[..2]).join(&digits[2..])
    }

    fn entry(&self) -> PathBuf {
        let digits = key().to_string();
        self.path().join("keys").join(&digits[..2]).join(&digits[2..])
    }

    /// What the others find.
    fn found(&self) -> Lookup {
        self.cache().get(&key(), &self.theirs.store).unwrap()
    }
}

fn key() -> Hash {
    Hash::of("inputs")
}

fn large() -> Vec<u8> {
    (0..200_000).map(|position: usize| (position % 251) as u8).collect()
}

fn overwrite(path: &Path, content: &[u8]) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn a_second_machine_with_the_same_inputs_gets_every_object() {
    let team = Team::new();
    let shared = team.share(&[b"output", b"", &large()]);
    assert_eq!(team.found(), Lookup::Hit(shared.clone()));
    for object in &shared.objects {
        team.theirs.store.verify(&object.hash).unwrap();
    }
    assert_eq!(team.found(), Lookup::Hit(shared), "and again, with all of it there");
    let other = team.cache().get(&Hash::of("other inputs"), &team.theirs.store).unwrap();
    assert_eq!(other, Lookup::Miss);
}

#[test]
fn what_is_taken_is_durable_with_the_transaction_that_names_it() {
    let team = Team::new();
    let shared = team.share(&[b"output"]);
    assert!(matches!(team.found(), Lookup::Hit(_)));
    team.theirs.store.next_generation().unwrap();
    let path = team.theirs.store.path(&shared.output).unwrap();
    fs::remove_file(&path).unwrap();
    team.theirs.reopened().verify(&shared.output).unwrap();
}

#[test]
fn a_damaged_object_is_a_miss_that_is_told_and_taken_away_and_can_be_put_again() {
    let large = large();
    let mut altered = large.clone();
    altered[77_777] ^= 1;
    let damages: [(&[u8], &[u8]); 5] = [
        (b"output", b"0utput"),
        (b"output", b"out"),
        (b"output", b"output and more"),
        (&large, &altered),
        (&large, &large[..100_000]),
    ];
    for (content, damaged) in damages {
        let team = Team::new();
        let shared = team.share(&[content]);
        overwrite(&team.object(&shared.output), damaged);
        let Lookup::Damaged { why } = team.found() else { panic!("{} bytes", damaged.len()) };
        assert!(why.contains(&shared.output.short()), "{why}");
        assert!(!team.theirs.store.exists(&shared.output).unwrap());
        assert_eq!(fs::read_dir(team.theirs.path().join("tmp")).unwrap().count(), 0);
        assert_eq!(team.found(), Lookup::Miss);
        team.cache().put(&key(), &shared, &team.ours.store).unwrap();
        assert_eq!(team.found(), Lookup::Hit(shared));
    }
}

#[test]
fn an_entry_without_one_of_its_objects_is_damaged() {
    let team = Team::new();
    let shared = team.share(&[b"output", b"figures"]);
    fs::remove_file(team.object(&shared.objects[1].hash)).unwrap();
    let Lookup::Damaged { why } = team.found() else { panic!("it is not whole") };
    assert!(why.contains("is not there"), "{why}");
    assert_eq!(team.found(), Lookup::Miss);
}

#[test]
fn an_entry_that_does_not_read_is_damaged_and_one_of_a_later_release_is_left() {
    let team = Team::new();
    let hash = Hash::of("output");
    let damaged = [
        String::new(),
        "{\"format\":1,\"outp".to_owned(),
        "[]".to_owned(),
        format!("{{\"format\":1,\"output\":\"{hash}\",\"objects\":[]}}"),
        "{\"format\":1,\"output\":\"../../etc/passwd\",\"objects\":[]}".to_owned(),
        format!("{{\"format\":1,\"output\":\"{hash}\",\"objects\":[{{\"hash\":\"{hash}\",\"bytes\":-1}}]}}"),
    ];
    for text in damaged {
        team.share(&[b"output"]);
        overwrite(&team.entry(), text.as_bytes());
        assert!(matches!(team.found(), Lookup::Damaged { .. }), "{text}");
        assert_eq!(team.found(), Lookup::Miss, "{text}");
    }
    team.share(&[b"output"]);
    overwrite(&team.entry(), b"{\"format\":2,\"result\":{}}");
    assert_eq!(team.found(), Lookup::Miss);
    assert!(team.entry().exists());
}

#[test]
fn a_size_that_is_declared_wrong_is_not_read_beyond() {
    let team = Team::new();
    let shared = team.share(&[b"output"]);
    let hash = shared.output;
    let lie =
        format!("{{\"format\":1,\"output\":\"{hash}\",\"objects\":[{{\"hash\":\"{hash}\",\"bytes\":5}}]}}");
    overwrite(&team.entry(), lie.as_bytes());
    let Lookup::Damaged { why } = team.found() else { panic!("it says 5 bytes") };
    assert!(why.contains("6 bytes, not 5"), "{why}");
}

#[test]
fn an_object_that_the_store_has_is_not_taken_from_the_cache() {
    let team = Team::new();
    let shared = team.share(&[b"output", &large()]);
    team.theirs.store.put_bytes("output").unwrap();
    team.theirs.store.put_bytes(large()).unwrap();
    fs::remove_dir_all(team.path().join("objects")).unwrap();
    assert_eq!(team.found(), Lookup::Hit(shared));
}

#[test]
fn a_damaged_object_of_the_store_is_healed_by_the_cache() {
    let team = Team::new();
    let shared = team.share(&[b"output"]);
    team.theirs.store.put_bytes("output").unwrap();
    overwrite(&team.theirs.store.path(&shared.output).unwrap(), b"0utput");
    assert!(matches!(team.found(), Lookup::Hit(_)));
    team.theirs.store.verify(&shared.output).unwrap();
}

#[test]
fn an_object_that_our_own_store_lacks_or_has_damaged_is_not_shared() {
    let team = Team::new();
    let (small, large) = (team.made(&[b"output"]), team.made(&[&large()]));
    for shared in [&small, &large] {
        let wrong = SharedObject { bytes: shared.objects[0].bytes + 1, ..shared.objects[0] };
        let wrong = Shared { output: shared.output, objects: vec![wrong] };
        let error = team.cache().put(&key(), &wrong, &team.ours.store).unwrap_err();
        assert!(matches!(error, Error::Corrupt { .. }), "{error}");
        let path = team.ours.store.path(&shared.output).unwrap();
        let content = vec![7; usize::try_from(shared.objects[0].bytes).unwrap()];
        overwrite(&path, &content);
        let error = team.cache().put(&key(), shared, &team.ours.store).unwrap_err();
        assert!(matches!(error, Error::Corrupt { .. }), "{error}");
        fs::remove_file(&path).unwrap();
        let error = team.cache().put(&key(), shared, &team.ours.store).unwrap_err();
        assert!(matches!(error, Error::Missing { .. }), "{error}");
    }
    assert_eq!(team.found(), Lookup::Miss);
}

#[test]
fn many_writers_of_one_key_leave_one_whole_entry() {
    let team = Team::new();
    let contents: Vec<_> = (0..4).map(|number| format!("output {number}")).collect();
    let entries: Vec<_> = contents.iter().map(|content| team.made(&[content.as_bytes(), &large()])).collect();
    std::thread::scope(|scope| {
        for shared in &entries {
            scope.spawn(|| (0..5).for_each(|_| team.cache().put(&key(), shared, &team.ours.store).unwrap()));
        }
        for _ in 0..20 {
            assert!(!matches!(team.found(), Lookup::Damaged { .. }));
        }
    });
    let Lookup::Hit(found) = team.found() else { panic!("there is one") };
    assert!(entries.contains(&found));
    assert_eq!(fs::read_dir(team.path().join("tmp")).unwrap().count(), 0);
}

#[test]
fn a_writer_that_ends_at_any_operation_leaves_no_entry_or_a_whole_one() {
    let team = Team::new();
    team.cache();
    let entry = |number: usize| {
        let mut rows = large();
        rows.extend(number.to_le_bytes());
        let shared = team.made(&[format!("output {number}").as_bytes(), &rows]);
        (Hash::of(number.to_string()), shared)
    };
    let counting = Faulty::sound();
    let (key, shared) = entry(1_000);
    team.on(&counting).unwrap().put(&key, &shared, &team.ours.store).unwrap();
    assert!(counting.operations() > 10, "{}", counting.operations());
    for operations in 0..counting.operations() {
        let (key, shared) = entry(operations);
        let full = team.on(&Faulty::full_after(operations)).unwrap();
        let error = full.put(&key, &shared, &team.ours.store).unwrap_err();
        assert!(matches!(error, Error::NoSpace { .. }), "after {operations}: {error}");
        let found = || team.cache().get(&key, &team.theirs.store).unwrap();
        assert_eq!(found(), Lookup::Miss, "after {operations}");
        team.cache().put(&key, &shared, &team.ours.store).unwrap();
        assert_eq!(found(), Lookup::Hit(shared), "after {operations}");
    }
}

#[test]
fn a_cache_whose_making_was_cut_short_at_any_operation_is_made_whole_by_the_next() {
    let rehearsal = Team::new();
    let counting = Faulty::sound();
    rehearsal.on(&counting).unwrap();
    let all = counting.operations();
    for operations in [0, 1, 100, all - 6, all - 5, all - 4, all - 3, all - 2, all - 1] {
        let team = Team::new();
        assert!(team.on(&Faulty::full_after(operations)).is_err(), "after {operations}");
        let shared = team.share(&[b"output"]);
        assert_eq!(team.found(), Lookup::Hit(shared), "after {operations}");
    }
}

#[test]
fn a_cache_that_may_only_be_read_gives_what_it_has_and_refuses_what_is_put() {
    let team = Team::new();
    let shared = team.share(&[b"output", &large()]);
    let cache = team.on(&Faulty::read_only()).unwrap();
    assert_eq!(cache.get(&key(), &team.theirs.store).unwrap(), Lookup::Hit(shared.clone()));
    let error = cache.put(&Hash::of("other inputs"), &shared, &team.ours.store).unwrap_err();
    let path = team.path().display().to_string();
    assert!(matches!(error, Error::Io { .. }) && error.to_string().contains(&path), "{error}");
    // What is damaged stays, and that is told.
    overwrite(&team.object(&shared.output), b"0utput");
    let fresh = Scene::new();
    let Lookup::Damaged { why } = cache.get(&key(), &fresh.store).unwrap() else { panic!("it is damaged") };
    assert!(why.contains("remove") && why.contains(&path), "{why}");

    let elsewhere = Team::new();
    let error = elsewhere.on(&Faulty::read_only()).unwrap_err();
    assert!(error.to_string().contains(&elsewhere.path().display().to_string()), "{error}");
}

#[test]
fn a_directory_of_a_later_release_or_of_something_else_is_refused_and_named() {
    let team = Team::new();
    team.cache();
    let format = team.path().join("kaizen-cache.json");
    overwrite(&format, b"{\"format\":2}");
    let error = SharedCache::open(&team.path()).unwrap_err();
    assert!(matches!(error, Error::NewerCache { found: 2, known: 1, .. }), "{error}");
    overwrite(&format, b"shopping list");
    let error = SharedCache::open(&team.path()).unwrap_err();
    assert!(matches!(error, Error::NotACache { .. }), "{error}");
    assert!(error.to_string().contains(&team.path().display().to_string()), "{error}");
}

#[test]
fn what_killed_writers_left_is_swept_after_a_day() {
    let team = Team::new();
    team.cache();
    let now =
        SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(team.ours.now().micros()).unwrap());
    let leave = |name: &str, hours: u64| {
        let path = team.path().join("tmp").join(name);
        let file = fs::File::create(&path).unwrap();
        file.set_modified(now - Duration::from_secs(hours * 3_600)).unwrap();
        path
    };
    let (old, young) = (leave("7-0-0", 25), leave("7-0-1", 23));
    team.share(&[b"output"]);
    assert_eq!((old.exists(), young.exists()), (false, true));
}
