//! `OneHotEncoder`: one column a category, 1 where the value is it.

use std::collections::HashMap;

use super::{Compiled, Inputs, cast, single};
use crate::{Element, Elements, Problem, Tensor, attributes::Node, tensor};

enum Categories {
    Text(HashMap<String, usize>),
    Whole(HashMap<i64, usize>),
}

struct Encoder {
    categories: Categories,
    width: usize,
    /// Whether an unknown value gives only zeros, rather than an error.
    zeros: bool,
}

pub(super) fn one_hot_encoder(node: &Node<'_>) -> Compiled {
    let (texts, numbers) = (node.texts("cats_strings")?, node.ints("cats_int64s"));
    let width = texts.len().max(numbers.len());
    let categories = if texts.is_empty() {
        Categories::Whole(numbers.iter().enumerate().map(|(position, number)| (*number, position)).collect())
    } else {
        Categories::Text(texts.into_iter().enumerate().map(|(position, text)| (text, position)).collect())
    };
    if width == 0 {
        return Err(Problem::MissingAttribute("cats_strings"));
    }
    let encoder = Encoder { categories, width, zeros: node.int("zeros")?.unwrap_or(1) != 0 };
    Ok(single(move |inputs: &Inputs<'_>| encoder.run(inputs.need(0)?)))
}

impl Encoder {
    fn run(&self, tensor: &Tensor) -> Result<Tensor, Problem> {
        let mut shape = tensor.shape.clone();
        shape.push(self.width);
        let mut values = vec![0.0; tensor::allow_shape(&shape, Element::Float)?];
        for (row, position) in values.chunks_exact_mut(self.width).zip(self.positions(tensor)?) {
            match position {
                Some(position) => row[position] = 1.0,
                None if self.zeros => {}
                None => return Err(Problem::Value("a value is none of the categories".to_owned())),
            }
        }
        Ok(Tensor { shape, values: Elements::Float(values) })
    }

    fn positions(&self, tensor: &Tensor) -> Result<Vec<Option<usize>>, Problem> {
        match (&self.categories, &tensor.values) {
            (Categories::Text(categories), Elements::Text(values)) => {
                Ok(values.iter().map(|value| categories.get(value).copied()).collect())
            }
            (Categories::Text(_), other) => {
                Err(Problem::Type { position: 0, expected: "tensor(string)", found: other.element() })
            }
            (Categories::Whole(_), Elements::Text(_)) => {
                Err(Problem::Type { position: 0, expected: "numbers", found: Element::Text })
            }
            (Categories::Whole(categories), _) => match cast::to(tensor, Element::Int64)?.values {
                Elements::Int64(values) => {
                    Ok(values.iter().map(|value| categories.get(value).copied()).collect())
                }
                _ => Ok(Vec::new()),
            },
        }
    }
}
