use base::{Diagnostic, Size, Span, Timestamp, nearest};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Node, node::Written, text::shown, trail::Key};
use crate::field::{Field, Need, Word};

/// A table of the file whose fields are known.
pub(crate) struct Section<'a> {
    node: Node<'a>,
    table: &'a DeTable<'a>,
    fields: &'static [Field],
}

impl<'a> Section<'a> {
    /// The table, with its unknown and missing fields recorded.
    pub(super) fn new(node: Node<'a>, table: &'a DeTable<'a>, fields: &'static [Field]) -> Self {
        let section = Self { node, table, fields };
        section.refuse_unknown();
        section.refuse_missing();
        section
    }

    /// The table itself, for findings about it.
    pub(crate) fn node(&self) -> &Node<'a> {
        &self.node
    }

    /// The field's value, if it is there.
    pub(crate) fn get(&self, name: &str) -> Option<Node<'a>> {
        debug_assert!(self.field(name).is_some(), "`{name}` is read but not described");
        let value = self.table.get(name)?;
        let field = self.field(name)?;
        Some(self.node.child(Key::Field(field.name), value, &field.shape))
    }

    fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether the field is there at all, right or wrong.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// The field's place, or the table's when it is not there.
    pub(crate) fn place(&self, name: &str) -> Node<'a> {
        self.get(name).unwrap_or(self.node)
    }

    /// The field as text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.text()
    }

    /// The field as `true` or `false`.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.get(name)?.flag()
    }

    /// The field as a whole number.
    pub(crate) fn whole(&self, name: &str) -> Option<u64> {
        self.get(name)?.whole()
    }

    /// The field as a whole number, negative ones included.
    pub(crate) fn signed(&self, name: &str) -> Option<i64> {
        self.get(name)?.signed()
    }

    /// The field as a whole number within the bounds of its shape.
    pub(crate) fn count<T: TryFrom<u64>>(&self, name: &str) -> Option<T> {
        self.get(name)?.count()
    }

    /// The field as a number or a share.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.number()
    }

    /// The field as a length of time.
    pub(crate) fn duration(&self, name: &str) -> Option<Span> {
        self.get(name)?.duration()
    }

    /// The field as an amount of storage.
    pub(crate) fn size(&self, name: &str) -> Option<Size> {
        self.get(name)?.size()
    }

    /// The field as an instant.
    pub(crate) fn time(&self, name: &str) -> Option<Timestamp> {
        self.get(name)?.time()
    }

    /// The field as one of the words of a type.
    pub(crate) fn word<T: Word>(&self, name: &str) -> Option<T> {
        self.get(name)?.word()
    }

    /// The field as a list of texts; empty when it is not there.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        self.get(name).map(|node| node.texts()).unwrap_or_default()
    }

    /// Whether it has fields that nobody knows; what seems to be missing is then probably misspelt.
    pub(crate) fn has_unknown(&self) -> bool {
        self.unknown().next().is_some()
    }

    fn unknown(&self) -> impl Iterator<Item = (&'a Written<'a>, &'a Spanned<DeValue<'a>>)> {
        let is_known = |name: &str| self.fields.iter().any(|field| field.name == name && field.exists());
        self.table.iter().filter(move |(key, _)| !is_known(key.get_ref()))
    }

    /// The fields of this version.
    fn known(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().filter(|field| field.exists()).map(|field| field.name)
    }

    /// The field that was probably meant by this name.
    fn meant(&self, name: &str) -> Option<&'static str> {
        nearest(&name.to_lowercase(), self.known())
    }

    fn refuse_unknown(&self) {
        for (key, value) in self.unknown() {
            let name: &str = key.get_ref();
            let diagnostic = Diagnostic::error(format!("unknown field `{}`", shown(name)));
            let expected = format!("one of {}", self.known().collect::<Vec<_>>().join(", "));
            let comes_later = self.fields.iter().any(|field| field.name == name);
            // The shape plays no part: the value of an unknown field is not looked at.
            let place = self.node.child(Key::Free(name.to_owned()), value, self.node.shape).at_key(key);
            place.refuse(match self.meant(name) {
                _ if comes_later => {
                    diagnostic.hint(format!("this version of Kaizen does not have `{name}` yet; remove it"))
                }
                Some(near) => diagnostic.expected(expected).hint(format!("did you mean `{near}`?")),
                None => diagnostic.expected(expected),
            });
        }
    }

    fn refuse_missing(&self) {
        for field in self.fields {
            let is_misspelt = || self.unknown().any(|(key, _)| self.meant(key.get_ref()) == Some(field.name));
            if field.need == Need::Required && !self.has(field.name) && !is_misspelt() {
                self.refuse_absent(field.name, &field.shape.expected(), &as_hint(field.about));
            }
        }
    }

    /// Records that the table lacks a field.
    pub(crate) fn refuse_absent(&self, name: &str, expected: &str, hint: &str) {
        let missing = Diagnostic::error(format!("missing field `{name}`"));
        self.node.below(Key::Free(name.to_owned())).refuse(missing.expected(expected).hint(hint));
    }
}

/// A field's description as a fragment of a sentence.
fn as_hint(about: &str) -> String {
    let mut letters = about.trim_end_matches('.').chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}
