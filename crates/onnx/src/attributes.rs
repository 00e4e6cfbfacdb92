//! Typed access to a node's attributes, while it is compiled.

use crate::{
    Element, Problem, Tensor, constant,
    proto::{AttributeProto, NodeProto},
};

/// What a kernel is compiled from: the node, and the version of its domain's operators.
pub(crate) struct Node<'a> {
    pub(crate) proto: &'a NodeProto,
    /// 0 when the model does not say.
    pub(crate) version: i64,
}

impl<'a> Node<'a> {
    fn find(&self, name: &str) -> Option<&'a AttributeProto> {
        self.proto.attribute.iter().find(|attribute| attribute.name == name)
    }

    /// Whether there is an attribute of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub(crate) fn int(&self, name: &'static str) -> Result<Option<i64>, Problem> {
        let Some(attribute) = self.find(name) else { return Ok(None) };
        attribute.i.map(Some).ok_or_else(|| Problem::attribute(name, "a whole number"))
    }

    pub(crate) fn float(&self, name: &'static str) -> Result<Option<f32>, Problem> {
        let Some(attribute) = self.find(name) else { return Ok(None) };
        attribute.f.map(Some).ok_or_else(|| Problem::attribute(name, "a number"))
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&'a str>, Problem> {
        let Some(attribute) = self.find(name) else { return Ok(None) };
        let bytes = attribute.s.as_deref().ok_or_else(|| Problem::attribute(name, "text"))?;
        std::str::from_utf8(bytes).map(Some).map_err(|_| Problem::attribute(name, "text in UTF-8"))
    }

    /// The list of this name; empty when there is none.
    pub(crate) fn ints(&self, name: &str) -> &'a [i64] {
        self.find(name).map_or(&[], |attribute| &attribute.ints)
    }

    /// The list of this name; empty when there is none.
    pub(crate) fn floats(&self, name: &str) -> &'a [f32] {
        self.find(name).map_or(&[], |attribute| &attribute.floats)
    }

    /// The list of this name; empty when there is none.
    pub(crate) fn texts(&self, name: &'static str) -> Result<Vec<String>, Problem> {
        let Some(attribute) = self.find(name) else { return Ok(Vec::new()) };
        let texts = attribute.strings.iter().map(|bytes| String::from_utf8(bytes.clone()));
        texts.collect::<Result<_, _>>().map_err(|_| Problem::attribute(name, "text in UTF-8"))
    }

    pub(crate) fn tensor(&self, name: &'static str) -> Result<Option<Tensor>, Problem> {
        let Some(attribute) = self.find(name) else { return Ok(None) };
        let proto = attribute.t.as_deref().ok_or_else(|| Problem::attribute(name, "a tensor"))?;
        constant::decode(proto).map(Some)
    }

    /// The element type whose number this attribute holds.
    pub(crate) fn element(&self, name: &'static str) -> Result<Option<Element>, Problem> {
        let Some(code) = self.int(name)? else { return Ok(None) };
        let element = i32::try_from(code).ok().and_then(Element::of_code);
        let expected = "a supported element type: float, double, int64, int32, bool or string";
        element.map(Some).ok_or_else(|| Problem::attribute(name, format!("{expected}; it is {code}")))
    }
}
