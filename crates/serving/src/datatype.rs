use std::{fmt, str::FromStr};

use onnx::Element;

/// A tensor datatype of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Datatype {
    /// `true` or `false`.
    Bool,
    /// A whole number; signed or not, of this many bits.
    Integer {
        /// Whether it can be negative.
        signed: bool,
        /// 8, 16, 32 or 64.
        bits: u8,
    },
    /// A real number of 16, 32 or 64 bits.
    Float {
        /// 16, 32 or 64.
        bits: u8,
    },
    /// Text, in JSON.
    Bytes,
}

const NAMES: [(&str, Datatype); 13] = [
    ("BOOL", Datatype::Bool),
    ("UINT8", Datatype::Integer { signed: false, bits: 8 }),
    ("UINT16", Datatype::Integer { signed: false, bits: 16 }),
    ("UINT32", Datatype::Integer { signed: false, bits: 32 }),
    ("UINT64", Datatype::Integer { signed: false, bits: 64 }),
    ("INT8", Datatype::Integer { signed: true, bits: 8 }),
    ("INT16", Datatype::Integer { signed: true, bits: 16 }),
    ("INT32", Datatype::Integer { signed: true, bits: 32 }),
    ("INT64", Datatype::Integer { signed: true, bits: 64 }),
    ("FP16", Datatype::Float { bits: 16 }),
    ("FP32", Datatype::Float { bits: 32 }),
    ("FP64", Datatype::Float { bits: 64 }),
    ("BYTES", Datatype::Bytes),
];

impl Datatype {
    /// The protocol's names of all datatypes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// The protocol's name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, datatype)| *datatype == self).map_or("BYTES", |(name, _)| name)
    }

    /// The datatype in which a tensor of these elements is sent.
    pub(crate) fn of(element: Element) -> Self {
        match element {
            Element::Float => Self::Float { bits: 32 },
            Element::Double => Self::Float { bits: 64 },
            Element::Int64 => Self::Integer { signed: true, bits: 64 },
            Element::Int32 => Self::Integer { signed: true, bits: 32 },
            Element::Boolean => Self::Bool,
            Element::Text => Self::Bytes,
        }
    }

    /// The smallest and largest whole number of an integer datatype.
    pub(crate) fn range(self) -> Option<(i128, i128)> {
        match self {
            Self::Integer { signed: true, bits } => Some((-(1 << (bits - 1)), (1 << (bits - 1)) - 1)),
            Self::Integer { signed: false, bits } => Some((0, (1 << bits) - 1)),
            _ => None,
        }
    }
}

impl FromStr for Datatype {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        NAMES.iter().find(|(name, _)| *name == text).map(|(_, datatype)| *datatype).ok_or(())
    }
}

impl fmt::Display for Datatype {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Datatype;

    #[test]
    fn every_datatype_of_the_protocol_reads_back_as_it_was_written() {
        for name in Datatype::names() {
            assert_eq!(name.parse::<Datatype>().map(|datatype| datatype.to_string()), Ok(name.to_owned()));
        }
        assert!("float32".parse::<Datatype>().is_err());
    }

    #[test]
    fn the_ranges_are_those_of_two_s_complement() {
        let range = |name: &str| name.parse::<Datatype>().unwrap().range();
        assert_eq!(range("INT8"), Some((-128, 127)));
        assert_eq!(range("UINT64"), Some((0, i128::from(u64::MAX))));
        assert_eq!(range("INT64"), Some((i128::from(i64::MIN), i128::from(i64::MAX))));
        assert_eq!(range("FP64"), None);
    }
}
