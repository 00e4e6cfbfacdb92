//! `CategoryMapper`: between texts and whole numbers.

use super::{Compiled, label_encoder::both_ways};
use crate::{Elements, attributes::Node};

pub(super) fn category_mapper(node: &Node<'_>) -> Compiled {
    let texts = Elements::Text(node.texts("cats_strings")?);
    both_ways(node, texts, Elements::Int64(node.ints("cats_int64s").to_vec()))
}
