//! Grown trees, and what they predict.

use crate::matrix::Matrix;

/// A node of a tree; children come after their parent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Node {
    /// The end of a path: what is added to the margin.
    Leaf(f32),
    /// `x <= threshold` goes left, a larger number right, a missing one where `missing_left` says.
    Split {
        /// The matrix column that is looked at.
        column: usize,
        /// The largest value that goes left.
        threshold: f32,
        /// Whether a missing value goes left.
        missing_left: bool,
        /// Position of the left child.
        left: usize,
        /// Position of the right child.
        right: usize,
    },
}

/// A tree; the root is the first node.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
}

/// Trees whose sum, with a constant, is the margin of each output.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ensemble {
    /// The constant of each output.
    pub(crate) start: Vec<f64>,
    /// Trees, round by round, one an output.
    pub(crate) trees: Vec<Tree>,
}

impl Tree {
    /// The value of the leaf that a row ends in.
    pub(crate) fn value(&self, row: &[f32]) -> f32 {
        let mut at = 0;
        loop {
            match self.nodes[at] {
                Node::Leaf(value) => return value,
                Node::Split { column, threshold, missing_left, left, right } => {
                    let value = row[column];
                    let goes_left = value <= threshold || (missing_left && value.is_nan());
                    at = if goes_left { left } else { right };
                }
            }
        }
    }
}

impl Ensemble {
    pub(crate) fn outputs(&self) -> usize {
        self.start.len()
    }

    /// The margins of every row, row-major.
    pub(crate) fn margins(&self, matrix: &Matrix) -> Vec<f64> {
        let mut margins = self.start.repeat(matrix.rows());
        for (position, tree) in self.trees.iter().enumerate() {
            self.add(position, tree, matrix, &mut margins);
        }
        margins
    }

    /// Adds what the tree at this position says to the margins.
    pub(crate) fn add(&self, position: usize, tree: &Tree, matrix: &Matrix, margins: &mut [f64]) {
        let output = position % self.outputs();
        for (row, margins) in margins.chunks_exact_mut(self.outputs()).enumerate() {
            margins[output] += f64::from(tree.value(matrix.row(row)));
        }
    }
}
