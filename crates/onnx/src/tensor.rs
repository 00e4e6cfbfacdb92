//! Tensors: what goes into a model, comes out of it, and flows between its nodes.

use std::fmt;

use crate::Problem;

/// Values in row-major order with their shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// The lengths of its dimensions; none for a scalar.
    pub shape: Vec<usize>,
    /// The values: as many as the product of the shape.
    pub values: Elements,
}

/// The values of a tensor, all of one type.
#[derive(Debug, Clone, PartialEq)]
pub enum Elements {
    /// `tensor(float)`.
    Float(Vec<f32>),
    /// `tensor(double)`.
    Double(Vec<f64>),
    /// `tensor(int64)`.
    Int64(Vec<i64>),
    /// `tensor(int32)`.
    Int32(Vec<i32>),
    /// `tensor(bool)`.
    Boolean(Vec<bool>),
    /// `tensor(string)`.
    Text(Vec<String>),
}

/// The type of a tensor's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Element {
    /// 32-bit floating point.
    Float,
    /// 64-bit floating point.
    Double,
    /// 64-bit whole numbers.
    Int64,
    /// 32-bit whole numbers.
    Int32,
    /// True or false.
    Boolean,
    /// Text.
    Text,
}

/// The most bytes a tensor may take, and in `Model::run` all tensors that live at one time.
pub(crate) const MAX_BYTES: u128 = 1 << 30;

impl Tensor {
    /// Floats of this shape.
    pub fn floats(shape: impl Into<Vec<usize>>, values: impl Into<Vec<f32>>) -> Self {
        Self { shape: shape.into(), values: Elements::Float(values.into()) }
    }

    /// Doubles of this shape.
    pub fn doubles(shape: impl Into<Vec<usize>>, values: impl Into<Vec<f64>>) -> Self {
        Self { shape: shape.into(), values: Elements::Double(values.into()) }
    }

    /// Whole numbers of this shape.
    pub fn integers(shape: impl Into<Vec<usize>>, values: impl Into<Vec<i64>>) -> Self {
        Self { shape: shape.into(), values: Elements::Int64(values.into()) }
    }

    /// Booleans of this shape.
    pub fn booleans(shape: impl Into<Vec<usize>>, values: impl Into<Vec<bool>>) -> Self {
        Self { shape: shape.into(), values: Elements::Boolean(values.into()) }
    }

    /// Texts of this shape.
    pub fn texts<T: Into<String>>(shape: impl Into<Vec<usize>>, values: impl IntoIterator<Item = T>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Self { shape: shape.into(), values: Elements::Text(values) }
    }

    /// The type of the values.
    pub fn element(&self) -> Element {
        self.values.element()
    }

    /// The floats, when the values are floats.
    pub fn as_floats(&self) -> Option<&[f32]> {
        match &self.values {
            Elements::Float(values) => Some(values),
            _ => None,
        }
    }

    /// Rows and columns: `[n, k]` as it is, a row vector `[k]` as one row, more dimensions flattened.
    pub(crate) fn matrix(&self) -> (usize, usize) {
        match self.shape.as_slice() {
            [] => (1, 1),
            [columns] => (1, *columns),
            [rows, rest @ ..] => (*rows, rest.iter().product()),
        }
    }

    /// Type and shape in words: `tensor(float) of shape [3, 4]`.
    pub(crate) fn describe(&self) -> String {
        format!("{} of shape {:?}", self.element(), self.shape)
    }

    /// How many bytes it holds.
    pub(crate) fn bytes(&self) -> u128 {
        let fixed = self.values.len() as u128 * self.element().bytes();
        match &self.values {
            Elements::Text(texts) => fixed + texts.iter().map(|text| text.len() as u128).sum::<u128>(),
            _ => fixed,
        }
    }
}

impl Elements {
    /// How many values there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Float(values) => values.len(),
            Self::Double(values) => values.len(),
            Self::Int64(values) => values.len(),
            Self::Int32(values) => values.len(),
            Self::Boolean(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of the values.
    pub fn element(&self) -> Element {
        match self {
            Self::Float(_) => Element::Float,
            Self::Double(_) => Element::Double,
            Self::Int64(_) => Element::Int64,
            Self::Int32(_) => Element::Int32,
            Self::Boolean(_) => Element::Boolean,
            Self::Text(_) => Element::Text,
        }
    }

    /// The values at these positions, all of which are below `len`; a position may come often.
    pub(crate) fn gather(&self, positions: &[usize]) -> Result<Self, Problem> {
        fn pick<T: Copy>(values: &[T], positions: &[usize]) -> Vec<T> {
            positions.iter().map(|position| values[*position]).collect()
        }
        allow(positions.len(), self.element())?;
        Ok(match self {
            Self::Float(values) => Self::Float(pick(values, positions)),
            Self::Double(values) => Self::Double(pick(values, positions)),
            Self::Int64(values) => Self::Int64(pick(values, positions)),
            Self::Int32(values) => Self::Int32(pick(values, positions)),
            Self::Boolean(values) => Self::Boolean(pick(values, positions)),
            Self::Text(values) => {
                Self::Text(copy_texts(positions.iter().map(|position| values[*position].as_str()))?)
            }
        })
    }
}

impl Element {
    /// The number of the type in the ONNX format.
    pub(crate) fn code(self) -> i32 {
        match self {
            Self::Float => 1,
            Self::Int32 => 6,
            Self::Int64 => 7,
            Self::Text => 8,
            Self::Boolean => 9,
            Self::Double => 11,
        }
    }

    /// The type of this number in the ONNX format.
    pub(crate) fn of_code(code: i32) -> Option<Self> {
        [Self::Float, Self::Int32, Self::Int64, Self::Text, Self::Boolean, Self::Double]
            .into_iter()
            .find(|element| element.code() == code)
    }

    fn bytes(self) -> u128 {
        match self {
            Self::Float | Self::Int32 => 4,
            Self::Double | Self::Int64 => 8,
            Self::Boolean => 1,
            Self::Text => size_of::<String>() as u128,
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Float => "tensor(float)",
            Self::Double => "tensor(double)",
            Self::Int64 => "tensor(int64)",
            Self::Int32 => "tensor(int32)",
            Self::Boolean => "tensor(bool)",
            Self::Text => "tensor(string)",
        })
    }
}

/// The number of elements of a shape, refused when the tensor would be too large.
///
/// A length of 0 does not excuse the others: kernels may walk along them.
pub(crate) fn allow_shape(shape: &[usize], element: Element) -> Result<usize, Problem> {
    let mut volume: usize = 1;
    for length in shape {
        volume = volume.checked_mul((*length).max(1)).ok_or(Problem::TooLarge(u128::MAX))?;
    }
    allow(volume, element)?;
    Ok(shape.iter().product())
}

/// Refuses a tensor of so many elements that a hostile model could fill the memory with it.
pub(crate) fn allow(count: usize, element: Element) -> Result<(), Problem> {
    let bytes = count as u128 * element.bytes();
    if bytes > MAX_BYTES { Err(Problem::TooLarge(bytes)) } else { Ok(()) }
}

/// Copies texts, refused when together they would be too large.
pub(crate) fn copy_texts<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<String>, Problem> {
    let mut bytes = 0;
    let mut copies = Vec::with_capacity(texts.size_hint().0);
    for text in texts {
        bytes += size_of::<String>() as u128 + text.len() as u128;
        if bytes > MAX_BYTES {
            return Err(Problem::TooLarge(bytes));
        }
        copies.push(text.to_owned());
    }
    Ok(copies)
}
