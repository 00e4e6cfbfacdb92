use std::{
    collections::BTreeSet, fs, io::Read as _, os::unix::fs::symlink, path::PathBuf, sync::Arc, thread,
};

use base::{FixedClock, Timestamp};
use tempfile::TempDir;

use super::{Artifacts, Digests, Entry, Error, Path, Place};
use crate::Settings;

/// A destination in a directory of its own, beside which nothing may change.
pub(super) struct Fixture {
    pub(super) directory: TempDir,
    pub(super) clock: Arc<FixedClock>,
    pub(super) settings: Settings,
    pub(super) artifacts: Artifacts,
}

impl Fixture {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(0)));
        let mut settings = Settings::of(directory.path().join("kept"), Arc::clone(&clock) as _);
        settings.local_roots = vec![directory.path().join("allowed")];
        fs::create_dir(directory.path().join("allowed")).unwrap();
        let artifacts = Artifacts::of(&settings);
        Self { directory, clock, settings, artifacts }
    }

    pub(super) fn place(&self) -> Place {
        self.artifacts.destination().unwrap()
    }

    /// The destination's files, without what waits.
    pub(super) fn root(&self) -> PathBuf {
        self.settings.artifacts_destination.clone()
    }

    /// The files that wait, and are seen by nobody.
    pub(super) fn waiting(&self) -> Vec<String> {
        let names = fs::read_dir(self.root().join(".kaizen-uploads")).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

pub(super) fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

pub(super) fn put(place: &Place, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let mut upload = place.create(&path(name), Digests::default(), Some(bytes.len() as u64))?;
    bytes.chunks(7).try_for_each(|chunk| upload.write(chunk))?;
    upload.finish(Some(bytes.len() as u64)).map(|_| ())
}

pub(super) fn get(place: &Place, name: &str) -> Result<Vec<u8>, Error> {
    let mut opened = place.open(&path(name))?;
    let mut bytes = Vec::new();
    opened.file.read_to_end(&mut bytes).unwrap();
    assert_eq!(opened.size, bytes.len() as u64);
    Ok(bytes)
}

fn file(path: &str, size: u64) -> Entry {
    Entry { path: path.to_owned(), is_dir: false, file_size: Some(size) }
}

fn directory(path: &str) -> Entry {
    Entry { path: path.to_owned(), is_dir: true, file_size: None }
}

#[test]
fn what_is_put_is_there_listed_and_on_the_disk_under_its_own_name() {
    let fixture = Fixture::new();
    let place = fixture.place();
    put(&place, "1/run/artifacts/a b.txt", b"hello").unwrap();
    put(&place, "1/run/artifacts/empty", b"").unwrap();
    put(&place, "1/run/artifacts/model/MLmodel", b"flavors").unwrap();
    assert_eq!(get(&place, "1/run/artifacts/a%20b.txt").unwrap(), b"hello");
    assert_eq!(get(&place, "1/run/artifacts/empty").unwrap(), b"");
    let listed = place.list(&path("1/run/artifacts")).unwrap();
    assert_eq!(listed, [file("a b.txt", 5), file("empty", 0), directory("model")]);
    assert_eq!(place.list(&Path::root()).unwrap(), [directory("1")]);
    assert_eq!(fs::read(fixture.root().join("1/run/artifacts/a b.txt")).unwrap(), b"hello");
    assert!(fixture.waiting().is_empty());
}

#[test]
fn what_is_not_there_has_no_entries_and_cannot_be_opened() {
    let fixture = Fixture::new();
    let place = fixture.place();
    put(&place, "a/file", b"1").unwrap();
    assert_eq!(place.list(&path("none/at/all")).unwrap(), []);
    assert_eq!(place.list(&path("a/file")).unwrap(), []);
    for missing in ["none", "a/none", "a/file/below", ""] {
        assert!(matches!(place.open(&path(missing)), Err(Error::Missing(_))), "{missing}");
    }
    assert!(matches!(place.open(&path("a")), Err(Error::IsDirectory(name)) if name == "a"));
}

#[test]
fn a_file_is_replaced_whole_and_its_tag_changes() {
    let fixture = Fixture::new();
    let place = fixture.place();
    put(&place, "a", b"first").unwrap();
    let mut old = place.open(&path("a")).unwrap();
    put(&place, "a", b"other").unwrap();
    let new = place.open(&path("a")).unwrap();
    assert_ne!(old.tag, new.tag);
    let mut text = String::new();
    old.file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "first");
    assert_eq!(get(&place, "a").unwrap(), b"other");
}

#[test]
fn a_file_over_a_directory_and_below_a_file_are_refused_before_a_byte_is_read() {
    let fixture = Fixture::new();
    let place = fixture.place();
    put(&place, "a/file", b"1").unwrap();
    let refused = |name: &str| place.create(&path(name), Digests::default(), None).err().unwrap();
    assert!(matches!(refused("a"), Error::IsDirectory(name) if name == "a"));
    assert!(matches!(refused("a/file/below"), Error::NotDirectory(_)));
    assert!(matches!(refused(""), Error::Root));
    assert!(fixture.waiting().is_empty());
}

#[test]
fn a_directory_that_appears_while_a_file_is_on_its_way_stays() {
    let fixture = Fixture::new();
    let place = fixture.place();
    let mut upload = place.create(&path("a"), Digests::default(), None).unwrap();
    upload.write(b"1").unwrap();
    put(&place, "a/inner", b"2").unwrap();
    assert!(matches!(upload.finish(None), Err(Error::IsDirectory(_))));
    assert_eq!(get(&place, "a/inner").unwrap(), b"2");
    assert!(fixture.waiting().is_empty());
}

#[test]
fn an_upload_that_breaks_off_leaves_nothing() {
    let fixture = Fixture::new();
    let place = fixture.place();
    let mut upload = place.create(&path("deep/a"), Digests::default(), Some(100)).unwrap();
    upload.write(b"half").unwrap();
    assert_eq!(fixture.waiting().len(), 1);
    assert_eq!(place.list(&Path::root()).unwrap(), []);
    drop(upload);
    assert!(fixture.waiting().is_empty());
    assert_eq!(place.list(&Path::root()).unwrap(), []);
}

#[test]
fn an_upload_of_another_length_leaves_nothing() {
    let fixture = Fixture::new();
    let place = fixture.place();
    put(&place, "a", b"before").unwrap();
    for declared in [3, 5] {
        let mut upload = place.create(&path("a"), Digests::default(), Some(declared)).unwrap();
        upload.write(b"1234").unwrap();
        let refused = upload.finish(Some(declared));
        assert!(matches!(refused, Err(Error::Length { received: 4, declared: d }) if d == declared));
    }
    assert_eq!(get(&place, "a").unwrap(), b"before");
    assert!(fixture.waiting().is_empty());
}

#[test]
fn an_upload_must_have_the_digests_that_came_with_it() {
    let fixture = Fixture::new();
    let place = fixture.place();
    // Of "hello", by coreutils' md5sum, sha256sum and sha512sum.
    let md5 = "XUFAKrxLKna5cZ2REBfFkg==";
    let sha256 = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:";
    let sha512 =
        "sha-512=:m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw==:";
    let good = [
        Digests::default().with_content_md5(md5).unwrap(),
        Digests::default().with_content_digest(sha256).unwrap(),
        Digests::default().with_content_digest(&format!("crc32c=:AAAAAA==:, {sha512}, {sha256}")).unwrap(),
    ];
    for digests in good {
        let mut upload = place.create(&path("good"), digests.clone(), None).unwrap();
        upload.write(b"hel").unwrap();
        upload.write(b"lo").unwrap();
        upload.finish(None).unwrap();
        let mut upload = place.create(&path("bad"), digests, None).unwrap();
        upload.write(b"hullo").unwrap();
        assert!(matches!(upload.finish(None), Err(Error::Digest(_))));
    }
    assert_eq!(place.list(&Path::root()).unwrap(), [file("good", 5)]);
    assert!(fixture.waiting().is_empty());
}

#[test]
fn a_digest_that_cannot_be_read_is_refused() {
    for md5 in ["", "!", "aGVsbG8="] {
        assert!(Digests::default().with_content_md5(md5).is_err(), "{md5}");
    }
    for digest in ["sha-256", "sha-256=abc", "sha-256=:aGVsbG8=:", "sha-512=:LPJNul+wow4=:"] {
        assert!(Digests::default().with_content_digest(digest).is_err(), "{digest}");
    }
}

#[test]
fn more_than_the_disk_has_is_refused_before_a_byte_is_read() {
    let fixture = Fixture::new();
    let refused = fixture.place().create(&path("a"), Digests::default(), Some(u64::MAX)).err();
    assert!(matches!(refused, Some(Error::Full)));
    assert!(fixture.waiting().is_empty());
}

#[test]
fn a_disk_that_fills_up_says_so() {
    let full = std::io::Error::from_raw_os_error(rustix::io::Errno::NOSPC.raw_os_error());
    assert!(matches!(Error::io("write", full), Error::Full));
    let quota = std::io::Error::from_raw_os_error(rustix::io::Errno::DQUOT.raw_os_error());
    assert!(matches!(Error::io("write", quota), Error::Full));
}

#[test]
fn whoever_puts_last_wins_whole() {
    let fixture = Fixture::new();
    let place = fixture.place();
    let writers: Vec<_> = (0..4_u8)
        .map(|writer| {
            let place = place.clone();
            thread::spawn(move || (0..5).for_each(|_| put(&place, "x/y/same", &[writer; 5_000]).unwrap()))
        })
        .collect();
    let reader = place.clone();
    let reading = thread::spawn(move || {
        let mut seen = BTreeSet::new();
        for _ in 0..200 {
            if let Ok(bytes) = get(&reader, "x/y/same") {
                assert!(bytes.len() == 5_000 && bytes.iter().all(|byte| *byte == bytes[0]));
                seen.insert(bytes[0]);
            }
        }
        seen
    });
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    reading.join().unwrap();
    assert_eq!(get(&place, "x/y/same").unwrap().len(), 5_000);
    assert!(fixture.waiting().is_empty());
}

#[test]
fn what_is_deleted_is_gone_and_who_reads_it_reads_on() {
    let fixture = Fixture::new();
    let place = fixture.place();
    put(&place, "run/deep/er/a", b"kept open").unwrap();
    put(&place, "run/deep/b", b"2").unwrap();
    put(&place, "run/c", b"3").unwrap();
    let mut opened = place.open(&path("run/deep/er/a")).unwrap();
    place.delete(&path("run/deep")).unwrap();
    place.delete(&path("run/c")).unwrap();
    assert_eq!(place.list(&path("run")).unwrap(), []);
    let mut text = String::new();
    opened.file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "kept open");
    place.delete(&path("run/deep")).unwrap();
    place.delete(&path("never/there")).unwrap();
    assert!(matches!(place.delete(&Path::root()), Err(Error::Root)));
    assert!(fixture.waiting().is_empty());
}

#[test]
fn files_put_while_their_directory_is_deleted_are_there_or_gone_whole() {
    let fixture = Fixture::new();
    let place = fixture.place();
    let deleting = place.clone();
    let deleter = thread::spawn(move || (0..100).for_each(|_| deleting.delete(&path("run")).unwrap()));
    for number in 0..30 {
        put(&place, &format!("run/a/b/{}", number % 7), b"whole").unwrap();
    }
    deleter.join().unwrap();
    for entry in place.list(&path("run/a/b")).unwrap() {
        assert_eq!(entry.file_size, Some(5));
    }
    assert!(fixture.waiting().is_empty());
}

#[test]
fn a_wide_and_deep_tree_is_deleted_at_once() {
    let fixture = Fixture::new();
    let place = fixture.place();
    for number in 0..200 {
        fs::create_dir_all(fixture.root().join(format!("wide/{number}/x"))).unwrap();
    }
    let deep: String = "d/".repeat(200);
    fs::create_dir_all(fixture.root().join("wide").join(deep)).unwrap();
    place.delete(&path("wide")).unwrap();
    assert_eq!(place.list(&Path::root()).unwrap(), []);
    assert!(fixture.waiting().is_empty());
}

#[test]
fn what_a_killed_server_left_is_taken_away_at_the_next_start() {
    let fixture = Fixture::new();
    put(&fixture.place(), "a", b"1").unwrap();
    let waiting = fixture.root().join(".kaizen-uploads");
    fs::write(waiting.join(".kaizen-upload-0123"), b"half of a file").unwrap();
    fs::create_dir_all(waiting.join(".kaizen-upload-4567/being/deleted")).unwrap();
    let in_use = fs::File::create(waiting.join(".kaizen-upload-89ab")).unwrap();
    in_use.lock().unwrap();
    let again = Artifacts::of(&fixture.settings);
    again.destination().unwrap();
    assert_eq!(fixture.waiting(), [".kaizen-upload-89ab"], "what another server is writing stays");
    assert_eq!(get(&again.destination().unwrap(), "a").unwrap(), b"1");
}

#[test]
fn links_are_not_listed_opened_or_written_through() {
    let fixture = Fixture::new();
    let place = fixture.place();
    put(&place, "run/a", b"1").unwrap();
    let outside = fixture.directory.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), b"secret").unwrap();
    symlink(&outside, fixture.root().join("run/dir")).unwrap();
    symlink(outside.join("secret"), fixture.root().join("run/file")).unwrap();
    assert_eq!(place.list(&path("run")).unwrap(), [file("a", 1)]);
    assert_eq!(place.list(&path("run/dir")).unwrap(), []);
    assert!(matches!(place.open(&path("run/file")), Err(Error::Missing(_))));
    assert!(matches!(place.open(&path("run/dir/secret")), Err(Error::Missing(_))));
    assert!(matches!(put(&place, "run/dir/new", b"x"), Err(Error::NotDirectory(_))));
    put(&place, "run/file", b"mine").unwrap();
    place.delete(&path("run/dir/secret")).unwrap();
    place.delete(&path("run")).unwrap();
    assert_eq!(fs::read(outside.join("secret")).unwrap(), b"secret");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn pipes_and_sockets_are_no_artifacts() {
    let fixture = Fixture::new();
    let place = fixture.place();
    put(&place, "run/a", b"1").unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(fixture.root().join("run/socket")).unwrap();
    assert!(matches!(place.open(&path("run/socket")), Err(Error::Missing(_))));
    assert_eq!(place.list(&path("run")).unwrap(), [file("a", 1)]);
}

#[test]
fn a_uri_of_the_proxy_is_a_path_below_the_destination_whatever_its_host() {
    let fixture = Fixture::new();
    put(&fixture.place(), "1/run/artifacts/a", b"1").unwrap();
    let uris = [
        "mlflow-artifacts:/1/run/artifacts",
        "mlflow-artifacts://host:9000/1/run/artifacts",
        "http://other/api/2.0/mlflow-artifacts/artifacts/1/run/artifacts",
        "https://other:5/prefix/api/2.0/mlflow-artifacts/artifacts/1/run/artifacts?x=1",
    ];
    for uri in uris {
        let place = fixture.artifacts.resolve(uri).unwrap();
        assert_eq!(place.list(&Path::root()).unwrap(), [file("a", 1)], "{uri}");
    }
    let place = fixture.artifacts.resolve("mlflow-artifacts:").unwrap();
    assert_eq!(get(&place, "1/run/artifacts/a").unwrap(), b"1");
}

#[test]
fn a_local_uri_is_read_and_written_within_the_roots_that_the_operator_allowed() {
    let fixture = Fixture::new();
    let allowed = fixture.directory.path().join("allowed");
    fs::create_dir_all(allowed.join("exp/run 1")).unwrap();
    fs::write(allowed.join("exp/run 1/a"), b"1").unwrap();
    let text = allowed.to_str().unwrap();
    let uris = [
        format!("file://{text}/exp/run%201"),
        format!("file:{text}/exp/run%201"),
        format!("file://localhost{text}/exp/run%201/"),
        format!("{text}/exp/run 1"),
    ];
    for uri in uris {
        let place = fixture.artifacts.resolve(&uri).unwrap();
        assert_eq!(place.list(&Path::root()).unwrap(), [file("a", 1)], "{uri}");
        put(&place, "new/b", b"22").unwrap();
        assert_eq!(fs::read(allowed.join("exp/run 1/new/b")).unwrap(), b"22");
        place.delete(&path("new")).unwrap();
    }
}

#[test]
fn a_local_uri_elsewhere_is_refused_and_names_the_way_out() {
    let fixture = Fixture::new();
    let text = fixture.directory.path().to_str().unwrap().to_owned();
    let elsewhere = [
        text.clone(),
        format!("{text}/kept"),
        format!("{text}/allowed-not"),
        "/".to_owned(),
        "/etc".to_owned(),
    ];
    for directory in elsewhere {
        for uri in [directory.clone(), format!("file://{directory}")] {
            let refused = fixture.artifacts.resolve(&uri).err().unwrap();
            assert!(matches!(refused, Error::NotAllowed(_)), "{uri}: {refused}");
            assert!(refused.to_string().contains("--allow-local-root"));
        }
    }
}

#[test]
fn uris_of_other_kinds_are_left_to_clients() {
    let fixture = Fixture::new();
    for uri in
        ["s3://bucket/a", "gs://bucket", "http://169.254.169.254/latest/meta-data", "ftp://host/a", "dbfs:/a"]
    {
        assert!(matches!(fixture.artifacts.resolve(uri), Err(Error::Scheme(_))), "{uri}");
    }
    for uri in ["", "relative/path", "file:relative", "file://host/path"] {
        assert!(matches!(fixture.artifacts.resolve(uri), Err(Error::Uri(_))), "{uri}");
    }
}
