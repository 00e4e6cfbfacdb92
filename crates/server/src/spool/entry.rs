//! A write that waits, as it stands in the journal.

use std::io;

use serde::{Deserialize, Serialize};
use tracking::Once;

/// A request that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) head: Head,
    /// Its body, unless that is in a file.
    pub(super) body: Vec<u8>,
}

/// Everything of it but its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// Which spool has given it its number, and the number.
    pub(super) spool: String,
    pub(super) sequence: u64,
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    /// The id that its client was told for what it makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) chosen: Option<String>,
    /// The name of the file that is its body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
}

impl Head {
    /// Its number, as the server is told.
    pub(super) fn once(&self, settled: u64) -> Once {
        Once { spool: self.spool.clone(), sequence: self.sequence, settled: settled.min(self.sequence) }
    }
}

impl Entry {
    /// What lets its client in.
    pub(super) fn credentials(&self) -> Option<&str> {
        let named = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("authorization");
        self.head.headers.iter().find(named).map(|(_, value)| value.as_str())
    }

    /// As bytes: the length of the head, the head, the body.
    pub(super) fn encode(&self) -> io::Result<Vec<u8>> {
        let head = serde_json::to_vec(&self.head)?;
        let length = u32::try_from(head.len()).map_err(io::Error::other)?;
        let mut bytes = Vec::with_capacity(4 + head.len() + self.body.len());
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&head);
        bytes.extend_from_slice(&self.body);
        Ok(bytes)
    }

    /// From bytes; nothing when they are none of ours.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_at_checked(4)?;
        let length = u32::from_le_bytes(length.try_into().ok()?);
        let (head, body) = rest.split_at_checked(length as usize)?;
        Some(Self { head: serde_json::from_slice(head).ok()?, body: body.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Head};

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let head = Head {
            spool: "a".to_owned(),
            sequence: 7,
            method: "POST".to_owned(),
            target: "/api/2.0/mlflow/runs/create?x=1".to_owned(),
            headers: vec![("authorization".to_owned(), "Bearer x".to_owned())],
            chosen: Some("b".repeat(32)),
            file: None,
        };
        let entry = Entry { head, body: vec![0, 255, b'{'] };
        let bytes = entry.encode().unwrap();
        assert_eq!(Entry::decode(&bytes), Some(entry));
        for length in [0, 3, 4, 20] {
            assert_eq!(Entry::decode(&bytes[..length]), None, "{length}");
        }
    }
}
