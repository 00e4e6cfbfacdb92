//! Paths that lead out, and moves to another file system.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    time::{Duration, UNIX_EPOCH},
};

use super::{Beside, is_plain, move_across, move_path, stays_inside};

#[test]
fn a_path_that_climbs_is_refused_and_one_below_is_not() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("out")).unwrap();
    for path in ["out", "out/x", "new/deep/x", "out/..x"] {
        assert!(stays_inside(root.path(), path).is_ok() && is_plain(path), "{path}");
    }
    for path in ["..", "../x", "out/../../x", "out/../x", "/x", ""] {
        assert!(!is_plain(path), "{path}");
        assert!(path.is_empty() || stays_inside(root.path(), path).is_err(), "{path}");
    }
}

#[test]
fn a_path_through_a_link_that_leads_out_is_refused_and_one_that_stays_is_not() {
    let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(root.path().join("real")).unwrap();
    symlink(root.path().join("real"), outside.path().join("back")).unwrap();
    for (link, to) in [("out", outside.path()), ("none", &outside.path().join("missing"))] {
        symlink(to, root.path().join(link)).unwrap();
    }
    symlink("real", root.path().join("in")).unwrap();
    assert!(stays_inside(root.path(), "in/x").is_ok());
    for path in ["out/x", "out/back/x", "out/new/x", "none/x"] {
        assert!(stays_inside(root.path(), path).is_err(), "{path}");
    }
}

#[test]
fn what_goes_to_another_file_system_arrives_as_it_was_and_is_gone_from_where_it_was() {
    for moved in [move_across, move_path] {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        fs::create_dir_all(from.join("deep")).unwrap();
        fs::write(from.join("deep/program"), "text").unwrap();
        symlink("gone", from.join("link")).unwrap();
        let time = UNIX_EPOCH + Duration::new(1_000_000_000, 5);
        fs::File::options().write(true).open(from.join("deep/program")).unwrap().set_modified(time).unwrap();
        fs::set_permissions(from.join("deep/program"), fs::Permissions::from_mode(0o555)).unwrap();
        moved(&from, &to).unwrap();
        let found = fs::metadata(to.join("deep/program")).unwrap();
        assert_eq!((found.permissions().mode() & 0o777, found.modified().unwrap()), (0o555, time));
        assert_eq!(fs::read_to_string(to.join("deep/program")).unwrap(), "text");
        assert_eq!(fs::read_link(to.join("link")).unwrap().to_str(), Some("gone"));
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }
}

#[test]
fn what_cannot_be_copied_stays_where_it_is() {
    let root = tempfile::tempdir().unwrap();
    let (from, to) = (root.path().join("from"), root.path().join("to"));
    fs::create_dir(&from).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(from.join("socket")).unwrap();
    let error = move_across(&from, &to).unwrap_err().to_string();
    assert!(error.contains("from/socket is neither a file nor a directory"), "{error}");
    assert!(from.join("socket").exists());
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}

#[test]
fn what_a_kill_left_beside_a_path_is_taken_away_by_the_next_one() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("out");
    let half = Beside::of(&path).unwrap();
    fs::write(&half.0, "half").unwrap();
    std::mem::forget(half);
    let next = Beside::of(&path).unwrap();
    assert!(!next.0.exists());
    drop(next);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}
