//! What goes into a model and comes out of it.

use crate::{
    Element, Error, Tensor,
    proto::{TensorTypeProto, TypeProto, ValueInfoProto},
    tensor::allow_shape,
};

/// An input or output of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub element: Element,
    /// The values a row has, for a port of shape `[rows, columns]`; nothing when the model leaves it open
    /// or the port is a plain list with a value a row.
    pub columns: Option<usize>,
    /// How many dimensions it has, when the model says.
    pub rank: Option<usize>,
}

impl Port {
    pub(crate) fn read(what: &str, info: &ValueInfoProto) -> Result<Self, Error> {
        let unsupported = |found: String| Error::Port { port: format!("{what} `{}`", info.name), found };
        let kind = info.r#type.as_ref().ok_or_else(|| unsupported("no type".to_owned()))?;
        let Some(tensor) = tensor(kind) else { return Err(unsupported("no tensor type".to_owned())) };
        let element = Element::of_code(tensor.elem_type)
            .ok_or_else(|| unsupported(format!("elements of type {}", tensor.elem_type)))?;
        let dimensions = tensor.shape.as_ref().map(|shape| shape.dim.as_slice());
        let columns = match dimensions {
            Some([_, columns]) => columns.dim_value.and_then(|length| usize::try_from(length).ok()),
            _ => None,
        };
        let rank = dimensions.map(<[_]>::len);
        Ok(Self { name: info.name.clone(), element, columns: columns.filter(|columns| *columns > 0), rank })
    }

    /// Refuses a tensor of another type or shape than this input takes.
    pub(crate) fn check(&self, tensor: &Tensor) -> Result<(), Error> {
        let refuse =
            |found: String| Error::Input { name: self.name.clone(), expected: self.describe(), found };
        if allow_shape(&tensor.shape, tensor.element()).ok() != Some(tensor.values.len()) {
            return Err(refuse(format!("{} with {} values", tensor.describe(), tensor.values.len())));
        }
        let fits = tensor.element() == self.element
            && self.rank.is_none_or(|rank| tensor.shape.len() == rank)
            && self.columns.is_none_or(|columns| tensor.shape.get(1) == Some(&columns));
        if fits { Ok(()) } else { Err(refuse(tensor.describe())) }
    }

    fn describe(&self) -> String {
        let element = self.element;
        match (self.rank, self.columns) {
            (_, Some(columns)) => format!("{element} of shape [rows, {columns}]"),
            (Some(rank), None) => format!("{element} with {rank} dimensions"),
            (None, None) => element.to_string(),
        }
    }
}

/// The tensor that stands for a value: itself, or for a sequence of maps from class to probability
/// (a `ZipMap`) the tensor of the probabilities.
fn tensor(kind: &TypeProto) -> Option<TensorTypeProto> {
    if let Some(tensor) = &kind.tensor_type {
        return Some(tensor.clone());
    }
    let map = kind.sequence_type.as_ref()?.elem_type.as_ref()?.map_type.as_ref()?;
    let value = map.value_type.as_ref()?.tensor_type.as_ref()?;
    Some(TensorTypeProto { elem_type: value.elem_type, shape: None })
}
