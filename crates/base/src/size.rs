use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An amount of memory or storage as people write it: `512MiB`, `2GiB`, `10MB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Size(u64);

/// Text that is not a size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a size; write a whole number and a unit, such as 512MiB, 2GiB or 10MB")]
pub struct SizeError(String);

const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

impl Size {
    /// This many bytes.
    pub fn bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The number of bytes.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || SizeError(text.to_owned());
        let digits = text.trim().trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        let unit = &text.trim()[digits.len()..];
        let (_, bytes) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(invalid)?;
        let count: u64 = digits.trim().parse().map_err(|_| invalid())?;
        count.checked_mul(*bytes).map(Self).ok_or_else(invalid)
    }
}

/// One decimal in the largest binary unit that fits: `2.0 GiB`.
impl fmt::Display for Size {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let binary = UNITS.iter().filter(|(name, _)| name.contains('i'));
        match binary.into_iter().find(|(_, bytes)| self.0 >= *bytes) {
            Some((unit, bytes)) => write!(out, "{:.1} {unit}", self.0 as f64 / *bytes as f64),
            None => write!(out, "{} B", self.0),
        }
    }
}

impl TryFrom<String> for Size {
    type Error = SizeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Size> for String {
    fn from(size: Size) -> Self {
        format!("{}B", size.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn sizes_are_read_in_binary_and_decimal_units() {
        assert_eq!("2GiB".parse::<Size>().unwrap().get(), 2 << 30);
        assert_eq!("10MB".parse::<Size>().unwrap().get(), 10_000_000);
        assert!("10".parse::<Size>().is_err());
        assert!("99999999999TiB".parse::<Size>().is_err());
    }

    #[test]
    fn sizes_are_shown_in_the_largest_unit_that_fits() {
        assert_eq!(Size::bytes(1536).to_string(), "1.5 KiB");
        assert_eq!(Size::bytes(12).to_string(), "12 B");
    }
}
