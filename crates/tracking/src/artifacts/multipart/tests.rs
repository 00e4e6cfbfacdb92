use std::{fs, time::Duration};

use base::{Clock as _, Timestamp};

use super::{
    super::{
        Artifacts, Digests, Error, Path,
        tests::{Fixture, get, path, put},
    },
    MAX_PART, MAX_PARTS, Multipart, Part,
};

fn send(multipart: &Multipart, id: &str, number: u32, bytes: &[u8]) -> Result<Part, Error> {
    let mut part = multipart.part(id, number, Digests::default(), Some(bytes.len() as u64))?;
    part.write(bytes)?;
    let tag = part.finish(Some(bytes.len() as u64))?;
    Ok(Part { number, tag: format!("\"{tag}\"") })
}

#[test]
fn parts_in_any_order_become_one_file() {
    let fixture = Fixture::new();
    let multipart = fixture.artifacts.multipart().unwrap();
    let id = multipart.create(&path("run/big"), 3).unwrap();
    let third = send(&multipart, &id, 3, b"!").unwrap();
    let first = send(&multipart, &id, 1, b"hello ").unwrap();
    send(&multipart, &id, 2, b"wrong").unwrap();
    let second = send(&multipart, &id, 2, b"world").unwrap();
    assert_eq!(fixture.place().list(&Path::root()).unwrap(), [], "nothing is seen before it is whole");
    let parts = [first, second, third];
    multipart.complete(&id, &path("run/big"), &parts).unwrap();
    assert_eq!(get(&fixture.place(), "run/big").unwrap(), b"hello world!");
    multipart.complete(&id, &path("run/big"), &parts).unwrap();
    let left: Vec<_> =
        fs::read_dir(fixture.root().join(".kaizen-uploads").join(format!("parts-{id}"))).unwrap().collect();
    assert_eq!(left.len(), 2, "only the record and the mark are left: {left:?}");
}

#[test]
fn parts_that_are_missing_or_others_keep_the_file_away() {
    let fixture = Fixture::new();
    let multipart = fixture.artifacts.multipart().unwrap();
    let id = multipart.create(&path("a"), 2).unwrap();
    let first = send(&multipart, &id, 1, b"one").unwrap();
    let old = send(&multipart, &id, 2, b"two").unwrap();
    let second = send(&multipart, &id, 2, b"TWO").unwrap();
    let with_tag = |tag: &str| vec![first.clone(), Part { number: 2, tag: tag.to_owned() }];
    let bad = [
        vec![],
        vec![first.clone()],
        vec![second.clone(), first.clone()],
        vec![first.clone(), second.clone(), Part { number: 3, tag: first.tag.clone() }],
        vec![first.clone(), old],
        with_tag(""),
        with_tag("../../../../etc/passwd"),
        with_tag(&"0".repeat(64)),
    ];
    for parts in bad {
        assert!(matches!(multipart.complete(&id, &path("a"), &parts), Err(Error::Part(_))), "{parts:?}");
        assert!(matches!(fixture.place().open(&path("a")), Err(Error::Missing(_))));
    }
    multipart.complete(&id, &path("a"), &[first, second]).unwrap();
    assert_eq!(get(&fixture.place(), "a").unwrap(), b"oneTWO");
}

#[test]
fn a_finished_upload_takes_no_more_parts_and_no_place_of_another() {
    let fixture = Fixture::new();
    let multipart = fixture.artifacts.multipart().unwrap();
    let id = multipart.create(&path("a"), 1).unwrap();
    let part = send(&multipart, &id, 1, b"one").unwrap();
    multipart.complete(&id, &path("a"), &[part]).unwrap();
    assert!(matches!(send(&multipart, &id, 1, b"more"), Err(Error::Part(_))));
    for number in 0..super::MAX_UPLOADS {
        multipart.create(&path("b"), 1).unwrap_or_else(|error| panic!("{number}: {error}"));
    }
    assert!(matches!(multipart.create(&path("b"), 1), Err(Error::TooManyUploads(_))));
}

#[test]
fn an_upload_is_of_its_own_file_only() {
    let fixture = Fixture::new();
    let multipart = fixture.artifacts.multipart().unwrap();
    let id = multipart.create(&path("a"), 1).unwrap();
    let part = send(&multipart, &id, 1, b"one").unwrap();
    assert!(matches!(multipart.complete(&id, &path("b"), &[part]), Err(Error::OtherUpload)));
    assert!(matches!(multipart.abort(&id, &path("b")), Err(Error::OtherUpload)));
    assert_eq!(fixture.place().list(&Path::root()).unwrap(), []);
}

#[test]
fn an_id_that_nobody_was_given_stands_for_nothing() {
    let fixture = Fixture::new();
    put(&fixture.place(), "a", b"1").unwrap();
    let multipart = fixture.artifacts.multipart().unwrap();
    for id in ["", "..", "../../a", &"0".repeat(32), &"A".repeat(32), "0/../0000000000000000000000000000"] {
        let part = Part { number: 1, tag: "0".repeat(64) };
        assert!(matches!(multipart.part(id, 1, Digests::default(), None), Err(Error::NoUpload)), "{id}");
        assert!(matches!(multipart.complete(id, &path("a"), &[part]), Err(Error::NoUpload)), "{id}");
        multipart.abort(id, &path("a")).unwrap();
    }
    assert_eq!(get(&fixture.place(), "a").unwrap(), b"1");
}

#[test]
fn an_aborted_upload_leaves_nothing_and_takes_no_more() {
    let fixture = Fixture::new();
    let multipart = fixture.artifacts.multipart().unwrap();
    let id = multipart.create(&path("a"), 2).unwrap();
    send(&multipart, &id, 1, b"one").unwrap();
    let mut late = multipart.part(&id, 2, Digests::default(), None).unwrap();
    late.write(b"two").unwrap();
    multipart.abort(&id, &path("a")).unwrap();
    multipart.abort(&id, &path("a")).unwrap();
    assert!(matches!(late.finish(None), Err(Error::NoUpload)));
    assert!(fixture.waiting().is_empty());
}

#[test]
fn numbers_and_sizes_are_bounded() {
    let fixture = Fixture::new();
    let multipart = fixture.artifacts.multipart().unwrap();
    for parts in [0, MAX_PARTS + 1] {
        assert!(matches!(multipart.create(&path("a"), parts), Err(Error::Part(_))));
    }
    assert!(matches!(multipart.create(&Path::root(), 1), Err(Error::Root)));
    let id = multipart.create(&path("a"), 2).unwrap();
    for number in [0, 3] {
        assert!(matches!(multipart.part(&id, number, Digests::default(), None), Err(Error::Part(_))));
    }
    let declared = Some(MAX_PART + 1);
    assert!(matches!(multipart.part(&id, 1, Digests::default(), declared), Err(Error::Part(_))));
}

#[test]
fn a_part_that_is_not_what_was_announced_is_not_kept() {
    let fixture = Fixture::new();
    let multipart = fixture.artifacts.multipart().unwrap();
    let id = multipart.create(&path("a"), 1).unwrap();
    let digests = Digests::default().with_content_md5("XUFAKrxLKna5cZ2REBfFkg==").unwrap();
    let mut part = multipart.part(&id, 1, digests, None).unwrap();
    part.write(b"hullo").unwrap();
    assert!(matches!(part.finish(None), Err(Error::Digest("MD5"))));
    let mut part = multipart.part(&id, 1, Digests::default(), Some(9)).unwrap();
    part.write(b"short").unwrap();
    assert!(matches!(part.finish(Some(9)), Err(Error::Length { declared: 9, received: 5 })));
    let kept = fs::read_dir(fixture.root().join(".kaizen-uploads").join(format!("parts-{id}"))).unwrap();
    assert_eq!(kept.count(), 1, "the record alone");
}

#[test]
fn an_upload_survives_a_restart_and_expires_after_a_day() {
    let fixture = Fixture::new();
    let multipart = fixture.artifacts.multipart().unwrap();
    let id = multipart.create(&path("a"), 1).unwrap();
    let part = send(&multipart, &id, 1, b"one").unwrap();
    let touched = fs::metadata(fixture.root().join(".kaizen-uploads").join(format!("parts-{id}"))).unwrap();
    let touched = touched.modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
    fixture.clock.advance(touched + Duration::from_secs(86_000));
    let again = Artifacts::of(&fixture.settings).multipart().unwrap();
    again.complete(&id, &path("a"), &[part]).unwrap();
    assert_eq!(get(&fixture.place(), "a").unwrap(), b"one");
    fixture.clock.advance(Duration::from_secs(1_000));
    assert!(fixture.clock.now() > Timestamp::from_micros(0));
    let other = again.create(&path("b"), 1).unwrap();
    assert!(matches!(again.part(&id, 1, Digests::default(), None), Err(Error::NoUpload)));
    // That one is as old as the clock says, too: the file system's clock and ours differ here.
    assert_ne!(other, id);
}
