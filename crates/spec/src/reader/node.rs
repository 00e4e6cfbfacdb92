use std::collections::BTreeMap;

use base::{Diagnostic, Name};
use toml::{
    Spanned,
    de::{DeString, DeValue},
};

use super::{
    Reader, Section,
    text::shown,
    trail::{Key, Trail},
};
use crate::field::Shape;

/// One value of the file: where it is, what it should be, and what it is.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    pub(super) reader: &'a Reader<'a>,
    pub(super) trail: Trail,
    /// Where it begins in the text.
    pub(super) start: usize,
    pub(super) value: &'a DeValue<'a>,
    pub(super) shape: &'static Shape,
}

/// A key of a table, with its place.
pub(super) type Written<'a> = Spanned<DeString<'a>>;

impl<'a> Node<'a> {
    pub(super) fn root(
        reader: &'a Reader<'a>,
        document: &'a Spanned<DeValue<'a>>,
        shape: &'static Shape,
    ) -> Self {
        Self { reader, trail: Trail::ROOT, start: document.span().start, value: document.get_ref(), shape }
    }

    /// The value under this key.
    pub(super) fn child(&self, key: Key, value: &'a Spanned<DeValue<'a>>, shape: &'static Shape) -> Self {
        Self { start: value.span().start, value: value.get_ref(), shape, ..self.below(key) }
    }

    /// The same place under the path of a field that is not there.
    pub(super) fn below(&self, key: Key) -> Self {
        Self { trail: self.reader.trails.borrow_mut().below(self.trail, key), ..*self }
    }

    /// The same value, placed at its key.
    pub(super) fn at_key(&self, key: &Written<'_>) -> Self {
        Self { start: key.span().start, ..*self }
    }

    /// The value as this part of a shape that has a short and a long form.
    pub(crate) fn of(&self, shape: &'static Shape) -> Self {
        Self { shape, ..*self }
    }

    /// The short form's node when the value is not a table and the shape has two forms; else the node itself.
    pub(crate) fn short(&self) -> Self {
        match self.shape {
            Shape::Either(short, _) => self.of(short),
            _ => *self,
        }
    }

    /// The value at these keys, or the nearest table above it: the place of findings about several fields.
    pub(crate) fn at(&self, keys: &[&str]) -> Self {
        let mut node = *self;
        for key in keys {
            let DeValue::Table(table) = node.value else { break };
            let Some(value) = table.get(*key) else { break };
            node = node.child(Key::Free((*key).to_owned()), value, node.shape);
        }
        node
    }

    /// Where the value begins: line and column, from 1.
    pub(crate) fn line_and_column(&self) -> (usize, usize) {
        self.reader.place(self.start)
    }

    /// Records a finding about this value.
    pub(crate) fn refuse(&self, diagnostic: Diagnostic) {
        let path = self.reader.trails.borrow().path(self.trail);
        let diagnostic = if path.is_empty() { diagnostic } else { diagnostic.field(path) };
        self.reader.refuse(self.start, diagnostic);
    }

    /// Records that the value has the wrong type.
    pub(crate) fn wrong_type<T>(&self) -> Option<T> {
        let found = match self.value {
            DeValue::String(text) => format!("the text \"{}\"", shown(text)),
            DeValue::Integer(number) => format!("the number {}", shown(&number.to_string())),
            DeValue::Float(number) => format!("the number {}", shown(number.as_str())),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Datetime(time) => format!("the time {time}"),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        let mut diagnostic =
            Diagnostic::error(format!("wrong type: found {found}")).expected(self.shape.expected());
        if let (Shape::List(_), DeValue::String(text)) = (self.shape, self.value) {
            diagnostic = diagnostic.hint(format!("write [\"{}\"]", shown(text)));
        }
        self.refuse(diagnostic);
        None
    }

    /// Whether the value is a table, and so the long form of a shape that has two.
    pub(crate) fn is_table(&self) -> bool {
        self.value.is_table()
    }

    /// Whether the value is text.
    pub(crate) fn is_text(&self) -> bool {
        self.value.is_str()
    }

    /// Whether the value is a table with this key.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        matches!(self.value, DeValue::Table(table) if table.contains_key(key))
    }

    /// The value as a table of the fields of its shape; unknown and missing fields are recorded.
    pub(crate) fn section(&self) -> Option<Section<'a>> {
        match (self.value, self.shape.fields()) {
            (DeValue::Table(table), Some(fields)) => Some(Section::new(*self, table, fields)),
            _ => self.wrong_type(),
        }
    }

    /// The items of a list, with their places.
    pub(crate) fn items(&self) -> Option<Vec<Self>> {
        let item_shape = match self.shape {
            Shape::List(item) => item,
            Shape::Ends => &Shape::Number(crate::field::Limits::Any),
            _ => return self.wrong_type(),
        };
        let DeValue::Array(array) = self.value else { return self.wrong_type() };
        let item = |(position, value): (usize, &'a Spanned<DeValue<'a>>)| {
            self.child(Key::Item(position), value, item_shape)
        };
        Some(array.iter().enumerate().map(item).collect())
    }

    /// The keys of a table, whatever is wrong with it.
    pub(crate) fn keys(&self) -> Vec<&'a str> {
        let DeValue::Table(table) = self.value else { return Vec::new() };
        table.keys().map(|key| &**key.get_ref()).collect()
    }

    /// The entries of a table with free keys, in the order of the file.
    pub(crate) fn entries(&self) -> Vec<(&'a str, Self)> {
        let Some(inner) = self.shape.inner() else { return Vec::new() };
        let DeValue::Table(table) = self.value else {
            return self.wrong_type().unwrap_or_default();
        };
        let mut written: Vec<_> = table.iter().collect();
        written.sort_by_key(|(key, _)| key.span().start);
        let entry = |(key, value): (&'a Written<'a>, &'a Spanned<DeValue<'a>>)| {
            let key: &'a str = key.get_ref();
            (key, self.child(Key::Free(key.to_owned()), value, inner))
        };
        written.into_iter().map(entry).collect()
    }

    /// The entries of a table whose keys must be names, each read by `read`; what cannot be read is left out.
    pub(crate) fn named<T>(&self, read: impl Fn(&Name, &Self) -> Option<T>) -> BTreeMap<Name, T> {
        let mut values = BTreeMap::new();
        for (key, node) in self.entries() {
            match key.parse::<Name>() {
                // Only a fan-out makes instances.
                Ok(name) if name.group().is_none() => {
                    if let Some(value) = read(&name, &node) {
                        values.insert(name, value);
                    }
                }
                _ => node.refuse(
                    Diagnostic::error(format!("`{}` cannot be a name", shown(key)))
                        .expected(crate::names::EXPECTED),
                ),
            }
        }
        values
    }
}
