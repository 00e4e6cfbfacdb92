use std::{collections::BTreeMap, ops::Range};

use base::{Diagnostic, Name};
use toml::{
    Spanned,
    de::{DeString, DeValue},
};

use super::{
    Reader, Section,
    text::{segment, shown},
};
use crate::field::Shape;

/// One value of the file: where it is, what it should be, and what it is.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    pub(super) reader: &'a Reader<'a>,
    pub(super) path: String,
    pub(super) span: Range<usize>,
    pub(super) value: &'a DeValue<'a>,
    pub(super) shape: &'static Shape,
}

/// A key of a table, with its place.
pub(super) type Key<'a> = Spanned<DeString<'a>>;

impl<'a> Node<'a> {
    pub(super) fn root(
        reader: &'a Reader<'a>,
        document: &'a Spanned<DeValue<'a>>,
        shape: &'static Shape,
    ) -> Self {
        Self { reader, path: String::new(), span: document.span(), value: document.get_ref(), shape }
    }

    /// The value under this key.
    pub(super) fn child(&self, key: &str, value: &'a Spanned<DeValue<'a>>, shape: &'static Shape) -> Self {
        Self { span: value.span(), value: value.get_ref(), shape, ..self.below(key) }
    }

    /// The same place under the path of a field that is not there.
    pub(super) fn below(&self, key: &str) -> Self {
        let key = segment(key);
        let path = if self.path.is_empty() { key } else { format!("{}.{key}", self.path) };
        Self { path, ..self.clone() }
    }

    /// The same value, placed at its key.
    pub(super) fn at_key(&self, key: &Key<'_>) -> Self {
        Self { span: key.span(), ..self.clone() }
    }

    /// The value as this part of a shape that has a short and a long form.
    pub(crate) fn of(&self, shape: &'static Shape) -> Self {
        Self { shape, ..self.clone() }
    }

    /// The short form's node when the value is not a table and the shape has two forms; else the node itself.
    pub(crate) fn short(&self) -> Self {
        match self.shape {
            Shape::Either(short, _) => self.of(short),
            _ => self.clone(),
        }
    }

    /// The value at these keys, or the nearest table above it: the place of findings about several fields.
    pub(crate) fn at(&self, keys: &[&str]) -> Self {
        let mut node = self.clone();
        for key in keys {
            let DeValue::Table(table) = node.value else { break };
            let Some(value) = table.get(*key) else { break };
            node = node.child(key, value, node.shape);
        }
        node
    }

    /// Records a finding about this value.
    pub(crate) fn refuse(&self, diagnostic: Diagnostic) {
        let diagnostic = if self.path.is_empty() { diagnostic } else { diagnostic.field(self.path.clone()) };
        self.reader.refuse(self.span.start, diagnostic);
    }

    /// Records that the value has the wrong type.
    pub(super) fn wrong_type<T>(&self) -> Option<T> {
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

    /// The value as a table of the fields of its shape; unknown and missing fields are recorded.
    pub(crate) fn section(&self) -> Option<Section<'a>> {
        match (self.value, self.shape.fields()) {
            (DeValue::Table(table), Some(fields)) => Some(Section::new(self.clone(), table, fields)),
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
        let item = |(position, value): (usize, &'a Spanned<DeValue<'a>>)| Self {
            reader: self.reader,
            path: format!("{}[{position}]", self.path),
            span: value.span(),
            value: value.get_ref(),
            shape: item_shape,
        };
        Some(array.iter().enumerate().map(item).collect())
    }

    /// The keys of a table, whatever is wrong with it.
    pub(crate) fn keys(&self) -> Vec<&'a str> {
        let DeValue::Table(table) = self.value else { return Vec::new() };
        table.keys().map(|key| &**key.get_ref()).collect()
    }

    /// The entries of a table with free keys.
    pub(crate) fn entries(&self) -> Vec<(&'a str, Self)> {
        let (Shape::Named(inner) | Shape::Columns(inner)) = self.shape else { return Vec::new() };
        let DeValue::Table(table) = self.value else {
            return self.wrong_type().unwrap_or_default();
        };
        table.iter().map(|(key, value)| (&**key.get_ref(), self.child(key.get_ref(), value, inner))).collect()
    }

    /// The entries of a table whose keys must be names, each read by `read`; what cannot be read is left out.
    pub(crate) fn named<T>(&self, read: impl Fn(&Name, &Self) -> Option<T>) -> BTreeMap<Name, T> {
        let mut values = BTreeMap::new();
        for (key, node) in self.entries() {
            match key.parse::<Name>() {
                Ok(name) => {
                    if let Some(value) = read(&name, &node) {
                        values.insert(name, value);
                    }
                }
                Err(_) => node.refuse(
                    Diagnostic::error(format!("`{}` cannot be a name", shown(key)))
                        .expected(crate::names::EXPECTED),
                ),
            }
        }
        values
    }
}
