//! What the bytes of a column's plain values are.

use arrow::datatypes::DataType;
use parquet::{
    basic::{ConvertedType, LogicalType, TimeUnit, Type},
    schema::types::ColumnDescriptor,
};

use crate::{counts::batches::DAY, schema};

/// A type of values, as Parquet writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Int32,
    UInt32,
    Int64,
    UInt64,
    Float,
    Double,
    Days,
    Milliseconds,
    Microseconds,
    Nanoseconds,
    Boolean,
    Text,
}

impl Value {
    /// The values of a column that a view shows as this type; nothing for a type not known here.
    pub(super) fn of(descriptor: &ColumnDescriptor, shown: &DataType) -> Option<Self> {
        Some(match (descriptor.physical_type(), shown) {
            (Type::INT32, DataType::Int8 | DataType::Int16 | DataType::Int32) => Self::Int32,
            (Type::INT32, DataType::UInt8 | DataType::UInt16 | DataType::UInt32) => Self::UInt32,
            (Type::INT32, DataType::Date32) => Self::Days,
            (Type::INT64, DataType::Int64) => Self::Int64,
            (Type::INT64, DataType::UInt64) => Self::UInt64,
            (Type::INT64, shown) if *shown == schema::instant() => Self::instant(descriptor)?,
            (Type::FLOAT, DataType::Float32) => Self::Float,
            (Type::DOUBLE, DataType::Float64) => Self::Double,
            (Type::BOOLEAN, DataType::Boolean) => Self::Boolean,
            (Type::BYTE_ARRAY, DataType::Utf8) => Self::Text,
            _ => return None,
        })
    }

    fn instant(descriptor: &ColumnDescriptor) -> Option<Self> {
        match (descriptor.logical_type_ref(), descriptor.converted_type()) {
            (Some(LogicalType::Timestamp(time)), _) => Some(match time.unit {
                TimeUnit::MILLIS => Self::Milliseconds,
                TimeUnit::MICROS => Self::Microseconds,
                TimeUnit::NANOS => Self::Nanoseconds,
            }),
            (None, ConvertedType::TIMESTAMP_MILLIS) => Some(Self::Milliseconds),
            (None, ConvertedType::TIMESTAMP_MICROS) => Some(Self::Microseconds),
            _ => None,
        }
    }

    /// Decodes exactly so many plain numbers; nothing when the bytes are too few or these are no numbers.
    pub(super) fn numbers(self, bytes: &[u8], count: usize) -> Option<Vec<f64>> {
        match self {
            Self::Int32 => decode(bytes, count, |bytes| f64::from(i32::from_le_bytes(bytes))),
            Self::UInt32 => decode(bytes, count, |bytes| f64::from(u32::from_le_bytes(bytes))),
            Self::Days => decode(bytes, count, |bytes| f64::from(i32::from_le_bytes(bytes)) * DAY),
            Self::Float => decode(bytes, count, |bytes| f64::from(f32::from_le_bytes(bytes))),
            Self::Double => decode(bytes, count, f64::from_le_bytes),
            Self::Int64 | Self::Microseconds => {
                decode(bytes, count, |bytes| i64::from_le_bytes(bytes) as f64)
            }
            Self::UInt64 => decode(bytes, count, |bytes| u64::from_le_bytes(bytes) as f64),
            Self::Milliseconds => {
                decode(bytes, count, |bytes| i64::from_le_bytes(bytes).saturating_mul(1000) as f64)
            }
            Self::Nanoseconds => decode(bytes, count, |bytes| (i64::from_le_bytes(bytes) / 1000) as f64),
            Self::Boolean | Self::Text => None,
        }
    }
}

fn decode<const WIDTH: usize>(
    bytes: &[u8],
    count: usize,
    of: impl Fn([u8; WIDTH]) -> f64,
) -> Option<Vec<f64>> {
    let bytes = bytes.get(..count.checked_mul(WIDTH)?)?;
    let (values, _) = bytes.as_chunks::<WIDTH>();
    Some(values.iter().map(|value| of(*value)).collect())
}

/// Plain texts, each after its length.
pub(super) struct Texts<'a> {
    bytes: &'a [u8],
}

impl<'a> Texts<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The next one; nothing when it is cut or not UTF-8.
    pub(super) fn next(&mut self) -> Option<&'a str> {
        let (length, rest) = self.bytes.split_first_chunk::<4>()?;
        let (text, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        self.bytes = rest;
        std::str::from_utf8(text).ok()
    }
}
