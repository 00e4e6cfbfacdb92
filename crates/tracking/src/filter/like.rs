//! The patterns of `LIKE` and `ILIKE`: `%` is any text, also none, `_` is one character, all else is itself. Nothing escapes.
//!
//! SQLite's own `LIKE` takes just such patterns but does not mind ASCII capital letters, so it is `ILIKE`: `column LIKE ?` with the
//! pattern as it is, no `ESCAPE`, and never `PRAGMA case_sensitive_like`, which would turn it into the other. For `LIKE` use
//! `column GLOB ?` with [`glob`] of the pattern: `GLOB` always minds capital letters, and with a fixed beginning it can use an index of a
//! column whose collation is `BINARY`. Letters beyond ASCII are folded by neither, nor by MLflow's SQLite store.

/// The longest pattern, in bytes. As `GLOB` it may be three times as long, and SQLite takes 50,000.
pub const LONGEST: usize = 16_000;

/// Whether `A` is `a`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// `LIKE`.
    Minded,
    /// `ILIKE`, for the letters of ASCII.
    Ignored,
}

/// The pattern for SQLite's `GLOB` that matches what this one matches by `LIKE`.
pub fn glob(pattern: &str) -> String {
    let mut glob = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        match character {
            '%' => glob.push('*'),
            '_' => glob.push('?'),
            '*' | '?' | '[' => glob.extend(['[', character, ']']),
            _ => glob.push(character),
        }
    }
    glob
}

/// Whether the whole text is as the pattern says, for texts that are at hand. The work is bounded by the product of the two lengths.
pub fn matches(pattern: &str, text: &str, case: Case) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // Where to go on when the text leaves the pattern: behind the last `%`, with the text that it has not taken yet.
    let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let (wanted, found) = (pattern.next(), text.clone().next());
        match (wanted, found) {
            (Some('%'), _) => retry = Some((pattern.clone(), text.clone())),
            (None, None) => return true,
            (Some(wanted), Some(found)) if is(wanted, found, case) => drop(text.next()),
            (Some(_), None) => return false,
            _ => {
                let Some((behind, rest)) = &mut retry else { return false };
                rest.next();
                (pattern, text) = (behind.clone(), rest.clone());
            }
        }
    }
}

fn is(wanted: char, found: char, case: Case) -> bool {
    wanted == '_' || wanted == found || (case == Case::Ignored && wanted.eq_ignore_ascii_case(&found))
}

#[cfg(test)]
mod tests;
