//! `LabelEncoder`: a value for each key, and one for all others.

use std::collections::HashMap;

use super::{Compiled, Inputs, single};
use crate::{Element, Elements, Problem, Tensor, attributes::Node};

/// The position of each key.
enum Keys {
    Text(HashMap<String, usize>),
    Whole(HashMap<i64, usize>),
    /// By the bits of the double, one zero and one NaN.
    Real(HashMap<u64, usize>),
}

impl Keys {
    /// The first of equal keys counts.
    fn of(keys: &Elements) -> Result<Self, Problem> {
        fn index<K: std::hash::Hash + Eq>(keys: impl Iterator<Item = K>) -> HashMap<K, usize> {
            let mut map = HashMap::new();
            for (position, key) in keys.enumerate() {
                map.entry(key).or_insert(position);
            }
            map
        }
        Ok(match keys {
            Elements::Text(keys) => Self::Text(index(keys.iter().cloned())),
            Elements::Int64(keys) => Self::Whole(index(keys.iter().copied())),
            Elements::Float(keys) => Self::Real(index(keys.iter().map(|key| bits(f64::from(*key))))),
            Elements::Double(keys) => Self::Real(index(keys.iter().map(|key| bits(*key)))),
            _ => return Err(Problem::attribute("keys", "texts, whole numbers or floats")),
        })
    }

    /// For each value the position of its key, or `other`.
    fn find(&self, values: &Elements, other: usize) -> Result<Vec<usize>, Problem> {
        let expected = match self {
            Self::Text(_) => "tensor(string)",
            Self::Whole(_) => "tensor(int64)",
            Self::Real(_) => "tensor(float) or tensor(double)",
        };
        let position = |found: Option<&usize>| found.copied().unwrap_or(other);
        Ok(match (self, values) {
            (Self::Text(keys), Elements::Text(values)) => {
                values.iter().map(|value| position(keys.get(value))).collect()
            }
            (Self::Whole(keys), Elements::Int64(values)) => {
                values.iter().map(|value| position(keys.get(value))).collect()
            }
            (Self::Real(keys), Elements::Float(values)) => {
                values.iter().map(|value| position(keys.get(&bits(f64::from(*value))))).collect()
            }
            (Self::Real(keys), Elements::Double(values)) => {
                values.iter().map(|value| position(keys.get(&bits(*value)))).collect()
            }
            (_, found) => return Err(Problem::Type { position: 0, expected, found: found.element() }),
        })
    }
}

fn bits(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        // Turns -0 into 0.
        (value + 0.0).to_bits()
    }
}

/// A mapping: the values of the keys, and after them the value of all others.
struct Mapping {
    keys: Keys,
    values: Elements,
    other: usize,
}

impl Mapping {
    fn of(keys: &Elements, mut values: Elements, default: Elements) -> Result<Self, Problem> {
        if keys.len() != values.len() {
            let (keys, values) = (keys.len(), values.len());
            return Err(Problem::Value(format!("there are {keys} keys but {values} values")));
        }
        match (&mut values, default) {
            (Elements::Text(values), Elements::Text(default)) => values.extend(default),
            (Elements::Int64(values), Elements::Int64(default)) => values.extend(default),
            (Elements::Float(values), Elements::Float(default)) => values.extend(default),
            (Elements::Double(values), Elements::Double(default)) => values.extend(default),
            _ => return Err(Problem::attribute("default", "of the type of the values")),
        }
        if values.len() != keys.len() + 1 {
            return Err(Problem::attribute("default", "one value"));
        }
        Ok(Self { keys: Keys::of(keys)?, other: keys.len(), values })
    }

    fn apply(&self, tensor: &Tensor) -> Result<Tensor, Problem> {
        let positions = self.keys.find(&tensor.values, self.other)?;
        Ok(Tensor { shape: tensor.shape.clone(), values: self.values.gather(&positions)? })
    }
}

pub(super) fn label_encoder(node: &Node<'_>) -> Compiled {
    if node.has("classes_strings") {
        return classes(node);
    }
    let keys = list(node, ["keys_strings", "keys_int64s", "keys_floats", "keys_tensor"])?;
    let values = list(node, ["values_strings", "values_int64s", "values_floats", "values_tensor"])?;
    let default = default(node, values.element())?;
    let mut mapping = Mapping::of(&keys, values, default)?;
    if let (Keys::Real(keys), 1..4) = (&mut mapping.keys, node.version) {
        // Before version 4 NaN equals no key.
        keys.remove(&bits(f64::NAN));
    }
    Ok(single(move |inputs: &Inputs<'_>| mapping.apply(inputs.need(0)?)))
}

/// The list in the one of these attributes (texts, whole numbers, floats, tensor) that is there.
fn list(node: &Node<'_>, [texts, wholes, reals, tensor]: [&'static str; 4]) -> Result<Elements, Problem> {
    if node.has(texts) {
        return Ok(Elements::Text(node.texts(texts)?));
    }
    if node.has(wholes) {
        return Ok(Elements::Int64(node.ints(wholes).to_vec()));
    }
    if node.has(reals) {
        return Ok(Elements::Float(node.floats(reals).to_vec()));
    }
    node.tensor(tensor)?.map(|tensor| tensor.values).ok_or(Problem::MissingAttribute(texts))
}

/// The value of unknown keys, with the format's defaults.
fn default(node: &Node<'_>, element: Element) -> Result<Elements, Problem> {
    if let Some(tensor) = node.tensor("default_tensor")? {
        return Ok(tensor.values);
    }
    Ok(match element {
        Element::Text => Elements::Text(vec![node.text("default_string")?.unwrap_or("_Unused").to_owned()]),
        Element::Int64 => Elements::Int64(vec![node.int("default_int64")?.unwrap_or(-1)]),
        Element::Double => Elements::Double(vec![f64::from(node.float("default_float")?.unwrap_or(-0.0))]),
        _ => Elements::Float(vec![node.float("default_float")?.unwrap_or(-0.0)]),
    })
}

/// The first version of the operator: between texts and their positions in a list, whichever comes in.
fn classes(node: &Node<'_>) -> Compiled {
    let texts = Elements::Text(node.texts("classes_strings")?);
    let numbers = Elements::Int64((0..texts.len() as i64).collect());
    both_ways(node, texts, numbers)
}

/// A mapping between two lists of the same length, in whichever direction the input asks for.
pub(super) fn both_ways(node: &Node<'_>, texts: Elements, numbers: Elements) -> Compiled {
    let encode = Mapping::of(&texts, numbers.clone(), default(node, Element::Int64)?)?;
    let decode = Mapping::of(&numbers, texts, default(node, Element::Text)?)?;
    Ok(single(move |inputs: &Inputs<'_>| {
        let tensor = inputs.need(0)?;
        if tensor.element() == Element::Text { encode.apply(tensor) } else { decode.apply(tensor) }
    }))
}
