//! The typed values of a node.

use std::{collections::HashSet, hash::Hash, str::FromStr};

use base::{Diagnostic, Size, Span, Timestamp};
use toml::de::{DeFloat, DeInteger, DeValue};

use super::{Node, text::shown};
use crate::{
    env::{self, Problem},
    field::{Limits, Shape, Word},
    schedule::Cron,
};

impl Node<'_> {
    /// The value as text, with the environment's values filled in.
    pub(crate) fn text(&self) -> Option<String> {
        self.said(env::substitute)
    }

    /// The value as text, with the environment's values filled in and the rest, escapes included, left as it is.
    pub(crate) fn template(&self) -> Option<String> {
        self.said(env::complete)
    }

    fn said(&self, complete: env::Complete) -> Option<String> {
        let DeValue::String(written) = self.value else { return self.wrong_type() };
        let text = match complete(written, self.reader.env) {
            Ok(text) => text,
            Err(problems) => return self.refuse_variables(problems),
        };
        if text.trim().is_empty() && !matches!(self.shape, Shape::Column) {
            self.refuse(Diagnostic::error("the text is empty").expected(self.shape.expected()));
            return None;
        }
        Some(text)
    }

    /// The value as `true` or `false`.
    pub(crate) fn flag(&self) -> Option<bool> {
        self.value.as_bool().or_else(|| self.wrong_type())
    }

    /// The value as a whole number from zero.
    pub(crate) fn whole(&self) -> Option<u64> {
        let DeValue::Integer(integer) = self.value else { return self.wrong_type() };
        u64::from_str_radix(integer.as_str(), integer.radix()).ok().or_else(|| self.out_of_range())
    }

    /// The value as a whole number, negative ones included.
    pub(crate) fn signed(&self) -> Option<i64> {
        let DeValue::Integer(integer) = self.value else { return self.wrong_type() };
        i64::from_str_radix(integer.as_str(), integer.radix()).ok().or_else(|| self.out_of_range())
    }

    /// The value as a whole number within the bounds of its shape.
    pub(crate) fn count<T: TryFrom<u64>>(&self) -> Option<T> {
        let whole = self.whole()?;
        let fits = match self.shape {
            Shape::Count(least, most) => (*least..=*most).contains(&whole),
            _ => true,
        };
        T::try_from(whole).ok().filter(|_| fits).or_else(|| self.out_of_range())
    }

    /// The value as a number within the limits of its shape; a share may be a percentage in quotes.
    pub(crate) fn number(&self) -> Option<f64> {
        let limits = match self.shape {
            Shape::Number(limits) | Shape::Share(limits) => *limits,
            _ => Limits::Any,
        };
        let number = match (self.value, self.shape) {
            (DeValue::Integer(integer), _) => integer_value(integer),
            (DeValue::Float(float), _) => float_value(float),
            (DeValue::String(_), Shape::Share(_)) => percentage(&self.text()?),
            _ => return self.wrong_type(),
        };
        number.filter(|number| limits.hold(*number)).or_else(|| self.out_of_range())
    }

    /// The value as the two ends of a range, in order.
    pub(crate) fn ends(&self) -> Option<(f64, f64)> {
        let items = self.items()?;
        let numbers: Vec<f64> = items.iter().filter_map(Node::number).collect();
        match numbers[..] {
            [lowest, highest] if lowest <= highest && items.len() == 2 => Some((lowest, highest)),
            _ if numbers.len() < items.len() => None,
            [_, _] => {
                self.refuse(
                    Diagnostic::error("the ends are in the wrong order").expected(self.shape.expected()),
                );
                None
            }
            _ => {
                let wrong = Diagnostic::error(format!("a range has 2 ends, not {}", items.len()));
                self.refuse(
                    wrong
                        .expected(self.shape.expected())
                        .hint("to leave one out write { min = … } or { max = … }"),
                );
                None
            }
        }
    }

    /// The value as a length of time above zero.
    pub(crate) fn duration(&self) -> Option<Span> {
        let span: Span = self.parsed(&self.text()?, "a duration")?;
        if span.get().is_zero() { self.out_of_range() } else { Some(span) }
    }

    /// The value as an amount of storage above zero.
    pub(crate) fn size(&self) -> Option<Size> {
        let size: Size = self.parsed(&self.text()?, "a size")?;
        if size.get() == 0 { self.out_of_range() } else { Some(size) }
    }

    /// The value as times of the calendar that come.
    pub(crate) fn cron(&self) -> Option<Cron> {
        self.parsed(&self.text()?, "a time that comes again")
    }

    /// The value as an instant, written as text or as a TOML date.
    pub(crate) fn time(&self) -> Option<Timestamp> {
        let written = match self.value {
            DeValue::Datetime(time) => time.to_string(),
            _ => self.text()?,
        };
        self.parsed(&written, "a time")
    }

    /// The value as one of the words of a type.
    pub(crate) fn word<T: Word>(&self) -> Option<T> {
        let text = self.text()?;
        let value = T::ALL.iter().copied().find(|value| value.word() == text);
        if value.is_none() {
            self.refuse_word(&text);
        }
        value
    }

    /// The value as a list of texts, each once.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.distinct(Node::text).into_iter().map(|(text, _)| text).collect()
    }

    /// The items of a list that could be read, each once, with their nodes.
    pub(crate) fn distinct<T: Eq + Hash>(&self, read: impl Fn(&Self) -> Option<T>) -> Vec<(T, Self)> {
        let items = self.items().unwrap_or_default();
        let values: Vec<(T, Self)> =
            items.into_iter().filter_map(|item| Some((read(&item)?, item))).collect();
        let mut seen = HashSet::new();
        let is_first: Vec<bool> = values.iter().map(|(value, _)| seen.insert(value)).collect();
        for ((_, item), _) in values.iter().zip(&is_first).filter(|(_, is_first)| !**is_first) {
            item.refuse(Diagnostic::error("listed twice").hint("remove one of the two"));
        }
        values.into_iter().zip(is_first).filter_map(|(value, is_first)| is_first.then_some(value)).collect()
    }

    /// Text, a number or a boolean as text, the way the classes of a target are written.
    pub(crate) fn scalar(&self) -> Option<String> {
        self.scalar_with(Self::text)
    }

    /// The same, with the texts read this way.
    pub(crate) fn scalar_with(&self, text: impl Fn(&Self) -> Option<String>) -> Option<String> {
        match self.value {
            DeValue::String(_) => text(&self.of(&Shape::Column)),
            DeValue::Boolean(flag) => Some(flag.to_string()),
            DeValue::Integer(integer) => match integer_value(integer) {
                Some(_) if integer.radix() == 10 => Some(integer.as_str().trim_start_matches('+').to_owned()),
                Some(number) => Some(number.to_string()),
                None => self.out_of_range(),
            },
            DeValue::Float(float) => match float_value(float) {
                Some(number) => Some(number.to_string()),
                None => self.out_of_range(),
            },
            _ => self.wrong_type(),
        }
    }

    fn parsed<T: FromStr>(&self, text: &str, what: &str) -> Option<T> {
        let value = text.parse().ok();
        if value.is_none() {
            let wrong = Diagnostic::error(format!("`{}` is not {what}", shown(text)));
            self.refuse(wrong.expected(self.shape.expected()));
        }
        value
    }

    fn out_of_range<T>(&self) -> Option<T> {
        let written = match self.value {
            DeValue::Integer(integer) => integer.to_string(),
            DeValue::Float(float) => float.as_str().to_owned(),
            value => value.as_str().unwrap_or_default().to_owned(),
        };
        let wrong = Diagnostic::error(format!("`{}` is out of range", shown(&written)));
        self.refuse(wrong.expected(self.shape.expected()));
        None
    }

    fn refuse_word(&self, word: &str) {
        let wrong =
            Diagnostic::error(format!("unknown value `{}`", shown(word))).expected(self.shape.expected());
        let Shape::Choice(words) = self.shape else { return self.refuse(wrong) };
        let words = words();
        self.refuse(match words.nearest(word) {
            _ if words.later.contains(&word) => {
                wrong.hint(format!("this version of Kaizen does not have `{word}` yet"))
            }
            Some(near) => wrong.hint(format!("did you mean `{near}`?")),
            None => wrong,
        });
    }

    fn refuse_variables<T>(&self, problems: Vec<Problem>) -> Option<T> {
        for problem in problems {
            self.refuse(match problem {
                Problem::Missing(name) => {
                    Diagnostic::error(format!("the environment variable {name} is not set"))
                        .hint(format!("set it: export {name}=…; for the text itself write $${{env.{name}}}"))
                }
                Problem::Malformed(text) => Diagnostic::error(format!("`{text}` does not begin a variable"))
                    .expected("${env.NAME}, the name of letters, digits and `_`")
                    .hint("for the text itself write $${"),
            });
        }
        None
    }
}

fn integer_value(integer: &DeInteger<'_>) -> Option<f64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(|number| number as f64)
}

fn float_value(float: &DeFloat<'_>) -> Option<f64> {
    float.as_str().parse().ok().filter(|number: &f64| number.is_finite())
}

fn percentage(text: &str) -> Option<f64> {
    let number: f64 = text.trim().strip_suffix('%')?.trim_end().parse().ok()?;
    number.is_finite().then_some(number / 100.0)
}
