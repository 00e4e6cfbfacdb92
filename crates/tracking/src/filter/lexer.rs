//! Cuts a filter or a clause of an order into tokens, one at a time.

use std::{borrow::Cow, ops::Range};

use super::{
    name::{self, Name},
    problem::Problem,
};

/// The smallest part with a meaning.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    /// A name or a keyword: which one it is, its place tells.
    Name(Name<'a>),
    /// In single or double quotes. In double quotes it may also be the name of an attribute.
    Text {
        text: Cow<'a, str>,
        double: bool,
    },
    /// As the nearest double; what is too large is infinite.
    Number(f64),
    /// A run of the characters `< > = ~ !`.
    Operator(&'a str),
    Open,
    Close,
    Comma,
    Semicolon,
    /// Nothing is left.
    End,
}

/// A token and where it stands, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed<'a> {
    pub(super) token: Token<'a>,
    pub(super) at: Range<usize>,
}

/// Reads tokens from a text.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    /// The next token; [`Token::End`] again and again at the end.
    pub(super) fn next(&mut self) -> Result<Placed<'a>, Problem> {
        self.take_while(char::is_whitespace);
        let start = self.position;
        let token = self.token()?;
        Ok(Placed { token, at: start..self.position })
    }

    fn token(&mut self) -> Result<Token<'a>, Problem> {
        let Some(first) = self.peek() else { return Ok(Token::End) };
        match first {
            '(' => Ok(self.single(Token::Open)),
            ')' => Ok(self.single(Token::Close)),
            ',' => Ok(self.single(Token::Comma)),
            ';' => Ok(self.single(Token::Semicolon)),
            '<' | '>' | '=' | '~' | '!' => Ok(Token::Operator(self.take_while(is_operator))),
            '\'' | '"' => Ok(Token::Text { text: self.quoted(first)?, double: first == '"' }),
            '`' => self.name(),
            _ if self.begins_number() => Ok(self.number()),
            _ if name::is_plain(first) => self.name(),
            _ => Err(Problem::malformed(
                "a character that means nothing here; keys with such characters stand in backticks",
                self.position,
            )),
        }
    }

    /// A name: a word or a key in backticks, and when a point follows, a key behind it.
    fn name(&mut self) -> Result<Token<'a>, Problem> {
        let start = self.position;
        let (first, quoted) = match self.peek() {
            Some('`') => (self.quoted('`')?, true),
            _ => (Cow::Borrowed(self.take_while(name::is_plain)), false),
        };
        if self.peek() != Some('.') {
            return Ok(Token::Name(Name { kind: None, key: first, quoted }));
        }
        let kind = self.text[start..self.position].trim_matches('`');
        self.position += 1;
        let (key, quoted) = self.key(start)?;
        Ok(Token::Name(Name { kind: Some(kind), key, quoted }))
    }

    /// What follows the point of the name that began at `start`.
    fn key(&mut self, start: usize) -> Result<(Cow<'a, str>, bool), Problem> {
        let (key, quoted) = match self.peek() {
            Some(quote @ ('`' | '"' | '\'')) => (self.quoted(quote)?, true),
            _ => (
                Cow::Borrowed(self.take_while(|character| name::is_plain(character) || character == '.')),
                false,
            ),
        };
        if key.is_empty() {
            return Err(Problem::malformed("a key is missing behind the point", start));
        }
        match self.peek() {
            Some('.' | '`' | '"') => {
                Err(Problem::malformed("a key stands in quotes as a whole or not at all", start))
            }
            _ => Ok((key, quoted)),
        }
    }

    /// A text in quotes, from the opening one on. A quote that is doubled, or follows a backslash and is not the last one, is part of it.
    fn quoted(&mut self, quote: char) -> Result<Cow<'a, str>, Problem> {
        let start = self.position;
        self.position += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let part = self.take_while(|character| character != quote);
            if self.peek().is_none() {
                return Err(Problem::malformed("a quote is opened and not closed", start));
            }
            self.position += 1;
            let escaped = quote != '`' && part.ends_with('\\') && self.text[self.position..].contains(quote);
            let doubled = !escaped && self.peek() == Some(quote);
            let part = if escaped { &part[..part.len() - 1] } else { part };
            append(&mut text, part);
            if !escaped && !doubled {
                return Ok(text);
            }
            self.position += usize::from(doubled);
            text.to_mut().push(quote);
        }
    }

    fn begins_number(&self) -> bool {
        let rest = &self.text.as_bytes()[self.position..];
        let rest = rest.strip_prefix(b"-").or(rest.strip_prefix(b"+")).unwrap_or(rest);
        let rest = rest.strip_prefix(b".").unwrap_or(rest);
        rest.first().is_some_and(u8::is_ascii_digit)
    }

    /// A number; what begins like one and is none, as `1_000`, is a name that no search knows.
    fn number(&mut self) -> Token<'a> {
        let mut signed = true;
        let rest = &self.text[self.position..];
        let end = rest.find(|character| {
            let inside = match character {
                '-' | '+' => signed,
                _ => name::is_plain(character) || character == '.',
            };
            signed = matches!(character, 'e' | 'E');
            !inside
        });
        let written = &rest[..end.unwrap_or(rest.len())];
        self.position += written.len();
        match written.parse() {
            Ok(number) => Token::Number(number),
            Err(_) => Token::Name(Name { kind: None, key: Cow::Borrowed(written), quoted: false }),
        }
    }

    fn single(&mut self, token: Token<'a>) -> Token<'a> {
        self.position += 1;
        token
    }

    fn take_while(&mut self, inside: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.text[self.position..];
        let taken = &rest[..rest.find(|character| !inside(character)).unwrap_or(rest.len())];
        self.position += taken.len();
        taken
    }

    fn peek(&self) -> Option<char> {
        self.text[self.position..].chars().next()
    }
}

fn is_operator(character: char) -> bool {
    matches!(character, '<' | '>' | '=' | '~' | '!')
}

/// Without a copy while there is only one part.
fn append<'a>(text: &mut Cow<'a, str>, part: &'a str) {
    match text.is_empty() {
        true => *text = Cow::Borrowed(part),
        false => text.to_mut().push_str(part),
    }
}
