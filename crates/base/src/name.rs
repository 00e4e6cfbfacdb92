use std::{borrow::Borrow, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Hash;

/// A name that is safe in a path, a URL and SQL: a letter, then letters, digits, `_` or `-`, at most 64.
///
/// The name of an instance of a fan-out is such a name with a key in brackets, `train[lr=0.1]`; it is
/// safe in a path, and can be read back, but nothing is declared under it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// Text that cannot be a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot be a name; use a letter first, then letters, digits, `_` or `-`, at most 64 characters"
)]
pub struct NameError(String);

/// The most characters of a declared name.
const LONGEST: usize = 64;
/// The most characters of the name of an instance, brackets included.
const LONGEST_INSTANCE: usize = 200;
/// The most characters of an instance's key, whatever the name before it.
const LONGEST_KEY: usize = LONGEST_INSTANCE - LONGEST - 2;

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of this one's instance with this key: `train[lr=0.1]`.
    ///
    /// What a key cannot hold becomes `_`, and what is too long is cut; a short hash of the whole key
    /// then keeps apart what would look the same.
    #[must_use]
    pub fn instance(&self, key: &str) -> Self {
        let group = self.group().unwrap_or(&self.0);
        let plain: String =
            key.chars().map(|letter| if in_key(letter) { letter } else { '_' }).take(LONGEST_KEY).collect();
        if plain == key && !key.is_empty() {
            return Self(format!("{group}[{key}]"));
        }
        let hash = &Hash::of(key).short()[..8];
        let begin = &plain[..plain.len().min(LONGEST_KEY - hash.len() - 1)];
        Self(format!("{group}[{begin}-{hash}]"))
    }

    /// The name of the fan-out that this names an instance of: what stands before the bracket.
    pub fn group(&self) -> Option<&str> {
        self.0.split_once('[').map(|(group, _)| group)
    }
}

/// Whether this can stand in the key of an instance.
fn in_key(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "._=,+-".contains(letter)
}

fn is_plain(text: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    let starts_well = text.chars().next().is_some_and(|first| first.is_ascii_alphabetic());
    starts_well && text.len() <= LONGEST && text.chars().all(allowed)
}

fn is_instance(text: &str) -> bool {
    let Some((group, key)) = text.strip_suffix(']').and_then(|text| text.split_once('[')) else {
        return false;
    };
    is_plain(group) && !key.is_empty() && text.len() <= LONGEST_INSTANCE && key.chars().all(in_key)
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_plain(text) || is_instance(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn names_that_could_escape_a_path_are_refused() {
        for text in ["", "../x", "a/b", "a b", "-a", "1a", "é", "a\0", &"a".repeat(65)] {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
        assert!("late_arrival-2".parse::<Name>().is_ok());
    }

    #[test]
    fn an_instance_reads_back_and_knows_its_group() {
        let train: Name = "train".parse().unwrap();
        assert_eq!(train.group(), None);
        let instance = train.instance("lr=0.1,depth=3");
        assert_eq!(instance.as_str(), "train[lr=0.1,depth=3]");
        assert_eq!(instance.group(), Some("train"));
        assert_eq!(instance.as_str().parse::<Name>().unwrap(), instance);
        assert_eq!(instance.instance("lr=1").as_str(), "train[lr=1]");
    }

    #[test]
    fn keys_that_look_the_same_stay_apart_and_every_instance_reads_back() {
        let name: Name = "a".repeat(64).parse().unwrap();
        let long = "x".repeat(500);
        let longer = "x".repeat(501);
        let keys = ["", "a b", "a_b", "a/b", "é", "a\nb", "][", "../..", &long, &longer, &long[..134]];
        let instances: std::collections::BTreeSet<Name> = keys.iter().map(|key| name.instance(key)).collect();
        assert_eq!(instances.len(), keys.len());
        for instance in instances {
            assert!(instance.as_str().len() <= 200, "{instance}");
            assert_eq!(instance.as_str().parse::<Name>().unwrap(), instance);
        }
    }

    #[test]
    fn a_malformed_instance_is_refused() {
        for text in ["a[]", "[x]", "a[x", "a]x[", "a[x]y", "a[x][y]", "a[x/y]", "a[x y]", "1[x]", "a[[x]]"] {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
    }
}
