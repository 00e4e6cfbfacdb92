//! Cuts a GraphQL document into tokens, one at a time.

/// The smallest part with a meaning.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A word: a name or a keyword.
    Name(String),
    /// What stood in quotes, with its escapes undone.
    Text(String),
    Integer(i64),
    Number(f64),
    /// One of `! $ & ( ) : = @ [ ] { | }`.
    Mark(char),
    /// `...`
    Spread,
    /// Nothing is left.
    End,
}

impl Token {
    /// As errors tell of it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Name(name) => format!("Name '{name:.40}'"),
            Self::Text(_) => "String".to_owned(),
            Self::Integer(_) | Self::Number(_) => "number".to_owned(),
            Self::Mark(mark) => format!("'{mark}'"),
            Self::Spread => "'...'".to_owned(),
            Self::End => "<EOF>".to_owned(),
        }
    }
}

/// Reads tokens from a text.
pub(super) struct Lexer<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    /// The next token; [`Token::End`] again and again at the end.
    pub(super) fn next(&mut self) -> Result<Token, String> {
        self.pass_over();
        let Some(first) = self.rest().chars().next() else { return Ok(Token::End) };
        match first {
            '"' if self.rest().starts_with("\"\"\"") => self.block(),
            '"' => self.text(),
            '.' if self.rest().starts_with("...") => {
                self.position += 3;
                Ok(Token::Spread)
            }
            '!' | '$' | '&' | '(' | ')' | ':' | '=' | '@' | '[' | ']' | '{' | '|' | '}' => {
                self.position += 1;
                Ok(Token::Mark(first))
            }
            '-' | '0'..='9' => self.number(),
            'A'..='Z' | 'a'..='z' | '_' => {
                Ok(Token::Name(self.take_while(|letter| letter.is_ascii_alphanumeric() || letter == '_')))
            }
            other => Err(self.wrong(&format!("Unexpected character: '{other}'"))),
        }
    }

    /// What is wrong, and where.
    pub(super) fn wrong(&self, what: &str) -> String {
        let before = self.text.get(..self.position).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
        format!("Syntax Error: {what} (line {line}, column {column})")
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    /// White space, commas and comments.
    fn pass_over(&mut self) {
        loop {
            self.take_while(|letter| letter.is_whitespace() || letter == ',' || letter == '\u{feff}');
            if !self.rest().starts_with('#') {
                return;
            }
            self.take_while(|letter| letter != '\n');
        }
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let rest = self.rest();
        let end = rest.find(|letter| !wanted(letter)).unwrap_or(rest.len());
        self.position += end;
        rest[..end].to_owned()
    }

    fn number(&mut self) -> Result<Token, String> {
        let text = self.take_while(|letter| letter.is_ascii_digit() || "+-.eE".contains(letter));
        if let Ok(number) = text.parse() {
            return Ok(Token::Integer(number));
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Token::Number(number)),
            _ => Err(self.wrong(&format!("Invalid number '{text:.40}'"))),
        }
    }

    fn text(&mut self) -> Result<Token, String> {
        self.position += 1;
        let mut text = String::new();
        loop {
            text += &self.take_while(|letter| !matches!(letter, '"' | '\\' | '\n'));
            if self.rest().starts_with('"') {
                self.position += 1;
                return Ok(Token::Text(text));
            }
            text.push(self.escaped().ok_or_else(|| self.wrong("Unterminated string"))?);
        }
    }

    /// The letter that a backslash and what follows it stand for.
    fn escaped(&mut self) -> Option<char> {
        let mut letters = self.rest().strip_prefix('\\')?.chars();
        let letter = letters.next()?;
        self.position += 1 + letter.len_utf8();
        match letter {
            '"' | '\\' | '/' => Some(letter),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'u' => self.numbered(),
            _ => None,
        }
    }

    /// The letter with a number: `\u00e9`, or two halves of one beyond the first 65,536.
    fn numbered(&mut self) -> Option<char> {
        let first = self.four_digits()?;
        let halves = match first {
            0xd800..=0xdbff => {
                self.position += self.rest().strip_prefix("\\u").map(|_| 2)?;
                vec![first, self.four_digits()?]
            }
            _ => vec![first],
        };
        char::decode_utf16(halves).next()?.ok()
    }

    fn four_digits(&mut self) -> Option<u16> {
        let digits =
            self.rest().get(..4).filter(|digits| digits.chars().all(|digit| digit.is_ascii_hexdigit()))?;
        self.position += 4;
        u16::from_str_radix(digits, 16).ok()
    }

    /// A text between three quotation marks each, as it stands.
    fn block(&mut self) -> Result<Token, String> {
        let rest = &self.rest()[3..];
        let end = rest.find("\"\"\"").ok_or_else(|| self.wrong("Unterminated string"))?;
        self.position += end + 6;
        Ok(Token::Text(rest[..end].trim().to_owned()))
    }
}
