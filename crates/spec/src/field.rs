//! What the project file may hold: one table of fields, from which the reader knows
//! what to accept and the schema what to publish.

use base::nearest;

/// A field of a table of the project file.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) need: Need,
    pub(crate) shape: Shape,
    pub(crate) about: &'static str,
}

/// Whether a field must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    Optional,
    /// Part of the design, but not of this version: refused by a hint that says so.
    Later,
}

/// What a value of the project file looks like.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Any text, even none: a column may be called so.
    Column,
    /// Text that says something.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number from zero.
    Whole,
    /// A whole number from the one to the other.
    Count(u64, u64),
    /// A whole number, negative or not.
    Signed,
    /// A number.
    Number(Limits),
    /// A share, as a number or as a percentage in quotes.
    Share(Limits),
    /// A length of time above zero: `"20m"`.
    Duration,
    /// An amount of storage above zero: `"2GiB"`.
    Size,
    /// Times of the calendar: `"0 3 * * 1"`.
    Cron,
    /// An instant, as text or as a TOML date.
    Time,
    /// One of a few words.
    Choice(fn() -> Words),
    /// Text, a number or a boolean, kept as text.
    Scalar,
    /// A list of values of one shape, each at most once.
    List(&'static Self),
    /// The two ends of a range.
    Ends,
    /// A table of these fields.
    Table(&'static [Field]),
    /// A table whose keys are names.
    Named(&'static Self),
    /// A table whose keys are columns.
    Columns(&'static Self),
    /// A table whose keys are variables: of the environment, or of a fan-out.
    Variables(&'static Self),
    /// The short form, or the table that says more.
    Either(&'static Self, &'static Self),
}

/// The words of a choice: those of this version and those of later ones.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    pub(crate) now: Vec<&'static str>,
    pub(crate) later: &'static [&'static str],
}

/// The numbers that a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limits {
    Any,
    NotNegative,
    Positive,
    /// From 0 to 1, both included.
    Closed,
    /// Between 0 and 1, both excluded.
    Open,
}

/// An enum whose values are words of the project file.
pub(crate) trait Word: Copy + 'static {
    /// Every value, in the order of the documentation.
    const ALL: &'static [Self];
    /// Words that the design has and this version has not.
    const LATER: &'static [&'static str] = &[];

    /// The value's word.
    fn word(self) -> &'static str;
}

/// The words of a type, for [`Shape::Choice`].
pub(crate) fn words<T: Word>() -> Words {
    Words { now: T::ALL.iter().map(|value| value.word()).collect(), later: T::LATER }
}

impl Field {
    pub(crate) const fn required(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self { name, need: Need::Required, shape, about }
    }

    pub(crate) const fn optional(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self { name, need: Need::Optional, shape, about }
    }

    pub(crate) const fn later(name: &'static str) -> Self {
        Self { name, need: Need::Later, shape: Shape::Text, about: "" }
    }

    /// Whether this version has the field.
    pub(crate) fn exists(&self) -> bool {
        self.need != Need::Later
    }
}

impl Shape {
    /// The fields of a table of this shape, if it can be one.
    pub(crate) fn fields(&self) -> Option<&'static [Field]> {
        match self {
            Self::Table(fields) => Some(fields),
            Self::Either(_, long) => long.fields(),
            _ => None,
        }
    }

    /// What the values of a table with free keys look like, if it is one.
    pub(crate) fn inner(&self) -> Option<&'static Self> {
        match self {
            Self::Named(inner) | Self::Columns(inner) | Self::Variables(inner) => Some(inner),
            _ => None,
        }
    }

    /// What to write, for a person.
    pub(crate) fn expected(&self) -> String {
        match self {
            Self::Column | Self::Text => "text in quotes".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Whole => "a whole number from 0".to_owned(),
            Self::Count(least, u64::MAX) => format!("a whole number from {least}"),
            Self::Count(least, most) => format!("a whole number from {least} to {most}"),
            Self::Signed => "a whole number".to_owned(),
            Self::Number(limits) => limits.expected().to_owned(),
            Self::Share(limits) => format!("{}, or a percentage such as \"20%\"", limits.expected()),
            Self::Duration => {
                "a duration above zero such as \"500ms\", \"60s\", \"20m\", \"2h\" or \"7d\"".to_owned()
            }
            Self::Size => "a size above zero such as \"512MiB\", \"2GiB\" or \"10GB\"".to_owned(),
            Self::Cron => {
                "minute, hour, day, month and weekday, such as \"0 3 * * 1\": Mondays at 03:00".to_owned()
            }
            Self::Time => "a time such as \"2013-04-01\" or \"2013-04-01T06:00:00Z\"".to_owned(),
            Self::Choice(words) => format!("one of {}", quoted(&words().now)),
            Self::Scalar => "text, a number or true or false".to_owned(),
            Self::List(item) => format!("a list [ … ], each item {}", item.expected()),
            Self::Ends => "two numbers [lowest, highest]".to_owned(),
            Self::Table(fields) => table(fields),
            Self::Named(_) => "a table of names".to_owned(),
            Self::Columns(_) => "a table of columns".to_owned(),
            Self::Variables(inner) => format!("a table NAME = value, each value {}", inner.expected()),
            Self::Either(short, long) => format!("{}, or {}", short.expected(), long.expected()),
        }
    }
}

/// A table's first fields, for a person.
fn table(fields: &[Field]) -> String {
    let names: Vec<&str> = fields.iter().filter(|field| field.exists()).map(|field| field.name).collect();
    match &names[..] {
        [] => "a table".to_owned(),
        [first @ .., _] if names.len() > 4 => format!("a table with {}, …", first[..4].join(", ")),
        all => format!("a table with {}", all.join(", ")),
    }
}

impl Words {
    /// The word that was probably meant.
    pub(crate) fn nearest(&self, word: &str) -> Option<&'static str> {
        let word = word.to_lowercase();
        let begins = |known: &&str| word.starts_with(*known) || !word.is_empty() && known.starts_with(&word);
        nearest(&word, self.now.iter().copied()).or_else(|| self.now.iter().copied().find(begins))
    }
}

impl Limits {
    /// Whether the number is within the limits.
    pub(crate) fn hold(self, number: f64) -> bool {
        match self {
            Self::Any => number.is_finite(),
            Self::NotNegative => number.is_finite() && number >= 0.0,
            Self::Positive => number.is_finite() && number > 0.0,
            Self::Closed => (0.0..=1.0).contains(&number),
            Self::Open => number > 0.0 && number < 1.0,
        }
    }

    /// The limits, for a person.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Any => "a number",
            Self::NotNegative => "a number from 0",
            Self::Positive => "a number above 0",
            Self::Closed => "a number from 0 to 1",
            Self::Open => "a number above 0 and below 1",
        }
    }
}

/// `"a", "b", "c"`, as they are written in the file.
pub(crate) fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}
