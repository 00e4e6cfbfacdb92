//! Secrets, and the digests that are kept in their place.

use std::{fmt, hint::black_box};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::access::Error;

/// A token's secret: `kz_` and 43 letters, 256 bits from the operating system. It is shown once and kept nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// What the secrets of one file are hashed with, so that its digests tell nothing about those of another.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Salt([u8; 16]);

/// What a secret is recognised by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digest([u8; 32]);

impl Secret {
    pub(super) fn draw() -> Result<Self, Error> {
        let bytes: [u8; 32] = chance()?;
        Ok(Self(format!("kz_{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(super) fn digest(&self, salt: &Salt) -> Digest {
        Digest::of(salt, &self.0)
    }
}

/// Never the secret: what is printed by accident ends in logs.
impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(kz_…)")
    }
}

impl Salt {
    pub(super) fn draw() -> Result<Self, Error> {
        chance().map(Self)
    }

    pub(super) fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl Digest {
    pub(super) fn of(salt: &Salt, secret: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(salt.0);
        hash.update(secret.as_bytes());
        Self(hash.finalize().into())
    }

    /// Whether the two are one, in a time that does not depend on where they differ.
    pub(super) fn is(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        let differing = pairs.fold(0, |differing, (one, other)| black_box(differing | (one ^ other)));
        differing == 0
    }

    pub(super) fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

/// Random bytes of the operating system.
fn chance<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::Chance(error.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Digest, Salt, Secret};

    #[test]
    fn a_secret_is_long_safe_in_a_header_and_never_the_same() {
        let (one, other) = (Secret::draw().unwrap(), Secret::draw().unwrap());
        assert_ne!(one, other);
        let letters = one.reveal().strip_prefix("kz_").unwrap();
        assert_eq!(letters.len(), 43);
        assert!(letters.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert!(!format!("{one:?}").contains(letters));
    }

    #[test]
    fn a_digest_is_of_one_secret_and_one_salt() {
        let (salt, other) = (Salt::draw().unwrap(), Salt::draw().unwrap());
        let digest = Digest::of(&salt, "kz_a");
        assert!(digest.is(&Digest::of(&salt, "kz_a")));
        assert!(!digest.is(&Digest::of(&salt, "kz_b")));
        assert!(!digest.is(&Digest::of(&other, "kz_a")));
        assert!(digest.is(&Digest::from_text(&digest.to_text()).unwrap()));
        assert!(Salt::from_text("short").is_none() && Digest::from_text("+/").is_none());
    }
}
