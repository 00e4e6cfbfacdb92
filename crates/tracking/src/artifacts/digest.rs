//! Digests that a client sends with its bytes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use md5::Md5;
use sha2::{Digest as _, Sha256, Sha512};

use super::Error;

/// The digests that the bytes must have; none by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digests {
    md5: Option<[u8; 16]>,
    sha256: Option<[u8; 32]>,
    sha512: Option<[u8; 64]>,
}

impl Digests {
    /// Adds the value of a `Content-MD5` header (RFC 1864).
    ///
    /// # Errors
    /// When it is no such digest.
    pub fn with_content_md5(mut self, value: &str) -> Result<Self, Error> {
        self.md5 = Some(decoded(value.trim(), "Content-MD5")?);
        Ok(self)
    }

    /// Adds the value of a `Content-Digest` or `Repr-Digest` header (RFC 9530): `sha-256=:…:`, `sha-512=:…:`. Algorithms that
    /// are not known here are passed over.
    ///
    /// # Errors
    /// When a known one has no such digest.
    pub fn with_content_digest(mut self, value: &str) -> Result<Self, Error> {
        for member in value.split(',') {
            let (algorithm, digest) =
                member.trim().split_once('=').ok_or(Error::DigestHeader("Content-Digest"))?;
            let digest = digest.split(';').next().unwrap_or_default().trim();
            let digest = digest.strip_prefix(':').and_then(|digest| digest.strip_suffix(':'));
            match (algorithm, digest) {
                ("sha-256", digest) => self.sha256 = Some(decoded(digest.unwrap_or("-"), "sha-256")?),
                ("sha-512", digest) => self.sha512 = Some(decoded(digest.unwrap_or("-"), "sha-512")?),
                _ => {}
            }
        }
        Ok(self)
    }
}

fn decoded<const LENGTH: usize>(text: &str, header: &'static str) -> Result<[u8; LENGTH], Error> {
    let bytes = STANDARD.decode(text).map_err(|_| Error::DigestHeader(header))?;
    bytes.try_into().map_err(|_| Error::DigestHeader(header))
}

/// Takes the digests that are asked for, and no others.
pub(super) struct Digesting {
    expected: Digests,
    md5: Option<Md5>,
    sha256: Option<Sha256>,
    sha512: Option<Sha512>,
}

impl Digesting {
    pub(super) fn new(expected: Digests) -> Self {
        let (md5, sha256) = (expected.md5.map(|_| Md5::new()), expected.sha256.map(|_| Sha256::new()));
        let sha512 = expected.sha512.map(|_| Sha512::new());
        Self { expected, md5, sha256, sha512 }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
        if let Some(sha512) = &mut self.sha512 {
            sha512.update(bytes);
        }
    }

    /// Holds what came out against what was announced.
    pub(super) fn check(&mut self) -> Result<(), Error> {
        let md5 = self.md5.take().map(|md5| md5.finalize().into());
        let sha256 = self.sha256.take().map(|sha256| sha256.finalize().into());
        let sha512 = self.sha512.take().map(|sha512| sha512.finalize().into());
        match &self.expected {
            expected if expected.md5 != md5 => Err(Error::Digest("MD5")),
            expected if expected.sha256 != sha256 => Err(Error::Digest("SHA-256")),
            expected if expected.sha512 != sha512 => Err(Error::Digest("SHA-512")),
            _ => Ok(()),
        }
    }
}
