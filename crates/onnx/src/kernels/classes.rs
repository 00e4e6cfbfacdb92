//! The classes of a classifier, by which its label output is written.

use crate::{Elements, Problem, Tensor, attributes::Node};

/// Texts or whole numbers, at least two.
pub(super) struct Classes(Elements);

impl Classes {
    /// The classes in `classlabels_strings`, or else in the attribute of numbers of this name.
    pub(super) fn of(node: &Node<'_>, numbers: &'static str) -> Result<Self, Problem> {
        let texts = node.texts("classlabels_strings")?;
        let classes = if texts.is_empty() {
            Elements::Int64(node.ints(numbers).to_vec())
        } else {
            Elements::Text(texts)
        };
        if classes.len() < 2 {
            return Err(Problem::attribute(numbers, "at least two classes, or classlabels_strings must be"));
        }
        Ok(Self(classes))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The class at each of these positions, all of which exist.
    pub(super) fn labels(&self, positions: &[usize]) -> Result<Tensor, Problem> {
        Ok(Tensor { shape: vec![positions.len()], values: self.0.gather(positions)? })
    }
}
