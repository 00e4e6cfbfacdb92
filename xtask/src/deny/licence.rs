//! Licence expressions of SPDX 2.3, annex D: `(MIT OR Apache-2.0) AND Unicode-3.0`.

use std::collections::VecDeque;

use anyhow::{Result, bail};

/// What a crate's `license` field says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    /// One licence, with its exception if it has one: `Apache-2.0 WITH LLVM-exception`.
    One(String),
    All(Vec<Expression>),
    Any(Vec<Expression>),
}

impl Expression {
    /// Reads an expression. A `/`, which cargo once allowed, reads as OR.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
        let mut words: VecDeque<&str> = spaced.split_whitespace().collect();
        let expression = any(&mut words)?;
        match words.front() {
            Some(word) => bail!("`{word}` is out of place in `{text}`"),
            None => Ok(expression),
        }
    }

    /// Whether it can be met with the allowed licences alone.
    pub(crate) fn is_met(&self, allowed: &[String]) -> bool {
        match self {
            Self::One(licence) => allowed.contains(licence),
            Self::All(parts) => parts.iter().all(|part| part.is_met(allowed)),
            Self::Any(parts) => parts.iter().any(|part| part.is_met(allowed)),
        }
    }
}

fn any(words: &mut VecDeque<&str>) -> Result<Expression> {
    let mut parts = vec![all(words)?];
    while take(words, "OR") {
        parts.push(all(words)?);
    }
    Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Any(parts) })
}

fn all(words: &mut VecDeque<&str>) -> Result<Expression> {
    let mut parts = vec![one(words)?];
    while take(words, "AND") {
        parts.push(one(words)?);
    }
    Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::All(parts) })
}

fn one(words: &mut VecDeque<&str>) -> Result<Expression> {
    if take(words, "(") {
        let inner = any(words)?;
        if !take(words, ")") {
            bail!("a `(` is not closed");
        }
        return Ok(inner);
    }
    let licence = identifier(words)?;
    if take(words, "WITH") {
        return Ok(Expression::One(format!("{licence} WITH {}", identifier(words)?)));
    }
    Ok(Expression::One(licence.to_owned()))
}

fn identifier<'a>(words: &mut VecDeque<&'a str>) -> Result<&'a str> {
    match words.pop_front() {
        Some(word) if !matches!(word, "AND" | "OR" | "WITH" | "(" | ")") => Ok(word),
        Some(word) => bail!("`{word}` stands where a licence is expected"),
        None => bail!("it ends where a licence is expected"),
    }
}

fn take(words: &mut VecDeque<&str>, expected: &str) -> bool {
    let found = words.front() == Some(&expected);
    if found {
        words.pop_front();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(text: &str, allowed: &[&str]) -> bool {
        let allowed: Vec<String> = allowed.iter().map(|&name| name.to_owned()).collect();
        Expression::parse(text).unwrap().is_met(&allowed)
    }

    #[test]
    fn either_side_of_an_or_suffices() {
        assert!(met("MIT OR Apache-2.0", &["MIT"]));
        assert!(met("GPL-3.0/MIT", &["MIT"]));
        assert!(!met("GPL-3.0 OR AGPL-3.0", &["MIT"]));
    }

    #[test]
    fn both_sides_of_an_and_are_needed() {
        assert!(met("MIT AND Zlib", &["MIT", "Zlib"]));
        assert!(!met("MIT AND Zlib", &["MIT"]));
    }

    #[test]
    fn and_binds_tighter_than_or_unless_there_are_brackets() {
        assert!(met("MIT OR GPL-3.0 AND Zlib", &["MIT"]));
        assert!(!met("(MIT OR GPL-3.0) AND Zlib", &["MIT"]));
        assert!(met("((MIT) OR GPL-3.0) AND (Zlib)", &["MIT", "Zlib"]));
    }

    #[test]
    fn an_exception_is_part_of_the_licence() {
        assert!(!met("Apache-2.0 WITH LLVM-exception", &["Apache-2.0"]));
        assert!(met("Apache-2.0 WITH LLVM-exception", &["Apache-2.0 WITH LLVM-exception"]));
        assert!(met("Apache-2.0 WITH LLVM-exception OR MIT", &["MIT"]));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "MIT OR", "AND MIT", "(MIT", "MIT)", "MIT Apache-2.0", "MIT WITH", "()"] {
            assert!(Expression::parse(text).is_err(), "{text}");
        }
    }
}
