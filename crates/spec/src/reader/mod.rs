//! Reads typed values out of TOML that knows its places, and collects every error on the way.
//!
//! A [`Node`] is one value with its path, its place and the [`Shape`] it should have; its
//! methods return the typed value, or record why not and return nothing. Nothing stops at
//! the first error: the module of each table reads all its fields before it gives up.

mod node;
mod scalar;
mod section;
mod text;
mod trail;

pub(crate) use node::Node;
pub(crate) use section::Section;
pub(crate) use text::{segment, shown};

use std::{cell::RefCell, ops::Range};

use base::Diagnostic;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use self::trail::Trails;
use crate::field::Shape;

/// The file that is being read, and what was found wrong with it so far.
pub(crate) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    line_starts: Vec<usize>,
    env: &'a dyn Fn(&str) -> Option<String>,
    trails: RefCell<Trails>,
    found: RefCell<Vec<Diagnostic>>,
}

impl<'a> Reader<'a> {
    /// A reader of this text, shown under this file name.
    pub(crate) fn new(file: &'a str, text: &'a str, env: &'a dyn Fn(&str) -> Option<String>) -> Self {
        let after_newlines = text.match_indices('\n').map(|(position, _)| position + 1);
        let line_starts = std::iter::once(0).chain(after_newlines).collect();
        Self { file, text, line_starts, env, trails: RefCell::default(), found: RefCell::default() }
    }

    /// The file's TOML; nothing, and the syntax errors recorded, when it is not TOML.
    pub(crate) fn document(&self) -> Option<Spanned<DeValue<'a>>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        let mut last_line = None;
        for error in &errors {
            // One slip often makes the parser stumble several times in a line: the first is the cause.
            let (line, _) = self.place(self.start_of(error.span()));
            if last_line.replace(line) != Some(line) {
                self.refuse(self.start_of(error.span()), syntax(error.message()));
            }
        }
        let span = table.span();
        errors.is_empty().then(|| Spanned::new(span, DeValue::Table(table.into_inner())))
    }

    /// The whole document as a node of this shape.
    pub(crate) fn root(&'a self, document: &'a Spanned<DeValue<'a>>, shape: &'static Shape) -> Node<'a> {
        Node::root(self, document, shape)
    }

    /// Everything found, in the order of the file.
    pub(crate) fn into_found(self) -> Vec<Diagnostic> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|diagnostic| (diagnostic.line, diagnostic.column));
        found
    }

    /// Records a finding at this place of the text.
    fn refuse(&self, offset: usize, mut diagnostic: Diagnostic) {
        let (line, column) = self.place(offset);
        diagnostic.file = Some(self.file.to_owned());
        diagnostic.line = Some(line);
        diagnostic.column = Some(column);
        self.found.borrow_mut().push(diagnostic);
    }

    /// 1-based line and column, in characters.
    fn place(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let line_start = self.line_starts[line - 1];
        (line, self.text[line_start..offset].chars().count() + 1)
    }

    /// Where a syntax error begins; the end of the file when the parser ran out of text.
    fn start_of(&self, span: Option<Range<usize>>) -> usize {
        span.map_or(self.text.len(), |span| span.start)
    }
}

/// The parser's message, taken apart into what is wrong and what was expected.
fn syntax(message: &str) -> Diagnostic {
    let (wrong, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    let mut diagnostic = Diagnostic::error(format!("not TOML: {wrong}"));
    diagnostic.expected = (!expected.is_empty()).then(|| expected.to_owned());
    if wrong == "duplicate key" {
        diagnostic = diagnostic.hint("each table and each field may be written once; join the two");
    }
    diagnostic
}
