//! The trees that filters and orders are read into. They print as text that reads back as the same tree.

use std::fmt;

use super::name::Quoted;

/// Comparisons that must all hold. With none, everything is found.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter<F> {
    /// In the order in which they were written. A field may be compared several times.
    pub comparisons: Vec<Comparison<F>>,
}

/// One field and what it is held to.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison<F> {
    /// What is compared.
    pub field: F,
    /// What it must be. It is one that the field can take: numbers for numeric fields, texts for the others.
    pub test: Test,
}

/// What a field must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// A number that compares so with this one, which may be infinite and is never NaN.
    Number(NumberOperator, f64),
    /// A text that compares so with this one; `=` and `!=` mind capital letters.
    Text(TextOperator, String),
    /// One of these texts. There is at least one.
    In(Vec<String>),
    /// A text other than these. There is at least one.
    NotIn(Vec<String>),
    /// Not there. Only keys, of tags and params, are tested so.
    IsNull,
    /// There, with whatever value.
    IsNotNull,
}

/// How numbers compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberOperator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// How texts compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextOperator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `LIKE`: a pattern, as [`super::like`] has it, that minds capital letters.
    Like,
    /// `ILIKE`: a pattern that does not mind ASCII capital letters.
    Ilike,
}

/// One part of an order. Where two are equal by it, the next one decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order<F> {
    /// What is ordered by.
    pub field: F,
    /// Largest first. What has no such value is last either way, and NaN just before it.
    pub descending: bool,
}

impl<F> Default for Filter<F> {
    fn default() -> Self {
        Self { comparisons: Vec::new() }
    }
}

impl<F> Order<F> {
    /// Smallest first.
    pub fn ascending(field: F) -> Self {
        Self { field, descending: false }
    }

    /// Largest first.
    pub fn descending(field: F) -> Self {
        Self { field, descending: true }
    }
}

impl<F: fmt::Display> fmt::Display for Filter<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, comparison) in self.comparisons.iter().enumerate() {
            let joint = if position == 0 { "" } else { " AND " };
            write!(f, "{joint}{comparison}")?;
        }
        Ok(())
    }
}

impl<F: fmt::Display> fmt::Display for Comparison<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.test)
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(operator, number) => write!(f, "{operator} {}", Number(*number)),
            Self::Text(operator, text) => write!(f, "{operator} {}", Quoted(text)),
            Self::In(texts) => write!(f, "IN ({})", List(texts)),
            Self::NotIn(texts) => write!(f, "NOT IN ({})", List(texts)),
            Self::IsNull => f.write_str("IS NULL"),
            Self::IsNotNull => f.write_str("IS NOT NULL"),
        }
    }
}

impl fmt::Display for NumberOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

impl fmt::Display for TextOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Like => "LIKE",
            Self::Ilike => "ILIKE",
        })
    }
}

impl<F: fmt::Display> fmt::Display for Order<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, if self.descending { "DESC" } else { "ASC" })
    }
}

/// A number as the grammar knows it: there is no word for infinity, but what is too large is infinite.
struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            f64::INFINITY => f.write_str("1e999"),
            f64::NEG_INFINITY => f.write_str("-1e999"),
            number => write!(f, "{number:?}"),
        }
    }
}

/// Texts in quotes with commas between.
struct List<'a>(&'a [String]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, text) in self.0.iter().enumerate() {
            let joint = if position == 0 { "" } else { ", " };
            write!(f, "{joint}{}", Quoted(text))?;
        }
        Ok(())
    }
}
