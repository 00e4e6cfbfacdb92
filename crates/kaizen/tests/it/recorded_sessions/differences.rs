//! Where Kaizen means to answer otherwise than MLflow 3.12.0, and why.

use crate::recorded_sessions::compare::Found;

/// A difference that is meant.
struct Difference {
    session: &'static str,
    place: &'static str,
    /// What MLflow said; `*` stands for anything, here and in `ours`.
    theirs: &'static str,
    ours: &'static str,
    reason: &'static str,
}

const MEANT: &[Difference] = &[];

/// What is meant in one session, and what of it has been seen.
pub(super) struct Excused(Vec<(&'static Difference, bool)>);

/// The differences that are meant in a session.
pub(super) fn of(session: &str) -> Excused {
    let meant = MEANT.iter().filter(|difference| difference.session == session);
    Excused(meant.map(|difference| (difference, false)).collect())
}

impl Excused {
    /// Whether a difference is meant.
    pub(super) fn covers(&mut self, found: &Found) -> bool {
        let fits = |meant: &Difference| {
            matches(meant.place, &found.place)
                && matches(meant.theirs, &found.theirs)
                && matches(meant.ours, &found.ours)
        };
        let mut covered = false;
        for (meant, seen) in &mut self.0 {
            if fits(meant) {
                *seen = true;
                covered = true;
            }
        }
        covered
    }

    /// The reasons of those that have not been seen.
    pub(super) fn unused(&self) -> Vec<&'static str> {
        self.0.iter().filter(|(_, seen)| !seen).map(|(meant, _)| meant.reason).collect()
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
