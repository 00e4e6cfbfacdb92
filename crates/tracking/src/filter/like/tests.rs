use proptest::prelude::*;
use rusqlite::Connection;

use super::{Case, LONGEST, glob, matches};

/// What SQLite makes of the pattern, by `GLOB` and by `LIKE`.
fn in_sqlite(pattern: &str, text: &str) -> (bool, bool) {
    let connection = Connection::open_in_memory().unwrap();
    let sql = "SELECT ?2 GLOB ?1, ?2 LIKE ?3";
    connection.query_row(sql, (glob(pattern), text, pattern), |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[test]
fn like_minds_capital_letters_and_ilike_does_not() {
    for (pattern, text, like, ilike) in [
        ("abc", "abc", true, true),
        ("abc", "ABC", false, true),
        ("a%", "abc", true, true),
        ("%Other%", "another value", false, true),
        ("%other%", "another value", true, true),
        ("other%", "another value", false, false),
        ("_e%", "test", true, true),
        ("_", "é", true, true),
        ("É", "é", false, false),
        ("%", "", true, true),
        ("%%", "a\nb", true, true),
        ("", "", true, true),
        ("", "a", false, false),
        ("a_", "a", false, false),
        ("%a%b_c", "xaxbxbyc", true, true),
        ("100*", "100*", true, true),
        ("100*", "1000", false, false),
        ("[a]?", "[a]?", true, true),
        ("\\%", "\\x", true, true),
        ("\\%", "%", false, false),
    ] {
        assert_eq!(
            (matches(pattern, text, Case::Minded), matches(pattern, text, Case::Ignored)),
            (like, ilike),
            "{pattern} {text}"
        );
        assert_eq!(in_sqlite(pattern, text), (like, ilike), "SQLite: {pattern} {text}");
    }
}

#[test]
fn the_longest_pattern_is_one_that_sqlite_takes() {
    let pattern = "[".repeat(LONGEST);
    assert_eq!(in_sqlite(&pattern, &pattern), (true, true));
}

#[test]
fn a_pattern_of_many_wildcards_ends_soon() {
    let (pattern, text) = ("%a".repeat(2_000) + "b", "a".repeat(4_000));
    assert!(!matches(&pattern, &text, Case::Minded));
}

proptest! {
    #[test]
    fn sqlite_agrees(pattern in "[aAbé%_*?\\[\\]^\\\\-]{0,8}", text in "[aAbé*?\\[\\]^\\\\-]{0,8}") {
        let here = (matches(&pattern, &text, Case::Minded), matches(&pattern, &text, Case::Ignored));
        prop_assert_eq!(in_sqlite(&pattern, &text), here);
    }
}
