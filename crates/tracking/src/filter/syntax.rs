//! Cuts a filter into clauses: a name, a verb, an operand. Whether they make sense together, `meaning` knows.

use std::{borrow::Cow, ops::Range};

use super::{
    MOST_CLAUSES, MOST_LISTED, NumberOperator,
    lexer::{Lexer, Placed, Token},
    name::Name,
    problem::{Problem, shortened},
};

/// Words that cannot be values.
const RESERVED: [&str; 9] = ["AND", "OR", "NOT", "IN", "IS", "LIKE", "ILIKE", "TRUE", "FALSE"];

/// A comparison as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clause<'a> {
    pub(super) name: Name<'a>,
    pub(super) name_at: Range<usize>,
    pub(super) verb: Verb,
    pub(super) verb_at: Range<usize>,
    pub(super) operand: Operand<'a>,
    pub(super) operand_at: Range<usize>,
}

/// How something compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// `=`, `<` and their like; for texts too.
    Compare(NumberOperator),
    Like,
    Ilike,
    In,
    NotIn,
    IsNull,
    IsNotNull,
    /// One that no field takes, as `==` or `NOT LIKE`.
    Unknown,
}

/// What something is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand<'a> {
    Number(f64),
    Text(Cow<'a, str>),
    /// A name, or a word without quotes.
    Word,
    List(Vec<String>),
    /// The verb says it all.
    Nothing,
}

/// All clauses of a filter.
pub(super) fn clauses(text: &str) -> Result<Vec<Clause<'_>>, Problem> {
    let mut parser = Parser::new(text)?;
    let mut clauses = Vec::new();
    loop {
        let joined = parser.skip_and()? || clauses.is_empty();
        if parser.next.token == Token::End {
            return Ok(clauses);
        }
        if !joined {
            return Err(parser.unjoined());
        }
        if clauses.len() == MOST_CLAUSES {
            return Err(Problem::new(
                format!("a filter can have {MOST_CLAUSES} comparisons"),
                &parser.next.at,
            ));
        }
        clauses.push(parser.clause()?);
    }
}

/// One token ahead.
struct Parser<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    next: Placed<'a>,
    /// Values in lists so far.
    listed: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self, Problem> {
        let mut lexer = Lexer::new(text);
        let next = lexer.next()?;
        Ok(Self { text, lexer, next, listed: 0 })
    }

    fn advance(&mut self) -> Result<Placed<'a>, Problem> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.next, next))
    }

    /// Whether the keyword comes next.
    fn at_keyword(&self, keyword: &str) -> bool {
        matches!(&self.next.token, Token::Name(name) if name.is(keyword))
    }

    /// Takes the keyword if it comes next.
    fn keyword(&mut self, keyword: &str) -> Result<bool, Problem> {
        let found = self.at_keyword(keyword);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// One `AND` or several: filters are put together by programs, and MLflow passes over what is left over.
    fn skip_and(&mut self) -> Result<bool, Problem> {
        let mut any = false;
        while self.keyword("AND")? {
            any = true;
        }
        Ok(any)
    }

    fn clause(&mut self) -> Result<Clause<'a>, Problem> {
        let (name, name_at) = self.subject()?;
        let (verb, verb_at) = self.verb()?;
        let (operand, operand_at) = match verb {
            Verb::IsNull | Verb::IsNotNull => (Operand::Nothing, verb_at.clone()),
            Verb::In | Verb::NotIn => self.list()?,
            _ => self.operand()?,
        };
        Ok(Clause { name, name_at, verb, verb_at, operand, operand_at })
    }

    /// What is compared. Double quotes may hold the name of an attribute.
    fn subject(&mut self) -> Result<(Name<'a>, Range<usize>), Problem> {
        let Placed { token, at } = self.advance()?;
        match token {
            Token::Name(name) if !is_reserved(&name) => Ok((name, at)),
            Token::Text { text, double: true } => Ok((Name { kind: None, key: text, quoted: true }, at)),
            Token::Text { .. } | Token::Number(_) => {
                let found = shortened(&self.text[at.clone()]);
                Err(Problem::new(
                    format!("Invalid comparison clause. Expected 'Identifier' found '{found}'"),
                    &at,
                ))
            }
            Token::Open => Err(Problem::malformed("parentheses are for the list of an IN", at.start)),
            _ => Err(Problem::malformed("a comparison begins with a name", at.start)),
        }
    }

    fn verb(&mut self) -> Result<(Verb, Range<usize>), Problem> {
        let Placed { token, at } = self.advance()?;
        let verb = match token {
            Token::Operator(operator) => comparing(operator),
            Token::Name(name) if name.is("LIKE") => Verb::Like,
            Token::Name(name) if name.is("ILIKE") => Verb::Ilike,
            Token::Name(name) if name.is("RLIKE") => Verb::Unknown,
            Token::Name(name) if name.is("IN") => Verb::In,
            Token::Name(name) if name.is("NOT") => return self.negated(at.start),
            Token::Name(name) if name.is("IS") => return self.presence(at.start),
            _ => {
                let missing =
                    "a comparison operator is missing; names with spaces or signs stand in backticks";
                return Err(Problem::malformed(missing, at.start));
            }
        };
        Ok((verb, at))
    }

    /// What follows `NOT`, which stands at `start`.
    fn negated(&mut self, start: usize) -> Result<(Verb, Range<usize>), Problem> {
        let Placed { token, at } = self.advance()?;
        match token {
            Token::Name(name) if name.is("IN") => Ok((Verb::NotIn, start..at.end)),
            Token::Name(name) if name.is("LIKE") || name.is("ILIKE") || name.is("RLIKE") => {
                Ok((Verb::Unknown, start..at.end))
            }
            _ => Err(Problem::malformed("NOT can be followed by IN only", start)),
        }
    }

    /// What follows `IS`, which stands at `start`.
    fn presence(&mut self, start: usize) -> Result<(Verb, Range<usize>), Problem> {
        let verb = if self.keyword("NOT")? { Verb::IsNotNull } else { Verb::IsNull };
        let Placed { token, at } = self.advance()?;
        match token {
            Token::Name(name) if name.is("NULL") => Ok((verb, start..at.end)),
            _ => Err(Problem::malformed("IS can be followed by NULL or NOT NULL only", start)),
        }
    }

    fn operand(&mut self) -> Result<(Operand<'a>, Range<usize>), Problem> {
        if self.next.token == Token::Open {
            return self.list();
        }
        let Placed { token, at } = self.advance()?;
        match token {
            Token::Text { text, .. } => Ok((Operand::Text(text), at)),
            Token::Number(number) => Ok((Operand::Number(number), at)),
            Token::Name(name) if !is_reserved(&name) => Ok((Operand::Word, at)),
            _ => Err(Problem::malformed("a number or a text in quotes is missing", at.start)),
        }
    }

    /// A list in parentheses. A comma may follow the last text, as Python writes a list of one.
    fn list(&mut self) -> Result<(Operand<'a>, Range<usize>), Problem> {
        let Placed { token, at: opening } = self.advance()?;
        if token != Token::Open {
            return Err(Problem::malformed("a list in parentheses is missing", opening.start));
        }
        let mut texts = Vec::new();
        loop {
            let Placed { token, at } = self.advance()?;
            match token {
                Token::Close if texts.is_empty() => {
                    return Err(bad_list("a non-empty list of string values", "empty list", &at));
                }
                Token::Close => return Ok((Operand::List(texts), opening.start..at.end)),
                Token::Text { text, .. } => texts.push(self.counted(text, &at)?),
                Token::End => {
                    return Err(Problem::malformed("a parenthesis is opened and not closed", opening.start));
                }
                Token::Name(_) | Token::Number(_) => {
                    return Err(bad_list(
                        "string value, punctuation, or whitespace",
                        "different type in list",
                        &at,
                    ));
                }
                _ => return Err(ill_formed(&at)),
            }
            match self.next.token {
                Token::Comma => drop(self.advance()?),
                Token::Close | Token::End => {}
                _ => return Err(ill_formed(&self.next.at)),
            }
        }
    }

    /// One text of a list, unless there were too many of them.
    fn counted(&mut self, text: Cow<'a, str>, at: &Range<usize>) -> Result<String, Problem> {
        self.listed += 1;
        match self.listed > MOST_LISTED {
            true => {
                Err(Problem::new(format!("the lists of a filter can have {MOST_LISTED} values in all"), at))
            }
            false => Ok(text.into_owned()),
        }
    }

    /// What stands where the filter should end or `AND` follow.
    fn unjoined(&self) -> Problem {
        let start = self.next.at.start;
        match &self.next.token {
            Token::Semicolon => {
                let several = "Search filter contained multiple expression: write one, with AND instead of the semicolon";
                Problem::new(several, &self.next.at)
            }
            Token::Name(name) if name.is("OR") => Problem::malformed(
                "there is no OR, comparisons are joined by AND; IN takes several values",
                start,
            ),
            _ => Problem::malformed("comparisons are joined by AND", start),
        }
    }
}

fn is_reserved(name: &Name<'_>) -> bool {
    RESERVED.iter().any(|word| name.is(word))
}

fn comparing(operator: &str) -> Verb {
    match operator {
        "=" => Verb::Compare(NumberOperator::Equal),
        "!=" => Verb::Compare(NumberOperator::NotEqual),
        "<" => Verb::Compare(NumberOperator::Less),
        "<=" => Verb::Compare(NumberOperator::LessOrEqual),
        ">" => Verb::Compare(NumberOperator::Greater),
        ">=" => Verb::Compare(NumberOperator::GreaterOrEqual),
        _ => Verb::Unknown,
    }
}

fn ill_formed(at: &Range<usize>) -> Problem {
    bad_list("a non-empty list of string values", "ill-formed list", at)
}

fn bad_list(expected: &str, found: &str, at: &Range<usize>) -> Problem {
    Problem::new(format!("While parsing a list in the query, expected {expected}, but got {found}"), at)
}
