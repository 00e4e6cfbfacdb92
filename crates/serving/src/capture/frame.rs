//! How frames stand one after the other in a journal, so that a torn end is told from a whole one.
//!
//! ```text
//! journal  = "KZCAP1\r\n" frame*
//! frame    = length:u32 checksum:u64 kind:u8 payload      length counts kind and payload
//! checksum = the first 64 bits of BLAKE3 over kind and payload
//! ```

use base::Hash;

use super::bytes::Reader;

/// What a journal begins with; the digit is the version of everything after it.
pub const MAGIC: &[u8; 8] = b"KZCAP1\r\n";

/// Bytes before a frame's kind.
const HEAD: usize = 12;
/// No buffer is larger, so a longer frame is none.
const LONGEST: usize = 1 << 30;

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What the columns of the following records are.
    Header,
    /// A request with its response.
    Record,
    /// The totals of an interval; it ends a batch.
    Totals,
}

impl Kind {
    fn code(self) -> u8 {
        match self {
            Self::Header => 1,
            Self::Record => 2,
            Self::Totals => 3,
        }
    }

    fn of_code(code: u8) -> Option<Self> {
        [Self::Header, Self::Record, Self::Totals].into_iter().find(|kind| kind.code() == code)
    }
}

/// Begins a frame; its payload is what is appended until [`end`].
pub(super) fn begin(out: &mut Vec<u8>, kind: Kind) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; HEAD]);
    out.push(kind.code());
    start
}

/// Where the payload of a frame that begins at `start` begins.
pub(super) fn payload(start: usize) -> usize {
    start + HEAD + 1
}

/// Ends the frame that began at `start`.
pub(super) fn end(out: &mut [u8], start: usize) {
    let length = (out.len() - start - HEAD) as u32;
    let checksum = Hash::of(&out[start + HEAD..]).prefix();
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    out[start + 4..start + HEAD].copy_from_slice(&checksum.to_le_bytes());
}

/// The whole frames at the start of some bytes.
pub(super) struct Frames<'a> {
    bytes: &'a [u8],
    /// Bytes in the whole frames so far.
    pub(super) whole: usize,
}

impl<'a> Frames<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, whole: 0 }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = (Kind, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let mut reader = Reader(&self.bytes[self.whole..]);
        let length = reader.u32()? as usize;
        let checksum = reader.u64()?;
        let content = reader.take(length).filter(|_| (1..=LONGEST).contains(&length))?;
        if Hash::of(content).prefix() != checksum {
            return None;
        }
        let kind = Kind::of_code(content[0])?;
        self.whole += HEAD + length;
        Some((kind, &content[1..]))
    }
}

#[cfg(test)]
mod tests {
    use super::{Frames, Kind, begin, end};

    fn two() -> Vec<u8> {
        let mut bytes = Vec::new();
        for (kind, payload) in [(Kind::Record, &b"one"[..]), (Kind::Totals, b"")] {
            let start = begin(&mut bytes, kind);
            bytes.extend_from_slice(payload);
            end(&mut bytes, start);
        }
        bytes
    }

    #[test]
    fn frames_read_back_in_order() {
        let bytes = two();
        let mut frames = Frames::of(&bytes);
        assert_eq!(frames.next(), Some((Kind::Record, &b"one"[..])));
        assert_eq!(frames.next(), Some((Kind::Totals, &b""[..])));
        assert_eq!((frames.next(), frames.whole), (None, bytes.len()));
    }

    #[test]
    fn a_torn_or_changed_frame_ends_the_reading_at_the_last_whole_one() {
        let bytes = two();
        let first = 12 + 1 + 3;
        for length in first..bytes.len() {
            let mut frames = Frames::of(&bytes[..length]);
            assert_eq!((frames.by_ref().count(), frames.whole), (1, first), "{length}");
        }
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let expected = usize::from(place >= first);
            assert_eq!(Frames::of(&changed).count(), expected, "byte {place}");
        }
    }
}
