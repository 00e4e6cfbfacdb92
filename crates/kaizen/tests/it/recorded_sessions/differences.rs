//! Where Kaizen means to answer otherwise than MLflow 3.12.0, and why: `differences.jsonl`, one a line.
//!
//! `*` stands for anything there. `place` is a field of the answer, a header, or `refusal`: status, code and message of an answer
//! that refuses, on either side.

use serde_json::Value;

use crate::recorded_sessions::compare::Found;

/// What is meant in one session, and what of it has been seen.
pub(super) struct Excused(Vec<(Value, bool)>);

/// The differences that are meant in a session.
pub(super) fn of(session: &str) -> Excused {
    let meant = include_str!("differences.jsonl").lines().map(|line| serde_json::from_str(line).unwrap());
    Excused(meant.filter(|meant: &Value| meant["session"] == session).map(|meant| (meant, false)).collect())
}

impl Excused {
    /// Whether a difference in the answer to a request is meant.
    pub(super) fn covers(&mut self, ask: &str, found: &Found) -> bool {
        let parts = [("ask", ask), ("place", &found.place), ("theirs", &found.theirs), ("ours", &found.ours)];
        let mut covered = false;
        for (meant, seen) in &mut self.0 {
            if parts.iter().all(|(part, text)| matches(meant[part].as_str().unwrap(), text)) {
                *seen = true;
                covered = true;
            }
        }
        covered
    }

    /// Those that have not been seen.
    pub(super) fn unused(&self) -> Vec<String> {
        self.0.iter().filter(|(_, seen)| !seen).map(|(meant, _)| meant.to_string()).collect()
    }
}

/// Whether a text is a pattern's, in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(rest) = text.strip_prefix(before) else {
        return false;
    };
    (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| matches(after, rest)))
}

#[test]
fn a_star_stands_for_anything() {
    assert!(matches("a*c", "abc") && matches("a*c", "ac") && matches("*", "") && matches("a", "a"));
    assert!(!matches("a*c", "abd") && !matches("a", "ab") && !matches("a*b*c", "acb"));
}

#[test]
fn every_difference_has_its_reason() {
    for line in include_str!("differences.jsonl").lines() {
        let meant: Value = serde_json::from_str(line).unwrap();
        assert!(meant["reason"].as_str().is_some_and(|reason| reason.len() > 10), "{line}");
    }
}
