//! Where the next page begins, as clients carry it: the position of the last row, what the search was, and a sum that
//! finds out what was cut or changed. Nothing in it is trusted: a position that was made up is just another beginning.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use super::place::{Place, Position};
use crate::Error;

const FORMAT: u8 = 1;
/// The bytes of each digest.
const DIGEST: usize = 6;

/// What a search was, as far as its pages depend on it.
#[derive(Debug, Clone)]
pub(super) struct Query(Vec<(Part, [u8; DIGEST])>);

/// A part of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Experiments,
    Filter,
    Order,
    View,
    Datasets,
}

impl Part {
    /// What is said when it is another than that of the page before.
    fn mismatch(self) -> &'static str {
        match self {
            Self::Experiments => {
                "Experiment IDs in the page token do not match the requested experiment IDs."
            }
            Self::Filter => "Filter string in the page token does not match the requested filter string.",
            Self::Order => "Order by in the page token does not match the requested order by.",
            Self::View => "View type in the page token does not match the requested view type.",
            Self::Datasets => "Datasets in the page token do not match the requested datasets.",
        }
    }
}

impl Query {
    pub(super) fn of<const N: usize>(parts: [(Part, &[&str]); N]) -> Self {
        Self(parts.map(|(part, texts)| (part, digest(texts.iter().map(|text| text.as_bytes())))).to_vec())
    }

    /// The token of the page that begins behind this position.
    pub(super) fn token(&self, position: &[Place]) -> String {
        let mut bytes = Vec::new();
        for (_, digest) in &self.0 {
            bytes.extend_from_slice(digest);
        }
        for place in position {
            write(&mut bytes, place);
        }
        let mut token = vec![FORMAT];
        token.extend_from_slice(&digest([bytes.as_slice()].into_iter()));
        token.extend_from_slice(&bytes);
        STANDARD.encode(token)
    }

    /// The position in a token of this search, of so many places. No token, or an empty one, is none.
    pub(super) fn position(&self, token: Option<&str>, places: usize) -> Result<Option<Position>, Error> {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
        let bytes = STANDARD
            .decode(token)
            .map_err(|_| Error::invalid("Invalid page token, could not base64-decode"))?;
        let mut bytes = sound(&bytes).ok_or_else(|| invalid("it is none that this server gave"))?;
        for (part, digest) in &self.0 {
            let found = take::<DIGEST>(&mut bytes);
            if found.as_ref() != Some(digest) {
                return Err(Error::invalid(part.mismatch()));
            }
        }
        let mut position = Position::new();
        while !bytes.is_empty() {
            position.push(read(&mut bytes).ok_or_else(|| invalid("it breaks off"))?);
        }
        if position.len() != places {
            return Err(invalid("it is of another search"));
        }
        Ok(Some(position))
    }
}

fn invalid(reason: &str) -> Error {
    Error::invalid(format!("Invalid page token, {reason}; use the next_page_token of the page before"))
}

fn digest<'a>(texts: impl Iterator<Item = &'a [u8]>) -> [u8; DIGEST] {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    let mut digest = [0; DIGEST];
    digest.copy_from_slice(&hash.finalize()[..DIGEST]);
    digest
}

/// What follows a format that is known and a sum that is right.
fn sound(mut bytes: &[u8]) -> Option<&[u8]> {
    let [format] = take(&mut bytes)?;
    let sum: [u8; DIGEST] = take(&mut bytes)?;
    (format == FORMAT && sum == digest([bytes].into_iter())).then_some(bytes)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

fn write(bytes: &mut Vec<u8>, place: &Place) {
    match place {
        Place::Integer(integer) => {
            bytes.push(0);
            bytes.extend_from_slice(&integer.to_le_bytes());
        }
        Place::Real(real) => {
            bytes.push(1);
            bytes.extend_from_slice(&real.to_bits().to_le_bytes());
        }
        Place::Text(text) => {
            bytes.push(2);
            bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        Place::NotANumber => bytes.push(3),
        Place::Missing => bytes.push(4),
    }
}

fn read(bytes: &mut &[u8]) -> Option<Place> {
    let [kind] = take(bytes)?;
    Some(match kind {
        0 => Place::Integer(i64::from_le_bytes(take(bytes)?)),
        1 => {
            Place::Real(Some(f64::from_bits(u64::from_le_bytes(take(bytes)?))).filter(|real| !real.is_nan())?)
        }
        2 => {
            let length = usize::try_from(u32::from_le_bytes(take(bytes)?)).ok()?;
            let (text, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            Place::Text(String::from_utf8(text.to_vec()).ok()?)
        }
        3 => Place::NotANumber,
        4 => Place::Missing,
        _ => return None,
    })
}
