use std::{fs, os::unix::fs::PermissionsExt as _, thread};

use base::{Name, Timestamp};
use tempfile::TempDir;

use super::{Tokens, Wanted};
use crate::access::{Error, Scope};

fn wanted(name: &str) -> Wanted {
    let name: Name = name.parse().unwrap();
    Wanted { name, scope: Scope::Write, created: Timestamp::from_micros(0), expires: None }
}

fn tokens() -> (TempDir, Tokens) {
    let directory = tempfile::tempdir().unwrap();
    let tokens = Tokens::of(&directory.path().join("deep/tracking"));
    (directory, tokens)
}

#[test]
fn a_token_is_kept_without_its_secret_for_its_owner_alone() {
    let (_directory, tokens) = tokens();
    assert_eq!(tokens.list().unwrap(), []);
    let secret = tokens.create(&wanted("ci")).unwrap();
    let path = tokens.directory.join("tokens.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"ci\"") && text.contains("\"version\": 1"), "{text}");
    assert!(!text.contains(&secret.reveal()[3..]), "{text}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let listed = tokens.list().unwrap();
    assert_eq!((listed[0].name.as_str(), listed[0].scope, listed[0].expires), ("ci", Scope::Write, None));
}

#[test]
fn a_name_is_given_once_and_is_free_again_when_it_is_revoked() {
    let (_directory, tokens) = tokens();
    let first = tokens.create(&wanted("ci")).unwrap();
    assert!(matches!(tokens.create(&wanted("ci")), Err(Error::Exists(name)) if name == "ci"));
    tokens.revoke("ci").unwrap();
    assert_ne!(tokens.create(&wanted("ci")).unwrap(), first);
    let error = tokens.revoke("cj").unwrap_err().to_string();
    assert_eq!(error, "there is no token `cj`; did you mean `ci`?");
}

#[test]
fn revoking_where_there_is_nothing_makes_nothing() {
    let (_directory, tokens) = tokens();
    assert_eq!(tokens.revoke("ci").unwrap_err().to_string(), "there is no token `ci`; there are no tokens");
    assert!(!tokens.directory.exists());
}

#[test]
fn many_who_create_at_once_lose_nothing() {
    let (_directory, tokens) = tokens();
    thread::scope(|scope| {
        for number in 0..16 {
            let tokens = &tokens;
            scope.spawn(move || tokens.create(&wanted(&format!("t{number}"))).unwrap());
        }
    });
    assert_eq!(tokens.list().unwrap().len(), 16);
}

#[test]
fn what_a_killed_writer_left_does_not_matter() {
    let (_directory, tokens) = tokens();
    fs::create_dir_all(&tokens.directory).unwrap();
    fs::write(tokens.directory.join("tokens.json.new"), "{\"vers").unwrap();
    tokens.create(&wanted("ci")).unwrap();
    assert_eq!(tokens.list().unwrap().len(), 1);
    assert!(!tokens.directory.join("tokens.json.new").exists());
}

#[test]
fn a_file_that_is_damaged_or_newer_is_named_and_never_written_over() {
    let (_directory, tokens) = tokens();
    tokens.create(&wanted("ci")).unwrap();
    let path = tokens.directory.join("tokens.json");
    let whole = fs::read_to_string(&path).unwrap();
    let hash = whole.split("\"sha256\": \"").nth(1).unwrap().split('"').next().unwrap();
    for (text, word) in [
        (String::new(), "is no file of tokens"),
        ("[]".to_owned(), "is no file of tokens"),
        (whole[..whole.len() / 2].to_owned(), "is no file of tokens"),
        (whole.replace(hash, "AA"), "the hash of `ci` is damaged"),
        (whole.replace("\"write\"", "\"root\""), "unknown variant"),
        (whole.replace("\"version\": 1", "\"version\": 2"), "is of format 2, which is newer"),
    ] {
        fs::write(&path, &text).unwrap();
        for error in [tokens.list().unwrap_err(), tokens.create(&wanted("two")).unwrap_err()] {
            let error = error.to_string();
            assert!(error.contains(word) && error.contains("tokens.json"), "{error}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}
