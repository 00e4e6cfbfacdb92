//! Gives clauses their sense: which field a name is, and whether the field can be compared so.

use std::ops::Range;

use super::{
    Comparison, Filter, LONGEST_FILTER, NumberOperator, Test, TextOperator, like,
    name::Name,
    problem::{Problem, shortened},
    syntax::{self, Clause, Operand, Verb},
};
use crate::Error;

/// The fields of one search, and how it speaks.
pub(super) trait Vocabulary: Sized {
    /// How it calls a text that is no filter.
    const MALFORMED: &'static str = "Invalid clause(s) in filter string";
    /// How it calls a comparator that a field does not take.
    const UNCOMPARABLE: &'static str = "Invalid comparator";
    /// Which fields can be compared with a list.
    const LISTED: &'static str;
    /// Which fields can be held to being there or not; none when empty.
    const NULLABLE: &'static str;

    /// The field of that name, or why there is none.
    fn named(name: &Name<'_>) -> Result<Self, String>;

    /// What the field can be compared with.
    fn takes(&self) -> Takes;
}

/// What a field can be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Takes {
    pub(super) value: Value,
    /// What its values are called in messages.
    pub(super) noun: &'static str,
    /// With lists too.
    pub(super) lists: bool,
    /// It can be held to being there or not.
    pub(super) presence: bool,
}

/// How a field's values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Number,
    /// A number that may also stand in quotes.
    QuotedNumber,
    Text,
    /// A text that may also stand without quotes, when it is a word or a number.
    BareText,
}

impl Takes {
    /// One number.
    pub(super) const fn number(noun: &'static str) -> Self {
        Self { value: Value::Number, noun, lists: false, presence: false }
    }

    /// One text in quotes.
    pub(super) const fn text(noun: &'static str) -> Self {
        Self { value: Value::Text, noun, lists: false, presence: false }
    }

    pub(super) const fn or_lists(self) -> Self {
        Self { lists: true, ..self }
    }

    pub(super) const fn or_presence(self) -> Self {
        Self { presence: true, ..self }
    }

    /// Not so strict about quotes: around numbers they are allowed, around texts not needed.
    pub(super) const fn loosely(self) -> Self {
        let value = match self.value {
            Value::Number | Value::QuotedNumber => Value::QuotedNumber,
            Value::Text | Value::BareText => Value::BareText,
        };
        Self { value, ..self }
    }

    fn is_number(self) -> bool {
        matches!(self.value, Value::Number | Value::QuotedNumber)
    }

    /// The comparators, for messages.
    fn comparators(self) -> &'static str {
        match (self.is_number(), self.lists, self.presence) {
            (true, ..) => "=, !=, <, <=, >, >=",
            (false, false, false) => "=, !=, LIKE, ILIKE",
            (false, false, true) => "=, !=, LIKE, ILIKE, IS NULL, IS NOT NULL",
            (false, true, false) => "=, !=, LIKE, ILIKE, IN, NOT IN",
            (false, true, true) => "=, !=, LIKE, ILIKE, IN, NOT IN, IS NULL, IS NOT NULL",
        }
    }
}

/// Reads a filter in the vocabulary of one search.
pub(super) fn parse<F: Vocabulary>(text: &str) -> Result<Filter<F>, Error> {
    if text.len() > LONGEST_FILTER {
        let length = text.len();
        return Err(Error::invalid(format!(
            "{}: it has {length} bytes, {LONGEST_FILTER} are read",
            F::MALFORMED
        )));
    }
    let read = || {
        let clauses = syntax::clauses(text)?;
        let comparisons =
            clauses.into_iter().map(|clause| comparison(text, clause)).collect::<Result<_, _>>()?;
        Ok(Filter { comparisons })
    };
    read().map_err(|problem: Problem| problem.within(text, F::MALFORMED))
}

fn comparison<F: Vocabulary>(text: &str, clause: Clause<'_>) -> Result<Comparison<F>, Problem> {
    let field = F::named(&clause.name).map_err(|message| Problem::new(message, &clause.name_at))?;
    let takes = field.takes();
    let sentence =
        Sentence { text, takes, verb: clause.verb, verb_at: &clause.verb_at, operand_at: &clause.operand_at };
    let test = match clause.operand {
        Operand::Nothing => sentence.presence::<F>(&clause.name_at)?,
        Operand::List(texts) => sentence.list::<F>(texts)?,
        operand if takes.is_number() => sentence.number::<F>(&operand)?,
        operand => sentence.text::<F>(operand)?,
    };
    Ok(Comparison { field, test })
}

/// All of a clause but its field and what that is compared with.
struct Sentence<'a> {
    text: &'a str,
    takes: Takes,
    verb: Verb,
    verb_at: &'a Range<usize>,
    operand_at: &'a Range<usize>,
}

impl Sentence<'_> {
    fn presence<F: Vocabulary>(&self, name_at: &Range<usize>) -> Result<Test, Problem> {
        match self.verb {
            Verb::IsNull if self.takes.presence => Ok(Test::IsNull),
            Verb::IsNotNull if self.takes.presence => Ok(Test::IsNotNull),
            _ if F::NULLABLE.is_empty() => Err(self.uncomparable::<F>()),
            _ => {
                let name = shortened(&self.text[name_at.clone()]);
                let message =
                    format!("IS NULL / IS NOT NULL is only supported for {}, not for '{name}'", F::NULLABLE);
                Err(Problem::new(message, self.verb_at))
            }
        }
    }

    fn list<F: Vocabulary>(&self, texts: Vec<String>) -> Result<Test, Problem> {
        match self.verb {
            _ if !self.takes.lists => {
                let message =
                    format!("Only {} supports comparison with a list of quoted string values.", F::LISTED);
                Err(Problem::new(message, self.operand_at))
            }
            Verb::In => Ok(Test::In(texts)),
            Verb::NotIn => Ok(Test::NotIn(texts)),
            _ => Err(Problem::new(format!("{} for a list: use IN or NOT IN", F::UNCOMPARABLE), self.verb_at)),
        }
    }

    fn number<F: Vocabulary>(&self, operand: &Operand<'_>) -> Result<Test, Problem> {
        let number = match operand {
            Operand::Number(number) => Some(*number),
            Operand::Text(text) if self.takes.value == Value::QuotedNumber => {
                text.parse().ok().filter(|number: &f64| number.is_finite())
            }
            _ => None,
        };
        match (self.verb, number) {
            (Verb::Compare(operator), Some(number)) => Ok(Test::Number(operator, number)),
            (_, Some(_)) => Err(self.uncomparable::<F>()),
            (_, None) => {
                let message =
                    format!("Expected numeric value type for {}. Found {}", self.takes.noun, self.operand());
                Err(Problem::new(message, self.operand_at))
            }
        }
    }

    fn text<F: Vocabulary>(&self, operand: Operand<'_>) -> Result<Test, Problem> {
        let text = match operand {
            Operand::Text(text) => text.into_owned(),
            _ if self.takes.value == Value::BareText => self.text[self.operand_at.clone()].to_owned(),
            Operand::Word => return Err(self.unquoted()),
            _ => {
                let message = format!(
                    "Expected a quoted string value for {}. Got value {}",
                    self.takes.noun,
                    self.operand()
                );
                return Err(Problem::new(message, self.operand_at));
            }
        };
        let operator = match self.verb {
            Verb::Compare(NumberOperator::Equal) => TextOperator::Equal,
            Verb::Compare(NumberOperator::NotEqual) => TextOperator::NotEqual,
            Verb::Like => TextOperator::Like,
            Verb::Ilike => TextOperator::Ilike,
            _ => return Err(self.uncomparable::<F>()),
        };
        if matches!(operator, TextOperator::Like | TextOperator::Ilike) && text.len() > like::LONGEST {
            return Err(Problem::new(format!("a pattern can have {} bytes", like::LONGEST), self.operand_at));
        }
        Ok(Test::Text(operator, text))
    }

    fn unquoted(&self) -> Problem {
        let message = format!(
            "Parameter value is either not quoted or unidentified quote types used for string value {}. \
             Use either single or double quotes.",
            self.operand()
        );
        Problem::new(message, self.operand_at)
    }

    fn uncomparable<F: Vocabulary>(&self) -> Problem {
        let (verb, noun) = (shortened(&self.text[self.verb_at.clone()]), self.takes.noun);
        let message =
            format!("{} '{verb}' for {noun}: use one of {}", F::UNCOMPARABLE, self.takes.comparators());
        Problem::new(message, self.verb_at)
    }

    /// The operand as it was written.
    fn operand(&self) -> String {
        shortened(&self.text[self.operand_at.clone()])
    }
}
