//! Reads a GraphQL document into a tree. How deep and how large one may be is MLflow's measure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    lexer::{Lexer, Token},
    query::Kind,
};

/// How deep selections stand in one another.
pub(super) const DEEPEST: usize = 10;
/// How many selections there are in all.
pub(super) const MOST: usize = 1_000;

/// Operations, one of which is asked for, and the fragments that they share.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) operations: Vec<Operation>,
    pub(super) fragments: BTreeMap<String, Vec<Selection>>,
}

/// What is asked for in one go.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) kind: Kind,
    pub(super) name: Option<String>,
    /// What its variables are when the request does not say.
    pub(super) defaults: Vec<(String, Input)>,
    pub(super) selections: Vec<Selection>,
}

/// A part of what is asked for.
#[derive(Debug)]
pub(super) enum Selection {
    Field {
        alias: Option<String>,
        name: String,
        arguments: Vec<(String, Input)>,
        selections: Vec<Self>,
    },
    /// What a fragment has.
    Fragment(String),
    /// What stands in a fragment without a name.
    Inline(Vec<Self>),
}

/// A value of an argument.
#[derive(Debug, Clone)]
pub(super) enum Input {
    Plain(Value),
    Variable(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

/// How many bytes a document has. Pages ask with a few hundred.
const LONGEST: usize = 1 << 20;

/// Reads a document.
pub(super) fn document(text: &str) -> Result<Document, String> {
    if text.len() > LONGEST {
        return Err(format!("Query exceeds maximum length of {LONGEST} bytes"));
    }
    let mut lexer = Lexer::new(text);
    let token = lexer.next()?;
    Parser { lexer, token, count: 0 }.document()
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The next token.
    token: Token,
    /// As many selections as were read.
    count: usize,
}

impl Parser<'_> {
    fn document(mut self) -> Result<Document, String> {
        let mut document = Document::default();
        while self.token != Token::End {
            if self.takes_word("fragment")? {
                let name = self.name()?;
                self.condition()?;
                self.directives()?;
                document.fragments.insert(name, self.selections(1)?);
            } else {
                document.operations.push(self.operation()?);
            }
        }
        Ok(document)
    }

    fn operation(&mut self) -> Result<Operation, String> {
        if self.token == Token::Mark('{') {
            let selections = self.selections(1)?;
            return Ok(Operation { kind: Kind::Query, name: None, defaults: Vec::new(), selections });
        }
        let kind = match self.name()?.as_str() {
            "query" => Kind::Query,
            "mutation" => Kind::Mutation,
            other => return Err(self.lexer.wrong(&format!("Unexpected Name '{other:.40}'"))),
        };
        let name = if matches!(self.token, Token::Name(_)) { Some(self.name()?) } else { None };
        let defaults = self.variables()?;
        self.directives()?;
        Ok(Operation { kind, name, defaults, selections: self.selections(1)? })
    }

    /// `($name: Type = default …)`
    fn variables(&mut self) -> Result<Vec<(String, Input)>, String> {
        let mut defaults = Vec::new();
        if !self.takes('(')? {
            return Ok(defaults);
        }
        while !self.takes(')')? {
            self.expect('$')?;
            let name = self.name()?;
            self.expect(':')?;
            self.type_reference(1)?;
            if self.takes('=')? {
                defaults.push((name, self.input(1)?));
            }
            self.directives()?;
        }
        Ok(defaults)
    }

    fn type_reference(&mut self, depth: usize) -> Result<(), String> {
        shallow(depth)?;
        if self.takes('[')? {
            self.type_reference(depth + 1)?;
            self.expect(']')?;
        } else {
            self.name()?;
        }
        self.takes('!').map(drop)
    }

    /// What is noted about operations for others; it changes nothing here.
    fn directives(&mut self) -> Result<(), String> {
        while self.takes('@')? {
            let name = self.name()?;
            if name != "component" {
                return Err(format!("Unknown directive '@{name}'."));
            }
            self.arguments()?;
        }
        Ok(())
    }

    /// `on Type`
    fn condition(&mut self) -> Result<(), String> {
        match self.takes_word("on")? {
            true => self.name().map(drop),
            false => Err(self.unexpected("'on'")),
        }
    }

    fn selections(&mut self, depth: usize) -> Result<Vec<Selection>, String> {
        shallow(depth)?;
        self.expect('{')?;
        let mut selections = Vec::new();
        while !self.takes('}')? {
            self.count += 1;
            if self.count > MOST {
                return Err(format!("Query exceeds maximum total selections of {MOST}"));
            }
            selections.push(self.selection(depth)?);
        }
        Ok(selections)
    }

    fn selection(&mut self, depth: usize) -> Result<Selection, String> {
        if self.token == Token::Spread {
            self.advance()?;
            return self.fragment(depth);
        }
        let first = self.name()?;
        let (alias, name) = if self.takes(':')? { (Some(first), self.name()?) } else { (None, first) };
        let arguments = self.arguments()?;
        self.directives()?;
        let deeper = self.token == Token::Mark('{');
        let selections = if deeper { self.selections(depth + 1)? } else { Vec::new() };
        Ok(Selection::Field { alias, name, arguments, selections })
    }

    fn fragment(&mut self, depth: usize) -> Result<Selection, String> {
        match &self.token {
            Token::Name(name) if name != "on" => {
                let name = self.name()?;
                self.directives()?;
                Ok(Selection::Fragment(name))
            }
            _ => {
                if self.token != Token::Mark('{') {
                    self.condition()?;
                }
                Ok(Selection::Inline(self.selections(depth + 1)?))
            }
        }
    }

    fn arguments(&mut self) -> Result<Vec<(String, Input)>, String> {
        if self.takes('(')? { self.pairs(')', 1) } else { Ok(Vec::new()) }
    }

    /// `name: value …` up to the mark that ends them.
    fn pairs(&mut self, end: char, depth: usize) -> Result<Vec<(String, Input)>, String> {
        let mut pairs = Vec::new();
        while !self.takes(end)? {
            let name = self.name()?;
            self.expect(':')?;
            pairs.push((name, self.input(depth)?));
        }
        Ok(pairs)
    }

    fn input(&mut self, depth: usize) -> Result<Input, String> {
        shallow(depth)?;
        let token = self.advance()?;
        Ok(match token {
            Token::Text(text) => Input::Plain(text.into()),
            Token::Integer(number) => Input::Plain(number.into()),
            Token::Number(number) => Input::Plain(number.into()),
            Token::Name(word) => Input::Plain(match word.as_str() {
                "true" => true.into(),
                "false" => false.into(),
                "null" => Value::Null,
                _ => word.into(),
            }),
            Token::Mark('$') => Input::Variable(self.name()?),
            Token::Mark('[') => {
                let mut values = Vec::new();
                while !self.takes(']')? {
                    values.push(self.input(depth + 1)?);
                }
                Input::List(values)
            }
            Token::Mark('{') => Input::Object(self.pairs('}', depth + 1)?),
            other => {
                return Err(self.lexer.wrong(&format!("Unexpected {}, expected a value", other.shown())));
            }
        })
    }

    fn name(&mut self) -> Result<String, String> {
        match self.advance()? {
            Token::Name(name) => Ok(name),
            other => Err(self.lexer.wrong(&format!("Expected Name, found {}", other.shown()))),
        }
    }

    fn expect(&mut self, mark: char) -> Result<(), String> {
        if self.takes(mark)? { Ok(()) } else { Err(self.unexpected(&format!("'{mark}'"))) }
    }

    fn takes(&mut self, mark: char) -> Result<bool, String> {
        let is_next = self.token == Token::Mark(mark);
        if is_next {
            self.advance()?;
        }
        Ok(is_next)
    }

    fn takes_word(&mut self, word: &str) -> Result<bool, String> {
        let is_next = matches!(&self.token, Token::Name(name) if name == word);
        if is_next {
            self.advance()?;
        }
        Ok(is_next)
    }

    /// Goes on to the next token, and gives the one that was there.
    fn advance(&mut self) -> Result<Token, String> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn unexpected(&self, wanted: &str) -> String {
        self.lexer.wrong(&format!("Expected {wanted}, found {}", self.token.shown()))
    }
}

fn shallow(depth: usize) -> Result<(), String> {
    if depth > DEEPEST { Err(format!("Query exceeds maximum depth of {DEEPEST}")) } else { Ok(()) }
}
