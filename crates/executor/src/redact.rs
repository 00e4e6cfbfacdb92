//! Hides secrets in a stream of bytes, however it is cut into pieces.

use std::ops::Range;

use aho_corasick::AhoCorasick;

use crate::attempt::HIDDEN;

/// Lines of a secret that are shorter say nothing, and hiding them would garble the log.
const SHORTEST_LINE: usize = 4;

/// Replaces every secret, and every line of a secret of several lines, as the bytes go by. Where secrets overlap, all
/// of what they cover is replaced. A byte is held back only while it may be part of a secret that has not come whole.
pub(crate) struct Redactor {
    secrets: Vec<Vec<u8>>,
    finder: AhoCorasick,
    held: Vec<u8>,
    /// How many of the held bytes are covered by a secret that was replaced already.
    covered: usize,
}

impl Redactor {
    /// `None` when there is nothing to hide.
    pub(crate) fn new(values: &[String]) -> Result<Option<Self>, aho_corasick::BuildError> {
        let mut secrets: Vec<Vec<u8>> = Vec::new();
        for value in values.iter().filter(|value| !value.is_empty()) {
            let whole = value.trim_end_matches(['\n', '\r']);
            secrets.push(if whole.is_empty() {
                value.as_bytes().to_vec()
            } else {
                whole.as_bytes().to_vec()
            });
            let lines = value.lines().filter(|line| line.len() >= SHORTEST_LINE);
            secrets.extend(lines.map(|line| line.as_bytes().to_vec()));
        }
        secrets.sort();
        secrets.dedup();
        if secrets.is_empty() {
            return Ok(None);
        }
        let finder = AhoCorasick::new(&secrets)?;
        Ok(Some(Self { secrets, finder, held: Vec::new(), covered: 0 }))
    }

    /// What may be shown now that these bytes have come.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let until = self.first_open();
        self.release(until)
    }

    /// The rest, when no more comes.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        self.release(self.held.len())
    }

    fn release(&mut self, until: usize) -> Vec<u8> {
        let hidden = self.hidden();
        let mut shown = Vec::with_capacity(until);
        let mut position = self.covered.min(until);
        self.covered = self.covered.saturating_sub(until);
        for range in hidden {
            if range.start >= until {
                break;
            }
            if range.end <= position {
                continue;
            }
            // What begins within a covered part goes on with it.
            if range.start >= position {
                shown.extend_from_slice(&self.held[position..range.start]);
                shown.extend_from_slice(HIDDEN.as_bytes());
            }
            position = range.end.min(until);
            self.covered = self.covered.max(range.end.saturating_sub(until));
        }
        shown.extend_from_slice(&self.held[position..until]);
        self.held.drain(..until);
        shown
    }

    /// Where the longest end begins that a secret may begin with.
    fn first_open(&self) -> usize {
        let longest = self.secrets.iter().map(Vec::len).max().unwrap_or(0);
        let from = self.held.len().saturating_sub(longest.saturating_sub(1));
        let is_open = |&start: &usize| {
            let end = &self.held[start..];
            self.secrets.iter().any(|secret| secret.len() > end.len() && secret.starts_with(end))
        };
        (from..self.held.len()).find(is_open).unwrap_or(self.held.len())
    }

    /// What secrets cover: in order, apart from each other.
    fn hidden(&self) -> Vec<Range<usize>> {
        let found = self.finder.find_overlapping_iter(&self.held);
        let mut found: Vec<_> = found.map(|found| found.range()).collect();
        found.sort_by_key(|range| (range.start, range.end));
        let mut hidden: Vec<Range<usize>> = Vec::new();
        for range in found {
            match hidden.last_mut() {
                Some(last) if range.start < last.end => last.end = last.end.max(range.end),
                _ => hidden.push(range),
            }
        }
        hidden
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(secrets: &[&str], text: &str, piece: usize) -> String {
        let secrets: Vec<_> = secrets.iter().map(|&secret| secret.to_owned()).collect();
        let mut redactor = Redactor::new(&secrets).unwrap().unwrap();
        let mut shown = Vec::new();
        for piece in text.as_bytes().chunks(piece) {
            shown.extend(redactor.push(piece));
        }
        shown.extend(redactor.finish());
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn a_secret_is_hidden_however_the_output_is_cut() {
        let text = "key=hunter22 and hunter22hunter22, not hunter2 nor hunter";
        for piece in 1..text.len() {
            let shown = redacted(&["hunter22"], text, piece);
            assert_eq!(shown, "key=*** and ******, not hunter2 nor hunter", "pieces of {piece}");
        }
    }

    #[test]
    fn what_overlapping_secrets_cover_is_hidden_whole() {
        for piece in 1..12 {
            assert_eq!(redacted(&["abcd", "cdef"], "-abcdef-abcd-", piece), "-***-***-", "pieces of {piece}");
            assert_eq!(redacted(&["abcd", "abcdef"], "abcdef abcde", piece), "*** ***e", "pieces of {piece}");
            assert_eq!(redacted(&["aaaa"], "aaaaaaaaaab aaa", piece), "***b aaa", "pieces of {piece}");
        }
    }

    #[test]
    fn each_line_of_a_secret_of_several_lines_is_hidden() {
        let key = "-----BEGIN\nMIIEpQ\nab\n-----END\n";
        let text = format!("whole:\n{key}one: MIIEpQ, too short: ab.\n");
        for piece in 1..20 {
            let shown = redacted(&[key], &text, piece);
            assert_eq!(shown, "whole:\n***\none: ***, too short: ab.\n", "pieces of {piece}");
        }
    }

    #[test]
    fn only_what_may_begin_a_secret_is_held_back() {
        let mut redactor = Redactor::new(&["hunter22".to_owned()]).unwrap().unwrap();
        assert_eq!(redactor.push(b"progress 10 % h"), b"progress 10 % ");
        assert_eq!(redactor.push(b"alf"), b"half");
    }

    #[test]
    fn an_endless_repetition_of_a_secret_does_not_pile_up() {
        let mut redactor = Redactor::new(&["aaaa".to_owned()]).unwrap().unwrap();
        for _ in 0..1000 {
            redactor.push(&[b'a'; 100]);
            assert!(redactor.held.len() < 4);
        }
    }
}
